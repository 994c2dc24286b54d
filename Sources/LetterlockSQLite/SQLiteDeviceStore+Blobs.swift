#if SQLite
internal import CryptoCore
internal import GRDB
public import Letterlock
internal import SQLiteCore
internal import TLSCodec

/// Sealed attachments: small ones in the store itself, large ones in files beside it.
extension SQLiteDeviceStore {
  /// What an attachment's row says has become of it.
  enum BlobStage: Int64 {
    case sealing, fetching, waiting, uploaded
  }

  /// A row without its bytes.
  private struct BlobRow {
    var upload: BlobUpload?
    var stage: BlobStage
    var isInFile: Bool

    init?(_ blob: BlobID, _ db: Database) throws {
      let sql = "SELECT upload, stage, bytes IS NULL FROM blob WHERE blob = ?"
      guard let row = try db.row(sql, [blob.bytes.stored]) else { return nil }
      guard let stage = BlobStage(rawValue: try row.integer(1)) else {
        throw StorageFailure.corrupted("What became of an attachment is damaged.")
      }
      self.stage = stage
      upload = try row.optionalBytes(0).map(SQLiteDeviceStore.upload)
      isInFile = try row.integer(2) == 1
    }

    var complete: BlobUpload? { stage == .waiting || stage == .uploaded ? upload : nil }
  }

  /// Keeps a sealed attachment that is small enough to be in memory.
  public func keepBlob(_ blob: SealedBlob, isUploaded: Bool) throws(StoreError) {
    try write { db in try Self.keep(blob, isUploaded ? .uploaded : .waiting, db) }
    blobs.remove(blob.upload.blob)
  }

  /// Begins a large attachment that is being sealed, or begins it anew.
  public func beginBlob(_ blob: BlobID) throws(StoreError) {
    try begin(blob, .sealing, nil)
  }

  /// Begins to fetch an attachment, or goes on with it: how many of its bytes, from the first on, are there.
  public func beginDownload(_ upload: BlobUpload) throws(StoreError) -> UInt64 {
    let known = try read { db in try BlobRow(upload.blob, db) }
    // A process that was killed after the row was written may have left it without a file.
    if let known, known.stage == .fetching, known.upload == upload, blobs.contains(upload.blob) {
      return min(blobs.byteCount(of: upload.blob), upload.byteCount)
    }
    try begin(upload.blob, .fetching, upload)
    return 0
  }

  /// The row comes first: a file without one is nobody's, and is removed.
  private func begin(
    _ blob: BlobID, _ stage: BlobStage, _ upload: BlobUpload?
  ) throws(StoreError) {
    try write { db in
      try Self.remove(blob, db)
      try db.run(
        "INSERT INTO blob (blob, upload, stage) VALUES (?, ?, ?)",
        [blob.bytes.stored, upload?.encoded.stored, stage.rawValue])
    }
    do throws(StorageFailure) { try blobs.create(blob) } catch { throw StoreError(error) }
  }

  /// Puts bytes in their place in an attachment that is not finished.
  public func writeBlob(
    _ blob: BlobID, at offset: UInt64, _ bytes: RawSpan
  ) throws(StoreError) {
    do throws(StorageFailure) { try blobs.write(bytes, to: blob, at: offset) } catch {
      throw StoreError(error)
    }
  }

  /// Ends it: from here on it is complete, and waits to be uploaded if it was not.
  public func finishBlob(_ upload: BlobUpload, isUploaded: Bool) throws(StoreError) {
    // A small one has no file of its own.
    let isInRow = try read { db in
      try db.row("SELECT 1 FROM blob WHERE blob = ? AND bytes IS NOT NULL", [upload.blob.bytes.stored]) != nil
    }
    if !isInRow {
      do throws(StorageFailure) { try blobs.synchronise(upload.blob) } catch { throw StoreError(error) }
    }
    try write { db in
      try db.run(
        "UPDATE blob SET upload = ?, stage = ? WHERE blob = ?",
        [
          upload.encoded.stored, (isUploaded ? BlobStage.uploaded : .waiting).rawValue,
          upload.blob.bytes.stored,
        ])
      guard db.changesCount == 1 else {
        throw StorageFailure.corrupted("An attachment went away while it was being kept.")
      }
    }
  }

  /// What was signed about a complete attachment; nil if there is none.
  public func blob(_ blob: BlobID) throws(StoreError) -> BlobUpload? {
    try read { db in try BlobRow(blob, db)?.complete }
  }

  /// How many bytes, from the first on, there are of an attachment that is being fetched; 0 if it is not.
  public func downloadedByteCount(of blob: BlobID) throws(StoreError) -> UInt64 {
    guard try read({ db in try BlobRow(blob, db)?.stage }) == .fetching else { return 0 }
    return blobs.byteCount(of: blob)
  }

  /// Fills `output` with an attachment's bytes from `offset` on; gives how many there were.
  public func readBlob(
    _ blob: BlobID, at offset: UInt64, into output: inout MutableRawSpan
  ) throws(StoreError) -> Int {
    let wanted = output.byteCount
    let small = try read { db -> [UInt8]? in
      guard let row = try BlobRow(blob, db) else { return [] }
      guard !row.isInFile, let start = Int64(exactly: offset), start < .max else { return nil }
      let sql = "SELECT substr(bytes, ?, ?) FROM blob WHERE blob = ?"
      return try db.row(sql, [start + 1, wanted, blob.bytes.stored])?.bytes(0) ?? []
    }
    if let small {
      output.copy(small, to: 0)
      return small.count
    }
    do throws(StorageFailure) { return try blobs.read(blob, at: offset, into: &output) } catch {
      throw StoreError(error)
    }
  }

  /// Complete attachments that wait to be uploaded.
  public func blobsToUpload() throws(StoreError) -> [BlobUpload] {
    try read { db in
      var uploads: [BlobUpload] = []
      let sql = "SELECT upload FROM blob WHERE stage = ? ORDER BY blob"
      try db.forEachRow(sql, [BlobStage.waiting.rawValue]) {
        uploads.append(try Self.upload(try $0.bytes(0)))
      }
      return uploads
    }
  }

  /// Notes that a relay has the attachment.
  public func markUploaded(_ blob: BlobID) throws(StoreError) {
    try write { db in
      try db.run(
        "UPDATE blob SET stage = ? WHERE blob = ? AND stage = ?",
        [BlobStage.uploaded.rawValue, blob.bytes.stored, BlobStage.waiting.rawValue])
    }
  }

  /// Every complete attachment.
  public func allBlobs() throws(StoreError) -> [BlobID] {
    try read { db in
      var blobs: [BlobID] = []
      let sql = "SELECT blob FROM blob WHERE stage >= ? ORDER BY blob"
      try db.forEachRow(sql, [BlobStage.waiting.rawValue]) { row in
        guard let blob = try? BlobID(bytes: try row.bytes(0)) else {
          throw StorageFailure.corrupted("An attachment's name in the store is damaged.")
        }
        blobs.append(blob)
      }
      return blobs
    }
  }

  /// Drops attachments, complete or not.
  public func removeBlobs(_ gone: [BlobID]) throws(StoreError) {
    try write { db in for blob in gone { try Self.remove(blob, db) } }
    for blob in gone { blobs.remove(blob) }
  }

  /// Drops attachments whose sealing was begun and never finished, and files that no row names.
  public func removeUnfinishedBlobs() throws(StoreError) {
    try write { db in
      try db.run("DELETE FROM blob WHERE stage = ?", [BlobStage.sealing.rawValue])
      let named = try Self.filesNamed(db)
      for name in blobs.names where !named.contains(name) { blobs.remove(name) }
    }
  }

  /// The files that rows name.
  private static func filesNamed(_ db: Database) throws -> Set<String> {
    var named: Set<String> = []
    try db.forEachRow("SELECT blob FROM blob WHERE bytes IS NULL", []) { row in
      if let blob = try? BlobID(bytes: try row.bytes(0)) { named.insert(blob.description) }
    }
    return named
  }

  static func keep(_ blob: SealedBlob, _ stage: BlobStage, _ db: Database) throws {
    try remove(blob.upload.blob, db)
    try db.run(
      "INSERT INTO blob (blob, upload, stage, bytes) VALUES (?, ?, ?, coalesce(?, x''))",
      [
        blob.upload.blob.bytes.stored, blob.upload.encoded.stored, stage.rawValue, blob.bytes.stored,
      ])
  }

  private static func remove(_ blob: BlobID, _ db: Database) throws {
    try db.run("DELETE FROM blob WHERE blob = ?", [blob.bytes.stored])
  }

  private static func upload(_ bytes: [UInt8]) throws(StorageFailure) -> BlobUpload {
    do { return try BlobUpload(decoding: bytes) } catch {
      throw .corrupted("What was signed about an attachment is damaged.")
    }
  }
}
#endif
