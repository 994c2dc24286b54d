#if Server
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import LetterlockRelayKit

/// Wake-ups. SPEC.md section 13.9.
extension EndpointCall {
  /// Tells how far the account has come, now and whenever it goes on.
  func answerWithEvents() async throws(HTTPProblem) -> EndpointAnswer {
    let told = request.fields[AccountEvents.lastEventField].flatMap { AccountPosition(identifier: $0) }
    var follower = AccountFollower(relay, account, as: caller, after: told)
    // Before the answer begins, so that what is refused is told.
    let first: AccountFollower.Step?
    do throws(RelayError) { first = try await follower.next() } catch { throw .relay(error) }
    let entry = streams.add(follower.close)
    return EndpointAnswer(
      events: RelayHTTPBody(EventPieces(follower: follower, first: first, entry: entry)))
  }
}

/// The text of a stream of events, which ends when the device is removed or the server is told to end.
private struct EventPieces: AsyncSequence, AsyncIteratorProtocol, Sendable {
  var follower: AccountFollower
  var first: AccountFollower.Step?
  /// Kept for as long as the stream is.
  let entry: OpenStreams.Entry

  func makeAsyncIterator() -> EventPieces { self }

  mutating func next() async throws -> [UInt8]? {
    if let first {
      self.first = nil
      return bytes(of: first)
    }
    return try await follower.next().map(bytes)
  }

  private func bytes(of step: AccountFollower.Step) -> [UInt8] {
    switch step {
    case .told(let new, let before): Array(AccountEvents.text(of: new, after: before).utf8)
    case .quiet: Array(AccountEvents.heartbeat.utf8)
    }
  }
}
#endif
