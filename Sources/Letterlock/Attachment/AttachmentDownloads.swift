internal import CryptoCore
internal import TLSCodec

/// Fetches sealed attachments from the relay. SPEC.md section 7.3.
struct AttachmentDownloads: Sendable {
  let view: AccountView
  let store: StoreConnection
  let relay: RelayConnection
  let inventory: AttachmentInventory
  let notes: DeviceNotes

  /// Fetches files that the store does not have, each from the byte on that is not here. Returns their number.
  /// - Throws: What the first of those that failed threw, when all others are here.
  func fetch(_ attachments: [Attachment]) async throws(DeviceError) -> Int {
    let moved = try await move(attachments)
    for attachment in attachments {
      if let error = moved.failed[attachment.blob] { throw error }
    }
    return moved.count
  }

  /// Fetches files that the store does not have, each from the byte on that is not here.
  private func move(_ attachments: [Attachment]) async throws(DeviceError) -> ItemTransfer {
    _ = try store.needed()
    var moved = ItemTransfer()
    for attachment in attachments where !moved.isRelaySilent {
      try checkCancellation()
      let present = try store.use { (store) throws(StoreError) in try store.blob(attachment.blob) }
      guard present == nil else { continue }
      try await moved.move(attachment.blob) { () async throws(DeviceError) in try await fetch(attachment) }
    }
    return moved
  }

  /// Fetches the files that are wanted among those that messages refer to and that are not here, previews first.
  func fetch(
    where isWanted: (Attachment) throws(DeviceError) -> Bool
  ) async throws(DeviceError) -> AttachmentTransfer {
    let wanted = try inventory.absent(where: isWanted).sorted {
      ($0.role == .preview ? 0 : 1, $0.byteCount, $0.blob) < (
        $1.role == .preview ? 0 : 1, $1.byteCount, $1.blob
      )
    }
    return try inventory.transfer(try await move(wanted))
  }

  /// Fetches the files that a person's settings say are fetched without being asked, but for those that were dropped
  /// here.
  func fetchAutomatically(_ settings: SyncSettings) async throws(DeviceError) -> AttachmentTransfer {
    guard settings.automaticDownloads != .off else { return AttachmentTransfer() }
    return try await fetch { attachment throws(DeviceError) in
      guard settings.fetches(isPreview: attachment.role == .preview, byteCount: attachment.byteCount) else {
        return false
      }
      return try !notes.isEvicted(attachment.blob)
    }
  }

  /// Fetches every file of the history that is not here.
  func fetchAll() async throws(DeviceError) -> AttachmentTransfer {
    var attachments: [Attachment] = []
    try inventory.history.forEach { read in
      if case .success(let entry) = read.entry { attachments += entry.attachments }
    }
    return try inventory.transfer(try await move(attachments))
  }

  private func fetch(_ attachment: Attachment) async throws(DeviceError) {
    let upload = try await uploadAtRelay(of: attachment)
    guard SealedSegments.count(in: upload.byteCount) > 1 else { return try await fetchSmall(upload) }
    let store = try store.needed()
    let begun = try storing { () throws(StoreError) in try store.beginDownload(upload) }
    if try await fetchRest(of: upload, from: begun) { return }
    try? store.removeBlobs([upload.blob])
    guard begun > 0 else { throw .attachmentUnreadable(upload.blob) }
    // What was here before may have been torn by a power cut.
    _ = try storing { () throws(StoreError) in try store.beginDownload(upload) }
    guard try await fetchRest(of: upload, from: 0) else {
      try? store.removeBlobs([upload.blob])
      throw .attachmentUnreadable(upload.blob)
    }
  }

  /// Returns what the relay says about a file, which must be what its message says.
  /// - Throws: `DeviceError.attachmentUnreadable`, `.relay`.
  func uploadAtRelay(of attachment: Attachment) async throws(DeviceError) -> BlobUpload {
    let blob = attachment.blob
    let upload = try await relay.ask { (relay, account) async throws(RelayError) in
      try await relay.blob(blob, of: account)
    }
    guard let upload, upload.blob == blob, upload.digest.bytes == attachment.digest,
      upload.byteCount == SealedSegments.sealedByteCount(of: attachment.byteCount),
      let uploader = view.log.members[upload.device],
      upload.isSigned(by: uploader.bundle.signingKeys, account: view.account)
    else { throw .attachmentUnreadable(blob) }
    return upload
  }

  /// Reads what the relay has of a file, and keeps nothing: it must be what its message names.
  /// - Throws: `DeviceError.attachmentUnreadable`, `.relay`.
  func check(_ attachment: Attachment) async throws(DeviceError) {
    let upload = try await uploadAtRelay(of: attachment)
    var hasher = SegmentHasher()
    try await forEachPart(of: upload) { hasher.update($0) }
    guard hasher.finalize() == upload.digest else { throw .attachmentUnreadable(upload.blob) }
  }

  private func fetchSmall(_ upload: BlobUpload) async throws(DeviceError) {
    var bytes: [UInt8] = []
    try await forEachPart(of: upload) { bytes += $0 }
    guard SegmentHasher.digest(of: bytes) == upload.digest else {
      throw .attachmentUnreadable(upload.blob)
    }
    let blob = SealedBlob(upload: upload, bytes: bytes)
    try store.use { (store) throws(StoreError) in try store.keepBlob(blob, isUploaded: true) }
  }

  /// Fetches what is not here, and keeps it if all of it has the digest; else returns false.
  private func fetchRest(of upload: BlobUpload, from begun: UInt64) async throws(DeviceError) -> Bool {
    guard var hasher = try hashStored(upload, byteCount: begun) else { return false }
    let store = try store.needed()
    var offset = begun
    while offset < upload.byteCount {
      let from = offset
      let part = try await part(of: upload, at: from)
      hasher.update(part)
      try part.withRawSpan { (bytes) throws(DeviceError) in
        try storing { () throws(StoreError) in try store.writeBlob(upload.blob, at: from, bytes) }
      }
      offset += UInt64(part.count)
    }
    guard hasher.finalize() == upload.digest else { return false }
    try storing { () throws(StoreError) in try store.finishBlob(upload, isUploaded: true) }
    return true
  }

  private func hashStored(
    _ upload: BlobUpload, byteCount: UInt64
  ) throws(DeviceError) -> SegmentHasher? {
    var hasher = SegmentHasher()
    var offset: UInt64 = 0
    while offset < byteCount {
      try checkCancellation()
      let from = offset
      let part = try store.use { (store) throws(StoreError) in
        try store.readBlob(
          upload.blob, at: from, byteCount: Int(min(byteCount - from, UInt64(SealedSegments.byteCount))))
      }
      guard !part.isEmpty else { return nil }
      hasher.update(part)
      offset += UInt64(part.count)
    }
    return hasher
  }

  private func forEachPart(
    of upload: BlobUpload, _ body: ([UInt8]) -> Void
  ) async throws(DeviceError) {
    var offset: UInt64 = 0
    while offset < upload.byteCount {
      let part = try await part(of: upload, at: offset)
      body(part)
      offset += UInt64(part.count)
    }
  }

  private func part(of upload: BlobUpload, at offset: UInt64) async throws(DeviceError) -> [UInt8] {
    try checkCancellation()
    // In range: a part begins before the end.
    let wanted = Int(min(upload.byteCount - offset, UInt64(RelayLimits.blobPartByteCount)))
    let part = try await relay.ask { (relay, account) async throws(RelayError) in
      try await relay.readBlob(upload.blob, of: account, at: offset, byteCount: wanted)
    }
    guard !part.isEmpty, part.count <= wanted else { throw .attachmentUnreadable(upload.blob) }
    return part
  }
}
