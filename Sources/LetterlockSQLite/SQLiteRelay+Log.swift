#if SQLite
internal import Foundation
internal import GRDB
public import Letterlock
internal import LetterlockRelayKit
internal import SQLiteCore
internal import TLSCodec

/// Accounts, their logs, and wraps.
extension SQLiteRelay {
  /// Begins an account.
  public func createAccount(_ entry: LogEntry, wraps: [StoredWrap]) async throws(RelayError) {
    try RelayLimits.check(entry, wraps)
    let rules = try RelayAccount(create: entry, wraps: wraps, quota: quota)
    try await write { [accounts] db in
      let account = rules.log.account.bytes.stored
      let sql = "SELECT 1 FROM account WHERE account = ? OR recovery = ?"
      guard try db.row(sql, [account, rules.log.recoveryDevice.bytes.stored]) == nil else {
        throw RelayError.accountExists
      }
      try db.run(
        "INSERT INTO account (account, recovery, history, records, digest) VALUES (?, ?, x'', 0, x'')",
        [account, rules.log.recoveryDevice.bytes.stored])
      try Self.insert(entry, wraps, rules.log, db)
      try accounts.keep(rules, db)
    }
  }

  /// The account whose newest recovery device this is.
  public func account(recoveredBy device: DeviceID) async throws(RelayError) -> AccountID? {
    try await read { db in
      let sql = "SELECT account FROM account WHERE recovery = ?"
      guard let row = try db.row(sql, [device.bytes.stored]) else { return nil }
      guard let account = try? AccountID(bytes: try row.bytes(0)) else {
        throw StorageFailure.corrupted("An account's name is damaged.")
      }
      return account
    }
  }

  /// The entries of a log from an index on.
  public func logEntries(
    of account: AccountID, from index: UInt64
  ) async throws(RelayError) -> [LogEntry] {
    try await read { [accounts] db in
      _ = try accounts.rulesEvenErased(of: account, db)
      var entries: [LogEntry] = []
      let sql = "SELECT entry FROM log_entry WHERE account = ? AND idx >= ? ORDER BY idx"
      try db.forEachRow(sql, [account.bytes.stored, Int64(clamping: index)]) { row in
        guard let entry = try? LogEntry(decoding: try row.bytes(0)) else {
          throw StorageFailure.corrupted("The log of an account is damaged.")
        }
        entries.append(entry)
      }
      return entries
    }
  }

  /// Adds an entry, and erases the wraps of a device that it removes.
  public func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID
  ) async throws(RelayError) {
    try RelayLimits.check(entry, wraps)
    let erases = try await change(account) { db, rules in
      let erased = RelayAccount.erasesWraps(of: entry, before: rules.log)
      guard case .new = try rules.accept(entry, wraps: wraps) else { return false }
      let sql = "SELECT 1 FROM account WHERE recovery = ? AND account <> ?"
      let key: StatementArguments = [rules.log.recoveryDevice.bytes.stored, account.bytes.stored]
      guard try db.row(sql, key) == nil else { throw RelayError.accountExists }
      for device in erased {
        rules.usage.log -= min(rules.usage.log, try Self.eraseWraps(of: device, account, db))
      }
      try Self.insert(entry, wraps, rules.log, db)
      try db.run(
        "UPDATE account SET recovery = ? WHERE account = ?",
        [rules.log.recoveryDevice.bytes.stored, account.bytes.stored])
      return !erased.isEmpty
    }
    // The erased wraps are still in the write-ahead log. The entry is accepted even if this must wait: the
    // next checkpoint does the same.
    if erases { try? await file.truncateLog() }
  }

  /// A device's wrap of an epoch's secret.
  public func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID
  ) async throws(RelayError) -> [UInt8]? {
    try await read { [accounts] db in
      _ = try accounts.rules(of: account, db)
      let sql = "SELECT wrap FROM wrap WHERE account = ? AND device = ? AND epoch = ?"
      return try db.row(
        sql, [account.bytes.stored, device.bytes.stored, Int64(clamping: epoch)])?.bytes(0)
    }
  }

  /// Gives how many bytes were erased.
  private static func eraseWraps(
    of device: DeviceID, _ account: AccountID, _ db: Database
  ) throws -> UInt64 {
    let key: StatementArguments = [account.bytes.stored, device.bytes.stored]
    let byteCount = try db.number(
      "SELECT coalesce(sum(length(wrap)), 0) FROM wrap WHERE account = ? AND device = ?", key)
    try db.run("DELETE FROM wrap WHERE account = ? AND device = ?", key)
    return byteCount
  }

  /// Stores an entry that `log` ends with, and the wraps of its newest epoch.
  private static func insert(
    _ entry: LogEntry, _ wraps: [StoredWrap], _ log: AccountLog, _ db: Database
  ) throws {
    let account = log.account.bytes.stored
    try db.run(
      "INSERT INTO log_entry (account, idx, entry) VALUES (?, ?, ?)",
      [account, Int64(clamping: entry.content.index), entry.encoded.stored])
    let epoch = Int64(clamping: log.newestEpoch.header.number)
    for wrap in wraps {
      try db.run(
        "INSERT INTO wrap (account, device, epoch, wrap) VALUES (?, ?, ?, ?)",
        [account, wrap.device.bytes.stored, epoch, wrap.wrap.bytes.stored])
    }
  }
}
#endif
