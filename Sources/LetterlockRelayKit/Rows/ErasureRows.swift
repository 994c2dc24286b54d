internal import LetterlockFormat
internal import TLSCodec

/// An order to erase an account, as the one row of the table `erasure` holds it. SPEC.md section 6.12.
struct StoredErasure: Hashable, Sendable {
  let order: AccountErasure
  /// When the order came, by the relay's clock, or when its wait began again.
  private(set) var received: Timestamp
  /// The account's last checkpoint; nil as long as the order waits.
  private(set) var final: Checkpoint?

  /// An order that has come now.
  init(_ order: AccountErasure, received: Timestamp) {
    (self.order, self.received, final) = (order, received, nil)
  }

  /// The order of the transaction's account.
  init?(_ rows: any RelayRows) throws(RelayError) {
    guard let row = try rows.row(in: .erasure) else { return nil }
    guard let order = try? AccountErasure(decoding: try row.bytes(0)) else { throw Self.damaged }
    self.init(order, received: Timestamp(nanosecondsSince1970: try row.integer(1)))
    let final = try row.bytes(2)
    guard !final.isEmpty else { return }
    guard let checkpoint = try? Checkpoint(decoding: final) else { throw Self.damaged }
    self.final = checkpoint
  }

  private static var damaged: RelayError { .corrupted("The erasure of an account is damaged.") }

  /// What the relay answers with once the order has taken effect.
  var completed: CompletedErasure? { final.map { CompletedErasure(order: order, final: $0) } }

  /// What the relay shows as long as the order waits.
  func pending(_ policy: RelayPolicy) -> PendingErasure? {
    isWaiting ? PendingErasure(order: order, takesEffect: takesEffect(policy)) : nil
  }

  /// Whether it has not taken effect.
  var isWaiting: Bool { final == nil }

  /// Whether it waits, and came before a moment.
  func waits(since moment: Timestamp) -> Bool { isWaiting && received < moment }

  /// The wait begins again, unless it began later.
  mutating func wait(from moment: Timestamp) { if waits(since: moment) { received = moment } }

  /// When an order takes effect that the recovery device did not sign: late enough after it came, after the checkpoint
  /// that it names, and after the relay was restored: the entry that voided it may be lost.
  private func takesEffect(_ policy: RelayPolicy) -> Timestamp {
    let wait = Duration.milliseconds(Int64(clamping: CompletedErasure.coolingOff))
    let named = Timestamp(nanosecondsSince1970: 0)
      .advanced(by: .milliseconds(Int64(clamping: order.checkpoint.time)))
    return max(received, named, policy.restored ?? received).advanced(by: wait)
  }

  /// The order has taken effect.
  mutating func complete(with final: Checkpoint) { self.final = final }

  /// The row's values, for the digest over what the rules need.
  var row: RelayRow {
    RelayRow([
      .bytes(order.encoded), .integer(received.nanosecondsSince1970), .bytes(final?.encoded ?? []),
    ])
  }

  /// Keeps the order of the transaction's account, or that there is none.
  static func put(_ erasure: StoredErasure?, in rows: any WritableRelayRows) throws(RelayError) {
    guard let erasure else { return try rows.remove(.all, in: .erasure) }
    try rows.put([erasure.row], in: .erasure)
  }
}
