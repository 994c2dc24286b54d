internal import CryptoCore
package import LetterlockFormat
internal import TLSCodec

/// What the operator has decided about an account: the one row of the table `account_setting`, which is there only if it
/// says something. SPEC.md sections 7.4 and 7.9.
package struct AccountSetting: Hashable, Sendable {
  /// How many bytes the account may keep; nil if that is the relay's to say.
  package var quota: UInt64?
  /// When the account was moved to another relay, by this relay's clock; nil if it was not.
  package var moved: Timestamp?
  /// When an import of the account began that has not come to its end; nil otherwise. There is no account then.
  var importBegun: Timestamp?

  /// That nothing was decided.
  package init() { (quota, moved, importBegun) = (nil, nil, nil) }

  /// The setting of the transaction's account.
  package init(_ rows: any RelayRows) throws(RelayError) {
    self.init()
    guard let row = try rows.row(in: .accountSetting) else { return }
    let (bytes, time) = (try row.integer(0), try row.integer(1))
    guard try row.bytes(2) == Self.digest(bytes, time) else {
      throw .corrupted("What was decided about an account is damaged.")
    }
    quota = bytes < 0 ? nil : bytes == .max ? .max : UInt64(bytes)
    moved = time > 0 ? Timestamp(nanosecondsSince1970: time) : nil
    importBegun = time < 0 ? Timestamp(nanosecondsSince1970: time == .min ? .max : -time) : nil
  }

  /// Keeps the setting of the transaction's account.
  func put(_ rows: any WritableRelayRows) throws(RelayError) {
    guard self != AccountSetting() else { return try rows.remove(.all, in: .accountSetting) }
    let begun = importBegun.map { -max(1, $0.nanosecondsSince1970) }
    let time = begun ?? moved.map { max(1, $0.nanosecondsSince1970) } ?? 0
    let bytes = quota.map { Int64(clamping: $0) } ?? -1
    try rows.put(
      .integer(bytes), .integer(time), .bytes(Self.digest(bytes, time)), in: .accountSetting)
  }

  /// SHA-256 over the row.
  private static func digest(_ bytes: Int64, _ time: Int64) -> [UInt8] {
    var writer = TLSWriter()
    writer.write(bytes)
    writer.write(time)
    return SHA256Hash.hash(writer.bytes)
  }
}

/// What an operator decides.
extension RelayService {
  /// Changes what the operator has decided about an account. Every process that serves the account heeds it at the next
  /// request: the account gets a new version.
  /// - Throws: `RelayError.unknownAccount` if it is not there.
  package func decide(
    about account: AccountID, _ change: @escaping @Sendable (inout AccountSetting) -> Void
  ) async throws(RelayError) {
    let stored = AccountRows(account: account, quota: quota)
    try await store.write(.account(account)) { (rows) throws(RelayError) in
      var next = try stored.load(rows, after: nil)
      let before = try AccountSetting(rows)
      var setting = before
      change(&setting)
      guard setting != before else { return }
      try setting.put(rows)
      // Nothing of the account's own has changed: its version goes on by one, and tells no time.
      next.version += 1
      try AccountRows.save(next, after: next.rules, rows)
    }
  }
}
