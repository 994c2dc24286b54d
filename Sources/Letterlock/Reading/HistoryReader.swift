internal import CryptoCore
internal import SystemCore
internal import TLSCodec

/// Adding messages to the history, and reading it.
extension Device {
  /// Seals a message to a conversation and keeps it: it is on disk when the call returns, and goes to the
  /// relay with the next `sync()`.
  /// - Throws: `DeviceError.archive` if it cannot be sealed, `.noStore`, `.store`.
  public func append(_ message: Message, to conversation: ConversationID) throws(DeviceError) {
    var message = message
    message.conversation = conversation
    try enqueue([.message(message)])
  }

  /// Seals entries and keeps them, in one transaction, with attachments that are sealed already.
  package func enqueue(
    _ entries: [ArchiveEntry], blobs: [SealedBlob] = []
  ) throws(DeviceError) {
    let store = try neededStore()
    let records: [[UInt8]]
    do throws(ArchiveError) { records = try archive.seal(contentsOf: entries).map(\.bytes) } catch {
      throw .archive(error)
    }
    try Self.storing { () throws(StoreError) in try store.enqueue(records, blobs: blobs) }
  }

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

  /// Goes through the whole history in order, then through what waits here. Records are opened on all cores.
  ///
  /// What the store holds was verified when it came: each message's author signed for it, so a message
  /// that one of the account's devices sealed as end-to-end encrypted is shown so.
  package func forEachEntry<Failure: Error>(
    _ body: (HistoryEntry) throws(Failure) -> Void
  ) throws(HistoryReadError<Failure>) {
    do throws(DeviceError) { _ = try neededStore() } catch { throw .device(error) }
    guard let store else { return }
    let absent: Set<UInt64>
    do throws(DeviceError) { absent = Set(try progress().history.absent) } catch { throw .device(error) }
    var leaf: UInt64 = 0
    while true {
      let batches: [HistoryBatch]
      do throws(StoreError) { batches = try store.batches(from: leaf, limit: 4) } catch {
        throw .device(.store(error))
      }
      guard let last = batches.last else { break }
      leaf = last.firstLeaf + UInt64(last.records.count)
      // What was erased is gone; what is missing is said to be.
      let stored = batches.flatMap(\.storedEntries).filter {
        $0.record != nil || absent.contains($0.position.leaf ?? .max)
      }
      try open(stored, body)
    }
    var sequence: Int64 = 0
    while true {
      let waiting: [OutboxRecord]
      do throws(StoreError) {
        waiting = try store.outbox(after: sequence, limit: 4 * SignedBatch.maximumLeafCount)
      } catch { throw .device(.store(error)) }
      guard let last = waiting.last else { return }
      sequence = last.sequence
      try open(
        waiting.map { StoredEntry(position: .waiting($0.sequence), author: id, record: $0.bytes) }, body)
    }
  }

  private func open<Failure: Error>(
    _ stored: [StoredEntry], _ body: (HistoryEntry) throws(Failure) -> Void
  ) throws(HistoryReadError<Failure>) {
    for entry in opened(stored) {
      do throws(Failure) { try body(entry) } catch { throw .body(error) }
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
}

extension HistoryBatch {
  /// The records, each with its position and its author.
  var storedEntries: [Device.StoredEntry] {
    records.enumerated().map { index, record in
      Device.StoredEntry(
        position: .leaf(firstLeaf + UInt64(index)), author: signedBatch.device, record: record)
    }
  }
}

/// Why going through the history stopped.
package enum HistoryReadError<Failure: Error>: Error {
  case device(DeviceError)
  case body(Failure)
}
