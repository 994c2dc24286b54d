/// A conversation of an archive: what messages are sealed to.
public struct Conversation: Sendable {
  /// The conversation's name inside records; a relay never sees it.
  public let id: ConversationID
  let archive: Archive

  /// Seals a message to this conversation, under the newest epoch.
  ///
  /// The record can be stored anywhere: it tells its time of storing and its size class, nothing else.
  /// - Throws: `ArchiveError`: `epochRefused`, `deviceRemoved` or `forked` if this device must not seal,
  ///   `messageTooLong`.
  public func seal(_ message: Message) throws(ArchiveError) -> SealedRecord {
    let key = try archive.recordKey(for: id)
    guard message.conversation != id else {
      return try RecordFrame.seal(.message(message), using: key)
    }
    var message = message
    message.conversation = id
    return try RecordFrame.seal(.message(message), using: key)
  }

  /// Seals many messages on all cores, in order.
  /// - Throws: as `seal(_:)`; then nothing is returned.
  public func seal(contentsOf messages: [Message]) async throws(ArchiveError) -> [SealedRecord] {
    try await ParallelChunks.map(messages) { (message) throws(ArchiveError) in try seal(message) }
  }
}

extension Archive {
  /// Opens many records on all cores, in order; each has its own outcome.
  public func open(
    contentsOf records: [SealedRecord]
  ) async -> [Result<Message, ArchiveError>] {
    do throws(ArchiveError) {
      return try await ParallelChunks.map(records) { (record) throws(ArchiveError) in
        Result { () throws(ArchiveError) in try self.open(record) }
      }
    } catch {
      return records.map { _ in .failure(error) }
    }
  }
}
