package import LetterlockFormat
internal import Synchronization

/// Wakes whoever listens to an account when its rows have another version: at once if this process wrote them, and within
/// an interval if another one did.
///
/// However many listen, the store is asked once in an interval, for all accounts together.
package final class AccountWatch: Sendable {
  /// Returns the versions of those accounts that are there.
  package typealias Versions = @Sendable ([AccountID]) async throws(RelayError) -> [AccountID: UInt64]

  private struct Watched {
    /// What the listeners were told last.
    var version: UInt64?
    var slots: [ObjectIdentifier: ListenerSlot] = [:]
  }

  private struct State {
    var accounts: [AccountID: Watched] = [:]
    var isAsking = false
  }

  private let state = Mutex(State())
  private let clock: any Clock<Duration>
  private let versions: Versions

  /// How often the store is asked.
  static let interval: Duration = .seconds(1)
  /// After so many intervals in which nothing happened a listener is told so.
  static let quietIntervalCount = 20

  /// A watch over a store.
  package init(clock: any Clock<Duration> = ContinuousClock(), versions: @escaping Versions) {
    (self.clock, self.versions) = (clock, versions)
  }

  /// Begins to listen to an account.
  package func listener(for account: AccountID) -> AccountListener {
    let slot = ListenerSlot()
    let isFirst = state.withLock { state in
      state.accounts[account, default: Watched()].slots[ObjectIdentifier(slot)] = slot
      defer { state.isAsking = true }
      return !state.isAsking
    }
    // It ends by itself when nobody listens any more.
    if isFirst { Task { await keepAsking() } }
    return AccountListener(slot, account, self)
  }

  func forget(_ slot: ListenerSlot, of account: AccountID) {
    state.withLock { state in
      state.accounts[account]?.slots[ObjectIdentifier(slot)] = nil
      if state.accounts[account]?.slots.isEmpty ?? false { state.accounts[account] = nil }
    }
  }

  /// Notes that this process has written an account's rows.
  func wentOn(_ account: AccountID, to version: UInt64) { note([account: version]) }

  private func note(_ versions: [AccountID: UInt64]) {
    let woken = state.withLock { state in
      var woken: [(ListenerSlot, UInt64)] = []
      for (account, version) in versions {
        guard let watched = state.accounts[account], watched.version != version else { continue }
        state.accounts[account]?.version = version
        for slot in watched.slots.values { woken.append((slot, version)) }
      }
      return woken
    }
    for (slot, version) in woken { slot.wentOn(version) }
  }

  private func keepAsking() async {
    while true {
      try? await clock.sleep(for: Self.interval)
      let accounts = state.withLock { state -> [AccountID]? in
        state.isAsking = !state.accounts.isEmpty
        return state.isAsking ? Array(state.accounts.keys) : nil
      }
      guard let accounts else { return }
      // A store that does not answer is asked again.
      if let versions = try? await versions(accounts) { note(versions) }
      let slots = state.withLock { $0.accounts.values.flatMap { Array($0.slots.values) } }
      for slot in slots { slot.pulse(of: Self.quietIntervalCount) }
    }
  }
}
