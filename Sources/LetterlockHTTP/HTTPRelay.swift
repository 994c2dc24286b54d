#if HTTP
public import Foundation
internal import LetterlockHTTPFormat
public import LetterlockFormat
internal import Synchronization

/// A relay behind a URL. SPEC.md section 13.
///
/// It signs each request with the caller's keys, over a challenge that the relay gave with an answer before. A device
/// trusts no transport for what its history says: it pins the relay's checkpoint key, and verifies.
///
/// What it adds to the errors of `Relay`: `.unavailable` if there is no answer, or one that is not as SPEC.md says, or if
/// the relay asks to wait for longer than a few seconds. It waits for less, and asks again, twice at most: every operation
/// may be repeated.
/// `writeBlob` sends a part of more than 256 KiB in several requests, each of which takes effect by itself.
public final class HTTPRelay: Relay {
  private let transport: any HTTPTransport
  private let session = Mutex(Session())
  let registrationToken: [UInt8]?
  private let pause: @Sendable (Duration) async throws -> Void

  /// What the relay has told.
  private struct Session {
    var checkpointKey: [UInt8]?
    var challenge: [UInt8]?
  }

  /// A relay that requests reach by a transport.
  /// - Parameters:
  ///   - transport: What carries the requests.
  ///   - registrationToken: What the relay's operator gave, if it is needed to make an account.
  public convenience init(transport: some HTTPTransport, registrationToken: [UInt8]? = nil) {
    self.init(transport: transport, registrationToken: registrationToken) { duration in
      try await Task.sleep(for: duration)
    }
  }

  /// A relay whose client waits by a clock of the caller's.
  package init(
    transport: some HTTPTransport, registrationToken: [UInt8]? = nil,
    pausing pause: @escaping @Sendable (Duration) async throws -> Void
  ) {
    (self.transport, self.registrationToken, self.pause) = (transport, registrationToken, pause)
  }

  /// The relay at an `http` or `https` URL: a host, and if need be a port.
  /// - Parameters:
  ///   - url: Where it is.
  ///   - authorities: Certificates, in PEM, of the authorities that the server's own must lead to; nil for those of the
  ///     system. Its name must be the URL's in either case.
  ///   - registrationToken: What the relay's operator gave, if it is needed to make an account.
  /// - Throws: `RelayError.unavailable` if it is no such URL, or if there is no certificate in `authorities`.
  public convenience init(
    url: URL, trusting authorities: [UInt8]? = nil, registrationToken: [UInt8]? = nil
  ) throws(RelayError) {
    do throws(HTTPTransportError) {
      self.init(
        transport: try AsyncHTTPClientTransport(url: url, trusting: authorities),
        registrationToken: registrationToken)
    } catch {
      throw .unavailable(error.reason)
    }
  }
}

/// A call: what is asked, and by whom.
struct RelayCall {
  let operation: RelayOperation
  var account: AccountID?
  var caller = RelayCaller.anyone
  var blob: BlobID?
  var query = QueryItems()
  var range: ByteRange?
  var body: [UInt8] = []
  var registrationToken: [UInt8]?

  var request: RelayHTTPRequest {
    let path = blob.map(operation.path(of:)) ?? operation.path
    let query = query.query
    var request = RelayHTTPRequest(
      method: operation.method, path: path, query: query.isEmpty ? nil : query, body: body)
    if let mediaType = operation.bodyMediaType { request.fields["Content-Type"] = mediaType }
    if let account { request.name(account) }
    if let range { request.fields["Range"] = range.value }
    if let registrationToken {
      request.fields[RegistrationToken.fieldName] = BareItem.bytes(registrationToken).serialized
    }
    request.digestBody()
    return request
  }
}

/// An answer, whole.
struct RelayAnswer {
  let status: Int
  let body: [UInt8]
  /// How long the relay, or a proxy before it, asks to wait before the request is sent again.
  let retryAfter: Duration?

  fileprivate init(_ response: RelayHTTPResponse, _ body: [UInt8]) {
    (status, self.body) = (response.status, body)
    let seconds = response.fields["Retry-After"].flatMap { UInt32($0) }
    // A device that made too many entries has ten minutes to wait, and does so in its own way.
    let isBusy =
      switch (status, ProblemDetails.problem(in: body)) {
      case (_, .relay(.tooManyEntries)?): false
      case (429, _), (503, _): true
      default: false
      }
    retryAfter = isBusy ? seconds.map { .seconds(Int64($0)) } : nil
  }
}

/// How long a client waits for a relay that asks it to: for one request at most twice, and a few seconds together.
private struct Patience {
  private var tries = 2
  private var left = Duration.seconds(6)

  /// How long to wait before the next try; nil if it would be too long.
  mutating func wait(after answer: RelayAnswer) -> Duration? {
    guard let wait = answer.retryAfter, tries > 0, wait <= left else { return nil }
    tries -= 1
    left -= wait
    return wait
  }
}

extension HTTPRelay {
  /// Makes a call, and again if the relay asks to wait a little. Returns the answer if it is one of these.
  func answer(to call: RelayCall, _ statuses: Set<Int> = [200]) async throws(RelayError) -> RelayAnswer {
    var patience = Patience()
    while true {
      let answer = try await firstAnswer(to: call)
      guard let wait = patience.wait(after: answer), await waits(wait) else {
        return try check(answer, statuses)
      }
    }
  }

  /// Waits. Returns whether the task was not cancelled meanwhile.
  private func waits(_ duration: Duration) async -> Bool {
    do { try await pause(duration) } catch { return false }
    return true
  }

  /// Makes a call, and once more if its challenge was too old.
  private func firstAnswer(to call: RelayCall) async throws(RelayError) -> RelayAnswer {
    guard let keys = call.caller.keys else { return try await send(call.request) }
    let checkpointKey = try await connect()
    var answer = try await send(try signed(call.request, by: keys, for: checkpointKey))
    if answer.status == 401 {
      answer = try await send(try signed(call.request, by: keys, for: checkpointKey))
    }
    return answer
  }

  /// The relay's checkpoint key, which it is asked for once. A challenge comes with it.
  func connect() async throws(RelayError) -> [UInt8] {
    if let known = session.withLock({ $0.challenge == nil ? nil : $0.checkpointKey }) { return known }
    return try await fetchCheckpointKey()
  }

  /// Asks the relay for its checkpoint key.
  func fetchCheckpointKey() async throws(RelayError) -> [UInt8] {
    let answer = try await answer(to: RelayCall(operation: .checkpointKey))
    guard answer.body.count == 32 else { throw .strangeAnswer }
    session.withLock { $0.checkpointKey = answer.body }
    return answer.body
  }

  func signed(
    _ request: RelayHTTPRequest, by keys: DeviceKeys, for checkpointKey: [UInt8]
  ) throws(RelayError) -> RelayHTTPRequest {
    guard let challenge = session.withLock({ $0.challenge }) else { throw .strangeAnswer }
    var request = request
    do { try request.sign(by: keys, for: checkpointKey, over: challenge) } catch {
      throw .internalError("request signature")
    }
    return request
  }

  private func send(_ request: RelayHTTPRequest) async throws(RelayError) -> RelayAnswer {
    try await whole(try await respond(to: request))
  }

  /// Sends a request. Returns the answer when its head is there, from which it takes the challenge.
  func respond(to request: RelayHTTPRequest) async throws(RelayError) -> RelayHTTPResponse {
    let response: RelayHTTPResponse
    do { response = try await transport.response(to: request) } catch { throw .unavailable(error.reason) }
    if let field = response.fields[RequestAuthentication.challengeField],
      let challenge = try? StructuredFieldParser.bytes(field)
    {
      session.withLock { $0.challenge = challenge }
    }
    return response
  }

  /// Reads an answer to its end.
  func whole(_ response: RelayHTTPResponse) async throws(RelayError) -> RelayAnswer {
    RelayAnswer(response, try await bytes(of: response.body))
  }

  private func bytes(of body: RelayHTTPBody) async throws(RelayError) -> [UInt8] {
    var bytes: [UInt8] = []
    do {
      for try await piece in body {
        guard piece.count <= Self.maximumAnswerByteCount - bytes.count else { throw RelayError.strangeAnswer }
        bytes += piece
      }
    } catch {
      throw error as? RelayError ?? .unavailable("The relay's answer broke off.")
    }
    return bytes
  }

  /// More bytes than these are no answer.
  private static let maximumAnswerByteCount = 1 << 29

  func check(_ answer: RelayAnswer, _ statuses: Set<Int>) throws(RelayError) -> RelayAnswer {
    if statuses.contains(answer.status) { return answer }
    switch ProblemDetails.problem(in: answer.body) {
    case .relay(let error)?: throw error
    case .otherRelay?:
      // Another relay answers at the address: its key is asked for anew.
      session.withLock { $0 = Session() }
      throw .unavailable("Another relay answers at this address.")
    case let problem?: throw .unavailable(problem.title)
    case nil: throw .unavailable("The relay answered with the status \(answer.status).")
    }
  }
}

extension RelayError {
  static var strangeAnswer: RelayError { .unavailable("The relay's answer is not one that is known here.") }
}
#endif
