internal import Synchronization

/// The recovery device's hold on its account, which lasts for ten minutes at the relay. SPEC.md section 7.8.
///
/// What is done meanwhile may take longer: the hold is renewed whenever half of it has gone by.
final class AccountHold: Sendable {
  /// How long a hold may last before it is renewed, in nanoseconds.
  static let renewal: Int64 = 300 * 1_000_000_000

  private struct Holding: Sendable {
    let clock: DeviceClock
    let take: @Sendable () async throws(DeviceError) -> Void
    var taken: Timestamp
  }

  private let holding = Mutex<Holding?>(nil)

  /// Takes the hold, and keeps it until `end()`.
  func begin(
    by clock: DeviceClock, _ take: @escaping @Sendable () async throws(DeviceError) -> Void
  ) async throws(DeviceError) {
    // The relay begins to count later than that.
    let now = clock.now
    try await take()
    holding.withLock { $0 = Holding(clock: clock, take: take, taken: now) }
  }

  /// Keeps it no longer.
  func end() { holding.withLock { $0 = nil } }

  /// Takes the hold again if half of it has gone by, or the clock was set back.
  func renewIfDue() async throws(DeviceError) {
    guard let holding = holding.withLock({ $0 }) else { return }
    let now = holding.clock.now
    let age = now.nanoseconds(since: holding.taken)
    guard age < 0 || age >= Self.renewal else { return }
    try await holding.take()
    self.holding.withLock { $0?.taken = now }
  }
}
