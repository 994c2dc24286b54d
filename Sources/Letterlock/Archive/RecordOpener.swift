internal import CryptoCore
internal import SystemCore

/// Opens many records on one thread: it has copies of the keys, so that threads share nothing.
struct RecordOpener {
  private let archive: Archive
  private var keys: [RecordKeyID: RecordKey] = [:]
  private var last: (id: RecordKeyID, key: RecordKey)?

  init(_ archive: Archive) { self.archive = archive }

  /// Opens a record of any kind of entry.
  mutating func open(_ record: SealedRecord) throws(ArchiveError) -> ArchiveEntry {
    let id = record.keyID
    if let last, last.id == id { return try Archive.open(record, using: last.key) }
    if let known = keys[id] {
      last = (id, known)
      return try Archive.open(record, using: known)
    }
    let entry = try archive.openEntry(record)
    if let key = archive.openingKey(id)?.duplicate() {
      keys[id] = key
      last = (id, key)
    }
    return entry
  }

  /// Opens a record and takes its author's word for how its message travelled, for the author was verified.
  mutating func read(
    _ record: [UInt8]?, at position: RecordPosition, by author: DeviceID
  ) -> HistoryEntry {
    HistoryEntry(
      position: position, author: author,
      entry: Result { () throws(ArchiveError) in
        guard let record else { throw .malformed }
        let entry = try open(try SealedRecord(decoding: record))
        guard case .message(let message) = entry else { return entry }
        return .message(message.markedVerified(by: .verifiedRecord))
      })
  }
}

extension Archive {
  /// Opens records on all cores, in order; nil where there is none.
  func open(_ records: [[UInt8]?]) -> [Result<ArchiveEntry, ArchiveError>?] {
    concurrentMap(records.count, chunkCount: 256) {
      RecordOpener(self)
    } _: { opener, number in
      guard let record = records[number] else { return nil }
      return Result { () throws(ArchiveError) in try opener.open(SealedRecord(decoding: record)) }
    }
  }
}

/// Seals many entries on one thread: it has copies of the keys, so that threads share nothing.
struct RecordSealer {
  private let archive: Archive
  private var keys: [ConversationID: RecordKey] = [:]
  private var last: RecordKey?

  init(_ archive: Archive) { self.archive = archive }

  mutating func seal(
    _ entry: ArchiveEntry, in conversation: ConversationID
  ) throws(ArchiveError) -> SealedRecord {
    try RecordFrame.seal(entry, using: try key(for: conversation))
  }

  mutating func seal(_ message: Message, in conversation: ConversationID) throws(ArchiveError) -> SealedRecord
  {
    let key = try key(for: conversation)
    guard message.conversation != conversation else {
      return try RecordFrame.seal(.message(message), using: key)
    }
    var message = message
    message.conversation = conversation
    return try RecordFrame.seal(.message(message), using: key)
  }

  private mutating func key(for conversation: ConversationID) throws(ArchiveError) -> RecordKey {
    if let last, last.conversation == conversation { return last }
    if let known = keys[conversation] {
      last = known
      return known
    }
    let key = try archive.recordKey(for: conversation).duplicate()
    keys[conversation] = key
    last = key
    return key
  }
}
