internal import Synchronization

/// Runs an asynchronous function that never really waits, to its end, on the caller's thread.
///
/// Checking a chain of certificates is asynchronous for those who fetch things while they do it; ours fetches nothing,
/// and judging a member of a group is not asynchronous. It is here since a job is run by an unsafe call.
package enum SynchronousTask {
  /// What the work returns; nil if it waited for something else after all.
  package static func run<Result: Sendable>(_ work: @escaping @Sendable () async -> Result) -> Result? {
    let executor = CallersThread()
    let result = Outcome<Result>()
    let task = Task(executorPreference: executor) { result.set(await work()) }
    executor.runJobs()
    guard let value = result.value else {
      task.cancel()
      return nil
    }
    return value
  }

  private final class Outcome<Result: Sendable>: Sendable {
    private let stored = Mutex<Result?>(nil)
    var value: Result? { stored.withLock { $0 } }
    func set(_ value: Result) { stored.withLock { $0 = value } }
  }

  private final class CallersThread: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      jobs.withLock { $0.append(job) }
    }

    func runJobs() {
      while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
        unsafe job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
  }
}
