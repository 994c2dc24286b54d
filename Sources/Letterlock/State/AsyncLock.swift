internal import Synchronization

/// Lets asynchronous calls through one after the other, in the order in which they came. A call whose task is cancelled
/// stops waiting.
final class AsyncLock: Sendable {
  private struct State {
    var isTaken = false
    var nextTicket: UInt64 = 0
    var waiting: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
  }

  private let state = Mutex(State())

  /// Runs `body` while no other call holds the lock.
  /// - Throws: What `body` throws; `DeviceError.cancelled` if the task is cancelled before `body` begins.
  func locked<Value: Sendable>(
    _ body: () async throws(DeviceError) -> Value
  ) async throws(DeviceError) -> Value {
    guard await acquire() else { throw .cancelled }
    defer { release() }
    return try await body()
  }

  private func acquire() async -> Bool {
    let ticket = state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer = state.withLock { state -> Bool? in
          if Task.isCancelled { return false }
          guard state.isTaken else {
            state.isTaken = true
            return true
          }
          state.waiting.append((ticket, continuation))
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
        guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return state.waiting.remove(at: index).continuation
      }
      waiting?.resume(returning: false)
    }
  }

  private func release() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard !state.waiting.isEmpty else {
        state.isTaken = false
        return nil
      }
      return state.waiting.removeFirst().continuation
    }
    next?.resume(returning: true)
  }
}

/// Stops a loop between two pages, parts or batches: everything so far is durable.
/// - Throws: `DeviceError.cancelled` if the task was cancelled.
func checkCancellation() throws(DeviceError) {
  if Task.isCancelled { throw .cancelled }
}
