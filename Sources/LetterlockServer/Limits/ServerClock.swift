#if Server
/// How time goes by for limits: never back, whatever a person sets.
struct ServerClock: Sendable {
  /// How long the clock has been running.
  let elapsed: @Sendable () -> Duration
  /// Waits, and throws if the task is cancelled.
  let sleep: @Sendable (Duration) async throws -> Void

  /// The system's.
  static var system: ServerClock {
    let start = ContinuousClock.now
    return ServerClock(
      elapsed: { ContinuousClock.now - start }, sleep: { duration in try await Task.sleep(for: duration) })
  }
}

extension Duration {
  /// Seconds, as precisely as a limit needs.
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  /// Whole nanoseconds, rounded up; at most what a duration of a year has.
  init(roundingUp seconds: Double) {
    let most = 31_536_000.0
    self = .nanoseconds(Int64((max(0, min(seconds, most)) * 1e9).rounded(.up)))
  }
}
#endif
