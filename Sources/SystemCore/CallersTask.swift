internal import Dispatch

/// Runs `body` on a number of threads at once, and returns when it has run on each.
///
/// - Parameter body: Is told how to find out whether the task that called this was cancelled: on another thread
///   `Task.isCancelled` does not tell.
package func onThreads(_ count: Int, _ body: @Sendable (_ isCancelled: @Sendable () -> Bool) -> Void) {
  unsafe withUnsafeCurrentTask { task in
    // The task cannot end before this call returns, and whether it was cancelled may be asked on any thread.
    nonisolated(unsafe) let task = unsafe task
    DispatchQueue.concurrentPerform(iterations: count) { _ in
      body { unsafe task?.isCancelled ?? false }
    }
  }
}
