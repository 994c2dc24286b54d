#if HTTP && Server
import AsyncHTTPClient
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import LetterlockSQLite
import LetterlockTestKit
import NIOCore
import Testing

@testable import LetterlockServer

/// The real `letterlock-relay serve`, until the test is over.
final class ServedProcess: Sendable {
  private let process = Process()
  let url: URL
  let admin: URL

  init(store: String, _ options: String...) throws {
    process.executableURL = try Self.executable()
    let log = store + ".log"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    process.arguments =
      ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--store", "sqlite:\(store)"]
      + options
    let output = Pipe()
    (process.standardOutput, process.standardInput) = (output, FileHandle.nullDevice)
    try process.run()
    var text = ""
    while !text.hasSuffix("\n") {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw CocoaError(.fileReadUnknown) }
      text += String(decoding: data, as: UTF8.self)
    }
    let address = text.dropFirst("Listening on ".count).trimmingCharacters(in: .whitespacesAndNewlines)
    url = try #require(URL(string: address))
    // The log has been written by then.
    let place = try String(contentsOfFile: log, encoding: .utf8).firstMatch(
      of: /Operators are served at ([0-9.:]+)\./)
    admin = try #require(place.flatMap { URL(string: "http://\($0.1)") })
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  func stop() { process.terminate() }

  /// Asks operators' address until the answer is as wanted, which it is after a few round trips; each waits for the
  /// server.
  func wait(for path: String, until isDone: (Int, String) -> Bool) async throws {
    let client = try RawClient(admin)
    for _ in 0..<20_000 {
      let answer = try await client.send(.init(method: "GET", path: path))
      if isDone(answer.status, String(decoding: answer.body, as: UTF8.self)) { return }
    }
    Issue.record("\(path) never came to be as it should be")
  }

  /// Waits for its end. Returns its exit code; nil if it was killed.
  func exitCode() async -> Int32? {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [self] in
        process.waitUntilExit()
        continuation.resume(
          returning: process.terminationReason == .exit ? process.terminationStatus : nil)
      }
    }
  }

  /// The command lies beside the tests.
  private static func executable() throws -> URL {
    let start = URL(fileURLWithPath: CommandLine.arguments[0])
    for place in [Bundle.main.bundleURL, start] + Bundle.allBundles.map(\.bundleURL) {
      var folder = place
      for _ in 0..<5 {
        let candidate = folder.appendingPathComponent("letterlock-relay")
        let isFile = (try? candidate.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile
        if isFile == true { return candidate }
        folder.deleteLastPathComponent()
      }
    }
    throw CocoaError(.fileNoSuchFile)
  }
}

/// A request whose body comes when the test says so.
private struct SlowUpload {
  let pieces: AsyncStream<ByteBuffer>.Continuation
  let answer: Task<UInt, any Error>

  init(_ request: RelayHTTPRequest, to url: URL) {
    let (stream, pieces) = AsyncStream.makeStream(of: ByteBuffer.self)
    self.pieces = pieces
    let count = Int64(request.body.count)
    answer = Task {
      var outgoing = HTTPClientRequest(url: url.absoluteString + request.target)
      outgoing.method = .init(rawValue: request.method)
      for field in request.fields.all { outgoing.headers.add(name: field.name, value: field.value) }
      outgoing.body = .stream(stream, length: .known(count))
      return try await HTTPClient.shared.execute(outgoing, timeout: .seconds(60)).status.code
    }
  }

  func send(_ bytes: some Collection<UInt8>) { pieces.yield(ByteBuffer(bytes: bytes)) }
}

@Suite("A relay that is told to stop")
struct DrainTests {
  let folder: TemporaryFolder
  let store: String

  init() throws {
    folder = try TemporaryFolder()
    store = folder.file("relay.sqlite")
  }

  private func signed(
    _ request: RelayHTTPRequest, by account: TestAccount, at url: URL
  ) async throws -> RelayHTTPRequest {
    var request = request
    request.name(account.id)
    let key = try await HTTPRelay(url: url).checkpointKey(as: .anyone)
    try request.sign(by: account.keys, for: key, over: try await RawClient(url).challenge())
    return request
  }

  private func beginUpload(
    _ account: TestAccount, _ content: [UInt8], at url: URL
  ) async throws -> (BlobUpload, RelayHTTPRequest) {
    let upload = try account.upload(of: content)
    _ = try await HTTPRelay(url: url).beginBlob(upload, of: account.id, as: account.caller)
    var request = RelayHTTPRequest(
      method: "PATCH", path: RelayOperation.writeBlob.path(of: upload.blob), query: "offset=0", body: content)
    request.fields["Content-Type"] = RelayOperation.bytesMediaType
    return (upload, try await signed(request, by: account, at: url))
  }

  @Test func `it answers what was begun, loses nothing that it acknowledged, and ends event streams`()
    async throws
  {
    let server = try ServedProcess(store: store)
    let http = try HTTPRelay(url: server.url)
    var account = try await TestAccount(at: http)
    try await account.send([account.record(1)], to: http)
    let content = [UInt8](repeating: 9, count: 200_000)
    let (upload, request) = try await beginUpload(account, content, at: server.url)
    let events = try await AsyncHTTPClientTransport(url: server.url).response(
      to: try await signed(.init(method: "GET", path: "/v1/events"), by: account, at: server.url))
    var pieces = events.body.makeAsyncIterator()
    _ = try await pieces.next()
    let slow = SlowUpload(request, to: server.url)
    slow.send(content[..<100_000])
    try await server.wait(for: "/metrics") {
      $1.contains("letterlock_relay_requests_in_flight 1\n")
    }
    // Others write all the while.
    let writer = Task { [account] in
      var (account, count) = (account, UInt64(1))
      while !Task.isCancelled {
        do { try await account.send([account.record(UInt8(truncatingIfNeeded: count))], to: http) } catch {
          break
        }
        count += 1
      }
      return count
    }
    try await server.wait(for: "/metrics") {
      // Several may come between two looks.
      let count = $1.firstMatch(of: /operation="append",status="2xx"} ([0-9]+)\n/)
      return count.flatMap { Int($0.1) } ?? 0 >= 5
    }
    server.stop()
    try await server.wait(for: "/ready") { status, _ in status == 503 }
    // The stream ends while a request is still under way.
    while try await pieces.next() != nil {}
    slow.send(content[100_000...])
    slow.pieces.finish()
    #expect(try await slow.answer.value == 204)
    let acknowledged = await writer.value
    #expect(await server.exitCode() == 0)
    let relay = try SQLiteRelay(existing: store)
    let extent = try await relay.extent(of: account.id, version: nil, as: account.caller)
    #expect(extent.recordCount ?? 0 >= acknowledged)
    let read = try await relay.readBlob(
      upload.blob, of: account.id, at: 0, byteCount: content.count, as: account.caller)
    #expect(read == content)
  }

  @Test func `it closes what does not come to an end in time`() async throws {
    let server = try ServedProcess(store: store, "--drain-timeout", "1")
    let account = try await TestAccount(at: HTTPRelay(url: server.url))
    let content = [UInt8](repeating: 9, count: 200_000)
    let (_, request) = try await beginUpload(account, content, at: server.url)
    let slow = SlowUpload(request, to: server.url)
    slow.send(content[..<100_000])
    try await server.wait(for: "/metrics") {
      $1.contains("letterlock_relay_requests_in_flight 1\n")
    }
    let start = ContinuousClock.now
    server.stop()
    #expect(await server.exitCode() == 0)
    #expect(start.duration(to: .now) < .seconds(15))
    await #expect(throws: (any Error).self) { try await slow.answer.value }
  }
}
#endif
