#if HTTP && Server
import AsyncHTTPClient
import Foundation
import LetterlockRelayKit
import Testing

@testable import LetterlockServer

@Suite("A relay at a Unix socket")
struct UnixSocketTests {
  let servers = TestServers()
  let folder: TemporaryFolder
  let path: String
  let relay: InMemoryRelay

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("s")
    relay = try InMemoryRelay()
  }

  private func serve(_ servers: TestServers) async throws {
    _ = try await servers.serve(relay, .init(listeners: [.unixSocket(path: path)]))
  }

  /// The status of an answer at the socket.
  private func status() async throws -> Int {
    let socket = try #require(URL(httpURLWithSocketPath: path, uri: "/v1/relay"))
    let answer = try await HTTPClient.shared.execute(
      HTTPClientRequest(url: socket.absoluteString), timeout: .seconds(10))
    return Int(answer.status.code)
  }

  @Test func `the owner and the group may connect`() async throws {
    try await serve(servers)
    #expect(try await status() == 200)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o660)
  }

  @Test func `a socket at which nobody answers is replaced`() async throws {
    let listening = Process()
    listening.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    listening.arguments = [
      "python3", "-c", "import socket,sys;socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path,
    ]
    try listening.run()
    listening.waitUntilExit()
    #expect(FileManager.default.fileExists(atPath: path))
    try await serve(servers)
    #expect(try await status() == 200)
  }

  @Test func `a socket at which a server answers is left alone`() async throws {
    try await serve(servers)
    await #expect(throws: RelayServerError.self) { try await serve(TestServers()) }
    #expect(try await status() == 200)
  }

  @Test func `what is no socket is left alone`() async throws {
    try Data("kept".utf8).write(to: URL(fileURLWithPath: path))
    await #expect(throws: RelayServerError.self) { try await serve(servers) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "kept")
    let link = folder.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    await #expect(throws: RelayServerError.self) {
      try await servers.serve(relay, .init(listeners: [.unixSocket(path: link)]))
    }
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
  }

  @Test func `a relay is served at several places at once`() async throws {
    let place = try await servers.serve(
      relay,
      .init(listeners: [
        .unixSocket(path: path), .init(host: "127.0.0.1", port: 0), .init(host: "127.0.0.1", port: 0),
      ]))
    #expect(place.addresses.first == .unixSocket(path: path))
    #expect(place.urls.count == 2)
    #expect(try await status() == 200)
    for url in place.urls {
      let client = try RawClient(try #require(URL(string: url)))
      #expect(try await client.send(.init(method: "GET", path: "/v1/relay")).status == 200)
    }
  }

  @Test func `a place that is taken is named`() async throws {
    let place = try await servers.serve(relay, .init(listeners: [.init(host: "127.0.0.1", port: 0)]))
    let error = await #expect(throws: RelayServerError.self) {
      try await servers.serve(relay, .init(listeners: place.addresses))
    }
    #expect(error?.description.contains("\(place.addresses[0])") == true)
  }
}
#endif
