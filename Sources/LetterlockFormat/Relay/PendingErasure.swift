public import TLSCodec

/// An order to erase an account that has not taken effect yet. SPEC.md section 6.12.
///
/// ```
/// struct {
///   AccountErasure order;
///   Time takes_effect;
/// } PendingErasure;
/// ```
public struct PendingErasure: WireCodable, Hashable, Sendable {
  /// The order.
  public let order: AccountErasure
  /// When it takes effect, by the relay's clock, unless a log entry comes before.
  public let takesEffect: Timestamp

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.order), field(\.takesEffect))

  /// An order that waits.
  public init(order: AccountErasure, takesEffect: Timestamp) {
    self.order = order
    self.takesEffect = takesEffect
  }

  /// Whether the order holds as long as the log is this one: an active device gave it, and no entry has come since.
  package func stands(in log: AccountLog) -> Bool {
    do throws(ErasureRefusal) { try order.check(against: log) } catch { return false }
    return true
  }
}
