internal import LetterlockFormat

/// When a request is judged, and by which numbers.
struct RelayMoment: Sendable {
  let now: Timestamp
  let policy: RelayPolicy

  /// A moment after this one; the last that there is, if it would be later.
  func after(_ duration: Duration) -> Timestamp { now.advanced(by: duration) }
}

extension Timestamp {
  /// A later moment; the last that there is, if it would be later than that.
  func advanced(by duration: Duration) -> Timestamp {
    let (sum, overflow) = nanosecondsSince1970.addingReportingOverflow(
      Int64(clamping: duration.nanoseconds))
    return Timestamp(nanosecondsSince1970: overflow ? .max : sum)
  }

  /// Nanoseconds since another moment; none if this one is not later.
  func nanosecondsElapsed(since other: Timestamp) -> UInt64 {
    guard self > other else { return 0 }
    return UInt64(bitPattern: nanosecondsSince1970 &- other.nanosecondsSince1970)
  }
}

extension Duration {
  /// So many nanoseconds.
  static func nanoseconds(counted count: UInt64) -> Duration { .nanoseconds(Int64(clamping: count)) }
}
