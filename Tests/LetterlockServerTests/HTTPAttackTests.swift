#if HTTP && Server
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import LetterlockRelayKit
import LetterlockTestKit
import Testing

/// Requests that are sent as they are, and their answers.
struct RawClient {
  let transport: AsyncHTTPClientTransport

  init(_ url: URL) throws { transport = try AsyncHTTPClientTransport(url: url) }

  func send(_ request: RelayHTTPRequest) async throws -> (status: Int, fields: HTTPFieldList, body: [UInt8]) {
    let response = try await transport.response(to: request)
    var body: [UInt8] = []
    for try await piece in response.body { body += piece }
    return (response.status, response.fields, body)
  }

  func problem(of request: RelayHTTPRequest) async throws -> HTTPProblem? {
    ProblemDetails.problem(in: try await send(request).body)
  }

  /// A challenge that the relay gives now.
  func challenge() async throws -> [UInt8] {
    let answer = try await send(RelayHTTPRequest(method: "GET", path: "/v1/relay"))
    return try StructuredFieldParser.bytes(answer.fields["Letterlock-Challenge"] ?? "")
  }
}

@Suite("SPEC.md section 13: what attackers and faults bring")
struct HTTPAttackTests {
  let servers = TestServers()
  let clock = RelayClock()
  let relay: InMemoryRelay
  let account: TestAccount
  let client: RawClient
  let url: URL

  init() async throws {
    relay = try InMemoryRelay { [clock] in clock.now }
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1)], to: relay)
    self.account = account
    url = try await servers.serve(relay)
    client = try RawClient(url)
  }

  private func usageRequest() -> RelayHTTPRequest {
    var request = RelayHTTPRequest(method: "GET", path: "/v1/usage")
    request.name(account.id)
    return request
  }

  private func signed(
    _ request: RelayHTTPRequest, by keys: DeviceKeys? = nil, over challenge: [UInt8]? = nil,
    for relay: InMemoryRelay? = nil
  ) async throws -> RelayHTTPRequest {
    var request = request
    let key = try await (relay ?? self.relay).checkpointKey(as: .anyone)
    let challenge = if let challenge { challenge } else { try await client.challenge() }
    try request.sign(by: keys ?? account.keys, for: key, over: challenge)
    return request
  }

  @Test func `a signed request is answered, with a challenge for the next one`() async throws {
    let answer = try await client.send(try await signed(usageRequest()))
    #expect(answer.status == 200)
    #expect(answer.fields["Letterlock-Challenge"] != nil)
    #expect(answer.fields["Cache-Control"] == "no-store")
    #expect(answer.fields["Content-Type"] == RelayOperation.mediaType)
  }

  @Test func `a stale challenge is refused with a new one, and a client signs again`() async throws {
    let http = try HTTPRelay(url: url)
    #expect(try await http.usage(of: account.id, as: account.caller).records > 0)
    let old = try await client.challenge()
    clock.advance(by: .seconds(301))
    let answer = try await client.send(try await signed(usageRequest(), over: old))
    #expect(answer.status == 401)
    #expect(answer.fields["WWW-Authenticate"] == "Letterlock")
    #expect(ProblemDetails.problem(in: answer.body) == .staleChallenge)
    let new = try StructuredFieldParser.bytes(answer.fields["Letterlock-Challenge"] ?? "")
    #expect(try await client.send(try await signed(usageRequest(), over: new)).status == 200)
    #expect(try await http.usage(of: account.id, as: account.caller).records > 0)
  }

  @Test func `a challenge of another relay is refused`() async throws {
    let other = try RequestChallenges(of: CheckpointKey()).challenge(at: clock.now)
    let request = try await signed(usageRequest(), over: other)
    #expect(try await client.problem(of: request) == .staleChallenge)
  }

  @Test func `a request that was signed for another relay is not carried out when that one forwards it`()
    async throws
  {
    // The device talks to a relay that passes its requests on to this one.
    let thief = try InMemoryRelay { [clock] in clock.now }
    let request = try await signed(usageRequest(), for: thief)
    let answer = try await client.send(request)
    #expect(answer.status == 421)
    #expect(ProblemDetails.problem(in: answer.body) == .otherRelay)
  }

  @Test func `a body that is not the one that was signed is refused before it is stored`() async throws {
    let upload = try account.upload(of: [1, 2, 3])
    _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
    var request = RelayHTTPRequest(
      method: "PATCH", path: RelayOperation.writeBlob.path(of: upload.blob), query: "offset=0",
      body: [1, 2, 3])
    request.fields["Content-Type"] = RelayOperation.bytesMediaType
    request.name(account.id)
    request = try await signed(request)
    request.body = [1, 2, 4]
    let answer = try await client.send(request)
    #expect(answer.status == 400)
    #expect(ProblemDetails.problem(in: answer.body) == .wrongDigest)
    #expect(try await relay.beginBlob(upload, of: account.id, as: account.caller) == 0)
    request.body = [1, 2, 3]
    #expect(try await client.send(request).status == 204)
  }

  @Test func `a body without a digest is not taken`() async throws {
    var request = RelayHTTPRequest(method: "POST", path: "/v1/mailbox/post", body: [0])
    request.fields["Content-Type"] = RelayOperation.mediaType
    #expect(try await client.problem(of: request) == .wrongDigest)
  }

  @Test func `whoever may not ask, and whoever asks for what is not there, get equal answers`() async throws {
    let unknown = AccountID(unchecked: [UInt8](repeating: 5, count: 32))
    let stranger = try DeviceKeys()
    var forUnknown = RelayHTTPRequest(method: "GET", path: "/v1/usage")
    forUnknown.name(unknown)
    var altered = try await signed(usageRequest())
    altered.fields["Signature"] = try await signed(usageRequest(), by: stranger).fields["Signature"]
    let requests = [
      usageRequest(), forUnknown, altered,
      try await signed(usageRequest(), by: stranger), try await signed(forUnknown),
      try await signed(forUnknown, by: stranger), RelayHTTPRequest(method: "GET", path: "/v1/usage"),
    ]
    var answers: Set<[String]> = []
    for request in requests {
      let answer = try await client.send(request)
      #expect(ProblemDetails.problem(in: answer.body) == .relay(.unknownAccount))
      let varying = ["letterlock-challenge", "date"]
      let fields = answer.fields.all.filter { !varying.contains($0.name) }.map { "\($0.name): \($0.value)" }
      answers.insert(["\(answer.status)", String(decoding: answer.body, as: UTF8.self)] + fields.sorted())
    }
    #expect(answers.count == 1)
  }

  @Test func `a tampered request is not carried out`() async throws {
    let request = try await signed(
      {
        var request = RelayHTTPRequest(method: "GET", path: "/v1/log", query: "from=0")
        request.name(account.id)
        return request
      }())
    #expect(try await client.send(request).status == 200)
    var (other, path) = (request, request)
    other.query = "from=1"
    path.path = "/v1/blobs"
    path.query = nil
    for tampered in [other, path] {
      #expect(try await client.problem(of: tampered) == .relay(.unknownAccount))
    }
  }

  @Test func `a removed device reads the log up to its removal, and nothing else`() async throws {
    var account = account
    let leaver = try DeviceKeys()
    try await account.add(leaver, at: relay)
    let (removal, wraps) = try account.removal(of: [leaver])
    try await account.send(removal, wraps, to: relay)
    try await account.send(try account.entry(.update(highestVersion: 1)), [], to: relay)
    let http = try HTTPRelay(url: url)
    let entries = try await http.logEntries(of: account.id, from: 0, as: .device(leaver))
    #expect(entries.last == removal)
    await #expect(throws: RelayError.unknownAccount) {
      try await http.usage(of: account.id, as: .device(leaver))
    }
  }

  @Test func `a device without its keys is a stranger`() async throws {
    let http = try HTTPRelay(url: url)
    await #expect(throws: RelayError.unknownAccount) {
      try await http.usage(of: account.id, as: .device(account.keys.deviceID))
    }
  }

  @Test func `a recovery device that cannot sign finds no account`() async throws {
    let http = try HTTPRelay(url: url)
    #expect(
      try await http.account(recoveredBy: account.recovery.deviceID, as: .device(account.recovery))
        == account.id)
    // Its public keys are in the log, for every device of the account to see.
    var request = RelayHTTPRequest(
      method: "POST", path: "/v1/recovery",
      body: RecoveryRequest(signingKeys: account.recovery.signingKeys).encoded)
    request.fields["Content-Type"] = RelayOperation.mediaType
    request = try await signed(request)
    let answer = try await client.send(request)
    #expect(answer.status == 200)
    #expect(answer.body == [0])
  }

  @Test func `what is no request of this protocol is refused by its own problem`() async throws {
    #expect(try await client.problem(of: RelayHTTPRequest(method: "GET", path: "/")) == .unknownOperation)
    #expect(try await client.problem(of: RelayHTTPRequest(method: "GET", path: "/v1/hold")) == .wrongMethod)
    var request = RelayHTTPRequest(method: "POST", path: "/v1/accounts", body: [0])
    request.digestBody()
    #expect(try await client.problem(of: request) == .wrongMediaType)
    request.fields["Content-Type"] = RelayOperation.mediaType
    #expect(try await client.problem(of: request) == .malformed)
    var log = RelayHTTPRequest(method: "GET", path: "/v1/log", query: "from=-1")
    log.name(account.id)
    #expect(try await client.problem(of: try await signed(log)) == .malformed)
    log = try await signed(log)
    log.fields["Signature-Input"] = "letterlock=("
    #expect(try await client.problem(of: log) == .malformed)
  }

  @Test func `a body that is too large is refused`() async throws {
    let length = RelayOperation.post.maximumBodyByteCount + 1
    var request = RelayHTTPRequest(
      method: "POST", path: "/v1/mailbox/post", body: [UInt8](repeating: 0, count: length))
    request.fields["Content-Type"] = RelayOperation.mediaType
    request.digestBody()
    let answer = try await client.send(request)
    #expect(answer.status == 413)
    #expect(ProblemDetails.problem(in: answer.body) == .relay(.tooLarge))
  }

  @Test func `an attachment is read in ranges, with a tag`() async throws {
    let content = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
    let upload = try account.upload(of: content)
    let http = try HTTPRelay(url: url)
    _ = try await http.beginBlob(upload, of: account.id, as: account.caller)
    try await http.writeBlob(upload.blob, of: account.id, at: 0, content, as: account.caller)
    func answer(_ fields: [String: String]) async throws -> (
      status: Int, fields: HTTPFieldList, body: [UInt8]
    ) {
      var request = RelayHTTPRequest(method: "GET", path: RelayOperation.readBlob.path(of: upload.blob))
      for (name, value) in fields { request.fields[name] = value }
      request.name(account.id)
      return try await client.send(try await signed(request))
    }
    let whole = try await answer([:])
    let tag = try #require(whole.fields["ETag"])
    #expect((whole.status, whole.body) == (200, content))
    #expect(tag == "\"\(upload.digest)\"")
    let part = try await answer(["Range": "bytes=10-19"])
    #expect((part.status, part.body) == (206, Array(content[10..<20])))
    #expect(part.fields["Content-Range"] == "bytes 10-19/300")
    let rest = try await answer(["Range": "bytes=290-", "If-Range": tag])
    #expect((rest.status, rest.body) == (206, Array(content[290...])))
    #expect(try await answer(["Range": "bytes=290-", "If-Range": "\"x\""]).status == 200)
    let behind = try await answer(["Range": "bytes=300-"])
    #expect((behind.status, behind.fields["Content-Range"]) == (416, "bytes */300"))
    #expect(try await answer(["If-None-Match": tag]).status == 304)
    for (offset, count, wanted) in [(0, 300, 300), (299, 5, 1), (300, 5, 0), (0, 0, 0)] {
      let bytes = try await http.readBlob(
        upload.blob, of: account.id, at: UInt64(offset), byteCount: count, as: account.caller)
      #expect(bytes.count == wanted)
    }
  }
}
#endif
