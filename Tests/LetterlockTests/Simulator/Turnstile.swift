import Synchronization

/// Lets one simulated process run at a time. Each waits where it meets others, at a call to the relay or a transaction of
/// it, until the schedule lets it go on: so a seed says in which order everything happens, whatever threads do.
final class Turnstile: Sendable {
  /// The process whose task this is; nil outside of the simulation, where nothing waits.
  @TaskLocal static var process: String?

  private struct State {
    var waiting: [String: (point: String, continuation: CheckedContinuation<Void, Never>)] = [:]
    /// The schedule, which waits while a process runs.
    var schedule: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Waits until the schedule lets this process go on.
  func pass(_ point: String) async {
    guard let process = Self.process else { return }
    await withCheckedContinuation { continuation in
      let schedule = state.withLock { state in
        state.waiting[process] = (point, continuation)
        return state.schedule.take()
      }
      schedule?.resume()
    }
  }

  /// Starts a process and returns when it waits, or has ended.
  func start(_ process: String, _ body: @escaping @Sendable () async -> Void) async {
    await withCheckedContinuation { continuation in
      state.withLock { $0.schedule = continuation }
      Task {
        await Self.$process.withValue(process) { await body() }
        state.withLock { $0.schedule.take() }?.resume()
      }
    }
  }

  /// Lets a process go on and returns when it waits again, or has ended.
  func resume(_ process: String) async {
    await withCheckedContinuation { continuation in
      let waiting = state.withLock { state in
        state.schedule = continuation
        return state.waiting.removeValue(forKey: process)
      }
      waiting?.continuation.resume()
    }
  }

  /// The processes that wait, in the order of their names.
  var waiting: [String] { state.withLock { $0.waiting.keys.sorted() } }

  /// Where a process waits.
  func point(of process: String) -> String? { state.withLock { $0.waiting[process]?.point } }
}
