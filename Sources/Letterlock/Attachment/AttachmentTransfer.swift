/// What became of attachments that were to be fetched or sent: one that fails does not stop the others, and stays to be
/// tried again.
public struct AttachmentTransfer: Hashable, Sendable {
  /// How many went through.
  public internal(set) var count = 0
  /// Those that did not.
  public internal(set) var failures: [AttachmentFailure] = []
}

/// An attachment that could not be fetched or sent.
public struct AttachmentFailure: Hashable, Sendable {
  /// The attachment.
  public let blob: BlobID
  /// The message that it belongs to; nil if none is here.
  public let message: MessageID?
  /// The message's conversation.
  public let conversation: ConversationID?
  /// The name of the file, if it has one.
  public let name: String?
  /// Why it failed.
  public let reason: DeviceError
}

/// Moves items one after the other. What concerns one item fails that item; what concerns all ends everything.
struct ItemTransfer {
  private(set) var count = 0
  private(set) var failed: [BlobID: DeviceError] = [:]
  private var silences = 0

  /// After so many items in a row that the relay did not answer for, it is taken to be out of reach.
  private static let patience = 3

  /// Whether the relay answers for nothing, so that the rest waits.
  var isRelaySilent: Bool { silences >= Self.patience }

  /// Moves an item.
  mutating func move(_ blob: BlobID, _ body: () async throws(DeviceError) -> Void) async throws(DeviceError) {
    do throws(DeviceError) {
      try await body()
      count += 1
      silences = 0
    } catch {
      guard error.isOfOneItem else { throw error }
      if case .relay(.unavailable) = error { silences += 1 } else { silences = 0 }
      failed[blob] = error
    }
  }
}

extension DeviceError {
  /// Whether what went wrong with one attachment says nothing of the others.
  var isOfOneItem: Bool {
    switch self {
    case .attachmentUnreadable, .attachmentNotWritten, .attachmentChanged, .store(.corrupted): true
    case .relay(let error):
      switch error {
      case .unknownAccount, .accountErased: false
      default: true
      }
    default: false
    }
  }
}

extension AttachmentInventory {
  /// Names the messages of attachments that failed.
  func transfer(_ moved: ItemTransfer) throws(DeviceError) -> AttachmentTransfer {
    var transfer = AttachmentTransfer(count: moved.count)
    guard !moved.failed.isEmpty else { return transfer }
    var found: [BlobID: (Message, Attachment)] = [:]
    try history.forEach { read in
      guard let message = try? read.entry.get().saidMessage else { return }
      for attachment in message.attachments where moved.failed[attachment.blob] != nil {
        found[attachment.blob] = (message, attachment)
      }
    }
    transfer.failures = moved.failed.sorted { $0.key < $1.key }.map { blob, reason in
      let (message, attachment) = (found[blob]?.0, found[blob]?.1)
      return AttachmentFailure(
        blob: blob, message: message?.id, conversation: message?.conversation, name: attachment?.name,
        reason: reason)
    }
    return transfer
  }
}
