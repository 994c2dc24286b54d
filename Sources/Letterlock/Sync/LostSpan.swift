internal import TLSCodec

/// What leads from what a relay has to a later state that it has signed, as much as one request may name.
struct LostSpan {
  let begin: LostPartReturner.Present
  let checkpoint: Checkpoint
  let entries: [LogEntry]
  /// Without their records.
  private let batches: [HistoryBatch]
  private let entryEnd: Int

  /// How many bytes of records go with one request.
  private static let pageByteCount = 4 << 20

  /// What the relay has when it has this.
  var end: LostPartReturner.Present { .init(entryCount: entryEnd, treeSize: checkpoint.treeSize) }

  /// What comes after what a relay has, up to the newest checkpoint of the relay's that one request reaches: this device's
  /// own, or one that a later batch names. Nil if there is none.
  init?(
    after begin: LostPartReturner.Present, _ view: AccountView, _ store: StoreConnection,
    _ progress: SyncProgress
  ) throws(DeviceError) {
    let (known, log, entries) = (try progress.current(), view.log, view.read { $0.entries })
    guard let newest = known.checkpoint, !log.checkpointKey.isEmpty else { return nil }
    var reach = Reach(begin: begin, log: log, entries: entries)
    while !reach.isFull, reach.size < newest.treeSize {
      try checkCancellation()
      let from = reach.size
      let found = try store.use { (store) throws(StoreError) in try store.batches(from: from, limit: 64) }
      guard found.first?.firstLeaf == from else { break }
      for batch in found where reach.size < newest.treeSize && !reach.isFull { reach.add(batch) }
    }
    if reach.size == newest.treeSize { reach.note(newest) }
    guard let (checkpoint, entryEnd) = reach.best else { return nil }
    let lost = begin.treeSize..<max(begin.treeSize, checkpoint.treeSize)
    // A record that is not here, and that nobody erased, is another device's to give back.
    guard !known.history.absent.contains(where: lost.contains) else { return nil }
    (self.begin, self.checkpoint, self.entryEnd) = (begin, checkpoint, entryEnd)
    self.entries = Array(entries[begin.entryCount..<max(begin.entryCount, entryEnd)])
    batches = reach.batches.filter { $0.endLeaf <= checkpoint.treeSize }
  }

  /// How many records the relay lost there, those that were erased included.
  var recordCount: Int { batches.reduce(0) { $0 + $1.records.count } }

  /// The part with the records from a leaf index on, as many as go with one request.
  func page(from size: UInt64, _ store: StoreConnection) throws(DeviceError) -> LostPart {
    var whole: [HistoryBatch] = []
    var (end, byteCount) = (size, 0)
    while end < checkpoint.treeSize, byteCount < Self.pageByteCount {
      let from = end
      let found = try store.use { (store) throws(StoreError) in try store.batches(from: from, limit: 16) }
      guard found.first?.firstLeaf == from else { throw .store(.corrupted("history")) }
      for batch in found where end < checkpoint.treeSize && byteCount < Self.pageByteCount {
        whole.append(batch)
        (end, byteCount) = (batch.endLeaf, byteCount + batch.recordByteCount)
      }
    }
    let rest = batches.drop { $0.firstLeaf < end }
    return LostPart(
      entries: entries, batches: whole + rest, checkpoint: checkpoint, end: end)
  }

  /// How far one request goes.
  private struct Reach {
    let begin: LostPartReturner.Present
    let log: AccountLog
    let entries: [LogEntry]
    private(set) var batches: [HistoryBatch] = []
    private(set) var size: UInt64
    private(set) var best: (Checkpoint, entryEnd: Int)?
    private var leafCount = 0
    private let entryLimit: Int

    init(begin: LostPartReturner.Present, log: AccountLog, entries: [LogEntry]) {
      (self.begin, self.log, self.entries, size) = (begin, log, entries, begin.treeSize)
      var (rest, end) = (RelayLimits.pageByteCount, begin.entryCount)
      while end < min(entries.count, begin.entryCount + RelayLimits.lostEntryCount) {
        rest -= entries[end].encoded.count
        guard rest >= 0 else { break }
        end += 1
      }
      entryLimit = end
    }

    var isFull: Bool {
      batches.count >= RelayLimits.lostBatchCount
        || leafCount > RelayLimits.lostLeafCount - SignedBatch.maximumLeafCount
    }

    mutating func add(_ batch: HistoryBatch) {
      if let known = batch.signedBatch.knownCheckpoint { note(known) }
      batches.append(batch.withoutRecords)
      leafCount += batch.records.count
      size = batch.endLeaf
    }

    /// Takes a checkpoint for the end if it is one that the request reaches, and later than what the relay has.
    mutating func note(_ checkpoint: Checkpoint) {
      guard let index = log.index(of: checkpoint.logHead) else { return }
      let entryEnd = Int(index) + 1
      guard entryEnd <= entryLimit, entryEnd >= begin.entryCount, checkpoint.treeSize <= size,
        checkpoint.treeSize >= begin.treeSize,
        entryEnd > begin.entryCount || checkpoint.treeSize > begin.treeSize
      else { return }
      if let best, (best.0.treeSize, best.entryEnd) >= (checkpoint.treeSize, entryEnd) { return }
      best = (checkpoint, entryEnd)
    }
  }
}
