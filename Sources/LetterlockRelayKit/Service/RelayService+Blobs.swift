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
    let outcome = try await changing(account, as: caller, .writer) {
      [uploads] (rows, rules) throws(RelayError) -> PartOutcome in
      guard let present = try BlobRows(rows).find(blob), present.upload.device == caller.device else {
        throw .unknownBlob
      }
      try rules.checkPart(bytes.count, of: present, at: offset)
      guard !bytes.isEmpty else { return .nothing }
      return try Self.add(bytes, to: present, in: rows, &rules, uploads)
    }
    switch outcome {
    case .nothing: break
    case .added(let hasher, let upload, let byteCount): uploads.keep(hasher, of: upload, byteCount: byteCount)
    case .ended(let upload): if let upload { uploads.forget(upload) }
    case .refused(let upload):
      if let upload { uploads.forget(upload) }
      throw .blobRefused
    }
  }

  /// What became of a part.
  private enum PartOutcome: Sendable {
    case nothing
    /// It is there, and the digest up to its end is known.
    case added(SegmentHasher, UploadHashes.Upload, byteCount: UInt64)
    /// It is there. It was the last, or the digest so far is not known.
    case ended(UploadHashes.Upload?)
    /// It was the last, and the upload is dropped, since its digest does not hold.
    case refused(UploadHashes.Upload?)
  }

  /// Adds bytes at an upload's end.
  private static func add(
    _ bytes: [UInt8], to stored: StoredBlob, in rows: any WritableRelayRows, _ rules: inout RelayAccount,
    _ uploads: UploadHashes
  ) throws(RelayError) -> PartOutcome {
    var present = stored
    let (blob, offset) = (present.upload.blob, present.received)
    let upload = try UnfinishedBlob.find(present.upload, in: rows).map {
      UploadHashes.Upload(account: rules.log.account, upload: present.upload, begun: $0.begun)
    }
    let hasher = upload.flatMap { uploads.hasher(of: $0, at: offset, adding: bytes) }
    try BlobRows.add(bytes, to: blob, at: offset, in: rows)
    present.received += UInt64(bytes.count)
    rules.usage.add(UInt64(bytes.count), to: \.blobs)
    guard present.isComplete else {
      try BlobRows.put(present, in: rows)
      guard let hasher, let upload else { return .ended(nil) }
      return .added(hasher, upload, byteCount: present.received)
    }
    let digest = if let hasher { hasher.finalize() } else { try BlobRows(rows).digest(blob) }
    guard digest == present.upload.digest else {
      // What does not add up is of no use: its device may send it again from the start.
      try remove(present, in: rows, &rules)
      return .refused(upload)
    }
    try BlobRows.put(present, in: rows)
    try BlobRows.synchronise(blob, in: rows)
    try UnfinishedBlob.remove(present.upload, in: rows)
    return .ended(upload)
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
