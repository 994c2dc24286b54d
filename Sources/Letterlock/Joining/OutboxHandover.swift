internal import CryptoCore
internal import TLSCodec

/// Seals what waits on a former device for the new one that takes its store over. Each step is one transaction, and may be
/// taken again. SPEC.md section 8.6.
struct OutboxHandover {
  private let former: AccountView
  private let formerSpace: SealedSpace
  /// Of the new device.
  private let ownSpace: SealedSpace
  private let space: SealedSpace
  private let store: any DeviceStore

  /// - Throws: `DeviceError.otherAccount` if the former device is another account's.
  init(
    _ former: FormerDevice, to keys: DeviceKeys, of account: AccountID, _ store: any DeviceStore
  ) throws(DeviceError) {
    let view = try former.view(store)
    guard view.account == account else { throw .otherAccount(view.account) }
    self.former = view
    self.store = store
    do throws(SealedSpaceError) {
      formerSpace = try SealedSpace(store, signingSeed: view.keys.signingSeed, account: account)
      ownSpace = try SealedSpace(store, signingSeed: keys.signingSeed, account: account)
      space = try SealedSpace(store, signingSeed: former.handover, account: account)
    } catch { throw DeviceError(error) }
  }

  /// How many records the former device's history and the relay's both begin with, if the relay does not have what the former
  /// device had; nil if it does. Changes nothing.
  func parting(
    from log: AccountLog, at relay: any Relay, as caller: RelayCaller
  ) async throws(DeviceError) -> UInt64? {
    guard try await !isContinued(by: log, at: relay, as: caller) else { return nil }
    return try await HistoryComparison(former, store, relay, as: caller).commonSize()
  }

  /// Takes along what waits.
  /// - Parameter common: Where the two histories part, if they do: the former device's goes too then, once what it wrote
  ///   itself has been taken along.
  func move(leavingHistoryAfter common: UInt64?) throws(DeviceError) {
    if let common { try leaveHistory(after: common) }
    try moveWhatWaits()
  }

  /// Takes along what waits.
  func moveWhatWaits() throws(DeviceError) {
    try moveOutbox()
    try moveNotes()
  }

  /// Whether the relay has what the former device had.
  private func isContinued(
    by log: AccountLog, at relay: any Relay, as caller: RelayCaller
  ) async throws(DeviceError) -> Bool {
    let comparison = HistoryComparison(former, store, relay, as: caller)
    if try comparison.isEmpty() { return true }
    guard log.index(of: former.log.head) != nil else { return false }
    return try await comparison.isContinued()
  }

  private func moveOutbox() throws(DeviceError) {
    while true {
      try checkCancellation()
      let waiting = try storing { () throws(StoreError) in try store.outbox(limit: 256) }
      guard let last = waiting.last else { return }
      let notes = waiting.compactMap { note(for: $0.bytes, .outbox, UInt64(bitPattern: $0.sequence)) }
      let changes = try sealed(notes, in: space)
      let progress = try storing { () throws(StoreError) in try store.progress() }
      try storing { () throws(StoreError) in
        try store.commit(
          [], clearingOutboxThrough: last.sequence, staging: nil,
          progress: progress ?? DeviceProgress().encoded, replacing: progress, changes: changes)
      }
    }
  }

  /// What the former device wrote and the relay does not have is taken along; what others wrote, they have.
  /// - Parameter common: How many records the relay has.
  private func leaveHistory(after common: UInt64) throws(DeviceError) {
    let progress = try storing { () throws(StoreError) in try store.progress() }
    var leaf = try firstLeaf(ofBatchEndingAfter: common)
    while true {
      try checkCancellation()
      let from = leaf
      let batches = try storing { () throws(StoreError) in try store.batches(from: from, limit: 16) }
      guard let last = batches.last else { break }
      var notes: [StoreEntry] = []
      for batch in batches where batch.signedBatch.device == former.device {
        for (index, record) in batch.records.enumerated() {
          let place = batch.leaf(of: index)
          guard place >= common, let record, let note = note(for: record, .history, place) else { continue }
          notes.append(note)
        }
      }
      let changes = try sealed(notes, in: space)
      try storing { () throws(StoreError) in try store.apply(changes) }
      leaf = last.endLeaf
    }
    try storing { () throws(StoreError) in
      try store.clearHistory(progress: DeviceProgress().encoded, replacing: progress)
    }
  }

  private func firstLeaf(ofBatchEndingAfter leaf: UInt64) throws(DeviceError) -> UInt64 {
    let last = try storing { () throws(StoreError) in try store.batches(before: leaf, limit: 1).last }
    return last?.firstLeaf ?? 0
  }

  /// An entry that is taken along; a record that does not open now may open under the keys that the new device gets.
  private func note(for record: [UInt8], _ source: TakenAlong.Source, _ place: UInt64) -> StoreEntry? {
    let entry = try? former.archive.openEntry(try SealedRecord(decoding: record))
    switch (entry, source) {
    // The new device says its own name.
    case (.device, _): return nil
    // These are about a history that the relay does not have.
    case (.snapshot, .history): return nil
    case (.deletion(let deletion), .history) where deletion.messages.isEmpty: return nil
    default: break
    }
    let content = try? entry?.padded()
    return StoreEntry(
      key: TakenAlong.key(source, place),
      value: content.map { [TakenAlong.opened] + $0 } ?? [TakenAlong.sealed] + record)
  }

  private func sealed(_ notes: [StoreEntry], in space: SealedSpace) throws(DeviceError) -> [StoreChange] {
    do throws(SealedSpaceError) { return try space.sealed(notes.map(StoreChange.put)) } catch {
      throw DeviceError(error)
    }
  }

  /// What the person set, what was dropped here, evidence, and an epoch that is owed stay; the rest was about the former
  /// device.
  private func moveNotes() throws(DeviceError) {
    var changes: [StoreChange] = []
    for note in DeviceNote.allCases where note != .takenAlong && !note.isTakenOver {
      changes.append(.removeAll(EntryRange(prefix: note.key)))
    }
    changes += try resealed(from: [formerSpace, space], in: ownSpace)
    let made = changes
    try storing { () throws(StoreError) in try store.apply(made) }
  }

  /// Takes back what was sealed for a new device that will not be: its keys are about to leave the vault.
  func takeBackNotes() throws(DeviceError) {
    let changes = try resealed(from: [ownSpace], in: space)
    try storing { () throws(StoreError) in try store.apply(changes) }
  }

  /// Seals anew what is taken over, as far as one of `spaces` opens it. What none opens was sealed anew before, or is
  /// damaged: that stays, to be named when the archive is verified.
  private func resealed(
    from spaces: [SealedSpace], in target: SealedSpace
  ) throws(DeviceError) -> [StoreChange] {
    var opened: [StoreEntry] = []
    for note in DeviceNote.allCases where note.isTakenOver {
      let range = EntryRange(prefix: note.key)
      let entries = try storing { () throws(StoreError) in
        try store.entries(in: range, order: .ascending, limit: .max)
      }
      for entry in entries {
        guard let value = try value(at: entry.key, in: spaces) else { continue }
        opened.append(StoreEntry(key: entry.key, value: value))
      }
    }
    return try sealed(opened, in: target)
  }

  private func value(at key: [UInt8], in spaces: [SealedSpace]) throws(DeviceError) -> [UInt8]? {
    for space in spaces {
      do throws(SealedSpaceError) { return try space.value(at: key) } catch {
        switch error {
        case .foreign, .damaged: continue
        default: throw DeviceError(error)
        }
      }
    }
    return nil
  }
}

extension DeviceNote {
  /// Whether a new device takes the note over from a former one.
  fileprivate var isTakenOver: Bool {
    switch self {
    case .settings, .evidence, .eviction, .owedEpoch: true
    case .journal, .erasure, .vaultVersion, .otherLog, .takenAlong: false
    }
  }
}
