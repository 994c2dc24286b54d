/// Adding to the history.
extension Device {
  /// Seals a message to a conversation and keeps it: it is on disk when the call returns, and goes to the
  /// relay with the next `sync()`.
  /// - Throws: `DeviceError.archive` if it cannot be sealed, `.noStore`, `.store`.
  public func append(_ message: Message, to conversation: ConversationID) throws(DeviceError) {
    var message = message
    message.conversation = conversation
    try parts.writing.outbox.enqueue([.message(message)])
  }

  /// Seals entries and keeps them, in one transaction, with attachments that are sealed already.
  package func enqueue(_ entries: [ArchiveEntry], blobs: [SealedBlob] = []) throws(DeviceError) {
    try parts.writing.outbox.enqueue(entries, blobs: blobs)
  }
}
