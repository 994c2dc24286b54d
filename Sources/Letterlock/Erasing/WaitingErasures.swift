/// Finds what `erased` entries erase that wait to be sent, by the history as it is when they are signed for: an entry that
/// an earlier process left in the outbox erases as much as any other, and a message that was taken back in the meantime
/// stays. SPEC.md section 6.8.
struct WaitingErasures: Sendable {
  let history: HistoryReader

  /// Records that go with one signed batch, and the leaf indices of what it erases.
  struct Prepared {
    var records: [OutboxRecord]
    var leaves: [UInt64] = []
  }

  private struct Waiting {
    let index: Int
    let deletion: Deletion

    var names: [ErasureTargets.Name] { ErasureTargets.names(in: deletion) }
  }

  /// Whether any of these records is an `erased` entry.
  func areIn(_ records: [OutboxRecord]) -> Bool { !entries(in: records).isEmpty }

  /// Returns the first of the records that wait, as many as one signed batch can be for, and what they erase. An entry
  /// that names a message that was taken back is sealed again without it.
  ///
  /// - Parameter targets: What is known of the history, which signed batches that follow each other share.
  func prepare(
    _ records: [OutboxRecord], _ targets: inout ErasureTargets
  ) throws(DeviceError) -> Prepared {
    var prepared = Prepared(records: records)
    let waiting = entries(in: records)
    guard !waiting.isEmpty else { return prepared }
    targets.look(for: waiting.flatMap(\.names))
    try targets.read(history)
    var leaves: Set<UInt64> = []
    for entry in waiting {
      let erased = entry.names.filter { !targets.wasTakenBack($0) }
      let new = erased.flatMap(targets.leaves(of:)).filter { !leaves.contains($0) }
      guard leaves.isEmpty || leaves.count + new.count <= SignedBatch.maximumLeafCount else {
        prepared.records = Array(prepared.records[..<entry.index])
        break
      }
      leaves.formUnion(new.prefix(SignedBatch.maximumLeafCount))
      guard erased.count < entry.deletion.messages.count else { continue }
      prepared.records[entry.index] = try sealedAgain(
        records[entry.index], entry.deletion, erased.map(\.message))
    }
    prepared.leaves = leaves.sorted()
    return prepared
  }

  private func entries(in records: [OutboxRecord]) -> [Waiting] {
    let stored = records.map {
      StoredEntry(position: .waiting($0.sequence), author: history.device, record: $0.bytes)
    }
    return history.opened(stored).enumerated().compactMap { index, read in
      guard case .success(.deletion(let deletion)) = read.entry, deletion.action == .erased else {
        return nil
      }
      return Waiting(index: index, deletion: deletion)
    }
  }

  /// Puts an entry in the outbox in place of one of whose messages only `erased` are still to be erased. If that is none,
  /// it says what the others have said: that they were taken back.
  private func sealedAgain(
    _ record: OutboxRecord, _ deletion: Deletion, _ erased: [MessageID]
  ) throws(DeviceError) -> OutboxRecord {
    let entry = ArchiveEntry.deletion(
      Deletion(
        erased.isEmpty ? .recovered : .erased, at: deletion.at, conversation: deletion.conversation,
        messages: erased.isEmpty ? deletion.messages : erased))
    let sealed: SealedRecord
    do throws(ArchiveError) {
      sealed = try history.archive.seal(entry, in: entry.conversation ?? .account)
    } catch {
      throw .archive(error)
    }
    let again = OutboxRecord(sequence: record.sequence, bytes: sealed.bytes)
    try history.store.use { (store) throws(StoreError) in try store.reseal([again]) }
    return again
  }
}
