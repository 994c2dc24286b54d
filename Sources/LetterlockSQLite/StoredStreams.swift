#if SQLite
internal import GRDB
internal import Letterlock
internal import SQLiteCore

/// Which records belong to which stream: a row for each stream and signed batch, and one for each stream.
struct StoredStreams {
  let db: Database
  let account: AccountID

  /// Adds the records of a batch.
  func add(_ batch: HistoryBatch) throws {
    for (tag, indices) in Self.indices(of: batch.records) {
      guard let last = indices.last else { continue }
      let name = tag.bytes.stored
      try db.run(
        "INSERT INTO stream_part (account, tag, first_leaf, indices) VALUES (?, ?, ?, ?)",
        [key, name, Int64(clamping: batch.firstLeaf), Self.bytes(indices).stored])
      try db.run(
        """
        INSERT INTO stream (account, tag, newest, count) VALUES (?, ?, ?, ?) \
        ON CONFLICT (account, tag) DO UPDATE SET newest = excluded.newest, count = count + excluded.count
        """,
        [key, name, Int64(clamping: batch.firstLeaf + UInt64(last)), indices.count])
    }
  }

  /// Takes out a record that is about to be erased.
  func remove(_ leaf: UInt64, _ record: [UInt8], firstLeaf: UInt64) throws {
    guard let sealed = try? SealedRecord(decoding: record) else { return }
    let tag = sealed.streamTag.bytes.stored
    let part: StatementArguments = [key, tag, Int64(clamping: firstLeaf)]
    let row = try db.row(
      "SELECT indices FROM stream_part WHERE account = ? AND tag = ? AND first_leaf = ?", part)
    guard let row else { return }
    let left = Self.indices(try row.bytes(0)).filter { firstLeaf + UInt64($0) != leaf }
    if left.isEmpty {
      try db.run("DELETE FROM stream_part WHERE account = ? AND tag = ? AND first_leaf = ?", part)
    } else {
      try db.run(
        "UPDATE stream_part SET indices = ? WHERE account = ? AND tag = ? AND first_leaf = ?",
        [Self.bytes(left).stored, key, tag, Int64(clamping: firstLeaf)])
    }
    guard let newest = try leafIndices(in: sealed.streamTag, before: .max, limit: 1).first else {
      return try db.run("DELETE FROM stream WHERE account = ? AND tag = ?", [key, tag])
    }
    try db.run(
      "UPDATE stream SET newest = ?, count = count - 1 WHERE account = ? AND tag = ?",
      [Int64(clamping: newest), key, tag])
  }

  /// The newest leaf indices of a stream, the newest first.
  func leafIndices(in tag: StreamTag, before leaf: UInt64, limit: Int) throws -> [UInt64] {
    var leafIndices: [UInt64] = []
    let sql = """
      SELECT first_leaf, indices FROM stream_part WHERE account = ? AND tag = ? AND first_leaf < ? \
      ORDER BY first_leaf DESC
      """
    let rows = try Row.fetchCursor(
      db.cachedStatement(sql: sql), arguments: [key, tag.bytes.stored, Int64(clamping: leaf)])
    while leafIndices.count < limit, let row = try rows.next() {
      let first = try row.count(0)
      leafIndices += Self.indices(try row.bytes(1)).reversed().map { first + UInt64($0) }.filter { $0 < leaf }
    }
    return Array(leafIndices.prefix(limit))
  }

  /// The newest leaf index of each stream and the number of its records, the newest first.
  func newest(before leaf: UInt64, limit: Int) throws -> [(leaf: UInt64, size: StreamSize)] {
    var streams: [(leaf: UInt64, size: StreamSize)] = []
    let sql =
      "SELECT tag, newest, count FROM stream WHERE account = ? AND newest < ? ORDER BY newest DESC LIMIT ?"
    try db.forEachRow(sql, [key, Int64(clamping: leaf), limit]) { row in
      guard let tag = try? StreamTag(bytes: try row.bytes(0)) else { throw Self.damaged }
      streams.append((try row.count(1), StreamSize(tag: tag, recordCount: try row.count(2))))
    }
    return streams
  }

  private var key: DatabaseValue { account.bytes.stored.databaseValue }

  static let damaged = StorageFailure.corrupted("The streams of an account are damaged.")

  /// Each stream's records in a batch, by their indices.
  static func indices(of records: [[UInt8]?]) -> [StreamTag: [Int]] {
    var indices: [StreamTag: [Int]] = [:]
    for (index, record) in records.enumerated() {
      guard let record, let sealed = try? SealedRecord(decoding: record) else { continue }
      indices[sealed.streamTag, default: []].append(index)
    }
    return indices
  }

  /// Two bytes each.
  static func bytes(_ indices: [Int]) -> [UInt8] {
    indices.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
  }

  private static func indices(_ bytes: [UInt8]) -> [Int] {
    stride(from: 0, to: bytes.count - 1, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
  }
}
#endif
