#if Server
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import LetterlockRelayKit
internal import ServiceLifecycle

/// Wake-ups. SPEC.md section 13.9.
extension EndpointCall {
  /// Tells how far the account has come, now and whenever it goes on.
  func answerWithEvents() async throws(HTTPProblem) -> EndpointAnswer {
    let extent = try await ask { () throws(RelayError) in try await relay.extent(of: account, as: caller) }
    // Whoever was removed reads the log, and has nothing to wait for.
    guard extent.recordCount != nil else { throw .relay(.unknownAccount) }
    let told = request.fields[AccountEvents.lastEventField].flatMap(AccountEvents.Position.init(identifier:))
    return EndpointAnswer(
      events: RelayHTTPBody(EventPieces(relay: relay, account: account, caller: caller, told: told)))
  }
}

/// The text of a stream of events, which ends when the device is removed or the server shuts down.
private struct EventPieces: AsyncSequence, AsyncIteratorProtocol, Sendable {
  let relay: any ServedRelay
  let account: AccountID
  let caller: RelayCaller
  /// What the device was told; nil if nothing yet.
  var told: AccountEvents.Position?
  private var isOver = false
  private var lastSent = ContinuousClock.now

  /// How long the relay may know of something before it tells.
  private static let interval: Duration = .seconds(1)

  init(
    relay: any ServedRelay, account: AccountID, caller: RelayCaller, told: AccountEvents.Position?
  ) {
    (self.relay, self.account, self.caller, self.told) = (relay, account, caller, told)
  }

  func makeAsyncIterator() -> EventPieces { self }

  mutating func next() async throws -> [UInt8]? {
    while !isOver, !Task.isShuttingDownGracefully {
      let extent = try await relay.extent(of: account, as: caller)
      isOver = extent.recordCount == nil
      let new = AccountEvents.Position(
        entryCount: extent.entryCount, recordCount: extent.recordCount ?? told?.recordCount ?? 0)
      let text = AccountEvents.text(of: new, after: told)
      told = new
      if !text.isEmpty { return sent(text) }
      if ContinuousClock.now - lastSent >= AccountEvents.heartbeatInterval {
        return sent(AccountEvents.heartbeat)
      }
      if !isOver { try await rest() }
    }
    return nil
  }

  /// Waits, but not when the server is told to stop.
  private func rest() async throws {
    do { try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) } } catch {
      guard Task.isShuttingDownGracefully else { throw error }
    }
  }

  private mutating func sent(_ text: String) -> [UInt8] {
    lastSent = .now
    return Array(text.utf8)
  }
}
#endif
