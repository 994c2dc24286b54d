#if SQLite
internal import CryptoCore
internal import GRDB
internal import Letterlock
internal import LetterlockRelayKit
internal import SQLiteCore
internal import Synchronization
internal import TLSCodec

/// The accounts of a relay's file, replayed once and kept, and brought up to date when another process has
/// written to the file.
final class StoredAccounts: Sendable {
  private struct Known {
    var rules: RelayAccount
    /// SQLite's number for what other connections have written.
    var dataVersion: UInt64
  }

  private let quota: UInt64
  private let known = Mutex<[AccountID: Known]>([:])

  init(quota: UInt64) { self.quota = quota }

  /// An account as the running transaction sees it, if it was not erased.
  func rules(of account: AccountID, _ db: Database) throws -> RelayAccount {
    let rules = try rulesEvenErased(of: account, db)
    if let erasure = rules.erasure { throw RelayError.accountErased(erasure) }
    return rules
  }

  /// An account as the running transaction sees it.
  func rulesEvenErased(of account: AccountID, _ db: Database) throws -> RelayAccount {
    let dataVersion = try db.number("PRAGMA data_version")
    let before = known.withLock { $0[account] }
    if let before, before.dataVersion == dataVersion { return before.rules }
    let replay = try AccountReplay(db, account, quota: quota)
    let rules = try replay.rules(after: before?.rules)
    known.withLock { $0[account] = Known(rules: rules, dataVersion: dataVersion) }
    return rules
  }

  /// Keeps an account as the running transaction leaves it, if that is committed.
  func keep(_ rules: RelayAccount, _ db: Database) throws {
    try StoredHistory(rules).save(rules.log.account, db)
    let dataVersion = try db.number("PRAGMA data_version")
    db.afterNextTransaction { [self] _ in
      known.withLock { $0[rules.log.account] = Known(rules: rules, dataVersion: dataVersion) }
    }
  }
}

/// What the rules of the history need to know of an account so far.
private struct StoredHistory {
  let history: [UInt8]
  let records: UInt64

  init(_ rules: RelayAccount) {
    history = rules.history.encoded
    records = rules.usage.records
  }

  init(_ row: Row) throws {
    (history, records) = (try row.bytes(0), try row.count(1))
    guard try row.bytes(2) == digest else {
      throw StorageFailure.corrupted("The history of an account is damaged.")
    }
  }

  func save(_ account: AccountID, _ db: Database) throws {
    try db.run(
      "UPDATE account SET history = ?, records = ?, digest = ? WHERE account = ?",
      [history.stored, Int64(clamping: records), digest.stored, account.bytes.stored])
  }

  private var digest: [UInt8] {
    var writer = TLSWriter()
    writer.write(opaque: history)
    writer.write(records)
    return SHA256Hash.hash(writer.bytes)
  }
}

/// Reads an account from what is stored.
private struct AccountReplay {
  let db: Database
  let account: AccountID
  let quota: UInt64
  private let stored: StoredHistory

  init(_ db: Database, _ account: AccountID, quota: UInt64) throws {
    self.db = db
    self.account = account
    self.quota = quota
    let sql = "SELECT history, records, digest FROM account WHERE account = ?"
    guard let row = try db.row(sql, [account.bytes.stored]) else { throw RelayError.unknownAccount }
    stored = try StoredHistory(row)
  }

  func rules(after known: RelayAccount?) throws -> RelayAccount {
    guard let history = try? History(decoding: stored.history) else { throw damaged("history") }
    return RelayAccount(
      log: try log(after: known?.log), history: history, usage: try usage(),
      erasure: try SQLiteRelay.erasure(of: account, db))
  }

  private func log(after known: AccountLog?) throws -> AccountLog {
    var entries: [LogEntry] = []
    let sql = "SELECT idx, entry FROM log_entry WHERE account = ? AND idx >= ? ORDER BY idx"
    try db.forEachRow(sql, [account.bytes.stored, known.map { Int64(clamping: $0.nextIndex) } ?? 0]) {
      guard let entry = try? LogEntry(decoding: try $0.bytes(1)),
        entry.content.index == (try $0.count(0))
      else { throw damaged("log") }
      entries.append(entry)
    }
    do throws(AccountLogError) {
      guard var log = known else { return try AccountLog(account: account, replaying: entries) }
      for entry in entries { try log.append(entry) }
      return log
    } catch { throw damaged("log") }
  }

  private func usage() throws -> RelayUsage {
    let key = account.bytes.stored
    var usage = RelayUsage(quota: quota)
    usage.log += try sum("SELECT sum(length(entry)) FROM log_entry WHERE account = ?", [key])
    usage.log += try sum("SELECT sum(length(wrap)) FROM wrap WHERE account = ?", [key])
    usage.records = stored.records
    usage.blobs += try sum("SELECT sum(length(bytes)) FROM blob_part WHERE account = ?", [key])
    return usage
  }

  private func sum(_ sql: String, _ arguments: StatementArguments) throws -> UInt64 {
    try db.number("SELECT coalesce((\(sql)), 0)", arguments)
  }

  private func damaged(_ part: String) -> RelayError {
    .corrupted("The \(part) of an account is damaged.")
  }
}
#endif
