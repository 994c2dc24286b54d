package import LetterlockFormat
internal import LetterlockRelayKit
internal import Synchronization

/// A relay's clock that can be set.
package final class RelayClock: Sendable {
  private let ahead = Mutex<Int64>(0)
  private let start: Timestamp?

  /// A clock that shows the system's time until it is set; or one that stands still until then.
  package init(isStopped: Bool = false) { start = isStopped ? .now : nil }

  /// The time that it shows.
  package var now: Timestamp {
    Timestamp(nanosecondsSince1970: (start ?? .now).nanosecondsSince1970 &+ ahead.withLock { $0 })
  }

  /// Sets it forward, or back.
  package func advance(by duration: Duration) {
    let (seconds, fraction) = duration.components
    ahead.withLock { $0 &+= seconds &* 1_000_000_000 &+ fraction / 1_000_000_000 }
  }
}
