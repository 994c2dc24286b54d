#if Server
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import LetterlockRelayKit
internal import TLSCodec

/// A request that was admitted, and carried out by the relay.
struct EndpointCall: Sendable {
  let relay: any ServedRelay
  let streams: OpenStreams
  let request: RelayHTTPRequest
  let admission: RelayEndpoint.Admission

  var account: AccountID { admission.account }
  var caller: RelayCaller { admission.caller }

  /// Carries it out.
  func answer() async throws(HTTPProblem) -> EndpointAnswer {
    // No operation takes a name that is not its own, whether it reads the query or not.
    _ = try query()
    return switch admission.operation {
    case .checkpointKey, .createAccount, .post, .messages: try await answerAnyone()
    case .recoveredAccount, .takeBack: try await answerWithKeys()
    case .logEntries, .appendLogEntry, .hold, .release, .wrap, .usage, .eraseAccount, .pendingErasure:
      try await answerAboutAccount()
    case .append, .history, .newestRecords, .newestStreams: try await answerAboutHistory()
    case .events: try await answerWithEvents()
    case .beginBlob, .writeBlob, .blob, .readBlob, .blobs, .removeBlobs: try await answerAboutBlobs()
    }
  }

  /// What the body holds.
  func body<Body: TLSCodable>(_ type: Body.Type = Body.self) throws(HTTPProblem) -> Body {
    do { return try Body(decoding: request.body) } catch { throw .malformed }
  }

  /// What the query holds.
  func query() throws(HTTPProblem) -> QueryItems {
    try QueryItems(request.query, of: admission.operation.queryNames)
  }

  /// Asks the relay.
  func ask<Answer>(
    _ body: () async throws(RelayError) -> Answer
  ) async throws(HTTPProblem) -> Answer {
    do throws(RelayError) { return try await body() } catch { throw .relay(error) }
  }
}

/// What anyone may do. SPEC.md section 7.7.
extension EndpointCall {
  private func answerAnyone() async throws(HTTPProblem) -> EndpointAnswer {
    switch admission.operation {
    case .checkpointKey:
      return EndpointAnswer(
        encoded: try await ask { () throws(RelayError) in try await relay.checkpointKey(as: .anyone) })
    case .createAccount:
      let new: EntryRequest = try body()
      try await ask { () throws(RelayError) in
        try await relay.createAccount(new.entry, wraps: new.wraps, as: .anyone)
      }
      return .done
    case .post:
      let post: PostRequest = try body()
      try await ask { () throws(RelayError) in
        try await relay.post(post.message.bytes, to: post.mailbox, as: .anyone)
      }
      return .done
    default:
      let mailbox: MailboxID = try body()
      let messages = try await ask { () throws(RelayError) in
        try await relay.messages(in: mailbox, as: .anyone)
      }
      return EndpointAnswer(messages.map(Opaque.init))
    }
  }

  /// Operations whose caller brings its keys: the hash of them is its name.
  private func answerWithKeys() async throws(HTTPProblem) -> EndpointAnswer {
    guard admission.operation == .takeBack else {
      let recovery: RecoveryRequest = try body()
      let device = recovery.signingKeys.deviceID
      let caller = proven(recovery.signingKeys)
      let found = try await ask { () throws(RelayError) in
        try await relay.account(recoveredBy: device, as: caller)
      }
      return EndpointAnswer(found)
    }
    let lost: LostPartRequest = try body()
    let caller = lost.signingKeys.map(proven) ?? .anyone
    let checkpoint = try await ask { () throws(RelayError) in
      try await relay.takeBack(lost.part, of: account, as: caller)
    }
    return EndpointAnswer(checkpoint)
  }

  private func proven(_ keys: SigningKeys) -> RelayCaller {
    guard let claim = admission.claim, claim.isProven(for: request, by: keys) else { return .anyone }
    return .device(claim.device)
  }
}
#endif
