#if SQLite
internal import GRDB
public import Letterlock
internal import SQLiteCore
internal import TLSCodec

/// Sealed attachments.
extension SQLiteRelay {
  /// Begins an upload, or goes on with it: the number of bytes that are there already.
  public func beginBlob(
    _ upload: BlobUpload, of account: AccountID
  ) async throws(RelayError) -> UInt64 {
    guard upload.byteCount <= UInt64(Int64.max) else { throw .tooLarge }
    return try await change(account) { db, rules in
      let parts = BlobParts(account: account, blob: upload.blob)
      if let present = try Self.upload(upload.blob, of: account, db) {
        guard present == upload else { throw RelayError.blobRefused }
        return try parts.byteCount(db)
      }
      try rules.check(upload, alreadyStored: 0)
      guard try upload.byteCount > 0 || parts.digest(db) == upload.digest else {
        throw RelayError.blobRefused
      }
      try db.run(
        "INSERT INTO blob (account, blob, upload) VALUES (?, ?, ?)",
        [account.bytes.stored, upload.blob.bytes.stored, upload.encoded.stored])
      return 0
    }
  }

  /// Adds bytes to an attachment at its end, at most 1 MiB; checks its digest with the last of them.
  public func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8]
  ) async throws(RelayError) {
    guard bytes.count <= RelayLimits.blobPartByteCount else { throw .tooLarge }
    let isWhole = try await change(account) { db, rules in
      guard let upload = try Self.upload(blob, of: account, db) else {
        throw RelayError.unknownBlob
      }
      let parts = BlobParts(account: account, blob: blob)
      let end = try parts.byteCount(db)
      guard offset == end, end <= upload.byteCount,
        UInt64(bytes.count) <= upload.byteCount - end
      else {
        throw RelayError.blobRefused
      }
      guard !bytes.isEmpty else { return true }
      guard rules.usage.hasRoom(for: bytes.count) else {
        throw RelayError.quotaExceeded(rules.usage)
      }
      try parts.insert(db, at: offset, bytes)
      rules.usage.blobs += UInt64(bytes.count)
      guard end + UInt64(bytes.count) == upload.byteCount,
        try parts.digest(db) != upload.digest
      else { return true }
      // What does not add up is of no use: its device may send it again from the start.
      try parts.remove(db)
      try db.run(
        "DELETE FROM blob WHERE account = ? AND blob = ?",
        [account.bytes.stored, blob.bytes.stored])
      rules.usage.blobs -= min(rules.usage.blobs, upload.byteCount)
      return false
    }
    guard isWhole else { throw .blobRefused }
  }

  /// What was signed about an attachment whose upload is complete; nil if there is none.
  public func blob(
    _ blob: BlobID, of account: AccountID
  ) async throws(RelayError) -> BlobUpload? {
    try await read { [accounts] db in
      _ = try accounts.rules(of: account, db)
      guard let upload = try Self.upload(blob, of: account, db),
        try BlobParts(account: account, blob: blob).byteCount(db) == upload.byteCount
      else { return nil }
      return upload
    }
  }

  /// Bytes of an attachment, at most `byteCount` of them.
  public func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int
  ) async throws(RelayError) -> [UInt8] {
    let most = min(byteCount, RelayLimits.pageByteCount)
    return try await read { [accounts] db in
      _ = try accounts.rules(of: account, db)
      guard try Self.upload(blob, of: account, db) != nil else { throw RelayError.unknownBlob }
      return try BlobParts(account: account, blob: blob).read(db, at: offset, byteCount: most)
    }
  }

  /// Attachments of an account, begun or complete, in the order of their names, from after one of them on; at most
  /// 1000.
  public func blobs(
    of account: AccountID, after blob: BlobID?
  ) async throws(RelayError) -> [RelayBlob] {
    try await read { [accounts] db in
      _ = try accounts.rules(of: account, db)
      var found: [RelayBlob] = []
      let sql = "SELECT upload FROM blob WHERE account = ? AND blob > ? ORDER BY blob LIMIT 1000"
      try db.forEachRow(sql, [account.bytes.stored, (blob?.bytes ?? []).stored]) { row in
        guard let upload = try? BlobUpload(decoding: try row.bytes(0)) else {
          throw StorageFailure.corrupted("What was signed about an attachment is damaged.")
        }
        found.append(try Self.listed(upload, of: account, db))
      }
      return found
    }
  }

  /// Drops attachments that a device synchronised to the newest record says nothing refers to.
  public func removeBlobs(_ removal: BlobRemoval, of account: AccountID) async throws(RelayError) {
    try await change(account) { db, rules in
      var present: [BlobID: RelayBlob] = [:]
      for blob in removal.blobs.prefix(BlobRemoval.maximumBlobCount) {
        present[blob] = try Self.upload(blob, of: account, db).map { try Self.listed($0, of: account, db) }
      }
      try rules.check(removal) { present[$0] }
      for blob in present.keys {
        let parts = BlobParts(account: account, blob: blob)
        let byteCount = try parts.byteCount(db)
        try parts.remove(db)
        try db.run(
          "DELETE FROM blob WHERE account = ? AND blob = ?", [account.bytes.stored, blob.bytes.stored])
        rules.usage.blobs -= min(rules.usage.blobs, byteCount)
      }
    }
  }

  private static func listed(
    _ upload: BlobUpload, of account: AccountID, _ db: Database
  ) throws -> RelayBlob {
    let byteCount = try BlobParts(account: account, blob: upload.blob).byteCount(db)
    return RelayBlob(upload: upload, isComplete: byteCount == upload.byteCount)
  }

  /// Every complete attachment of an account.
  package func allBlobs(of account: AccountID) throws(RelayError) -> [BlobID] {
    try readNow { db in
      var blobs: [BlobID] = []
      try db.forEachRow("SELECT upload FROM blob WHERE account = ?", [account.bytes.stored]) { row in
        guard let upload = try? BlobUpload(decoding: try row.bytes(0)) else {
          throw StorageFailure.corrupted("What was signed about an attachment is damaged.")
        }
        let parts = BlobParts(account: account, blob: upload.blob)
        if try parts.byteCount(db) == upload.byteCount { blobs.append(upload.blob) }
      }
      return blobs
    }
  }

  private static func upload(
    _ blob: BlobID, of account: AccountID, _ db: Database
  ) throws -> BlobUpload? {
    let sql = "SELECT upload FROM blob WHERE account = ? AND blob = ?"
    guard let row = try db.row(sql, [account.bytes.stored, blob.bytes.stored]) else { return nil }
    guard let upload = try? BlobUpload(decoding: try row.bytes(0)) else {
      throw StorageFailure.corrupted("What was signed about an attachment is damaged.")
    }
    return upload
  }
}

extension BlobParts {
  /// The digest of all bytes, taken part by part.
  func digest(_ db: Database) throws -> Digest32 {
    var hasher = SegmentHasher()
    try forEach(db) { hasher.update($0) }
    return hasher.finalize()
  }
}
#endif
