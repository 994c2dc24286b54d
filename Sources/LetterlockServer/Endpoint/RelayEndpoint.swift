#if Server
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import LetterlockRelayKit
internal import TLSCodec

/// A relay as HTTP requests reach it, whatever server brings them. SPEC.md section 13.
///
/// A request is admitted by its head, and then carried out with its body: so no body is read for nothing.
struct RelayEndpoint: Sendable {
  let relay: any ServedRelay
  /// Ended when the server is told to end.
  let streams = OpenStreams()
  private let challenges: RequestChallenges
  private let relayHash: [UInt8]
  private let registration: RegistrationGate

  init(_ relay: any ServedRelay, registration: RegistrationGate = .init(.open)) throws(RelayError) {
    (self.relay, self.registration) = (relay, registration)
    challenges = try RequestChallenges(of: relay.servedKey)
    relayHash = RequestAuthentication.relayHash(of: relay.servedKey.publicKey)
  }

  /// A request whose head is in order, before its body is there.
  struct Admission: Sendable {
    let operation: RelayOperation
    let blob: BlobID?
    let account: AccountID
    /// Who calls, as far as the head tells.
    let caller: RelayCaller
    /// A caller whose keys come with the body.
    let claim: ClaimedCaller?
  }

  /// Judges a request by its head.
  func admit(_ head: RelayHTTPRequest) async throws(HTTPProblem) -> Admission {
    let (operation, blob) = try RelayOperation.find(method: head.method, path: head.path)
    try checkMediaType(of: head, for: operation)
    guard operation.hasCaller else {
      if operation == .createAccount { try registration.check(head) }
      return Admission(operation: operation, blob: blob, account: .none, caller: .anyone, claim: nil)
    }
    let claim = try ClaimedCaller(of: head)
    if let claim {
      guard claim.relayHash == relayHash else { throw .otherRelay }
      guard challenges.holds(claim.challenge, at: relay.servedTime) else { throw .staleChallenge }
    }
    let account = claim?.account ?? .none
    guard !operation.bringsKeys else {
      // The body has keys whose hash the caller's name is.
      return Admission(
        operation: operation, blob: blob, account: try head.namedAccount ?? .none, caller: .anyone,
        claim: claim)
    }
    guard let claim, let keys = try await keys(of: claim), claim.isProven(for: head, by: keys) else {
      // As for an account that is not there.
      throw .relay(.unknownAccount)
    }
    return Admission(
      operation: operation, blob: blob, account: account, caller: .device(claim.device), claim: nil)
  }

  /// Returns the answer to a request that was admitted, where it is the same whatever the body has: a relay that was not
  /// restored takes nothing back, from whomever.
  func answer(withoutBodyOf admission: Admission) -> EndpointAnswer? {
    guard admission.operation == .takeBack, !relay.takesBack else { return nil }
    return EndpointAnswer(Checkpoint?.none)
  }

  /// Carries out a request that was admitted, now that its body is there.
  func answer(to request: RelayHTTPRequest, _ admission: Admission) async throws(HTTPProblem)
    -> EndpointAnswer
  {
    try checkDigest(of: request)
    let call = EndpointCall(
      relay: relay, streams: streams, request: request, admission: admission)
    return try await call.answer()
  }

  /// Puts in what each answer has.
  func finished(_ answer: EndpointAnswer) -> EndpointAnswer {
    var answer = answer
    let challenge = challenges.challenge(at: relay.servedTime)
    answer.fields[RequestAuthentication.challengeField] = BareItem.bytes(challenge).serialized
    answer.fields["Cache-Control"] = "no-store"
    return answer
  }

  private func keys(of claim: ClaimedCaller) async throws(HTTPProblem) -> SigningKeys? {
    do throws(RelayError) { return try await relay.signingKeys(of: claim.device, in: claim.account) } catch {
      throw .relay(error)
    }
  }

  private func checkMediaType(
    of head: RelayHTTPRequest, for operation: RelayOperation
  ) throws(HTTPProblem) {
    guard let wanted = operation.bodyMediaType else { return }
    let named = head.fields["Content-Type"]?.split(separator: ";").first.map { $0.lowercased() }
    guard named == wanted else { throw .wrongMediaType }
  }

  /// Before anything of the body is stored.
  private func checkDigest(of request: RelayHTTPRequest) throws(HTTPProblem) {
    guard let value = request.fields[ContentDigest.fieldName] else {
      guard request.body.isEmpty else { throw .wrongDigest }
      return
    }
    guard ContentDigest.names(request.body, value) else { throw .wrongDigest }
  }
}
#endif
