internal import TLSCodec

/// Sends a relay that was restored from a backup what it lost. SPEC.md section 6.13.
struct LostPartReturner: Sendable {
  let view: AccountView
  let relay: RelayConnection
  let store: StoreConnection
  let progress: SyncProgress
  let journal: Journal

  /// What the relay showed: a beginning of this device's log and of its history.
  private struct Shown {
    let entryCount: Int
    let treeSize: UInt64
  }

  /// Returns what the relay lost and took back; nil if it lost nothing that this device has, or does not say that it was
  /// restored.
  func returnLostPart() async throws(DeviceError) -> LostPart? {
    guard store.store != nil, let shown = try await shown() else { return nil }
    let entries = view.read { $0.entries }
    guard let lost = try lostPart(after: shown, entries) else { return nil }
    let owesEpoch = try journal.read().owesEpoch
    if lost.entries.contains(where: { $0.content.change.hasWraps }) {
      // No device has the wraps of others: an epoch that is begun later brings every secret back to everybody.
      try journal.update { $0.owesEpoch = true }
    }
    let checkpoint = try await relay.ask { (relay, account) async throws(RelayError) in
      try await relay.takeBack(lost, of: account, as: relay.caller)
    }
    guard checkpoint != nil else {
      try journal.update { $0.owesEpoch = owesEpoch }
      return nil
    }
    return lost
  }

  /// What the relay shows, if that is an earlier state of what this device has.
  private func shown() async throws(DeviceError) -> Shown? {
    let history = try progress.current().history
    let (entries, page) = try await relay.ask { (relay, account) async throws(RelayError) in
      (
        try await relay.logEntries(of: account, from: 0),
        try await relay.history(of: account, from: history.tree.size, maximumByteCount: 1)
      )
    }
    let (log, checkpoint) = (view.log, page.checkpoint)
    let heads = entries.map(\.head)
    guard let head = heads.last, log.heads.starts(with: heads), checkpoint.logHead == head,
      checkpoint.account == log.account, checkpoint.isSigned(by: log.checkpointKey),
      checkpoint.treeSize <= history.tree.size, try root(at: checkpoint.treeSize) == checkpoint.treeRoot
    else { return nil }
    return Shown(entryCount: entries.count, treeSize: checkpoint.treeSize)
  }

  private func root(at size: UInt64) throws(DeviceError) -> Digest32? {
    var nodes = HistoryNodes()
    while nodes.size < size {
      let from = nodes.size
      let batches = try store.use { (store) throws(StoreError) in try store.batches(from: from, limit: 64) }
      guard !batches.isEmpty else { return nil }
      for batch in batches where nodes.size < size { nodes.append(batch.leafHashes) }
    }
    return size == 0 ? HistoryTree().root : nodes.root(at: size)
  }

  /// What comes after what the relay shows; nil if that is nothing, or a record of it is not here that nobody erased.
  private func lostPart(after shown: Shown, _ entries: [LogEntry]) throws(DeviceError) -> LostPart? {
    let history = try progress.current().history
    var batches: [HistoryBatch] = []
    var next = shown.treeSize
    while next < history.tree.size {
      try checkCancellation()
      let from = next
      let found = try store.use { (store) throws(StoreError) in try store.batches(from: from, limit: 16) }
      guard let last = found.last, found[0].firstLeaf == from else { return nil }
      batches += found
      next = last.endLeaf
    }
    let lost = LostPart(entries: Array(entries.dropFirst(shown.entryCount)), batches: batches)
    guard !lost.entries.isEmpty || !lost.batches.isEmpty,
      history.absent.allSatisfy({ $0 < shown.treeSize })
    else { return nil }
    return lost
  }
}

extension AccountChange {
  /// Whether secrets were wrapped with the entry.
  fileprivate var hasWraps: Bool {
    if case .add = self { return true }
    return epoch != nil
  }
}
