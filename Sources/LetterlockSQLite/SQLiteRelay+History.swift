#if SQLite
internal import GRDB
public import Letterlock
internal import TLSCodec

/// Records and Appends.
extension SQLiteRelay {
  /// Adds records to the history.
  public func append(
    _ append: Append, records: [[UInt8]], to account: AccountID
  ) async throws(RelayError) -> AppendOutcome {
    try RelayLimits.check(records: records)
    return try await change(account) { [self] db, rules in
      let firstLeaf = rules.history.tree.size
      guard case .new = try rules.accept(append, records: records) else {
        return AppendOutcome(firstLeaf: nil, receipt: try receipt(rules))
      }
      let key = account.bytes.stored
      try db.run(
        "INSERT INTO batch (account, first_leaf, append) VALUES (?, ?, ?)",
        [key, Int64(clamping: firstLeaf), append.encoded.stored])
      var leaf = Int64(clamping: firstLeaf)
      let insert = try db.cachedStatement(sql: "INSERT INTO record (account, leaf, bytes) VALUES (?, ?, ?)")
      for record in records {
        try insert.execute(arguments: [key, leaf, record.stored])
        leaf += 1
      }
      for place in append.erasures {
        let erased = Int64(clamping: place)
        let byteCount = try db.number(
          "SELECT coalesce(length(bytes), 0) FROM record WHERE account = ? AND leaf = ?", [key, erased])
        rules.usage.records -= min(rules.usage.records, byteCount)
        try db.run("UPDATE record SET bytes = NULL WHERE account = ? AND leaf = ?", [key, erased])
      }
      return AppendOutcome(firstLeaf: firstLeaf, receipt: try receipt(rules))
    }
  }

  /// Whole batches of records from a place in the history on.
  public func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int
  ) async throws(RelayError) -> HistoryPage {
    let most = min(maximumByteCount, RelayLimits.pageByteCount)
    return try await read { [self] db in
      let rules = try accounts.rules(of: account, db)
      let page = try Self.batches(of: account, from: leaf, maximumByteCount: most, db)
      return HistoryPage(batches: page, receipt: try receipt(rules))
    }
  }

  private static func batches(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, _ db: Database
  ) throws -> [HistoryBatch] {
    let sql = "SELECT first_leaf, append FROM batch WHERE account = ? AND first_leaf >= ? ORDER BY first_leaf"
    let rows = try Row.fetchCursor(
      db.cachedStatement(sql: sql), arguments: [account.bytes.stored, Int64(clamping: leaf)])
    var page: [HistoryBatch] = []
    var byteCount = 0
    while page.isEmpty || byteCount < maximumByteCount, let row = try rows.next() {
      let first = try row.count(0)
      guard let append = try? Append(decoding: try row.bytes(1)) else {
        throw StorageFailure.corrupted("The history of an account is damaged.")
      }
      let records = try records(
        of: account, from: first, count: append.leafHashes.count, db)
      byteCount += records.reduce(0) { $0 + ($1?.count ?? 0) }
      page.append(HistoryBatch(firstLeaf: first, append: append, records: records))
    }
    return page
  }

  private static func records(
    of account: AccountID, from first: UInt64, count: Int, _ db: Database
  ) throws -> [[UInt8]?] {
    var records = [[UInt8]?](repeating: nil, count: count)
    let start = Int64(clamping: first)
    // A bound that the key can use: the rest of the history must not be gone through for each batch.
    let end = start.addingReportingOverflow(Int64(count))
    let sql = "SELECT leaf, bytes FROM record WHERE account = ? AND leaf >= ? AND leaf < ?"
    try db.forEachRow(sql, [account.bytes.stored, start, end.overflow ? .max : end.partialValue]) { row in
      records[Int(try row.count(0) - first)] = try row.optionalBytes(1)
    }
    return records
  }
}
#endif
