#if HTTP && Server
import Synchronization

/// A clock that stands still until a test moves it on.
final class ManualClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration = .zero

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private struct Sleeper {
    let deadline: Instant
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now = Instant()
    var nextID = 0
    var sleepers: [Int: Sleeper] = [:]
    var cancelled: Set<Int> = []
    /// Tests that wait for somebody who sleeps so long.
    var watchers: [(duration: Duration, continuation: CheckedContinuation<Void, Never>)] = []

    func hasSleeper(of duration: Duration) -> Bool {
      sleepers.values.contains { now.duration(to: $0.deadline) == duration }
    }
  }

  private let state = Mutex(State())

  var now: Instant { state.withLock { $0.now } }
  var minimumResolution: Duration { .nanoseconds(1) }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { state in
      defer { state.nextID += 1 }
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let watchers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
          if state.cancelled.remove(id) != nil || state.now >= deadline { return nil }
          state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
          let duration = state.now.duration(to: deadline)
          let met = state.watchers.filter { $0.duration == duration }
          state.watchers.removeAll { $0.duration == duration }
          return met.map(\.continuation)
        }
        guard let watchers else { return continuation.resume() }
        for watcher in watchers { watcher.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
    try Task.checkCancellation()
  }

  /// Waits until somebody sleeps for so long from now on.
  func waitForSleeper(of duration: Duration) async {
    await withCheckedContinuation { continuation in
      let isMet = state.withLock { state in
        if state.hasSleeper(of: duration) { return true }
        state.watchers.append((duration, continuation))
        return false
      }
      if isMet { continuation.resume() }
    }
  }

  /// Moves on, and wakes who slept until then.
  func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now = state.now.advanced(by: duration)
      let due = state.sleepers.filter { $0.value.deadline <= state.now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.map(\.continuation)
    }
    for continuation in due { continuation.resume() }
  }

  /// Waits until somebody sleeps for so long, and moves on to the end of that, so many times.
  func pass(_ duration: Duration, times count: Int = 1) async {
    for _ in 0..<count {
      await waitForSleeper(of: duration)
      advance(by: duration)
    }
  }
}
#endif
