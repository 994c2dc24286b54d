public import TLSCodec

/// When a leaf that was published in a key package may be used, in seconds since 1970, both ends included.
///
/// ```
/// struct {
///   uint64 not_before;
///   uint64 not_after;
/// } Lifetime;
/// ```
/// RFC 9420 section 7.2.
public struct Lifetime: WireCodable, Hashable, Sendable {
  /// The first second.
  public var notBefore: UInt64
  /// The last second.
  public var notAfter: UInt64

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.notBefore), field(\.notAfter))

  /// A lifetime.
  public init(notBefore: UInt64, notAfter: UInt64) {
    self.notBefore = notBefore
    self.notAfter = notAfter
  }

  /// A lifetime that ends so many seconds after a time, or never.
  init(notBefore: UInt64, from time: UInt64, lasting duration: UInt64) {
    let (end, isPastTheLast) = time.addingReportingOverflow(duration)
    self.init(notBefore: notBefore, notAfter: isPastTheLast ? .max : end)
  }

  /// Whether a time, in seconds since 1970, lies within.
  public func contains(_ time: UInt64) -> Bool { notBefore <= time && time <= notAfter }

  /// How long the lifetime is, in seconds; 0 for one that ends before it begins.
  public var duration: UInt64 { notAfter > notBefore ? notAfter - notBefore : 0 }
}
