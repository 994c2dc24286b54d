#if SQLite
internal import GRDB
internal import Letterlock
internal import Synchronization

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
    let dataVersion = try db.number("PRAGMA data_version")
    db.afterNextTransaction { [self] _ in
      known.withLock { $0[rules.log.account] = Known(rules: rules, dataVersion: dataVersion) }
    }
  }
}

/// Replays an account from what is stored. Records are not hashed: Appends hold their hashes.
private struct AccountReplay {
  let db: Database
  let account: AccountID
  let quota: UInt64

  init(_ db: Database, _ account: AccountID, quota: UInt64) throws {
    self.db = db
    self.account = account
    self.quota = quota
    let row = try db.row("SELECT 1 FROM account WHERE account = ?", [account.bytes.stored])
    guard row != nil else { throw RelayError.unknownAccount }
  }

  func rules(after known: RelayAccount?) throws -> RelayAccount {
    let log = try log(after: known?.log)
    let history = try history(after: known?.history, of: log)
    return RelayAccount(
      log: log, history: history, usage: try usage(after: known),
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

  private func history(after known: History?, of log: AccountLog) throws -> History {
    var history = known ?? History()
    var newest: [DeviceID: Append] = [:]
    let sql = "SELECT first_leaf, append FROM batch WHERE account = ? AND first_leaf >= ? ORDER BY first_leaf"
    try db.forEachRow(sql, [account.bytes.stored, Int64(clamping: history.tree.size)]) { row in
      guard let append = try? Append(decoding: try row.bytes(1)),
        try row.count(0) == history.tree.size
      else { throw damaged("history") }
      do throws(HistoryError) { try history.replay(append) } catch { throw damaged("history") }
      newest[append.device] = append
    }
    // Earlier Appends are in the hash chain that these end.
    for (device, append) in newest {
      guard let keys = log.members[device]?.bundle.signingKeys,
        append.isSigned(by: keys, account: account)
      else { throw damaged("history") }
    }
    return history
  }

  private func usage(after known: RelayAccount?) throws -> RelayUsage {
    let key = account.bytes.stored
    let leaf = Int64(clamping: known?.history.tree.size ?? 0)
    var usage = RelayUsage(quota: quota)
    usage.log += try sum("SELECT sum(length(entry)) FROM log_entry WHERE account = ?", [key])
    usage.log += try sum("SELECT sum(length(wrap)) FROM wrap WHERE account = ?", [key])
    usage.records = known?.usage.records ?? 0
    usage.records += try sum(
      "SELECT sum(length(append)) FROM batch WHERE account = ? AND first_leaf >= ?", [key, leaf])
    usage.records += try sum(
      "SELECT sum(length(bytes)) FROM record WHERE account = ? AND leaf >= ?", [key, leaf])
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
