/// An order to erase an account that has not taken effect yet. SPEC.md section 6.12.
public struct PendingErasure: Hashable, Sendable {
  /// The order.
  public let order: AccountErasure
  /// When it takes effect, by the relay's clock, unless a log entry comes before.
  public let takesEffect: Timestamp

  /// An order that waits.
  public init(order: AccountErasure, takesEffect: Timestamp) {
    self.order = order
    self.takesEffect = takesEffect
  }
}
