import Synchronization

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A clock that only the schedule sets.
final class SimulatedClock: Sendable {
  private let start: Timestamp
  private let elapsed = Mutex<Int64>(0)
  /// How far the relay's clock is behind.
  private let setback = Mutex<Int64>(0)

  init(start: Timestamp) { self.start = start }

  var now: Timestamp { start.adding(elapsed.withLock { $0 }) }

  /// What the relay's clock shows.
  var relayNow: Timestamp { now.adding(-setback.withLock { $0 }) }

  /// Whether the relay's clock was ever set back.
  var wasSetBack: Bool { setback.withLock { $0 } > 0 }

  /// Sets the relay's clock back.
  func setRelayBack(seconds: Int64) { setback.withLock { $0 += seconds * 1_000_000_000 } }

  /// How long it has gone on, in nanoseconds.
  var nanosecondsElapsed: Int64 { elapsed.withLock { $0 } }

  func go(seconds: Int64) { elapsed.withLock { $0 += seconds * 1_000_000_000 } }

  /// Sets a device by this clock. What varies in time takes the middle: a seed decides everything.
  func set(_ device: Device) {
    device.clock.follow { self.now }
    device.clock.vary { $0.lowerBound + ($0.upperBound - $0.lowerBound) / 2 }
  }
}
