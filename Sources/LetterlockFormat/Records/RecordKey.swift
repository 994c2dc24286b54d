package import CryptoCore
internal import TLSCodec

/// One conversation's key in one epoch, held so that no message derives it again. SPEC.md section 5.2.
package final class RecordKey: Sendable {
  package let conversation: ConversationID
  package let tag: StreamTag
  package let key: SecretKey
  /// Version, epoch and tag: the first 33 bytes of every record under this key.
  let recordStart: [UInt8]

  /// `tag = Derive(epoch_secret, "stream", account || conversation, 16)`
  package static func tag(
    of conversation: ConversationID, account: AccountID, epochSecret: SecretKey
  ) throws(KDFError) -> StreamTag {
    StreamTag(
      unchecked: try Derivation.publicBytes(
        from: epochSecret, purpose: "stream", context: account.bytes + conversation.bytes, byteCount: 16))
  }

  /// `key = Derive(epoch_secret, "record", account || SHA-256 of the header || tag, 32)`
  package static func key(
    tag: StreamTag, epoch: Digest32, account: AccountID, epochSecret: SecretKey
  ) throws(KDFError) -> SecretKey {
    try Derivation.secret(
      from: epochSecret, purpose: "record", context: account.bytes + epoch.bytes + tag.bytes)
  }

  package init(conversation: ConversationID, tag: StreamTag, key: SecretKey, epoch: EpochReference) {
    self.conversation = conversation
    self.tag = tag
    self.key = key
    recordStart = [FormatVersion.one.rawValue] + epoch.bytes + tag.bytes
  }

  private init(copying other: RecordKey) {
    conversation = other.conversation
    tag = other.tag
    key = other.key.duplicate()
    recordStart = other.recordStart.map { $0 }
  }

  /// A copy that shares no memory with this key: cores that seal at once would otherwise wait for each other's
  /// reference counts.
  package func duplicate() -> RecordKey { RecordKey(copying: self) }
}

/// An epoch as the archive uses it.
package struct ReadableEpoch: Sendable {
  let account: AccountID
  let hash: Digest32
  let epochSecret: SecretKey

  package init(account: AccountID, hash: Digest32, epochSecret: SecretKey) {
    self.account = account
    self.hash = hash
    self.epochSecret = epochSecret
  }

  package var reference: EpochReference { EpochReference(unchecked: Array(hash.bytes[..<16])) }

  package func recordKey(for conversation: ConversationID) throws(ArchiveError) -> RecordKey {
    do {
      let tag = try RecordKey.tag(of: conversation, account: account, epochSecret: epochSecret)
      let key = try RecordKey.key(tag: tag, epoch: hash, account: account, epochSecret: epochSecret)
      return RecordKey(conversation: conversation, tag: tag, key: key, epoch: reference)
    } catch { throw .internalError("record key") }
  }

  /// The key of a record whose conversation is not known before it opens.
  package func key(tag: StreamTag) throws(ArchiveError) -> SecretKey {
    do {
      return try RecordKey.key(tag: tag, epoch: hash, account: account, epochSecret: epochSecret)
    } catch { throw .internalError("record key") }
  }
}
