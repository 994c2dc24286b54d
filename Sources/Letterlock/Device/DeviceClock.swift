internal import Synchronization

/// The clock a device goes by, and by how much what it does in time varies: the system's clock and numbers, or what a
/// test sets.
package final class DeviceClock: Sendable {
  /// A function in a generic type is wrapped anew each time that it is lent, and once more when it is put back, so that each
  /// look would take longer than the one before: it stands in a structure.
  private struct Source {
    var now: @Sendable () -> Timestamp = { .now }
    var draw: @Sendable (ClosedRange<Int64>) -> Int64 = { .random(in: $0) }
  }

  private let source = Mutex(Source())

  /// The moment it is.
  package var now: Timestamp { source.withLock { $0.now }() }

  /// Draws a number by which something is to vary.
  func draw(from range: ClosedRange<Int64>) -> Int64 { source.withLock { $0.draw }(range) }

  /// Draws numbers in another way from here on.
  package func vary(by draw: @escaping @Sendable (ClosedRange<Int64>) -> Int64) {
    source.withLock { $0.draw = draw }
  }

  /// Goes by another clock from here on.
  package func follow(_ clock: @escaping @Sendable () -> Timestamp) { source.withLock { $0.now = clock } }
}

extension Timestamp {
  /// 24 hours, in nanoseconds.
  static let day: Int64 = 86_400_000_000_000

  /// The moment so many nanoseconds later; at the end of time at the latest.
  func adding(_ nanoseconds: Int64) -> Timestamp {
    let (sum, overflow) = nanosecondsSince1970.addingReportingOverflow(nanoseconds)
    return Timestamp(nanosecondsSince1970: overflow ? (nanoseconds < 0 ? .min : .max) : sum)
  }

  /// How many nanoseconds this moment comes after another; negative if it comes before.
  func nanoseconds(since earlier: Timestamp) -> Int64 {
    let (difference, overflow) = nanosecondsSince1970.subtractingReportingOverflow(
      earlier.nanosecondsSince1970)
    return overflow ? (self < earlier ? .min : .max) : difference
  }

  /// The moment this many milliseconds after 1970-01-01T00:00:00Z.
  init(millisecondsSince1970: UInt64) {
    let (product, overflow) = Int64(clamping: millisecondsSince1970).multipliedReportingOverflow(
      by: 1_000_000)
    self.init(nanosecondsSince1970: overflow ? .max : product)
  }
}
