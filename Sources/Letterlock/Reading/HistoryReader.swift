internal import CryptoCore
internal import SystemCore
internal import TLSCodec

/// One record of the history, opened.
package struct HistoryEntry: Sendable {
  /// Where it is.
  package let position: RecordPosition
  /// The device that signed for it; this one while it waits.
  package let author: DeviceID
  /// What it holds, or why it cannot be read.
  package let entry: Result<ArchiveEntry, ArchiveError>

  /// Its leaf index; nil while it waits in the outbox.
  package var leaf: UInt64? { position.leaf }
}

/// A record of the history, as the store has it.
struct StoredEntry: Sendable {
  let position: RecordPosition
  let author: DeviceID
  let record: [UInt8]?
}

/// Reads the history that a device has: every record in order, then what waits to be sent. Records are opened on all
/// cores.
///
/// What the store holds was verified when it came: each message's author signed for it, so a message that one of the
/// account's devices sealed as end-to-end encrypted is shown so.
struct HistoryReader: Sendable {
  let device: DeviceID
  private let view: AccountView
  private let progress: SyncProgress
  /// Opens records.
  let archive: Archive
  /// What is read.
  let store: StoreConnection

  init(_ view: AccountView, _ store: StoreConnection, _ progress: SyncProgress) {
    (device, archive) = (view.device, view.archive)
    self.view = view
    self.store = store
    self.progress = progress
  }

  /// What was verified of the history.
  var verified: History {
    get throws(DeviceError) { try progress.current().history }
  }

  /// The devices that are part of the account, by the log as it is known now.
  var activeDevices: Set<DeviceID> { Set(view.log.activeDevices) }

  /// How many records the history holds.
  var size: UInt64 {
    get throws(DeviceError) { try verified.tree.size }
  }

  /// Lends each record to `body`, in order.
  func forEachEntry<Failure: Error>(
    _ body: (HistoryEntry) throws(Failure) -> Void
  ) throws(HistoryReadError<Failure>) {
    let absent: Set<UInt64>
    do throws(DeviceError) {
      _ = try store.needed()
      absent = Set(try progress.current().history.absent)
    } catch { throw .device(error) }
    try forEachPage { (page) throws(HistoryReadError<Failure>) in
      // What was erased is gone; what is missing is said to be.
      let stored = page.filter { $0.record != nil || absent.contains($0.position.leaf ?? .max) }
      for entry in opened(stored) {
        do throws(Failure) { try body(entry) } catch { throw .body(error) }
      }
    }
  }

  /// Lends each record to `body`, in order.
  /// - Throws: `DeviceError.noStore`, `.store`, `.cancelled`.
  func forEach(_ body: (HistoryEntry) -> Void) throws(DeviceError) {
    do throws(HistoryReadError<Never>) { try forEachEntry { body($0) } } catch {
      switch error {
      case .device(let error): throw error
      }
    }
  }

  /// Goes through the history and the outbox, a page at a time.
  private func forEachPage<Failure: Error>(
    _ body: ([StoredEntry]) throws(HistoryReadError<Failure>) -> Void
  ) throws(HistoryReadError<Failure>) {
    var leaf: UInt64 = 0
    while true {
      let batches: [HistoryBatch]
      do throws(DeviceError) { batches = try self.batches(from: leaf, limit: 4) } catch {
        throw .device(error)
      }
      guard let last = batches.last else { break }
      leaf = last.endLeaf
      try body(batches.flatMap(\.storedEntries))
    }
    var sequence: Int64 = 0
    while true {
      let waiting: [StoredEntry]
      do throws(DeviceError) { waiting = try self.waiting(after: sequence) } catch { throw .device(error) }
      guard let last = waiting.last?.position.sequence else { return }
      sequence = last
      try body(waiting)
    }
  }

  /// Returns batches from a leaf index on, at most `limit` of them.
  /// - Throws: `DeviceError.noStore`, `.store`, `.cancelled`.
  func batches(from leaf: UInt64, limit: Int) throws(DeviceError) -> [HistoryBatch] {
    try checkCancellation()
    return try store.use { (store) throws(StoreError) in try store.batches(from: leaf, limit: limit) }
  }

  /// Returns the last batches before a leaf index, at most `limit` of them.
  /// - Throws: `DeviceError.noStore`, `.store`, `.cancelled`.
  func batches(before leaf: UInt64, limit: Int) throws(DeviceError) -> [HistoryBatch] {
    try checkCancellation()
    return try store.use { (store) throws(StoreError) in try store.batches(before: leaf, limit: limit) }
  }

  /// Returns records that wait to be sent, after a place in the outbox.
  /// - Throws: `DeviceError.noStore`, `.store`, `.cancelled`.
  func waiting(
    after sequence: Int64 = 0, limit: Int = 4 * SignedBatch.maximumLeafCount
  ) throws(DeviceError) -> [StoredEntry] {
    try checkCancellation()
    let records = try store.use { (store) throws(StoreError) in
      try store.outbox(after: sequence, limit: limit)
    }
    return records.map {
      StoredEntry(position: .waiting($0.sequence), author: device, record: $0.bytes)
    }
  }

  /// Opens records on all cores, in order.
  func opened(_ stored: [StoredEntry]) -> [HistoryEntry] {
    concurrentMap(stored.count) {
      RecordOpener(archive)
    } _: { opener, number in
      opener.read(stored[number].record, at: stored[number].position, by: stored[number].author)
    }
  }

  /// Opens records whose messages, or versions of messages, are wanted, on all cores, in order.
  /// - Throws: `DeviceError.archive` for the first that is no message, or does not open.
  func messages(in records: [[UInt8]]) throws(DeviceError) -> [Message] {
    do throws(ArchiveError) {
      return try concurrentMap(records.count) {
        RecordOpener(archive)
      } _: { (opener, number) throws(ArchiveError) in
        switch try opener.open(SealedRecord(decoding: records[number])) {
        case .message(let message): return message.markedVerified(by: .verifiedRecord)
        case .revision(let revision): return revision.message
        case .sendRequest(let request): return request.message
        default: throw .notAMessage
        }
      }
    } catch { throw .archive(error) }
  }
}

extension ArchiveEntry {
  /// What it says as a message, or as a version of one.
  var saidMessage: Message? {
    switch self {
    case .message(let message): message
    case .revision(let revision): revision.message
    case .sendRequest(let request): request.message
    case .conversation, .device, .deletion, .snapshot, .sendReport, .unknown: nil
    }
  }
}

extension HistoryBatch {
  /// The records, each with its position and its author.
  var storedEntries: [StoredEntry] {
    records.enumerated().map { index, record in
      StoredEntry(position: .leaf(leaf(of: index)), author: signedBatch.device, record: record)
    }
  }
}

/// Why going through the history stopped.
package enum HistoryReadError<Failure: Error>: Error {
  case device(DeviceError)
  case body(Failure)
}
