internal import CryptoCore
internal import TLSCodec

/// Sealing files, and reading them back. SPEC.md section 7.1.
extension Device {
  /// A file that was sealed: what its message refers to it by, and its bytes if they are few.
  package struct SealedAttachment: Sendable {
    /// Stands in the message.
    package let attachment: Attachment
    /// The sealed bytes, to be stored in the same transaction as the message; nil if they were many and are
    /// in the store already.
    package let blob: SealedBlob?
  }

  /// Seals a file under a fresh key, padded so that its length tells only its class.
  ///
  /// Memory stays flat whatever the file's size.
  /// - Throws: `DeviceError.attachmentUnreadable` if the source cannot be read, `.store`.
  package func seal(_ source: AttachmentSource) throws(DeviceError) -> SealedAttachment {
    let blob = BlobID()
    var reader = try AttachmentReader(source.content, blob: blob)
    var sealing = try AttachmentSealing(blob: blob, account: account, store: try neededStore())
    while let part = try reader.next() { try sealing.add(part) }
    return try sealing.finish(
      name: source.name, mediaType: source.mediaType, role: source.role,
      keys: state.withLock { $0.keys })
  }

  /// Seals messages with their files, and keeps all of it, in one transaction.
  package func append(_ messages: [ImportedMessage]) throws(DeviceError) {
    var entries: [ArchiveEntry] = []
    var blobs: [SealedBlob] = []
    for imported in messages {
      var message = imported.message
      for source in imported.attachments where source.content.isPresent {
        let sealed = try seal(source)
        message.attachments.append(sealed.attachment)
        if let blob = sealed.blob { blobs.append(blob) }
      }
      entries.append(.message(message))
    }
    try enqueue(entries, blobs: blobs)
  }

  /// Reads a file back, part by part, from the store or else from the relay.
  ///
  /// Every part is authentic when it is lent; the whole is, when the call returns.
  /// - Throws: `DeviceError.attachmentUnreadable` if it is absent, altered or cut, `.relay`.
  public func read(
    _ attachment: Attachment, _ body: ([UInt8]) throws(DeviceError) -> Void
  ) async throws(DeviceError) {
    try await download([attachment])
    try readStored(attachment, body)
  }

  /// Reads a file back that is in the store.
  package func readStored(
    _ attachment: Attachment, _ body: ([UInt8]) throws(DeviceError) -> Void
  ) throws(DeviceError) {
    let store = try neededStore()
    let blob = attachment.blob
    let found = try Self.storing { () throws(StoreError) in try store.blob(blob) }
    guard let found else { throw .attachmentUnreadable(blob) }
    var opening = try AttachmentOpening(attachment, account: account, sealedByteCount: found.byteCount)
    var offset: UInt64 = 0
    var buffer: ArraySlice<UInt8> = []
    while let byteCount = opening.wanted {
      if buffer.count < byteCount {
        let from = offset
        let more = try Self.storing { () throws(StoreError) in
          try store.readBlob(blob, at: from, byteCount: 1 << 20)
        }
        guard !more.isEmpty else { throw .attachmentUnreadable(blob) }
        offset += UInt64(more.count)
        buffer += more
        continue
      }
      let part = try opening.add(Array(buffer.prefix(byteCount)))
      buffer = buffer.dropFirst(byteCount)
      if !part.isEmpty { try body(part) }
    }
    try opening.finish()
  }

  /// Fetches files that the store does not have. Gives their number.
  @discardableResult
  public func download(_ attachments: [Attachment]) async throws(DeviceError) -> Int {
    let store = try neededStore()
    var count = 0
    for attachment in attachments {
      let blob = attachment.blob
      let present = try Self.storing { () throws(StoreError) in try store.blob(blob) }
      guard present == nil else { continue }
      try await download(blob)
      count += 1
    }
    return count
  }

  private func download(_ blob: BlobID) async throws(DeviceError) {
    let (relay, store) = (try neededRelay(), try neededStore())
    let upload = try await Self.asking { () async throws(RelayError) in
      try await relay.blob(blob, of: account)
    }
    guard let upload, upload.blob == blob else { throw .attachmentUnreadable(blob) }
    try Self.storing { () throws(StoreError) in try store.beginBlob(blob) }
    var hasher = SHA256Hash.Hasher()
    var offset: UInt64 = 0
    while offset < upload.byteCount {
      let from = offset
      let part = try await Self.asking { () async throws(RelayError) in
        try await relay.readBlob(blob, of: account, at: from, byteCount: 1 << 20)
      }
      guard !part.isEmpty, offset + UInt64(part.count) <= upload.byteCount else {
        throw .attachmentUnreadable(blob)
      }
      hasher.update(part)
      try Self.storing { () throws(StoreError) in try store.appendToBlob(blob, part) }
      offset += UInt64(part.count)
    }
    guard hasher.finalize() == upload.digest.bytes else { throw .attachmentUnreadable(blob) }
    try Self.storing { () throws(StoreError) in try store.finishBlob(upload, isUploaded: true) }
  }
}
