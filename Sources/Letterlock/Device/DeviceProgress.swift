internal import TLSCodec

/// How far a device has come with the history; kept in its store. SPEC.md section 8.4.
///
/// ```
/// struct {
///   History history;
///   uint64 counter;                 the highest that this device has used in an Append
///   optional<Receipt> receipt;      the newest that was verified
///   optional<Receipt> promised;     of a history that pages were proven in and that is not all here yet
/// } DeviceProgress;
/// ```
struct DeviceProgress: WireCodable, Sendable {
  var history = History()
  var counter: UInt64 = 0
  var receipt: Receipt?
  var promised: Receipt?

  static let wire = WireFormat(
    Self.init(history:counter:receipt:promised:), field(\.history), field(\.counter), field(\.receipt),
    field(\.promised))

  init(
    history: History = History(), counter: UInt64 = 0, receipt: Receipt? = nil, promised: Receipt? = nil
  ) {
    self.history = history
    self.counter = counter
    self.receipt = receipt
    self.promised = promised
  }
}
