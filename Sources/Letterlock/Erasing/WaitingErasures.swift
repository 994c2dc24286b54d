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

  /// What becomes of the messages that an `erased` entry names, by the last word on each.
  private struct Decision {
    /// What is erased.
    private(set) var erased: [ErasureTargets.Name] = []
    /// What the entry still names. A message that was deleted again after the entry was made is named and not erased: the
    /// entry says nothing of that deletion.
    private(set) var named: [MessageID] = []

    init(on deletion: Deletion, by lastWord: (ErasureTargets.Name) -> DeletionWord?) {
      for name in ErasureTargets.names(in: deletion) {
        let word = lastWord(name)
        if word == .recovered { continue }
        named.append(name.message)
        if case .deleted(let time) = word, time > deletion.at { continue }
        erased.append(name)
      }
    }
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
  /// without it. One that was deleted again after the entry was made stays. Where the history is not known, the entries go
  /// and erase nothing: what was deleted is erased the next time.
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
    guard try isHistoryKnown(to: &targets) else {
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
      let decision = Decision(on: entry.deletion) { said.word(on: $0) ?? targets.word(on: $0) }
      let new = decision.erased.flatMap(targets.leaves(of:)).filter { !leaves.contains($0) }
      guard leaves.isEmpty || leaves.count + new.count <= SignedBatch.maximumLeafCount else {
        prepared.records = Array(prepared.records[..<entry.index])
        break
      }
      leaves.formUnion(new.prefix(SignedBatch.maximumLeafCount))
      guard decision.named.count < entry.deletion.messages.count else { continue }
      prepared.records[entry.index] = try sealedAgain(
        records[entry.index], entry.deletion, decision.named)
    }
    prepared.leaves = leaves.sorted()
    return prepared
  }

  /// Reads the history for `targets`. Returns whether there is no doubt about what it says.
  private func isHistoryKnown(to targets: inout ErasureTargets) throws(DeviceError) -> Bool {
    while true {
      try targets.read(history)
      guard try doubt(unreadable: targets.unreadableCount) == nil else { return false }
      // What came after it was read and ended the doubt was not read.
      if try targets.isAsRead(history) { return true }
    }
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

  /// Puts an entry in the outbox in place of one that names messages which were taken back: it names only `named`. If
  /// that is none, it says what the others have said: that they were taken back.
  private func sealedAgain(
    _ record: OutboxRecord, _ deletion: Deletion, _ named: [MessageID]
  ) throws(DeviceError) -> OutboxRecord {
    let entry = ArchiveEntry.deletion(
      Deletion(
        named.isEmpty ? .recovered : .erased, at: deletion.at, conversation: deletion.conversation,
        messages: named.isEmpty ? deletion.messages : named))
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

/// What people last said of deleting a message.
enum DeletionWord: Hashable, Sendable {
  case recovered
  case deleted(at: Timestamp)
}

/// What records that wait say of deleting messages, in their order.
private struct DeletionWords {
  private var messages: [ErasureTargets.Name: DeletionWord] = [:]
  private var conversations: [ConversationID: DeletionWord] = [:]

  mutating func add(_ deletion: Deletion) {
    guard deletion.action == .deleted || deletion.action == .recovered else { return }
    let word: DeletionWord = deletion.action == .recovered ? .recovered : .deleted(at: deletion.at)
    guard deletion.messages.isEmpty else {
      for name in ErasureTargets.names(in: deletion) { messages[name] = word }
      return
    }
    conversations[deletion.conversation] = word
    messages = messages.filter { $0.key.conversation != deletion.conversation }
  }

  /// The last word on a message; nil if they say nothing of it.
  func word(on name: ErasureTargets.Name) -> DeletionWord? {
    messages[name] ?? conversations[name.conversation]
  }
}
