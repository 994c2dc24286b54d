#if SQLite
internal import CryptoCore
internal import GRDB
public import Letterlock
internal import SQLiteCore
internal import TLSCodec

/// A device's store in one SQLite file, with a folder beside it for large sealed attachments; both readable by their
/// owner alone.
public final class SQLiteDeviceStore: DeviceStore {
  let file: StorageFile
  let blobs: BlobFolder

  /// Opens the store at `path`, making it if it is not there. Its folder must be.
  /// - Throws: `StoreError.unavailable`, `.corrupted` if the file is something else.
  public init(path: String) throws(StoreError) {
    blobs = BlobFolder(besideStore: path)
    do { file = try StorageFile(path: path, .made, schema: DeviceStoreSchema.schema) } catch {
      throw StoreError(error)
    }
  }

  /// Opens the store at `path`, which must be there.
  /// - Throws: `StoreError.unavailable`, `.corrupted` if the file is something else.
  public init(existing path: String) throws(StoreError) {
    blobs = BlobFolder(besideStore: path)
    do { file = try StorageFile(path: path, .required, schema: DeviceStoreSchema.schema) } catch {
      throw StoreError(error)
    }
  }

  /// Opens the store at `path`, which must be there, to be read: a `ReadOnlyDevice` needs no more. It shows what the
  /// store holds now, whatever other processes write afterwards, and refuses every change.
  ///
  /// It works on a disk that cannot be written, unless the store was not closed before: its write-ahead log cannot be
  /// read there.
  /// - Throws: `StoreError.unavailable`, also for a write-ahead log that cannot be read; `.corrupted` if the file is
  ///   something else.
  public init(readingFrom path: String) throws(StoreError) {
    blobs = BlobFolder(besideStore: path)
    do { file = try StorageFile(readingFrom: path, schema: DeviceStoreSchema.schema) } catch {
      throw StoreError(error)
    }
  }

  /// Whether SQLite itself finds the file whole.
  package func isFileWhole() throws(StoreError) -> Bool {
    do { return try file.isWhole() } catch { throw StoreError(error) }
  }

  func read<Answer>(_ body: (Database) throws -> Answer) throws(StoreError) -> Answer {
    do { return try file.queue.read(body) } catch { throw StoreError(error) }
  }

  func write<Answer>(_ body: (Database) throws -> Answer) throws(StoreError) -> Answer {
    do { return try file.queue.write(body) } catch { throw StoreError(error) }
  }

  /// How far the device has come; nil in a new store.
  public func progress() throws(StoreError) -> [UInt8]? {
    try read { db in try DeviceStoreState(db)?.progress }
  }

  /// The signed batch that was being sent, and the last place in the outbox that it covers.
  public func staged() throws(StoreError) -> (signedBatch: [UInt8], through: Int64)? {
    try read { db in
      guard let state = try DeviceStoreState(db), let signedBatch = state.signedBatch else { return nil }
      return (signedBatch, state.through)
    }
  }

  /// Keeps a signed batch that is about to be sent.
  public func stage(
    _ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) {
    try write { db in
      _ = try DeviceStoreState(db, replacing: replaced)
      try Self.apply(changes, db)
      try DeviceStoreState(progress: progress, signedBatch: signedBatch, through: sequence).save(db)
    }
  }

  /// Adds sealed records, and sealed attachments with them.
  public func enqueue(
    _ records: [[UInt8]], blobs: [SealedBlob], changes: [StoreChange]
  ) throws(StoreError) {
    try write { db in
      try Self.apply(changes, db)
      let insert = try db.cachedStatement(sql: "INSERT INTO outbox (record) VALUES (coalesce(?, x''))")
      for record in records { try insert.execute(arguments: [record.stored]) }
      for blob in blobs { try Self.keep(blob, .waiting, db) }
    }
  }

  /// How many records no relay has yet.
  public func outboxCount() throws(StoreError) -> Int {
    try read { db in Int(clamping: try db.number("SELECT count(*) FROM outbox")) }
  }

  /// The oldest records that no relay has yet, after a place in the outbox.
  public func outbox(
    after sequence: Int64, limit: Int, maximumByteCount: Int
  ) throws(StoreError) -> [OutboxRecord] {
    try read { db in
      var (records, rest) = ([OutboxRecord](), maximumByteCount)
      let sql = "SELECT sequence, record FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?"
      try db.forEachRow(sql, [sequence, max(0, limit)]) { row, isLast in
        let record = OutboxRecord(sequence: try row.integer(0), bytes: try row.bytes(1))
        isLast = !records.isEmpty && record.bytes.count > rest
        guard !isLast else { return }
        rest -= min(rest, record.bytes.count)
        records.append(record)
      }
      return records
    }
  }

  /// Puts other bytes in place of records in the outbox.
  public func reseal(_ records: [OutboxRecord]) throws(StoreError) {
    try write { db in
      for record in records {
        try db.run(
          "UPDATE outbox SET record = coalesce(?, x'') WHERE sequence = ?",
          [record.bytes.stored, record.sequence])
      }
    }
  }

  /// Takes verified batches, drops from the outbox what they contain, and keeps the signed batch that is to be sent
  /// next.
  public func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch?,
    progress: [UInt8], replacing replaced: [UInt8]?, changes: [StoreChange]
  ) throws(StoreError) {
    try write { db in
      var state = try DeviceStoreState(db, replacing: replaced) ?? DeviceStoreState(progress: progress)
      try Self.apply(changes, db)
      for batch in batches { try Self.insert(batch, db) }
      for leaf in batches.flatMap(\.erasures) {
        try db.run("UPDATE record SET bytes = NULL WHERE leaf = ?", [Int64(clamping: leaf)])
      }
      state.progress = progress
      if let sequence {
        try db.run("DELETE FROM outbox WHERE sequence <= ?", [sequence])
        state.signedBatch = nil
      }
      if let next { (state.signedBatch, state.through) = (next.signedBatch, next.through) }
      try state.save(db)
    }
  }

  /// Puts verified records at leaf indices where none were.
  public func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) {
    try write { db in
      var state = try DeviceStoreState(db, replacing: replaced) ?? DeviceStoreState(progress: progress)
      try Self.apply(changes, db)
      for record in records {
        try db.run(
          "UPDATE record SET bytes = ? WHERE leaf = ?", [record.bytes.stored, Int64(clamping: record.leaf)])
      }
      state.progress = progress
      try state.save(db)
    }
  }

  /// Drops the history, and keeps the progress of a device that has not begun.
  public func clearHistory(progress: [UInt8], replacing replaced: [UInt8]?) throws(StoreError) {
    try write { db in
      _ = try DeviceStoreState(db, replacing: replaced)
      try db.run("DELETE FROM record")
      try db.run("DELETE FROM batch")
      try DeviceStoreState(progress: progress).save(db)
    }
  }

  private static func insert(_ batch: HistoryBatch, _ db: Database) throws {
    var leaf = Int64(clamping: batch.firstLeaf)
    try db.run(
      "INSERT INTO batch (first_leaf, signed_batch, erasures, leaf_hashes) VALUES (?, ?, ?, ?)",
      [
        leaf, batch.signedBatch.encoded.stored, batch.erasures.encoded.stored,
        batch.leafHashes.encoded.stored,
      ])
    let insert = try db.cachedStatement(sql: "INSERT INTO record (leaf, bytes) VALUES (?, ?)")
    for record in batch.records {
      try insert.execute(arguments: [leaf, record?.stored])
      leaf += 1
    }
  }

  /// Batches from a leaf index on.
  public func batches(from leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    try read { db in
      try Self.batches(
        "WHERE first_leaf >= ? ORDER BY first_leaf LIMIT ?", leaf, limit, db)
    }
  }

  /// The last batches that begin before a leaf index.
  public func batches(before leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    try read { db in
      try Self.batches(
        "WHERE first_leaf < ? ORDER BY first_leaf DESC LIMIT ?", leaf, limit, db
      ).reversed()
    }
  }

  /// Records by their leaf indices; nil for one that is not here.
  public func records(at leaves: [UInt64]) throws(StoreError) -> [[UInt8]?] {
    try read { db in
      let sql = "SELECT bytes FROM record WHERE leaf = ?"
      return try leaves.map { leaf in try db.row(sql, [Int64(clamping: leaf)])?.optionalBytes(0) }
    }
  }

  private static func batches(
    _ condition: String, _ leaf: UInt64, _ limit: Int, _ db: Database
  ) throws -> [HistoryBatch] {
    var batches: [HistoryBatch] = []
    let sql = "SELECT first_leaf, signed_batch, erasures, leaf_hashes FROM batch \(condition)"
    try db.forEachRow(sql, [Int64(clamping: leaf), max(0, limit)]) { row in
      let first = try row.count(0)
      guard let signedBatch = try? SignedBatch(decoding: try row.bytes(1)),
        let erasures = try? [UInt64](decoding: try row.bytes(2)),
        let hashes = try? LeafHashes(decoding: try row.bytes(3)), hashes.count == Int(signedBatch.leafCount)
      else { throw StorageFailure.corrupted("A signed batch in the store is damaged.") }
      batches.append(
        HistoryBatch(
          firstLeaf: first, signedBatch: signedBatch, erasures: erasures, leafHashes: hashes,
          records: try Self.records(from: first, count: hashes.count, db)))
    }
    return batches
  }

  private static func records(
    from first: UInt64, count: Int, _ db: Database
  ) throws -> [[UInt8]?] {
    var records = [[UInt8]?](repeating: nil, count: count)
    let end = first + UInt64(count)
    let sql = "SELECT leaf, bytes FROM record WHERE leaf >= ? AND leaf < ?"
    try db.forEachRow(sql, [Int64(clamping: first), Int64(clamping: end)]) { row in
      records[Int(try row.count(0) - first)] = try row.optionalBytes(1)
    }
    return records
  }
}

/// The store's one row of state.
private struct DeviceStoreState {
  var progress: [UInt8]
  var signedBatch: [UInt8]?
  var through: Int64

  init(progress: [UInt8], signedBatch: [UInt8]? = nil, through: Int64 = 0) {
    self.progress = progress
    self.signedBatch = signedBatch
    self.through = through
  }

  /// The row; nil in a new store.
  init?(_ db: Database) throws {
    guard let row = try db.row("SELECT progress, signed_batch, through, digest FROM state") else {
      return nil
    }
    self.init(
      progress: try row.bytes(0), signedBatch: try row.optionalBytes(1), through: try row.integer(2))
    guard try row.bytes(3) == digest else {
      throw StorageFailure.corrupted("The progress in the store is damaged.")
    }
  }

  /// The row, which must hold the progress that is to be replaced; nil in a new store.
  init?(_ db: Database, replacing replaced: [UInt8]?) throws {
    guard let state = try DeviceStoreState(db) else {
      guard replaced == nil else { throw StoreError.conflict }
      return nil
    }
    guard state.progress == replaced else { throw StoreError.conflict }
    self = state
  }

  func save(_ db: Database) throws {
    try db.run(
      "INSERT OR REPLACE INTO state (id, progress, signed_batch, through, digest) VALUES (1, ?, ?, ?, ?)",
      [progress.stored, signedBatch?.stored, through, digest.stored])
  }

  private var digest: [UInt8] {
    var writer = TLSWriter()
    writer.write(opaque: progress)
    signedBatch.map(Opaque.init).encode(to: &writer)
    writer.write(UInt64(bitPattern: through))
    return SHA256Hash.hash(writer.bytes)
  }
}
#endif
