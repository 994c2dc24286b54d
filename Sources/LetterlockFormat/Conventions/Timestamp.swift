import CryptoCore
import SystemCore

/// A moment: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Spans the years 1677 to 2262. SPEC.md section 10.3.
public struct Timestamp: Hashable, Sendable {
  /// Nanoseconds since 1970-01-01T00:00:00Z; negative before it.
  public var nanosecondsSince1970: Int64

  /// The moment this many nanoseconds after 1970-01-01T00:00:00Z.
  public init(nanosecondsSince1970: Int64) {
    self.nanosecondsSince1970 = nanosecondsSince1970
  }

  /// The system's wall clock now.
  public static var now: Self {
    Self(nanosecondsSince1970: WallClock.nanosecondsSince1970)
  }
}

extension Timestamp {
  /// Whole milliseconds, never negative.
  package var millisecondsSince1970: UInt64 { UInt64(max(0, nanosecondsSince1970 / 1_000_000)) }
}

extension Timestamp: Comparable {
  /// Earlier moments come first.
  public static func < (left: Self, right: Self) -> Bool {
    left.nanosecondsSince1970 < right.nanosecondsSince1970
  }
}

extension Timestamp: CustomStringConvertible {
  /// The same as `rfc3339`.
  public var description: String { rfc3339 }
}
