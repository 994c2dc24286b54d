public import TLSCodec

/// How many bytes a device has exchanged with its relay, by kind and direction, since it was set up: what was
/// sealed, signed or wrapped, without what a transport adds.
///
/// ```
/// struct {
///   uint64 log_up; uint64 log_down;
///   uint64 records_up; uint64 records_down;
///   uint64 attachments_up; uint64 attachments_down;
/// } DataUsage;
/// ```
public struct DataUsage: WireCodable, Hashable, Sendable, Codable {
  /// Log entries, wraps, and messages of devices that join, to the relay.
  public var logUp: UInt64 = 0
  /// The same, from the relay.
  public var logDown: UInt64 = 0
  /// Records and signed batches, to the relay.
  public var recordsUp: UInt64 = 0
  /// The same, from the relay.
  public var recordsDown: UInt64 = 0
  /// Sealed attachments, to the relay.
  public var attachmentsUp: UInt64 = 0
  /// The same, from the relay.
  public var attachmentsDown: UInt64 = 0

  /// Nothing so far.
  public init() {}

  private init(
    logUp: UInt64, logDown: UInt64, recordsUp: UInt64, recordsDown: UInt64, attachmentsUp: UInt64,
    attachmentsDown: UInt64
  ) {
    self.logUp = logUp
    self.logDown = logDown
    self.recordsUp = recordsUp
    self.recordsDown = recordsDown
    self.attachmentsUp = attachmentsUp
    self.attachmentsDown = attachmentsDown
  }

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init(logUp:logDown:recordsUp:recordsDown:attachmentsUp:attachmentsDown:), field(\.logUp),
    field(\.logDown), field(\.recordsUp), field(\.recordsDown), field(\.attachmentsUp),
    field(\.attachmentsDown))

  /// Everything to the relay.
  public var up: UInt64 { logUp &+ recordsUp &+ attachmentsUp }
  /// Everything from the relay.
  public var down: UInt64 { logDown &+ recordsDown &+ attachmentsDown }

  /// Both together, kind by kind.
  static func + (left: DataUsage, right: DataUsage) -> DataUsage {
    DataUsage(
      logUp: left.logUp &+ right.logUp, logDown: left.logDown &+ right.logDown,
      recordsUp: left.recordsUp &+ right.recordsUp, recordsDown: left.recordsDown &+ right.recordsDown,
      attachmentsUp: left.attachmentsUp &+ right.attachmentsUp,
      attachmentsDown: left.attachmentsDown &+ right.attachmentsDown)
  }
}
