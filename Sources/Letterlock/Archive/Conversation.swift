internal import CryptoCore
internal import SystemCore

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
  public func seal(contentsOf messages: [Message]) throws(ArchiveError) -> [SealedRecord] {
    try concurrentMap(messages.count) {
      RecordSealer(archive)
    } _: { (sealer, number) throws(ArchiveError) in
      try sealer.seal(messages[number], in: id)
    }
  }
}

extension Archive {
  /// Opens many records on all cores, in order; each has its own outcome, as `open(_:)` gives it.
  public func open(contentsOf records: [SealedRecord]) -> [Result<Message, ArchiveError>] {
    concurrentMap(records.count) {
      RecordOpener(self)
    } _: { opener, number in
      Result { () throws(ArchiveError) in
        guard case .message(let message) = try opener.open(records[number]) else { throw .notAMessage }
        return message
      }
    }
  }
}
