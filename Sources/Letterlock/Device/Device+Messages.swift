internal import CryptoCore
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
    var records: [[UInt8]] = []
    records.reserveCapacity(entries.count)
    do throws(ArchiveError) {
      for entry in entries {
        records.append(try archive.seal(entry, in: entry.conversation ?? .account).bytes)
      }
    } catch { throw .archive(error) }
    try Self.storing { () throws(StoreError) in try store.enqueue(records, blobs: blobs) }
  }

  /// One record of the history, opened.
  package struct HistoryEntry: Sendable {
    /// Its place in the history; nil while it waits in the outbox.
    package let leaf: UInt64?
    /// The device that signed for it; this one while it waits.
    package let author: DeviceID
    /// What it holds, or why it cannot be read.
    package let entry: Result<ArchiveEntry, ArchiveError>
  }

  /// Goes through the whole history in order, then through what waits here.
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
      do throws(StoreError) { batches = try store.batches(from: leaf, limit: 16) } catch {
        throw .device(.store(error))
      }
      guard !batches.isEmpty else { break }
      for batch in batches {
        for record in batch.records {
          // What was erased is gone; what is missing is said to be.
          guard record != nil || absent.contains(leaf) else {
            leaf += 1
            continue
          }
          do throws(Failure) { try body(opened(record, leaf: leaf, author: batch.append.device)) } catch {
            throw .body(error)
          }
          leaf += 1
        }
      }
    }
    let waiting: [OutboxRecord]
    do throws(StoreError) { waiting = try store.outbox(limit: .max) } catch {
      throw .device(.store(error))
    }
    for record in waiting {
      do throws(Failure) { try body(opened(record.bytes, leaf: nil, author: id)) } catch {
        throw .body(error)
      }
    }
  }

  func opened(_ record: [UInt8]?, leaf: UInt64?, author: DeviceID) -> HistoryEntry {
    HistoryEntry(
      leaf: leaf, author: author,
      entry: Result { () throws(ArchiveError) in
        guard let record else { throw .malformed }
        let entry = try archive.openEntry(try SealedRecord(decoding: record))
        guard case .message(let message) = entry else { return entry }
        return .message(message.markedVerified(by: .verifiedRecord))
      })
  }
}

/// Why going through the history stopped.
package enum HistoryReadError<Failure: Error>: Error {
  case device(DeviceError)
  case body(Failure)
}
