#if HTTP
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import Synchronization

/// One connection on which a relay tells how far an account comes. It ends when the relay ends it, breaks off, or falls
/// silent.
struct EventConnection: Sendable {
  let relay: HTTPRelay
  let account: AccountID
  let caller: RelayCaller
  let clock: any Clock<Duration>

  /// What was told on it.
  private final class Progress: Sendable {
    struct State {
      var position: AccountPosition?
      /// Whether anything came.
      var isAlive = false
      /// Whether anything came since it was looked at.
      var isHeard = false
    }

    let state: Mutex<State>

    init(_ position: AccountPosition?) { state = Mutex(State(position: position)) }
  }

  /// How often it is looked whether anything came: so many times without it is silence.
  private static let lookCount = 4

  /// Listens for as long as the connection lasts.
  /// - Returns: Where the relay is to go on, and whether it has told anything, a heartbeat at least.
  /// - Throws: What the relay refuses; `.unavailable` if it did not answer.
  func listen(
    after position: AccountPosition?, _ tell: @escaping @Sendable (AccountEvent) -> Void
  ) async throws(RelayError) -> (position: AccountPosition?, isAlive: Bool) {
    let body = try await relay.openEvents(of: account, after: position, as: caller)
    let progress = Progress(position)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await read(body, progress, tell) }
      group.addTask { await waitForSilence(progress) }
      _ = await group.next()
      group.cancelAll()
    }
    return progress.state.withLock { ($0.position, $0.isAlive) }
  }

  private func read(
    _ body: RelayHTTPBody, _ progress: Progress,
    _ tell: @Sendable (AccountEvent) -> Void
  ) async {
    var reader = EventStreamReader()
    do {
      for try await piece in body {
        let told = try reader.read(piece)
        progress.state.withLock { state in
          (state.isAlive, state.isHeard) = (true, true)
          if let position = told.last(where: { $0.position != nil })?.position { state.position = position }
        }
        for event in told { tell(event.event) }
      }
    } catch {
      // A connection that breaks off has ended; what is to be done about it is the same.
    }
  }

  private func waitForSilence(_ progress: Progress) async {
    var silentLooks = 0
    while silentLooks < Self.lookCount {
      do { try await clock.sleep(for: AccountEvents.longestSilence / Self.lookCount) } catch { return }
      let isHeard = progress.state.withLock { state in
        defer { state.isHeard = false }
        return state.isHeard
      }
      silentLooks = isHeard ? 0 : silentLooks + 1
    }
  }
}
#endif
