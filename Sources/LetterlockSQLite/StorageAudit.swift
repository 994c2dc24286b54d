#if SQLite
internal import GRDB
package import Letterlock

/// What only the files themselves can tell: counts that stand beside what they count, and rows that nothing
/// else would ever read.
extension SQLiteRelay {
  /// What is wrong, in words.
  package func audit(_ account: AccountID) throws(RelayError) -> [String] {
    try read { database in
      var problems: [String] = []
      let usage = try RelaySchema.usage(of: account, quota: 0, database)
      let counted = try RelaySchema.countedUsage(of: account, database)
      if usage != counted { problems.append("the account's usage is not what it stores") }
      for (table, column) in [
        ("record", "leaf"), ("batch", "first_leaf"), ("log_entry", "idx"), ("wrap", "epoch"),
        ("blob_part", "start"),
      ] {
        let strays = try Int.fetchOne(
          database, sql: "SELECT count(*) FROM \(table) WHERE typeof(\(column)) <> 'integer' OR \(column) < 0")
        if strays != 0 { problems.append("\(table) has rows out of place") }
      }
      problems += try RelaySchema.strays(of: account, database)
      return problems
    }
  }
}

extension RelaySchema {
  /// The usage, counted anew.
  static func countedUsage(of account: AccountID, _ database: Database) throws -> RelayUsage {
    func sum(_ sql: String) throws -> UInt64 {
      UInt64(clamping: try Int64.fetchOne(database, sql: sql, arguments: [account.bytes.data]) ?? 0)
    }
    // Wraps of removed devices were counted when they came, and are gone: the log's count never shrinks.
    let entries = try entries(of: account, from: 0, database)
    let wraps = entries.reduce(0) { count, entry in
      switch entry.content.change {
      case .add: count + 1
      case .update: count
      default: count + (entry.content.change.epoch?.wraps.count ?? 0)
      }
    }
    let log = entries.reduce(0) { $0 + $1.encoded.count } + wraps * EpochWrap.byteCount
    return RelayUsage(
      log: UInt64(log),
      records: try sum("SELECT coalesce(sum(length(bytes)), 0) FROM record WHERE account = ?")
        + sum("SELECT coalesce(sum(length(append)), 0) FROM batch WHERE account = ?"),
      blobs: try sum("SELECT coalesce(sum(length(bytes)), 0) FROM blob_part WHERE account = ?"),
      quota: 0)
  }

  /// Rows that belong to nothing: beyond the history, between Appends, or of attachments that are not there.
  static func strays(of account: AccountID, _ database: Database) throws -> [String] {
    var problems: [String] = []
    var expected: Int64 = 0
    let rows = try Row.fetchCursor(
      database, sql: "SELECT first_leaf, append FROM batch WHERE account = ? ORDER BY first_leaf",
      arguments: [account.bytes.data])
    while let row = try rows.next() {
      let first: Int64 = row["first_leaf"]
      if first != expected { problems.append("an Append is out of place at record \(first)") }
      expected = first + Int64(try Append(decoding: try row.bytes("append")).leafHashes.count)
    }
    let beyond = try Int.fetchOne(
      database, sql: "SELECT count(*) FROM record WHERE account = ? AND leaf >= ?",
      arguments: [account.bytes.data, expected])
    if beyond != 0 { problems.append("records stand beyond the end of the history") }
    let parts = try Int.fetchOne(
      database,
      sql: """
        SELECT count(*) FROM blob_part p WHERE NOT EXISTS \
        (SELECT 1 FROM blob b WHERE b.account = p.account AND b.blob = p.blob)
        """)
    if parts != 0 { problems.append("parts belong to attachments that are not there") }
    for table in ["log_entry", "recovery", "wrap", "batch", "record", "blob", "account_usage"] {
      let foreign = try Int.fetchOne(
        database,
        sql: "SELECT count(*) FROM \(table) t WHERE NOT EXISTS (SELECT 1 FROM log_entry e WHERE e.account = t.account AND e.idx = 0)")
      if foreign != 0 { problems.append("\(table) has rows of an account that is not there") }
    }
    return problems
  }
}

extension SQLiteDeviceStore {
  /// What is wrong, in words.
  package func audit() throws(StoreError) -> [String] {
    try read { database in
      var problems: [String] = []
      let parts = try Int.fetchOne(
        database,
        sql: "SELECT count(*) FROM blob_part p WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.blob = p.blob)")
      if parts != 0 { problems.append("parts belong to attachments that are not there") }
      let flags = try Int.fetchOne(
        database, sql: "SELECT count(*) FROM blob WHERE uploaded NOT IN (0, 1) OR typeof(uploaded) <> 'integer'")
      if flags != 0 { problems.append("blob has rows out of place") }
      let keys = try Int.fetchOne(
        database, sql: "SELECT count(*) FROM state WHERE key NOT IN ('progress', 'staged')")
      if keys != 0 { problems.append("state has rows out of place") }
      let last = try Row.fetchOne(database, sql: "SELECT first_leaf, append FROM batch ORDER BY first_leaf DESC LIMIT 1")
      let end: Int64 = try last.map { row in
        let first: Int64 = row["first_leaf"]
        return first + Int64(try Append(decoding: try row.bytes("append")).leafHashes.count)
      } ?? 0
      let beyond = try Int.fetchOne(
        database, sql: "SELECT count(*) FROM record WHERE leaf >= ? OR leaf < 0", arguments: [end])
      if beyond != 0 { problems.append("records stand beyond the end of the history") }
      return problems
    }
  }
}
#endif
