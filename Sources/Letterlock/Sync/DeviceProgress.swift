internal import TLSCodec

/// How far a device has come with the history; kept in its store. SPEC.md section 8.4.
///
/// ```
/// struct {
///   History history;
///   uint64 counter;                 the highest that this device has used in a signed batch
///   optional<Checkpoint> checkpoint;  the newest that was verified
///   optional<Checkpoint> promised;  of a history that pages were proven in and that is not all here yet
///   uint64 relay_time;              of the newest checkpoint that came with a page, in milliseconds since 1970
/// } DeviceProgress;
/// ```
struct DeviceProgress: WireCodable, Sendable {
  var history = History()
  var counter: UInt64 = 0
  var checkpoint: Checkpoint?
  var promised: Checkpoint?
  var relayTime: UInt64 = 0
  /// What the store held when this was read from it: what a changed copy replaces. Nil if it held nothing.
  var stored: [UInt8]?

  static let wire = WireFormat(
    Self.init(history:counter:checkpoint:promised:relayTime:), field(\.history), field(\.counter),
    field(\.checkpoint), field(\.promised), field(\.relayTime))

  init(
    history: History = History(), counter: UInt64 = 0, checkpoint: Checkpoint? = nil,
    promised: Checkpoint? = nil, relayTime: UInt64 = 0
  ) {
    self.relayTime = relayTime
    self.history = history
    self.counter = counter
    self.checkpoint = checkpoint
    self.promised = promised
  }
}
