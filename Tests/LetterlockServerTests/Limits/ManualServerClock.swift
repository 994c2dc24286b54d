#if HTTP && Server
import Synchronization

@testable import LetterlockServer

/// A clock that a test sets. Nobody sleeps: whoever would is woken when the clock has gone on far enough.
final class ManualServerClock: Sendable {
  private struct Sleeper {
    let end: Duration
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var now = Duration.zero
    var sleepers: [Sleeper] = []
    var watchers: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  deinit { advance(by: .seconds(1 << 40)) }

  var clock: ServerClock {
    ServerClock(
      elapsed: { [weak self] in self?.state.withLock { $0.now } ?? .zero },
      sleep: { [weak self] duration in await self?.sleep(for: duration) })
  }

  func advance(by duration: Duration) {
    let woken = state.withLock { state in
      state.now += duration
      let woken = state.sleepers.filter { $0.end <= state.now }
      state.sleepers.removeAll { $0.end <= state.now }
      return woken
    }
    for sleeper in woken { sleeper.continuation.resume() }
  }

  /// Waits until somebody sleeps.
  func waitForSleeper() async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.sleepers.isEmpty { state.watchers.append(continuation) }
        return !state.sleepers.isEmpty
      }
      if isThere { continuation.resume() }
    }
  }

  private func sleep(for duration: Duration) async {
    await withCheckedContinuation { continuation in
      let watchers = state.withLock { state in
        state.sleepers.append(Sleeper(end: state.now + duration, continuation: continuation))
        defer { state.watchers = [] }
        return state.watchers
      }
      for watcher in watchers { watcher.resume() }
    }
  }
}
#endif
