#if HTTP && Server
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import LetterlockRelayKit
import LetterlockTestKit
import TLSCodec
import Testing

@testable import LetterlockServer

@Suite("SPEC.md section 13.11: registration")
struct RegistrationTests {
  private let servers = TestServers()

  private func serve(_ registration: Registration) async throws -> URL {
    var limits = ServerLimits()
    limits.registration = registration
    return try await servers.serve(InMemoryRelay(), limits: limits)
  }

  private func problem(_ url: URL, _ token: String?) async throws -> HTTPProblem? {
    var request = RelayHTTPRequest(method: "POST", path: "/v1/accounts", body: [0])
    request.fields["Content-Type"] = RelayOperation.mediaType
    request.digestBody()
    request.fields[RegistrationToken.fieldName] = token
    return try await RawClient(url).problem(of: request)
  }

  @Test func `an open relay takes accounts of anyone, and no notice of a token`() async throws {
    let url = try await serve(.open)
    _ = try await TestAccount(at: try HTTPRelay(url: url))
    _ = try await TestAccount(at: try HTTPRelay(url: url, registrationToken: [1]))
    #expect(try await problem(url, "?") == .malformed)
  }

  @Test func `a closed relay takes none`() async throws {
    let url = try await serve(.closed)
    #expect(try await problem(url, nil) == .registrationClosed)
    #expect(try await problem(url, ":AA==:") == .registrationClosed)
    await #expect(throws: RelayError.unavailable(HTTPProblem.registrationClosed.title)) {
      try await TestAccount(at: try HTTPRelay(url: url, registrationToken: [1]))
    }
  }

  @Test func `a relay with tokens takes accounts of whoever has one, as long as it is listed`() async throws {
    let folder = try TemporaryFolder()
    let (first, second) = (NewRegistrationToken(), NewRegistrationToken())
    let file = folder.file("tokens")
    try "# friends\n\n\(first.line.uppercased()) # Ann\nnonsense\n".write(
      toFile: file, atomically: true, encoding: .utf8)
    let url = try await serve(.token(file: file))
    func create(_ token: NewRegistrationToken) async throws {
      _ = try await TestAccount(at: try HTTPRelay(url: url, registrationToken: Hex.decode(token.token)))
    }
    try await create(first)
    try await create(first)
    await #expect(throws: RelayError.self) { try await create(second) }
    try "\(second.line)\n".write(toFile: file, atomically: true, encoding: .utf8)
    try await create(second)
    await #expect(throws: RelayError.self) { try await create(first) }
    try FileManager.default.removeItem(atPath: file)
    await #expect(throws: RelayError.self) { try await create(second) }
  }

  @Test func `no token, one that is none, and one that is not listed are refused alike`() async throws {
    let folder = try TemporaryFolder()
    let token = NewRegistrationToken()
    // The hash of no bytes is listed: no token is still none.
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    try "\(token.line)\n\(empty)\n".write(toFile: folder.file("t"), atomically: true, encoding: .utf8)
    let url = try await serve(.token(file: folder.file("t")))
    let right = BareItem.bytes(Hex.decode(token.token) ?? []).serialized
    #expect(try await problem(url, right) == .malformed)
    let long = BareItem.bytes([UInt8](repeating: 0, count: 4000)).serialized
    for wrong in [nil, "", "::", "x", ":AA==:", right + ", " + right, String(right.dropLast()), long] {
      #expect(try await problem(url, wrong) == .registrationTokenRefused, "\(wrong ?? "-")")
    }
  }

  @Test func `an account that exists does not need a token`() async throws {
    let relay = try InMemoryRelay()
    let account = try await TestAccount(at: relay)
    var limits = ServerLimits()
    limits.registration = .closed
    let http = try HTTPRelay(url: try await servers.serve(relay, limits: limits))
    _ = try await http.usage(of: account.id, as: account.caller)
  }
}

@Suite("Limits: requests over HTTP")
struct RequestLimitTests {
  private let servers = TestServers()
  private let time = ManualServerClock()
  private let relay: InMemoryRelay
  private let account: TestAccount

  init() async throws {
    relay = try InMemoryRelay()
    account = try await TestAccount(at: relay)
  }

  private func serve(_ change: (inout RequestRates) -> Void) async throws -> URL {
    var limits = ServerLimits()
    limits.countsLoopback = true
    change(&limits.rates)
    return try await servers.serve(relay, limits: limits, clock: time.clock)
  }

  private func usage(_ url: URL, by keys: DeviceKeys) async throws -> HTTPProblem? {
    let client = try RawClient(url)
    var request = RelayHTTPRequest(method: "GET", path: "/v1/usage")
    request.name(account.id)
    try request.sign(
      by: keys, for: try await relay.checkpointKey(as: .anyone), over: try await client.challenge())
    return try await client.problem(of: request)
  }

  @Test func `a device that asks too often waits, and another of its account does not`() async throws {
    var account = account
    let other = try DeviceKeys()
    try await account.add(other, at: relay)
    let url = try await serve { $0.reads.device = RequestRate(burst: 2, perSecond: 1) }
    for _ in 0..<2 { #expect(try await usage(url, by: account.keys) == nil) }
    #expect(try await usage(url, by: account.keys) == .tooManyRequests(retryAfter: .seconds(1)))
    #expect(try await usage(url, by: other) == nil)
    time.advance(by: .seconds(1))
    #expect(try await usage(url, by: account.keys) == nil)
  }

  @Test func `a stranger uses up nothing of an account`() async throws {
    let url = try await serve { $0.reads.account = RequestRate(burst: 1, perSecond: 0) }
    let stranger = try DeviceKeys()
    for _ in 0..<5 { #expect(try await usage(url, by: stranger) == .relay(.unknownAccount)) }
    #expect(try await usage(url, by: account.keys) == nil)
    #expect(try await usage(url, by: account.keys) != nil)
  }

  @Test func `an address makes so many accounts in a day`() async throws {
    let url = try await serve { $0.accountCreations = RequestRate(burst: 2, perSecond: 2.0 / 86_400) }
    let http = try HTTPRelay(url: url)
    for _ in 0..<2 { _ = try await TestAccount(at: http) }
    await #expect(throws: RelayError.self) { try await TestAccount(at: http) }
    time.advance(by: .seconds(43_200))
    _ = try await TestAccount(at: http)
  }

  @Test func `an address that is refused too often is not heard before it waits`() async throws {
    let url = try await serve { $0.strangers = RequestRate(burst: 3, perSecond: 1) }
    let client = try RawClient(url)
    let request = RelayHTTPRequest(method: "GET", path: "/v1/nothing")
    for _ in 0..<3 { #expect(try await client.problem(of: request) == .unknownOperation) }
    #expect(try await client.problem(of: request) == .tooManyRequests(retryAfter: .seconds(1)))
    let mailbox = MailboxID(unchecked: [UInt8](repeating: 1, count: 32))
    time.advance(by: .seconds(2))
    #expect(try await HTTPRelay(url: url).messages(in: mailbox, as: .anyone) == [])
  }

  @Test func `the oldest event stream of a device ends for a new one`() async throws {
    var limits = ServerLimits()
    limits.eventStreamCountPerDevice = 1
    let url = try await servers.serve(relay, limits: limits)
    let transport = try AsyncHTTPClientTransport(url: url)
    func open() async throws -> RelayHTTPBody.AsyncIterator {
      var request = RelayHTTPRequest(method: "GET", path: "/v1/events")
      request.name(account.id)
      try request.sign(
        by: account.keys, for: try await relay.checkpointKey(as: .anyone),
        over: try await RawClient(url).challenge())
      return try await transport.response(to: request).body.makeAsyncIterator()
    }
    var first = try await open()
    #expect(try await first.next() != nil)
    var second = try await open()
    #expect(try await second.next() != nil)
    // It breaks off, or ends.
    let rest = try? await first.next()
    #expect(rest == nil)
  }

  @Test func `a relay that was not restored takes nothing back, and reads nothing of it`() async throws {
    let url = try await serve { _ in }
    var request = RelayHTTPRequest(method: "POST", path: "/v1/lost-part", body: [1, 2, 3])
    request.fields["Content-Type"] = RelayOperation.mediaType
    let answer = try await RawClient(url).send(request)
    #expect((answer.status, answer.body) == (200, [0]))
  }
}
#endif
