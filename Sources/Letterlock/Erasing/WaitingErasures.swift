/// Finds what `erased` entries erase that wait to be sent, by the history as it is when they are signed for: an entry that
/// an earlier process left in the outbox erases as much as any other, and a message that was taken back in the meantime
/// stays. SPEC.md section 6.8.
struct WaitingErasures: Sendable {
  let view: AccountView
  let history: HistoryReader

  /// Records that go with one signed batch, and the leaf indices of what it erases.
  struct Prepared {
    var records: [OutboxRecord]
    var leaves: [UInt64] = []
  }

  private struct Waiting {
    let index: Int
    let deletion: Deletion

    var isErasing: Bool { deletion.action == .erased }
    var names: [ErasureTargets.Name] { ErasureTargets.names(in: deletion) }
  }

  /// Whether any of these records is an `erased` entry.
  func areIn(_ records: [OutboxRecord]) -> Bool { deletions(in: records).contains(where: \.isErasing) }

  /// Why nothing may be erased for good: the history lacks a record, or has one whose secret the relay may still give, and
  /// that may say that a message was taken back. Nil if there is no doubt.
  func doubt(unreadable: Int) throws(DeviceError) -> DeviceError? {
    let absent = try history.verified.absent
    guard absent.isEmpty else { return .historyRefused(.missing(leaves: absent)) }
    return unreadable > 0 && view.awaitsEpochSecret ? .archive(.epochRefused(by: nil)) : nil
  }

  /// Returns the first of the records that wait, as many as one signed batch can be for, and what they erase. An entry
  /// that names a message that was taken back, in the history or by a record that is sent before it, is sealed again
  /// without it. Where the history is not known, the entries go and erase nothing: what was deleted is erased the next time.
  ///
  /// - Parameter targets: What is known of the history, which signed batches that follow each other share.
  func prepare(
    _ records: [OutboxRecord], _ targets: inout ErasureTargets
  ) throws(DeviceError) -> Prepared {
    var prepared = Prepared(records: records)
    let waiting = deletions(in: records)
    guard waiting.contains(where: \.isErasing) else { return prepared }
    let named = waiting.filter(\.isErasing).flatMap(\.names)
    targets.look(for: named)
    try targets.read(history)
    guard try doubt(unreadable: targets.unreadableCount) == nil else {
      targets.postpone(named)
      return prepared
    }
    targets.settle(named)
    var leaves: Set<UInt64> = []
    var said = DeletionWords()
    for entry in waiting {
      guard entry.isErasing else {
        said.add(entry.deletion)
        continue
      }
      let erased = entry.names.filter { !(said.wasTakenBack($0) ?? targets.wasTakenBack($0)) }
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

  private func deletions(in records: [OutboxRecord]) -> [Waiting] {
    let stored = records.map {
      StoredEntry(position: .waiting($0.sequence), author: history.device, record: $0.bytes)
    }
    return history.opened(stored).enumerated().compactMap { index, read in
      guard case .success(.deletion(let deletion)) = read.entry else { return nil }
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

/// What records that wait say of deleting messages, in their order.
private struct DeletionWords {
  private var messages: [ErasureTargets.Name: Bool] = [:]
  private var conversations: [ConversationID: Bool] = [:]

  mutating func add(_ deletion: Deletion) {
    guard deletion.action == .deleted || deletion.action == .recovered else { return }
    let isRecovery = deletion.action == .recovered
    guard deletion.messages.isEmpty else {
      for name in ErasureTargets.names(in: deletion) { messages[name] = isRecovery }
      return
    }
    conversations[deletion.conversation] = isRecovery
    messages = messages.filter { $0.key.conversation != deletion.conversation }
  }

  /// Whether the last word on a message takes it back; nil if they say nothing of it.
  func wasTakenBack(_ name: ErasureTargets.Name) -> Bool? {
    messages[name] ?? conversations[name.conversation]
  }
}
