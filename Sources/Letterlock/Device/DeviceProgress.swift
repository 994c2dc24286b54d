internal import TLSCodec

/// How far a device has come with the history; kept in its store. SPEC.md section 8.4.
///
/// ```
/// struct {
///   History history;
///   uint64 counter;                 the highest that this device has used in an Append
///   optional<Receipt> receipt;      the newest that was verified
/// } DeviceProgress;
/// ```
struct DeviceProgress: WireCodable, Sendable {
  var history = History()
  var counter: UInt64 = 0
  var receipt: Receipt?

  static let wire = WireFormat(
    Self.init(history:counter:receipt:), field(\.history), field(\.counter), field(\.receipt))

  init(history: History = History(), counter: UInt64 = 0, receipt: Receipt? = nil) {
    self.history = history
    self.counter = counter
    self.receipt = receipt
  }
}
