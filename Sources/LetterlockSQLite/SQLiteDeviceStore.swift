#if SQLite
internal import GRDB
public import Letterlock
internal import TLSCodec

/// A device's durable state in one SQLite file: sealed records and attachments, and how far the device has
/// come. Every call is one transaction, durable when it returns.
public final class SQLiteDeviceStore: DeviceStore {
  private let queue: DatabaseQueue

  static let schema = [
    // How far the device has come, and the Append that it was about to send.
    "CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value BLOB NOT NULL)",
    // Sealed records that no relay has yet.
    "CREATE TABLE IF NOT EXISTS outbox (sequence INTEGER PRIMARY KEY AUTOINCREMENT, record BLOB NOT NULL)",
    // Appends, by the place of their first record.
    "CREATE TABLE IF NOT EXISTS batch (first_leaf INTEGER PRIMARY KEY, append BLOB NOT NULL)",
    // Sealed records, by their place; NULL for one that the relay does not have.
    "CREATE TABLE IF NOT EXISTS record (leaf INTEGER PRIMARY KEY, bytes BLOB)",
    // Sealed attachments; `upload` is NULL until they are complete.
    "CREATE TABLE IF NOT EXISTS blob (blob BLOB PRIMARY KEY, upload BLOB, uploaded INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS blob_part (blob BLOB NOT NULL, start INTEGER NOT NULL, bytes BLOB NOT NULL)",
    "CREATE UNIQUE INDEX IF NOT EXISTS blob_part_place ON blob_part (blob, start)",
  ]

  /// Opens the store in the file at `path`, or makes it with mode 0600 in a folder that exists.
  /// - Throws: `StoreError.unavailable` or `.corrupted`.
  public init(path: String) throws(StoreError) {
    do {
      queue = try SQLiteFile.open(path, mayCreate: true, schema: Self.schema)
    } catch { throw Self.error(error) }
  }

  private static func error(_ error: any Error) -> StoreError {
    if let error = error as? StoreError { return error }
    let reason = SQLiteFile.reason(error)
    return reason.isCorruption ? .corrupted(reason.text) : .unavailable(reason.text)
  }

  private func write(_ body: (Database) throws -> Void) throws(StoreError) {
    do { try queue.write(body) } catch { throw Self.error(error) }
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    do { return try queue.read(body) } catch { throw Self.error(error) }
  }

  public func progress() throws(StoreError) -> [UInt8]? {
    try read { try Self.value("progress", $0) }
  }

  private static func value(_ key: String, _ database: Database) throws -> [UInt8]? {
    try Row.fetchOne(database, sql: "SELECT value FROM state WHERE key = ?", arguments: [key])?
      .bytes("value")
  }

  private static func set(_ key: String, _ value: [UInt8], _ database: Database) throws {
    try database.cachedStatement(
      sql:
        "INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    ).execute(arguments: [key, value.data])
  }

  public func enqueue(_ records: [[UInt8]], blobs: [SealedBlob]) throws(StoreError) {
    try write { database in
      let insert = try database.cachedStatement(sql: "INSERT INTO outbox (record) VALUES (?)")
      for record in records { try insert.execute(arguments: [record.data]) }
      for blob in blobs {
        try Self.begin(blob.upload.blob, database)
        try Self.add(blob.upload.blob, blob.bytes, at: 0, database)
        try Self.finish(blob.upload, isUploaded: false, database)
      }
    }
  }

  public func outbox(limit: Int) throws(StoreError) -> [OutboxRecord] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT sequence, record FROM outbox ORDER BY sequence LIMIT ?",
        arguments: [Int64(clamping: limit)]
      ).map { OutboxRecord(sequence: $0["sequence"], bytes: try $0.bytes("record")) }
    }
  }

  public func reseal(_ records: [OutboxRecord]) throws(StoreError) {
    try write { database in
      let update = try database.cachedStatement(sql: "UPDATE outbox SET record = ? WHERE sequence = ?")
      for record in records { try update.execute(arguments: [record.bytes.data, record.sequence]) }
    }
  }

  public func stage(
    _ append: [UInt8]?, through sequence: Int64, progress: [UInt8]
  ) throws(StoreError) {
    try write { database in
      try Self.set("progress", progress, database)
      guard let append else {
        return try database.execute(sql: "DELETE FROM state WHERE key = 'staged'")
      }
      var writer = TLSWriter(reserving: append.count + 8)
      writer.write(sequence)
      writer.write(fixed: append)
      try Self.set("staged", writer.bytes, database)
    }
  }

  public func staged() throws(StoreError) -> (append: [UInt8], through: Int64)? {
    try read { database in
      guard let value = try Self.value("staged", database) else { return nil }
      var reader = TLSReader(value)
      let sequence: Int64 = try reader.read()
      return (try reader.read(fixed: reader.remaining), sequence)
    }
  }

  public func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, progress: [UInt8]
  ) throws(StoreError) {
    try write { database in
      let insertBatch = try database.cachedStatement(
        sql: "INSERT INTO batch (first_leaf, append) VALUES (?, ?)")
      let insertRecord = try database.cachedStatement(
        sql: "INSERT INTO record (leaf, bytes) VALUES (?, ?)")
      for batch in batches {
        try insertBatch.execute(arguments: [batch.firstLeaf.sqlite, batch.append.encoded.data])
        var leaf = batch.firstLeaf.sqlite
        for record in batch.records {
          try insertRecord.execute(arguments: [leaf, record?.data])
          leaf += 1
        }
      }
      try Self.set("progress", progress, database)
      guard let sequence else { return }
      try database.execute(sql: "DELETE FROM outbox WHERE sequence <= ?", arguments: [sequence])
      try database.execute(sql: "DELETE FROM state WHERE key = 'staged'")
    }
  }

  public func batches(from leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: "SELECT first_leaf, append FROM batch WHERE first_leaf >= ? ORDER BY first_leaf LIMIT ?",
        arguments: [leaf.sqlite, Int64(clamping: limit)]
      ).map { row in
        let append = try Append(decoding: try row.bytes("append"))
        let first: Int64 = row["first_leaf"]
        let rows = try Row.fetchAll(
          database.cachedStatement(
            sql: "SELECT bytes FROM record WHERE leaf >= ? AND leaf < ? ORDER BY leaf"),
          arguments: [first, first + Int64(append.leafHashes.count)])
        guard rows.count == append.leafHashes.count else {
          throw StoreError.corrupted("records are absent from place \(first) on")
        }
        return HistoryBatch(
          firstLeaf: UInt64(clamping: first), append: append,
          records: try rows.map { try $0.optionalBytes("bytes") })
      }
    }
  }
}

/// Attachments.
extension SQLiteDeviceStore {
  private static func begin(_ blob: BlobID, _ database: Database) throws {
    try database.cachedStatement(sql: "DELETE FROM blob_part WHERE blob = ?").execute(
      arguments: [blob.bytes.data])
    try database.cachedStatement(
      sql:
        "INSERT INTO blob (blob, uploaded) VALUES (?, 0) ON CONFLICT (blob) DO UPDATE SET upload = NULL, uploaded = 0"
    ).execute(arguments: [blob.bytes.data])
  }

  private static func add(
    _ blob: BlobID, _ bytes: [UInt8], at start: Int64, _ database: Database
  ) throws {
    try database.cachedStatement(sql: "INSERT INTO blob_part (blob, start, bytes) VALUES (?, ?, ?)")
      .execute(arguments: [blob.bytes.data, start, bytes.data])
  }

  private static func finish(
    _ upload: BlobUpload, isUploaded: Bool, _ database: Database
  ) throws {
    try database.cachedStatement(sql: "UPDATE blob SET upload = ?, uploaded = ? WHERE blob = ?").execute(
      arguments: [upload.encoded.data, isUploaded, upload.blob.bytes.data])
  }

  public func beginBlob(_ blob: BlobID) throws(StoreError) {
    try write { try Self.begin(blob, $0) }
  }

  public func appendToBlob(_ blob: BlobID, _ bytes: [UInt8]) throws(StoreError) {
    try write { database in
      let end = try Int64.fetchOne(
        database.cachedStatement(
          sql: "SELECT start + length(bytes) FROM blob_part WHERE blob = ? ORDER BY start DESC LIMIT 1"),
        arguments: [blob.bytes.data])
      try Self.add(blob, bytes, at: end ?? 0, database)
    }
  }

  public func finishBlob(_ upload: BlobUpload, isUploaded: Bool) throws(StoreError) {
    try write { try Self.finish(upload, isUploaded: isUploaded, $0) }
  }

  public func blob(_ blob: BlobID) throws(StoreError) -> BlobUpload? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT upload FROM blob WHERE blob = ?", arguments: [blob.bytes.data])?
        .optionalBytes("upload").map { try BlobUpload(decoding: $0) }
    }
  }

  public func readBlob(
    _ blob: BlobID, at offset: UInt64, byteCount: Int
  ) throws(StoreError) -> [UInt8] {
    try read { try BlobParts.read(table: "blob_part", owner: blob.bytes, at: offset, byteCount, $0) }
  }

  public func blobsToUpload() throws(StoreError) -> [BlobUpload] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT upload FROM blob WHERE uploaded = 0 AND upload IS NOT NULL ORDER BY rowid"
      ).map { try BlobUpload(decoding: try $0.bytes("upload")) }
    }
  }

  public func markUploaded(_ blob: BlobID) throws(StoreError) {
    try write {
      try $0.cachedStatement(sql: "UPDATE blob SET uploaded = 1 WHERE blob = ?").execute(
        arguments: [blob.bytes.data])
    }
  }

  public func allBlobs() throws(StoreError) -> [BlobID] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT blob FROM blob WHERE upload IS NOT NULL ORDER BY blob")
        .map { try BlobID(bytes: try $0.bytes("blob")) }
    }
  }

  public func removeBlobs(_ blobs: [BlobID]) throws(StoreError) {
    try write { database in
      for blob in blobs {
        try database.execute(sql: "DELETE FROM blob_part WHERE blob = ?", arguments: [blob.bytes.data])
        try database.execute(sql: "DELETE FROM blob WHERE blob = ?", arguments: [blob.bytes.data])
      }
    }
  }

  public func removeUnfinishedBlobs() throws(StoreError) {
    try write { database in
      try database.execute(
        sql: "DELETE FROM blob_part WHERE blob IN (SELECT blob FROM blob WHERE upload IS NULL)")
      try database.execute(sql: "DELETE FROM blob WHERE upload IS NULL")
    }
  }

  /// Whether SQLite itself finds the file whole.
  package func isFileWhole() throws(StoreError) -> Bool {
    try read { try String.fetchOne($0, sql: "PRAGMA integrity_check") == "ok" }
  }
}
#endif
