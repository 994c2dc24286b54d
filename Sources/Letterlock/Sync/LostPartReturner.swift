internal import TLSCodec

/// Sends a relay that was restored from a backup what it lost, page by page, as far as the relay has signed it. SPEC.md
/// section 6.13.
struct LostPartReturner: Sendable {
  let view: AccountView
  let relay: RelayConnection
  let store: StoreConnection
  let progress: SyncProgress
  let notes: DeviceNotes

  /// What the relay has: a beginning of this device's log and of its history.
  struct Present {
    var entryCount: Int
    var treeSize: UInt64
  }

  /// Returns what the relay lost and took back; nil if it lost nothing that this device has and that the relay signed, or
  /// does not say that it was restored.
  /// - Parameter isStranger: Whether the relay's log does not know this device, so that it reads nothing.
  func returnLostPart(isStranger: Bool = false) async throws(DeviceError) -> ReturnedPart? {
    guard store.store != nil else { return nil }
    let found = if isStranger { try await presentForStranger() } else { try await shown() }
    guard var present = found else { return nil }
    var returned = ReturnedPart()
    while let span = try LostSpan(after: present, view, store, progress) {
      guard try await give(span, &returned) else { return nil }
      present = span.end
    }
    return returned.isEmpty ? nil : returned
  }

  /// Sends everything up to a checkpoint. Returns whether the relay takes something back.
  private func give(_ span: LostSpan, _ returned: inout ReturnedPart) async throws(DeviceError) -> Bool {
    // No device has the wraps of others: an epoch that is begun later brings every secret back to everybody.
    let hasWraps = span.entries.contains { $0.content.change.hasWraps }
    let owed = hasWraps ? [try notes.noteOwedEpoch(after: view.log.newestEpoch.header.number)] : []
    var (size, isBegun) = (span.begin.treeSize, false)
    repeat {
      try checkCancellation()
      let page = try span.page(from: size, store)
      guard try await takeBack(page) else {
        if !isBegun { try notes.forget(owed) }
        return false
      }
      (size, isBegun) = (page.end, true)
    } while size < span.checkpoint.treeSize
    returned.add(span)
    return true
  }

  private func takeBack(_ part: LostPart) async throws(DeviceError) -> Bool {
    try await relay.ask { (relay, account) async throws(RelayError) in
      try await relay.takeBack(part, of: account, as: relay.caller)
    } != nil
  }

  /// What the relay shows, if that is an earlier state of what this device has.
  private func shown() async throws(DeviceError) -> Present? {
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
      checkpoint.treeSize <= history.tree.size,
      try store.historyRoot(at: checkpoint.treeSize) == checkpoint.treeRoot
    else { return nil }
    return Present(entryCount: entries.count, treeSize: checkpoint.treeSize)
  }

  /// What a relay has whose log does not know this device: it says so to a device that can show, by entries up to a
  /// checkpoint of the relay's own, that it belongs to the account.
  private func presentForStranger() async throws(DeviceError) -> Present? {
    guard let checkpoint = try progress.current().checkpoint,
      let index = view.log.index(of: checkpoint.logHead)
    else { return nil }
    func ask(_ entries: [LogEntry]) async throws(DeviceError) -> Present? {
      do throws(DeviceError) {
        guard try await takeBack(LostPart(entries: entries, batches: [], checkpoint: checkpoint)) else {
          return nil
        }
        return Present(entryCount: Int(index) + 1, treeSize: checkpoint.treeSize)
      } catch {
        switch error {
        case .relay(.staleHistory(let size)): return Present(entryCount: 0, treeSize: size)
        case .relay(.unknownAccount) where entries.isEmpty: return Present(entryCount: 0, treeSize: 0)
        default: throw error
        }
      }
    }
    // A relay that was not restored says so before it is sent anything.
    guard try await ask([]) != nil else { return nil }
    let entries = view.read { Array($0.entries.prefix(Int(index) + 1)) }
    return try await ask(entries)
  }
}

extension StoreConnection {
  /// The root of the first records of the history that is here; nil if there are not so many.
  func historyRoot(at size: UInt64) throws(DeviceError) -> Digest32? {
    size == 0 ? HistoryTree().root : try historyNodes(through: size).root(at: size)
  }

  /// The tree over the history that is here, or over at least so many of its first records.
  func historyNodes(through size: UInt64 = .max) throws(DeviceError) -> HistoryNodes {
    var nodes = HistoryNodes()
    while nodes.size < size {
      try checkCancellation()
      let from = nodes.size
      let batches = try use { (store) throws(StoreError) in try store.batches(from: from, limit: 64) }
      guard !batches.isEmpty else { break }
      for batch in batches where nodes.size < size { nodes.append(batch.leafHashes) }
    }
    return nodes
  }
}

/// What a relay that was restored from a backup took back from a device.
public struct ReturnedPart: Hashable, Sendable {
  /// The entries of the log.
  public private(set) var entries: [LogEntry] = []
  /// How many records, those that were erased included.
  public private(set) var recordCount = 0

  init() {}

  var isEmpty: Bool { entries.isEmpty && recordCount == 0 }

  mutating func add(_ span: LostSpan) {
    entries += span.entries
    recordCount += span.recordCount
  }
}

extension AccountChange {
  /// Whether secrets were wrapped with the entry.
  fileprivate var hasWraps: Bool {
    if case .add = self { return true }
    return epoch != nil
  }
}
