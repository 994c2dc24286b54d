#if SQLite
internal import GRDB
public import Letterlock
internal import LetterlockRelayKit
internal import SQLiteCore
internal import TLSCodec

/// Records and signed batches.
extension SQLiteRelay {
  /// Adds records to the history, and erases others.
  public func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID
  ) async throws(RelayError) -> BatchOutcome {
    try RelayLimits.check(records: records)
    return try await change(account) { [self] db, rules in
      guard let batch = try rules.accept(signedBatch, records: records, erasing: leafIndices) else {
        return BatchOutcome(firstLeaf: nil, checkpoint: try checkpoint(rules))
      }
      try Self.insert(batch, of: account, db)
      for leaf in leafIndices {
        rules.usage.records -= min(rules.usage.records, try Self.erase(leaf, account, db))
      }
      return BatchOutcome(firstLeaf: batch.firstLeaf, checkpoint: try checkpoint(rules))
    }
  }

  private static func insert(_ batch: HistoryBatch, of account: AccountID, _ db: Database) throws {
    let key = account.bytes.stored
    var leaf = Int64(clamping: batch.firstLeaf)
    try db.run(
      "INSERT INTO batch (account, first_leaf, signed_batch, erasures) VALUES (?, ?, ?, ?)",
      [key, leaf, batch.signedBatch.encoded.stored, batch.erasures.encoded.stored])
    let insert = try db.cachedStatement(sql: "INSERT INTO record (account, leaf, bytes) VALUES (?, ?, ?)")
    for record in batch.records {
      try insert.execute(arguments: [key, leaf, record?.stored])
      leaf += 1
    }
    try StoredTree(db: db, account: account).append(batch.leafHashes, after: batch.firstLeaf)
    try StoredStreams(db: db, account: account).add(batch)
  }

  /// Gives how many bytes were erased.
  private static func erase(_ leaf: UInt64, _ account: AccountID, _ db: Database) throws -> UInt64 {
    let row: StatementArguments = [account.bytes.stored, Int64(clamping: leaf)]
    let record = try db.row("SELECT bytes FROM record WHERE account = ? AND leaf = ?", row)?.optionalBytes(
      0)
    guard let record else { return 0 }
    let first = try db.number(
      "SELECT coalesce(max(first_leaf), 0) FROM batch WHERE account = ? AND first_leaf <= ?", row)
    try StoredStreams(db: db, account: account).remove(leaf, record, firstLeaf: first)
    try db.run("UPDATE record SET bytes = NULL WHERE account = ? AND leaf = ?", row)
    return UInt64(record.count)
  }

  /// Whole batches of records from a leaf index on.
  public func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int
  ) async throws(RelayError) -> HistoryPage {
    let most = min(maximumByteCount, RelayLimits.pageByteCount)
    return try await read { [self] db in
      let rules = try accounts.rules(of: account, db)
      let page = try Self.batches(of: account, from: leaf, maximumByteCount: most, db)
      return try HistoryPage(
        page, checkpoint: try checkpoint(rules),
        tree: StoredTree(db: db, account: account).prover(size: rules.history.tree.size))
    }
  }

  private static func batches(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, _ db: Database
  ) throws -> [HistoryBatch] {
    let sql = """
      SELECT first_leaf, signed_batch, erasures FROM batch WHERE account = ? AND first_leaf >= ? ORDER BY first_leaf
      """
    let rows = try Row.fetchCursor(
      db.cachedStatement(sql: sql), arguments: [account.bytes.stored, Int64(clamping: leaf)])
    var page: [HistoryBatch] = []
    var byteCount = 0
    while page.isEmpty || byteCount < maximumByteCount, let row = try rows.next() {
      let first = try row.count(0)
      guard let signedBatch = try? SignedBatch(decoding: try row.bytes(1)),
        let erasures = try? [UInt64](decoding: try row.bytes(2))
      else { throw StorageFailure.corrupted("The history of an account is damaged.") }
      let count = Int(signedBatch.leafCount)
      let records = try records(of: account, from: first, count: count, db)
      byteCount += records.reduce(0) { $0 + ($1?.count ?? 0) }
      page.append(
        HistoryBatch(
          firstLeaf: first, signedBatch: signedBatch, erasures: erasures,
          leafHashes: try StoredTree(db: db, account: account).leaves(from: first, count: count),
          records: records))
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
