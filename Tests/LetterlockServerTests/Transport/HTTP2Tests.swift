#if HTTP && Server && X509
import Foundation
import LetterlockFormat
import LetterlockHTTPFormat
import LetterlockRelayKit
import TLSCodec
import Testing

@testable import LetterlockServer

@Suite("A relay over HTTP/2: RFC 9113", .timeLimit(.minutes(5)))
struct HTTP2Tests {
  private let servers = TestServers()
  private let folder: TemporaryFolder
  private let pair: SelfSignedCertificate
  private let configuration: RelayServer.Configuration

  init() throws {
    folder = try TemporaryFolder()
    pair = try SelfSignedCertificate()
    let files = RelayServer.TLSFiles(
      certificateChain: folder.file("chain.pem"), privateKey: folder.file("key.pem"))
    try Data(pair.certificate.utf8).write(to: URL(fileURLWithPath: files.certificateChain))
    try Data(pair.key.utf8).write(to: URL(fileURLWithPath: files.privateKey))
    var configuration = RelayServer.Configuration(listeners: [.init(host: "127.0.0.1", port: 0)])
    configuration.tls = files
    self.configuration = configuration
  }

  private func serve(_ change: (inout RelayServer.Configuration) -> Void = { _ in }) async throws -> URL {
    var configuration = configuration
    change(&configuration)
    let place = try await servers.serve(InMemoryRelay(), configuration)
    return try #require(place.urls.first.flatMap { URL(string: $0) })
  }

  private func connect(_ url: URL) async throws -> RawHTTP2 {
    try await RawHTTP2(url, trusting: pair.certificate)
  }

  /// A request that waits for its body.
  private func post(_ stream: UInt32, _ body: [UInt8] = [1]) -> RawFrame {
    .head(
      stream, post: "/v1/mailbox/post",
      fields: [
        ("content-type", RelayOperation.mediaType), ("content-digest", ContentDigest.value(of: body)),
      ])
  }

  @Test func `many streams are one connection`() async throws {
    let url = try await serve { $0.limits.connectionCount = 1 }
    try await connect(url).talk { talk in
      let streams = (0..<50).map { UInt32(2 * $0 + 1) }
      await talk.send(streams.map { .head($0) })
      var answered: Set<UInt32> = []
      while answered.count < 50, let answer = await talk.next(.headers) {
        // `:status 200` of HPACK's table.
        if answer.payload.first == 0x88 { answered.insert(answer.stream) }
      }
      #expect(answered == Set(streams))
    }
  }

  @Test func `a connection without a stream is a connection`() async throws {
    let url = try await serve {
      $0.limits.connectionCountPerAddress = 2
      $0.limits.countsLoopback = true
    }
    try await connect(url).talk { first in
      #expect(await first.next(.settings) != nil)
      try await connect(url).talk { second in
        #expect(await second.next(.settings) != nil)
        let third = try? await connect(url).talk { third in await third.next() }
        #expect(third == .some(nil) || third == nil)
        // The others go on.
        await second.send([.head(1)])
        #expect(await second.next(.headers)?.payload.first == 0x88)
      }
      await first.send([.head(1)])
      #expect(await first.next(.headers)?.payload.first == 0x88)
    }
  }

  @Test func `a connection has 100 streams at once`() async throws {
    try await connect(try await serve()).talk { talk in
      let settings = try #require(await talk.next(.settings))
      // SETTINGS_MAX_CONCURRENT_STREAMS
      #expect(
        stride(from: 0, to: settings.payload.count, by: 6).contains {
          settings.payload[$0 + 1] == 3 && settings.number(at: $0 + 2) == 100
        })
      await talk.send((0..<101).map { post(UInt32(2 * $0 + 1)) })
      // The connection ends, and nothing was done for the stream that is one too many.
      #expect(await !talk.rest().contains { $0.stream == 201 && $0.kind == .headers })
    }
  }

  /// CVE-2023-44487.
  @Test func `streams that are begun and reset end the connection`() async throws {
    try await connect(try await serve()).talk { talk in
      for first in stride(from: 0, to: 2000, by: 50) {
        await talk.send(
          (first..<first + 50).flatMap { number -> [RawFrame] in
            let stream = UInt32(2 * number + 1)
            // CANCEL
            return [.head(stream), RawFrame(kind: .reset, stream: stream, payload: [0, 0, 0, 8])]
          })
      }
      let frames = await talk.rest()
      // ENHANCE_YOUR_CALM
      #expect(frames.contains { $0.kind == .goAway && $0.number(at: 4) == 0xb })
      #expect(frames.allSatisfy { $0.stream <= 2 * 201 + 1 })
    }
  }

  /// CVE-2024-27316.
  @Test func `a head that never ends ends the connection`() async throws {
    try await connect(try await serve()).talk { talk in
      await talk.send([.head(1, flags: 0)])
      // A field of one letter, again and again.
      let more = RawFrame(kind: .continuation, stream: 1, payload: [0x00, 1, 0x78, 1, 0x79])
      for _ in 0..<100 { await talk.send(Array(repeating: more, count: 10)) }
      let frames = await talk.rest()
      #expect(frames.contains { $0.kind == .goAway && $0.number(at: 4) == 0xb })
      #expect(!frames.contains { $0.kind == .headers })
    }
  }

  @Test func `a head that is too large is refused`() async throws {
    try await connect(try await serve()).talk { talk in
      var head = RawFrame.head(1, flags: 0)
      let field: [UInt8] = [0x00, 1, 0x78, 100] + [UInt8](repeating: 0x79, count: 100)
      head.payload += (0..<140).flatMap { _ in field }
      let more = RawFrame(
        kind: .continuation, flags: RawFrame.endHeaders, stream: 1, payload: (0..<140).flatMap { _ in field })
      await talk.send([head, more])
      let answer = await talk.next(where: { $0.stream == 1 || $0.kind == .goAway })
      #expect(answer == nil || answer?.kind != .headers || answer?.payload.first != 0x88)
    }
  }

  @Test(arguments: [
    RawFrame(kind: .ping, payload: [UInt8](repeating: 0, count: 8)), RawFrame(kind: .settings),
    RawFrame(kind: .priority, stream: 1, payload: [0, 0, 0, 0, 1]),
  ])
  func `frames that only control a connection end it if they are many`(_ frame: RawFrame) async throws {
    try await connect(try await serve()).talk { talk in
      for _ in 0..<100 { await talk.send(Array(repeating: frame, count: 10)) }
      let frames = await talk.rest()
      // An answer for each at most, until it ends.
      #expect(frames.count < 500)
    }
  }

  @Test func `a connection that has no stream any more is told to go, and closed if it does not`()
    async throws
  {
    let url = try await serve { $0.idleTimeout = .seconds(3) }
    try await connect(url).talk { talk in
      await talk.send([.head(1)])
      let frames = await talk.rest()
      #expect(frames.contains { $0.kind == .headers })
      // The ping after it is never answered.
      #expect(frames.contains { $0.kind == .goAway && $0.number(at: 4) == 0 })
    }
  }

  @Test func `a connection that never has a stream is closed`() async throws {
    let url = try await serve { $0.idleTimeout = .seconds(1) }
    try await connect(url).talk { talk in
      #expect(await !talk.rest().contains { $0.kind == .headers })
    }
  }

  @Test func `a relay that is told to stop tells its clients, and answers what was begun`() async throws {
    let files = try #require(configuration.tls)
    let server = try ServedProcess(
      store: folder.file("relay.sqlite"), "--tls-certificate", files.certificateChain, "--tls-key",
      files.privateKey)
    let body = PostRequest(
      mailbox: MailboxID(unchecked: [UInt8](repeating: 1, count: 32)), message: Opaque([1, 2, 3])
    ).encoded
    try await connect(server.url).talk { talk in
      await talk.send([
        post(1, body), RawFrame(kind: .data, stream: 1, payload: Array(body.prefix(3))),
      ])
      try await server.wait(for: "/metrics") { $1.contains("letterlock_relay_requests_in_flight 1\n") }
      server.stop()
      let goAway = await talk.next(.goAway)
      #expect(goAway?.number(at: 4) == 0)
      let ping = try #require(await talk.next(.ping))
      await talk.send([RawFrame(kind: .ping, flags: RawFrame.acknowledgement, payload: ping.payload)])
      let second = await talk.next(.goAway)
      #expect(second?.number(at: 0) == 1, "\(String(describing: second))")
      await talk.send([
        RawFrame(kind: .data, flags: RawFrame.endStream, stream: 1, payload: Array(body.dropFirst(3)))
      ])
      let answers = await talk.rest()
      // `:status 204` of HPACK's table.
      #expect(answers.contains { $0.stream == 1 && $0.payload.first == 0x89 }, "\(answers)")
    }
    #expect(await server.exitCode() == 0)
  }
}

extension RawHTTP2.Talk {
  /// The next frame that is wanted; nil if the connection ends without one.
  fileprivate mutating func next(where isWanted: (RawFrame) -> Bool) async -> RawFrame? {
    while let frame = await next() { if isWanted(frame) { return frame } }
    return nil
  }
}
#endif
