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
  /// - Throws: `DeviceError.attachmentUnreadable` if the source cannot be read, `.attachmentChanged` if somebody
  ///   wrote to it meanwhile, `.store`.
  package func seal(_ source: AttachmentSource) throws(DeviceError) -> SealedAttachment {
    let sealing = try AttachmentSealing(source.content, account: account, store: try neededStore())
    let blob = sealing.blob
    attaching.withLock { _ = $0.insert(blob) }
    do throws(DeviceError) { return try sealing.seal(source, keys: state.read { $0.keys }) } catch {
      attaching.withLock { _ = $0.remove(blob) }
      throw error
    }
  }

  /// Small files that were sealed and not kept yet take no more memory than this, and one file more.
  private static let waitingByteCount = 8 << 20

  /// Seals messages with their files, and keeps them: each message with its files in one transaction, and as many
  /// messages at once as memory allows.
  package func append(_ messages: [ImportedMessage]) throws(DeviceError) {
    var entries: [ArchiveEntry] = []
    var blobs: [SealedBlob] = []
    var attached: [BlobID] = []
    defer { attaching.withLock { $0.subtract(attached) } }
    var waiting = 0
    for imported in messages {
      var message = imported.message
      for source in imported.attachments where source.content.isPresent {
        let sealed = try seal(source)
        attached.append(sealed.attachment.blob)
        message.attachments.append(sealed.attachment)
        if let blob = sealed.blob { blobs.append(blob) }
        waiting += sealed.blob?.bytes.count ?? 0
      }
      entries.append(.message(message))
      guard waiting > Self.waitingByteCount else { continue }
      try enqueue(entries, blobs: blobs)
      (entries, blobs, waiting) = ([], [], 0)
    }
    try enqueue(entries, blobs: blobs)
  }

  /// Reads a file back, part by part, from the store or else from the relay.
  ///
  /// Every part is authentic when it is lent; that it is the very file that the message's author sealed, is certain
  /// when the call returns.
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
    let reading = try StoredReading(attachment, of: self)
    var buffers = StoredReading.Buffers()
    for index in 0..<reading.segmentCount {
      let count = try reading.open(index, &buffers)
      if count > 0 { try body(Array(buffers.plain[..<count])) }
    }
    try reading.finish()
  }
}
