#if SQLite
internal import GRDB
public import Letterlock
internal import SQLiteCore
internal import TLSCodec

/// Erasing an account.
extension SQLiteRelay {
  /// Erases records, signed batches, attachments and wraps, in one transaction; keeps the log, so that whoever comes
  /// later can tell that the order came from an active device, and the order.
  public func eraseAccount(_ erasure: AccountErasure, of account: AccountID) async throws(RelayError) {
    let isNew = try await write { [self] db in
      let rules = try accounts.rulesEvenErased(of: account, db)
      if let done = rules.erasure {
        guard done == erasure else { throw RelayError.accountErased(done) }
        return false
      }
      var next = rules
      try next.erase(by: erasure)
      let key = account.bytes.stored
      for table in Self.erasedTables { try db.run("DELETE FROM \(table) WHERE account = ?", [key]) }
      try db.run("INSERT INTO erasure (account, request) VALUES (?, ?)", [key, erasure.encoded.stored])
      try accounts.keep(next, db)
      return true
    }
    // What was erased is still in the write-ahead log.
    if isNew { try? await file.truncateLog() }
  }

  /// Every table of accounts' things but the log's, so that a new one is not forgotten.
  static let erasedTables = RelaySchema.schema.tables.filter {
    $0.columns.contains("account") && !["account", "log_entry", "erasure"].contains($0.name)
  }.map(\.name)

  /// The order by which an account was erased; nil if it was not.
  static func erasure(of account: AccountID, _ db: Database) throws -> AccountErasure? {
    guard let row = try db.row("SELECT request FROM erasure WHERE account = ?", [account.bytes.stored]) else {
      return nil
    }
    guard let erasure = try? AccountErasure(decoding: try row.bytes(0)) else {
      throw StorageFailure.corrupted("The order by which an account was erased is damaged.")
    }
    return erasure
  }
}
#endif
