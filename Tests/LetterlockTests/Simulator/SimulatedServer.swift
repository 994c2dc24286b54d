import LetterlockFormat
import Synchronization

@testable import LetterlockRelayKit

typealias SimulatedService = RelayService<SimulatedRelayStore>

/// A relay's store before whose transactions another process may come.
final class SimulatedRelayStore: RelayStore {
  let store: MemoryRelayStore
  private let turnstile: Turnstile

  init(_ store: MemoryRelayStore, _ turnstile: Turnstile) {
    (self.store, self.turnstile) = (store, turnstile)
  }

  func read<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any RelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    await turnstile.pass("read")
    return try await store.read(key, body)
  }

  func write<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any WritableRelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    await turnstile.pass("write")
    return try await store.write(key, body)
  }

  func removeMessages(expiredBefore time: Int64) async throws(RelayError) {
    try await store.removeMessages(expiredBefore: time)
  }
}

/// The relay that an operator runs. It may be put back to a backup, and then takes back what it lost before it takes
/// anything new.
final class SimulatedServer: Sendable {
  private struct State {
    var service: SimulatedService
    var restored: RestoredRelay<SimulatedRelayStore>?
  }

  private let state: Mutex<State>

  init(_ service: SimulatedService) { state = Mutex(State(service: service)) }

  var service: SimulatedService { state.withLock { $0.service } }
  /// What answers.
  var current: any ServedRelay {
    state.withLock { (state) -> any ServedRelay in
      if let restored = state.restored { return restored }
      return state.service
    }
  }
  var isRestored: Bool { state.withLock { $0.restored != nil } }

  /// Goes on with a backup, and takes nothing new.
  func restore(from backup: SimulatedService) {
    state.withLock { $0 = State(service: backup, restored: RestoredRelay(backup)) }
  }

  /// Takes new records again.
  func reopen() { state.withLock { $0.restored = nil } }
}

extension RelayService where Store == SimulatedRelayStore {
  /// A relay with the same key and the same accounts, which goes its own way from here on.
  func fork(
    _ turnstile: Turnstile, policy: RelayPolicy = .standard, clock: @escaping @Sendable () -> Timestamp
  ) async -> SimulatedService {
    SimulatedService(
      store: SimulatedRelayStore(await store.store.fork(), turnstile), key: key, quota: quota, policy: policy,
      clock: clock, accounts: accounts.fork())
  }
}
