internal import CryptoCore
internal import SystemCore
internal import Synchronization

/// Seals messages into records and opens them again, with the epoch secrets that its device knows.
///
/// Sealing and opening are synchronous and may run on any number of threads at once. An archive needs
/// neither a store nor a relay: an app that keeps its own database stores `SealedRecord.bytes`.
public final class Archive: Sendable {
  /// The account whose messages these are.
  public let account: AccountID
  private let state: Mutex<State>

  private struct State: ~Copyable {
    var epochs: [EpochReference: ReadableEpoch] = [:]
    var sealing: Result<ReadableEpoch, ArchiveError>
    var sealingKeys: [ConversationID: RecordKey] = [:]
    var openingKeys: [RecordKeyID: RecordKey] = [:]
    /// Records of one conversation often come together; comparing names is quicker than hashing one.
    var lastOpened: (id: RecordKeyID, key: RecordKey)?

    mutating func openingKey(_ id: RecordKeyID) -> RecordKey? {
      if let lastOpened, lastOpened.id == id { return lastOpened.key }
      guard let key = openingKeys[id] else { return nil }
      lastOpened = (id, key)
      return key
    }
  }

  package init(account: AccountID) {
    self.account = account
    state = Mutex(State(sealing: .failure(.epochRefused(by: nil))))
  }

  /// Takes the epochs that its device reads now, and the one it seals under, or why it seals under none.
  package func update(
    epochs: [ReadableEpoch], sealing: Result<ReadableEpoch, ArchiveError>
  ) {
    state.withLock { state in
      state.epochs = Dictionary(epochs.map { ($0.reference, $0) }) { first, _ in first }
      state.sealing = sealing
      state.sealingKeys = [:]
    }
  }

  /// A conversation to seal messages to. It need not exist before.
  public func conversation(_ id: ConversationID) -> Conversation {
    Conversation(id: id, archive: self)
  }

  /// Opens a record of a message.
  ///
  /// Whoever holds the account's epoch secrets could have written the bytes, so the message's protection is
  /// `importedEndToEnd` at most: `Device.messages()` gives what verified authors wrote.
  /// - Throws: `ArchiveError`: `authenticationFailed` if the record was altered or is not this account's,
  ///   `unreadableEpoch` if this device has no epoch secret for it, `notAMessage`, `malformed`.
  public func open(_ record: SealedRecord) throws(ArchiveError) -> Message {
    var message = Message.unread
    if let known = openingKey(record.keyID) {
      if try RecordFrame.open(record, using: known.key, into: &message) {
        guard message.conversation ?? .account == known.conversation else { throw .authenticationFailed }
        return message
      }
    }
    guard case .message(let first) = try openEntry(record) else { throw .notAMessage }
    return first
  }

  /// Opens a record of any kind of entry.
  package func openEntry(_ record: SealedRecord) throws(ArchiveError) -> ArchiveEntry {
    let id = record.keyID
    if let known = openingKey(id) { return try Self.open(record, using: known) }
    guard let epoch = state.withLock({ $0.epochs[record.epoch] }) else {
      throw .unreadableEpoch(record.epoch)
    }
    let entry = try RecordFrame.open(record, using: epoch.key(tag: record.streamTag))
    guard let conversation = entry.conversation else { return entry }
    let key = try epoch.recordKey(for: conversation)
    // A member that seals a message into another conversation's stream is refused like a forger.
    guard key.tag == record.streamTag else { throw .authenticationFailed }
    state.withLock { $0.openingKeys[id] = key }
    return entry
  }

  /// The key of a stream from which a record was opened before.
  func openingKey(_ id: RecordKeyID) -> RecordKey? { state.withLock { $0.openingKey(id) } }

  @inline(__always)
  static func open(
    _ record: SealedRecord, using known: RecordKey
  ) throws(ArchiveError) -> ArchiveEntry {
    let entry = try RecordFrame.open(record, using: known.key)
    guard entry.conversation ?? known.conversation == known.conversation else {
      throw .authenticationFailed
    }
    return entry
  }

  /// Seals entries of any kind on all cores, in order, each in its own conversation's stream.
  package func seal(contentsOf entries: [ArchiveEntry]) throws(ArchiveError) -> [SealedRecord] {
    try concurrentMap(entries.count) {
      RecordSealer(self)
    } _: { (sealer, number) throws(ArchiveError) in
      try sealer.seal(entries[number], in: entries[number].conversation ?? .account)
    }
  }

  /// Seals an entry of any kind.
  package func seal(
    _ entry: ArchiveEntry, in conversation: ConversationID
  ) throws(ArchiveError) -> SealedRecord {
    try RecordFrame.seal(entry, using: try recordKey(for: conversation))
  }

  func recordKey(for conversation: ConversationID) throws(ArchiveError) -> RecordKey {
    try state.withLock { (state) throws(ArchiveError) in
      if let known = state.sealingKeys[conversation] { return known }
      let key = try state.sealing.get().recordKey(for: conversation)
      state.sealingKeys[conversation] = key
      return key
    }
  }

  /// The tag, in an epoch, of the stream that belongs to no conversation; nil if the epoch cannot be read.
  func accountTag(in epoch: EpochReference) -> StreamTag? {
    guard let epoch = state.withLock({ $0.epochs[epoch] }) else { return nil }
    return try? epoch.recordKey(for: .account).tag
  }

  /// The epoch that records are sealed under now.
  func sealingEpoch() throws(ArchiveError) -> ReadableEpoch {
    try state.withLock { $0.sealing }.get()
  }
}
