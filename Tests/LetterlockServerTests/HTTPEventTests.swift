#if HTTP && Server
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import LetterlockRelayKit
import LetterlockTestKit
import Testing

@Suite("SPEC.md section 13.9: wake-ups")
struct HTTPEventTests {
  let servers = TestServers()

  /// A stream of events, as text.
  private func events(
    of account: TestAccount, as keys: DeviceKeys, _ relay: InMemoryRelay, _ url: URL,
    after last: String? = nil
  ) async throws -> RelayHTTPResponse {
    var request = RelayHTTPRequest(method: "GET", path: "/v1/events")
    request.name(account.id)
    if let last { request.fields["Last-Event-ID"] = last }
    let challenge = try await RawClient(url).challenge()
    try request.sign(by: keys, for: try await relay.checkpointKey(as: .anyone), over: challenge)
    return try await AsyncHTTPClientTransport(url: url).response(to: request)
  }

  @Test func `a device is told how far its account has come, until it is removed`() async throws {
    let relay = try InMemoryRelay()
    var account = try await TestAccount(at: relay)
    let leaver = try DeviceKeys()
    try await account.add(leaver, at: relay)
    let stream = try await events(of: account, as: leaver, relay, try await servers.serve(relay))
    #expect(stream.fields["Content-Type"] == "text/event-stream")
    var pieces = stream.body.makeAsyncIterator()
    func next() async throws -> String? {
      try await pieces.next().map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(try await next() == "id: 2.0\ndata: log 2\n\nid: 2.0\ndata: history 0\n\n")
    try await account.send([account.record(1)], to: relay)
    #expect(try await next() == "id: 2.1\ndata: history 1\n\n")
    let (removal, wraps) = try account.removal(of: [leaver])
    try await account.send(removal, wraps, to: relay)
    #expect(try await next() == "id: 3.1\ndata: log 3\n\n")
    #expect(try await next() == nil)
  }

  @Test func `a device that comes again is told what it has not been told`() async throws {
    let relay = try InMemoryRelay()
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1)], to: relay)
    let url = try await servers.serve(relay)
    for (last, wanted) in [("1.0", "id: 1.1\ndata: history 1\n\n"), ("0.1", "id: 1.1\ndata: log 1\n\n")] {
      let stream = try await events(of: account, as: account.keys, relay, url, after: last)
      var pieces = stream.body.makeAsyncIterator()
      #expect(try await pieces.next().map { String(decoding: $0, as: UTF8.self) } == wanted)
    }
  }

  @Test func `a stranger is told nothing`() async throws {
    let relay = try InMemoryRelay()
    let account = try await TestAccount(at: relay)
    let stream = try await events(of: account, as: DeviceKeys(), relay, try await servers.serve(relay))
    #expect(stream.status == 404)
  }
}
#endif
