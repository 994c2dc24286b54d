import Synchronization

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A clock that stands until it is told to go on.
final class TestClock: Sendable {
  static let day: Int64 = 86_400_000_000_000
  private let moment: Mutex<Timestamp>

  /// A clock at the moment it is.
  init() { moment = Mutex(.now) }

  var now: Timestamp { moment.withLock { $0 } }

  func go(seconds: Int64) { moment.withLock { $0 = $0.adding(seconds * 1_000_000_000) } }

  func go(days: Int64) { moment.withLock { $0 = $0.adding(days * Self.day) } }

  /// Sets a device by this clock.
  func set(_ device: Device) { device.clock.follow { self.now } }
}
