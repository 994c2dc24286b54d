public import LetterlockFormat

/// Sealed attachments.
extension RelayService {
  /// Begins an upload, or goes on with it.
  public func beginBlob(
    _ upload: BlobUpload, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> UInt64 {
    let now = moment.now
    return try await changing(account, as: caller, .author(upload.device)) {
      (rows, rules) throws(RelayError) in
      let present = try BlobRows(rows).find(upload.blob)
      if let present, present.upload == upload { return present.received }
      try rules.check(upload)
      if let present {
        let begun = try UnfinishedBlob.find(present.upload, in: rows)?.begun
        guard rules.givesWay(present, begunAt: begun, to: upload, at: now) else { throw .blobRefused }
        try Self.remove(present, in: rows, &rules)
      }
      guard try !UnfinishedBlob.reach(RelayLimits.unfinishedBlobCount, of: upload.device, in: rows) else {
        throw .tooLarge
      }
      try BlobRows.begin(upload, at: now, in: rows)
      return 0
    }
  }

  /// Adds bytes to an upload at its end; checks its digest with the last of them.
  public func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8], as caller: RelayCaller
  ) async throws(RelayError) {
    guard bytes.count <= RelayLimits.blobPartByteCount else { throw .tooLarge }
    let isWhole = try await changing(account, as: caller, .writer) { (rows, rules) throws(RelayError) in
      guard var present = try BlobRows(rows).find(blob), present.upload.device == caller.device else {
        throw .unknownBlob
      }
      try rules.checkPart(bytes.count, of: present, at: offset)
      guard !bytes.isEmpty else { return true }
      try BlobRows.add(bytes, to: blob, at: offset, in: rows)
      present.received += UInt64(bytes.count)
      rules.usage.add(UInt64(bytes.count), to: \.blobs)
      if present.isComplete, try BlobRows(rows).digest(blob) != present.upload.digest {
        // What does not add up is of no use: its device may send it again from the start.
        try Self.remove(present, in: rows, &rules)
        return false
      }
      try BlobRows.put(present, in: rows)
      if present.isComplete { try UnfinishedBlob.remove(present.upload, in: rows) }
      return true
    }
    guard isWhole else { throw .blobRefused }
  }

  /// Returns what was signed about an attachment whose upload is complete.
  public func blob(
    _ blob: BlobID, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> BlobUpload? {
    try await reading(account, as: caller) { (rows, _) throws(RelayError) in
      guard let present = try BlobRows(rows).find(blob), present.isComplete else { return nil }
      return present.upload
    }
  }

  /// Returns bytes of an attachment.
  public func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8] {
    let most = min(byteCount, RelayLimits.pageByteCount)
    return try await reading(account, as: caller) { (rows, _) throws(RelayError) in
      guard let present = try BlobRows(rows).find(blob), present.isComplete else { throw .unknownBlob }
      return try BlobRows(rows).read(blob, at: offset, byteCount: most)
    }
  }

  /// Returns attachments of an account, in the order of their names.
  public func blobs(
    of account: AccountID, after blob: BlobID?, as caller: RelayCaller
  ) async throws(RelayError) -> [RelayBlob] {
    try await reading(account, as: caller) { (rows, rules) throws(RelayError) in
      try BlobRows(rows).list(after: blob, limit: RelayLimits.listedBlobCount) {
        rules.lists($0, to: caller)
      }.map(\.listed)
    }
  }

  /// Drops attachments that nothing refers to.
  public func removeBlobs(
    _ removal: BlobRemoval, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) {
    try await changing(account, as: caller, .author(removal.device)) { (rows, rules) throws(RelayError) in
      try rules.check(removal) { (blob) throws(RelayError) in try BlobRows(rows).find(blob) }
      for blob in removal.blobs {
        if let present = try BlobRows(rows).find(blob) { try Self.remove(present, in: rows, &rules) }
      }
    }
  }

  private static func remove(
    _ present: StoredBlob, in rows: any WritableRelayRows, _ rules: inout RelayAccount
  ) throws(RelayError) {
    try BlobRows.remove(present.upload, in: rows)
    rules.usage.subtract(present.received, from: \.blobs)
  }
}
