#if SQLite
internal import CryptoCore
internal import GRDB
package import Letterlock
internal import SQLiteCore

/// What only the files themselves can tell: rows that nothing else would ever read.
extension SQLiteRelay {
  /// What is wrong, in words.
  package func audit() throws(RelayError) -> [String] {
    try readNow { database in
      var problems = try StorageAudit.historyProblems(
        "SELECT account, first_leaf, signed_batch FROM batch ORDER BY account, first_leaf",
        records: "SELECT count(*) FROM record WHERE account = ? AND (leaf >= ? OR leaf < 0)", database)
      problems += try StorageAudit.problem(
        "parts belong to attachments that are not there",
        """
        SELECT count(*) FROM blob_part p WHERE NOT EXISTS \
        (SELECT 1 FROM blob b WHERE b.account = p.account AND b.blob = p.blob)
        """, database)
      for table in [
        "account", "wrap", "batch", "record", "tree", "stream", "stream_part", "blob", "log_entry", "erasure",
      ] {
        problems += try StorageAudit.problem(
          "\(table) has rows of an account that is not there",
          """
          SELECT count(*) FROM \(table) t WHERE NOT EXISTS \
          (SELECT 1 FROM log_entry e WHERE e.account = t.account AND e.idx = 0) \
          OR NOT EXISTS (SELECT 1 FROM account a WHERE a.account = t.account)
          """, database)
      }
      problems += try StreamAudit.problems(database)
      return try problems + Self.mailboxProblems(database)
    }
  }

  /// Messages that no device would read any more.
  private static func mailboxProblems(_ database: Database) throws -> [String] {
    var problems: [String] = []
    try database.forEachRow("SELECT seq, mailbox, message, digest FROM mailbox ORDER BY seq", []) { row in
      let mailbox = try? MailboxID(bytes: try row.bytes(1))
      guard let mailbox, try row.bytes(3) == digest(of: try row.bytes(2), in: mailbox) else {
        problems.append("message \(try row.integer(0)) in a mailbox is damaged")
        return
      }
    }
    return try problems + lostMessages(database)
  }

  /// Messages are numbered without a gap, and only the oldest make room.
  private static func lostMessages(_ database: Database) throws -> [String] {
    let last = try database.number("SELECT seq FROM sqlite_sequence WHERE name = 'mailbox'")
    let first = Int64(clamping: last) - RelayLimits.totalMessageCount
    let count = try database.number("SELECT count(*) FROM mailbox WHERE seq > ?", [first])
    let lost = min(last, UInt64(RelayLimits.totalMessageCount)) - min(count, last)
    return lost == 0 ? [] : ["\(lost) messages in mailboxes are not there"]
  }
}

extension SQLiteDeviceStore {
  /// What is wrong, in words.
  package func audit() throws(StoreError) -> [String] {
    do {
      return try file.queue.read { database in
        try StorageAudit.historyProblems(
          "SELECT x'' AS account, first_leaf, signed_batch FROM batch ORDER BY first_leaf",
          records: "SELECT count(*) FROM record WHERE ? = x'' AND (leaf >= ? OR leaf < 0)", database)
      }
    } catch { throw StoreError(error) }
  }
}

private enum StorageAudit {
  /// One problem if the query counts anything.
  static func problem(_ text: String, _ sql: String, _ database: Database) throws -> [String] {
    try Int.fetchOne(database, sql: sql) == 0 ? [] : [text]
  }

  /// Signed batches out of place, and records beyond the last of them.
  static func historyProblems(
    _ batches: String, records: String, _ database: Database
  ) throws -> [String] {
    var ends: [[UInt8]: Int64] = [:]
    var problems: [String] = []
    let rows = try Row.fetchCursor(database, sql: batches)
    while let row = try rows.next() {
      let account = try row.bytes(0)
      let first: Int64 = row[1]
      if first != ends[account, default: 0] {
        problems.append("a signed batch is out of place at record \(first)")
      }
      let count = (try? SignedBatch(decoding: try row.bytes(2)))?.leafCount ?? 0
      ends[account] = first + Int64(count)
    }
    for (account, end) in ends {
      let beyond = try Int.fetchOne(database, sql: records, arguments: [account.stored, end])
      if beyond != 0 { problems.append("records stand beyond the end of the history") }
    }
    return problems
  }
}
#endif
