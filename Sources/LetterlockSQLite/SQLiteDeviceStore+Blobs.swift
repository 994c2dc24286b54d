#if SQLite
internal import GRDB
public import Letterlock
internal import TLSCodec

/// Sealed attachments, in parts of 1 MiB.
extension SQLiteDeviceStore {
  /// Begins a sealed attachment, or begins it anew.
  public func beginBlob(_ blob: BlobID) throws(StoreError) {
    try write { db in try Self.begin(blob, db) }
  }

  /// Adds bytes to an attachment that is not finished.
  public func appendToBlob(_ blob: BlobID, _ bytes: [UInt8]) throws(StoreError) {
    try write { db in
      let row = try db.row("SELECT upload IS NULL FROM blob WHERE blob = ?", [blob.bytes.stored])
      guard try row?.integer(0) == 1 else { return }
      try Self.append(bytes, to: blob, db)
    }
  }

  /// Ends an attachment.
  public func finishBlob(_ upload: BlobUpload, isUploaded: Bool) throws(StoreError) {
    try write { db in try Self.finish(upload, isUploaded: isUploaded, db) }
  }

  /// What was signed about a complete attachment; nil if there is none.
  public func blob(_ blob: BlobID) throws(StoreError) -> BlobUpload? {
    try read { db in
      guard let row = try db.row("SELECT upload FROM blob WHERE blob = ?", [blob.bytes.stored]),
        let bytes = try row.optionalBytes(0)
      else { return nil }
      return try Self.upload(bytes)
    }
  }

  /// Bytes of an attachment, at most `byteCount` of them.
  public func readBlob(
    _ blob: BlobID, at offset: UInt64, byteCount: Int
  ) throws(StoreError) -> [UInt8] {
    try read { db in try BlobParts(table: .device, blob: blob).read(db, at: offset, byteCount: byteCount) }
  }

  /// Complete attachments that wait to be uploaded.
  public func blobsToUpload() throws(StoreError) -> [BlobUpload] {
    try read { db in
      var uploads: [BlobUpload] = []
      let sql = "SELECT upload FROM blob WHERE uploaded = 0 AND upload IS NOT NULL ORDER BY blob"
      try db.forEachRow(sql, []) { uploads.append(try Self.upload(try $0.bytes(0))) }
      return uploads
    }
  }

  /// Notes that a relay has the attachment.
  public func markUploaded(_ blob: BlobID) throws(StoreError) {
    try write { db in
      try db.run("UPDATE blob SET uploaded = 1 WHERE blob = ?", [blob.bytes.stored])
    }
  }

  /// Every complete attachment.
  public func allBlobs() throws(StoreError) -> [BlobID] {
    try read { db in
      var blobs: [BlobID] = []
      try db.forEachRow("SELECT blob FROM blob WHERE upload IS NOT NULL ORDER BY blob", []) { row in
        guard let blob = try? BlobID(bytes: try row.bytes(0)) else {
          throw StorageFailure.corrupted("An attachment's name in the store is damaged.")
        }
        blobs.append(blob)
      }
      return blobs
    }
  }

  /// Drops attachments, complete or not.
  public func removeBlobs(_ blobs: [BlobID]) throws(StoreError) {
    try write { db in for blob in blobs { try Self.remove(blob, db) } }
  }

  /// Drops attachments that were never finished.
  public func removeUnfinishedBlobs() throws(StoreError) {
    try write { db in
      try db.run(
        "DELETE FROM blob_part WHERE blob IN (SELECT blob FROM blob WHERE upload IS NULL)")
      try db.run("DELETE FROM blob WHERE upload IS NULL")
    }
  }

  static func begin(_ blob: BlobID, _ db: Database) throws {
    try remove(blob, db)
    try db.run("INSERT INTO blob (blob, uploaded) VALUES (?, 0)", [blob.bytes.stored])
  }

  static func append(_ bytes: [UInt8], to blob: BlobID, _ db: Database) throws {
    let parts = BlobParts(table: .device, blob: blob)
    try parts.insert(db, at: try parts.byteCount(db), bytes)
  }

  static func finish(_ upload: BlobUpload, isUploaded: Bool, _ db: Database) throws {
    try db.run(
      "UPDATE blob SET upload = ?, uploaded = ? WHERE blob = ?",
      [upload.encoded.stored, isUploaded ? 1 : 0, upload.blob.bytes.stored])
  }

  private static func remove(_ blob: BlobID, _ db: Database) throws {
    try BlobParts(table: .device, blob: blob).remove(db)
    try db.run("DELETE FROM blob WHERE blob = ?", [blob.bytes.stored])
  }

  private static func upload(_ bytes: [UInt8]) throws(StorageFailure) -> BlobUpload {
    do { return try BlobUpload(decoding: bytes) } catch {
      throw .corrupted("What was signed about an attachment is damaged.")
    }
  }
}
#endif
