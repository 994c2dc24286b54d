internal import CryptoCore
internal import TLSCodec

/// Sealed attachments on their way to the relay and from there. SPEC.md section 7.3.
extension Device {
  /// Sends sealed attachments that wait, each from the byte on that the relay does not have. Gives their number.
  func pushBlobs(_ report: (@Sendable (SyncStep) -> Void)?) async throws(DeviceError) -> Int {
    let store = try neededStore()
    let waiting = try Self.storing { () throws(StoreError) in try store.blobsToUpload() }
    var total: UInt64 = 0
    for upload in waiting {
      try await push(upload) { byteCount in
        total += UInt64(byteCount)
        report?(.sentAttachmentBytes(total))
      }
    }
    return waiting.count
  }

  /// What is sent is what was sealed and kept: nothing is sealed again, whatever became of the file since.
  private func push(
    _ upload: BlobUpload, _ report: (Int) -> Void
  ) async throws(DeviceError) {
    let (relay, store) = (try neededRelay(), try neededStore())
    guard var offset = try await begin(upload) else {
      return try Self.storing { () throws(StoreError) in try store.markUploaded(upload.blob) }
    }
    while offset < upload.byteCount {
      let from = offset
      let part = try Self.storing { () throws(StoreError) in
        try store.readBlob(
          upload.blob, at: from,
          byteCount: Int(min(upload.byteCount - from, UInt64(RelayLimits.blobPartByteCount))))
      }
      guard !part.isEmpty else { throw .store(.corrupted("attachment")) }
      try await Self.asking { () async throws(RelayError) in
        try await relay.writeBlob(upload.blob, of: account, at: from, part)
      }
      offset += UInt64(part.count)
      report(part.count)
    }
    try Self.storing { () throws(StoreError) in try store.markUploaded(upload.blob) }
  }

  /// How many bytes the relay has; nil if it has the same from another device already.
  private func begin(_ upload: BlobUpload) async throws(DeviceError) -> UInt64? {
    let relay = try neededRelay()
    do throws(RelayError) {
      do throws(RelayError) { return try await relay.beginBlob(upload, of: account) } catch {
        guard case .blobRefused = error, let known = try await relay.blob(upload.blob, of: account),
          known.digest == upload.digest
        else { throw error }
        return nil
      }
    } catch { throw .relay(error) }
  }

  /// Fetches files that the store does not have, each from the byte on that is not here. Gives their number.
  @discardableResult
  public func download(_ attachments: [Attachment]) async throws(DeviceError) -> Int {
    let store = try neededStore()
    var count = 0
    for attachment in attachments {
      let blob = attachment.blob
      let present = try Self.storing { () throws(StoreError) in try store.blob(blob) }
      guard present == nil else { continue }
      try await download(attachment)
      count += 1
    }
    return count
  }

  private func download(_ attachment: Attachment) async throws(DeviceError) {
    let upload = try await uploadAtRelay(of: attachment)
    guard SealedSegments.count(in: upload.byteCount) > 1 else { return try await downloadSmall(upload) }
    let store = try neededStore()
    let begun = try Self.storing { () throws(StoreError) in try store.beginDownload(upload) }
    if try await fetchRest(of: upload, from: begun) { return }
    try? store.removeBlobs([upload.blob])
    guard begun > 0 else { throw .attachmentUnreadable(upload.blob) }
    // What was here before may have been torn by a power cut.
    _ = try Self.storing { () throws(StoreError) in try store.beginDownload(upload) }
    guard try await fetchRest(of: upload, from: 0) else {
      try? store.removeBlobs([upload.blob])
      throw .attachmentUnreadable(upload.blob)
    }
  }

  /// What the relay says about a file must be what its message says.
  func uploadAtRelay(of attachment: Attachment) async throws(DeviceError) -> BlobUpload {
    let (relay, blob) = (try neededRelay(), attachment.blob)
    let upload = try await Self.asking { () async throws(RelayError) in
      try await relay.blob(blob, of: account)
    }
    guard let upload, upload.blob == blob, upload.digest.bytes == attachment.digest,
      upload.byteCount == SealedSegments.sealedByteCount(of: attachment.byteCount),
      let uploader = log.members[upload.device],
      upload.isSigned(by: uploader.bundle.signingKeys, account: account)
    else { throw .attachmentUnreadable(blob) }
    return upload
  }

  private func downloadSmall(_ upload: BlobUpload) async throws(DeviceError) {
    var bytes: [UInt8] = []
    while UInt64(bytes.count) < upload.byteCount {
      bytes += try await part(of: upload, at: UInt64(bytes.count))
    }
    guard SegmentHasher.digest(of: bytes) == upload.digest else {
      throw .attachmentUnreadable(upload.blob)
    }
    let (store, blob) = (try neededStore(), SealedBlob(upload: upload, bytes: bytes))
    try Self.storing { () throws(StoreError) in try store.keepBlob(blob, isUploaded: true) }
  }

  /// Fetches what is not here, and keeps it if all of it has the digest; else gives false.
  private func fetchRest(of upload: BlobUpload, from begun: UInt64) async throws(DeviceError) -> Bool {
    let store = try neededStore()
    guard var hasher = try hashStored(upload, byteCount: begun) else { return false }
    var offset = begun
    while offset < upload.byteCount {
      let from = offset
      let part = try await part(of: upload, at: from)
      hasher.update(part)
      try part.withRawSpan { (bytes) throws(DeviceError) in
        try Self.storing { () throws(StoreError) in try store.writeBlob(upload.blob, at: from, bytes) }
      }
      offset += UInt64(part.count)
    }
    guard hasher.finalize() == upload.digest else { return false }
    try Self.storing { () throws(StoreError) in try store.finishBlob(upload, isUploaded: true) }
    return true
  }

  private func hashStored(
    _ upload: BlobUpload, byteCount: UInt64
  ) throws(DeviceError) -> SegmentHasher? {
    let store = try neededStore()
    var hasher = SegmentHasher()
    var offset: UInt64 = 0
    while offset < byteCount {
      let from = offset
      let part = try Self.storing { () throws(StoreError) in
        try store.readBlob(
          upload.blob, at: from, byteCount: Int(min(byteCount - from, UInt64(SealedSegments.byteCount))))
      }
      guard !part.isEmpty else { return nil }
      hasher.update(part)
      offset += UInt64(part.count)
    }
    return hasher
  }

  private func part(of upload: BlobUpload, at offset: UInt64) async throws(DeviceError) -> [UInt8] {
    let relay = try neededRelay()
    let wanted = Int(min(upload.byteCount - offset, UInt64(RelayLimits.blobPartByteCount)))
    let part = try await Self.asking { () async throws(RelayError) in
      try await relay.readBlob(upload.blob, of: account, at: offset, byteCount: wanted)
    }
    guard !part.isEmpty, part.count <= wanted else { throw .attachmentUnreadable(upload.blob) }
    return part
  }
}
