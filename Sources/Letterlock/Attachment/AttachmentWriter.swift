internal import CryptoCore
internal import Synchronization

/// Attachments that were sealed and whose messages are not kept yet: no record refers to them, and nobody may drop them.
final class AttachmentsInProgress: Sendable {
  private let blobs = Mutex<Set<BlobID>>([])

  /// What is being attached now.
  var all: Set<BlobID> { blobs.withLock { $0 } }

  func insert(_ blob: BlobID) { blobs.withLock { _ = $0.insert(blob) } }

  func remove(_ gone: [BlobID]) { blobs.withLock { $0.subtract(gone) } }
}

/// Seals files, and keeps them with the messages that refer to them. SPEC.md section 7.1.
struct AttachmentWriter: Sendable {
  let view: AccountView
  let store: StoreConnection
  let outbox: Outbox
  let inProgress: AttachmentsInProgress

  /// Small files that were sealed and not kept yet take no more memory than this, and one file more.
  static let waitingByteCount = 8 << 20

  /// Seals a file under a fresh key, padded so that its length tells only its class.
  func seal(_ source: AttachmentSource) throws(DeviceError) -> SealedAttachment {
    let sealing = try AttachmentSealing(source.content, account: view.account, store: try store.needed())
    let blob = sealing.blob
    inProgress.insert(blob)
    do throws(DeviceError) { return try sealing.seal(source, keys: view.keys) } catch {
      inProgress.remove([blob])
      throw error
    }
  }

  /// Seals messages with their files, and keeps them: each message with its files in one transaction, and as many
  /// messages at once as memory allows.
  /// - Throws: `DeviceError.cancelled` with every message kept that was sealed before.
  func append(_ messages: [ImportedMessage]) throws(DeviceError) {
    var entries: [ArchiveEntry] = []
    var blobs: [SealedBlob] = []
    var attached: [BlobID] = []
    defer { inProgress.remove(attached) }
    var waiting = 0
    for imported in messages {
      if Task.isCancelled {
        try outbox.enqueue(entries, blobs: blobs)
        throw .cancelled
      }
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
      try outbox.enqueue(entries, blobs: blobs)
      (entries, blobs, waiting) = ([], [], 0)
    }
    try outbox.enqueue(entries, blobs: blobs)
  }

  /// Seals a message with its files, each as `prepare` makes it.
  func append(
    _ message: Message, attaching files: [AttachmentSource], to conversation: ConversationID,
    preparing prepare: (AttachmentSource) throws -> PreparedAttachment
  ) throws {
    let sources = try files.flatMap { try prepare($0).sources }
    var message = message
    message.conversation = conversation
    try append([ImportedMessage(message: message, attachments: sources)])
  }
}
