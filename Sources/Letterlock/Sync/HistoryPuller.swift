internal import CryptoCore
internal import TLSCodec

/// Takes the history from the relay. SPEC.md section 6.3.
struct HistoryPuller: Sendable {
  let view: AccountView
  let relay: RelayConnection
  let store: StoreConnection
  let progress: SyncProgress
  let log: LogPuller
  let rules: CheckpointRules
  let directory: DirectoryReader

  private static let pageByteCount = 4 << 20

  /// Takes every batch that this device has not seen, page by page, up to where the history ended when the first page
  /// came: a device that writes quicker than pages come would keep it from ending. Returns the number of records.
  func pull(_ report: (@Sendable (SyncStep) -> Void)?) async throws(DeviceError) -> Int {
    _ = (try relay.needed(), try store.needed())
    var received = 0
    var bound: UInt64?
    while let taken = try await retrying({ () async throws(DeviceError) in try await takePage() }) {
      received += taken.recordCount
      report?(.received(taken.size, of: taken.end))
      let end = bound ?? taken.end
      bound = end
      if taken.size >= end { return received }
    }
    return received
  }

  /// What a page brought.
  private struct TakenPage {
    let recordCount: Int
    /// How many records are here with it, and how many the relay has.
    let size: UInt64
    let end: UInt64
  }

  /// Takes the next page; nil if everything is here.
  private func takePage() async throws(DeviceError) -> TakenPage? {
    try checkCancellation()
    var progress = try progress.current()
    let page = try completed(await page(from: progress.history.tree.size, Self.pageByteCount))
    try rules.check(page.checkpoint, against: progress)
    try checkTime(of: page.checkpoint, &progress)
    try await pullLog(for: page.checkpoint)
    try checkRecordPositions(in: progress.history)
    guard !page.batches.isEmpty else {
      try rules.checkEnd(page.checkpoint, progress)
      try keep(page.checkpoint, in: &progress)
      return nil
    }
    let sequence = try accept(page, &progress)
    try self.progress.commit(page.batches, clearingOutboxThrough: sequence, &progress)
    try directory.gather(page.batches)
    return TakenPage(
      recordCount: page.batches.reduce(0) { $0 + $1.records.count }, size: progress.history.tree.size,
      end: page.checkpoint.treeSize)
  }

  /// Puts this device's own records in their places that wait here and that the relay took and does not show: it may have
  /// lost them, and the outbox is about to be cleared of them. What was erased goes with the batch that erases it.
  private func completed(_ page: HistoryPage) throws(DeviceError) -> HistoryPage {
    func lacksOwn(_ batch: HistoryBatch) -> Bool {
      batch.signedBatch.device == view.device && batch.records.contains(nil)
    }
    guard page.batches.contains(where: lacksOwn) else { return page }
    let waiting = try waiting()
    let batches = page.batches.map { batch in
      guard lacksOwn(batch) else { return batch }
      let (device, counter) = (batch.signedBatch.device, batch.signedBatch.counter)
      let own = Dictionary(
        waiting.map { (SignedBatch.leafHash(of: $0.bytes, device: device, counter: counter), $0.bytes) }
      ) { first, _ in first }
      let records = batch.records.enumerated().map { index, record in
        record ?? batch.leafHashes[index].flatMap { own[$0] }
      }
      return batch.replacing(records)
    }
    return HistoryPage(batches: batches, checkpoint: page.checkpoint, consistency: page.consistency)
  }

  private func waiting() throws(DeviceError) -> [OutboxRecord] {
    try store.use { (store) throws(StoreError) in try store.outbox(limit: 4 * SignedBatch.maximumLeafCount) }
  }

  /// Runs `body`, which reads the progress and changes it, again if another object or process came first.
  private func retrying<Answer>(
    _ body: () async throws(DeviceError) -> Answer
  ) async throws(DeviceError) -> Answer {
    for _ in 1..<SyncProgress.attempts {
      do throws(DeviceError) { return try await body() } catch {
        guard error == .store(.conflict) else { throw error }
      }
    }
    return try await body()
  }

  /// A relay whose clock goes back is named once, and held to its new time from then on: a clock that was wrong once ends
  /// no account.
  private func checkTime(of checkpoint: Checkpoint, _ progress: inout DeviceProgress) throws(DeviceError) {
    let known = progress.relayTime
    progress.relayTime = checkpoint.time
    guard known > checkpoint.time, known - checkpoint.time > CheckpointRules.largestSetback else {
      // Nothing else may come that would keep it.
      if checkpoint.time > known, checkpoint.time - known > CheckpointRules.largestSetback {
        try self.progress.commit([], &progress)
      }
      return
    }
    try self.progress.commit([], &progress)
    throw .historyRefused(.tampered(.timeWentBack))
  }

  private func page(from leaf: UInt64, _ maximumByteCount: Int) async throws(DeviceError) -> HistoryPage {
    try await relay.ask { (relay, account) async throws(RelayError) in
      try await relay.history(of: account, from: leaf, maximumByteCount: maximumByteCount)
    }
  }

  /// Takes the log again if it moved on after this device read it.
  func pullLog(for checkpoint: Checkpoint) async throws(DeviceError) {
    guard view.log.index(of: checkpoint.logHead) == nil else { return }
    try await log.pullLog()
    try await log.pullWraps()
    try rules.checkHead(of: checkpoint)
  }

  /// Takes a checkpoint of the history that is here, if it says more than the one that is known.
  private func keep(_ checkpoint: Checkpoint, in progress: inout DeviceProgress) throws(DeviceError) {
    guard checkpoint.treeSize > 0, isNews(checkpoint, after: progress.checkpoint) else { return }
    progress.checkpoint = checkpoint
    try self.progress.commit([], &progress)
  }

  /// Whether a checkpoint is of a longer history than the one that is known, or of the same under a newer head: what is
  /// signed over the newest checkpoint needs it. Any other of the same is taken too while a recovery device is announced:
  /// its time shows how long that stands.
  private func isNews(_ checkpoint: Checkpoint, after known: Checkpoint?) -> Bool {
    guard let known, known.treeSize >= checkpoint.treeSize else { return true }
    let log = view.log
    guard known.treeSize == checkpoint.treeSize, let before = log.index(of: known.logHead),
      let now = log.index(of: checkpoint.logHead)
    else { return false }
    return before < now || (before == now && log.announcement != nil && known.time != checkpoint.time)
  }

  /// Asks again for records that were absent.
  func refill() async throws(DeviceError) {
    try await retrying { () async throws(DeviceError) in try await refillOnce() }
  }

  private func refillOnce() async throws(DeviceError) {
    var progress = try progress.current()
    var next: UInt64 = 0
    for leaf in progress.history.absent where leaf >= next {
      try checkCancellation()
      guard let batch = try batch(of: leaf) else { continue }
      next = batch.endLeaf
      let page = try await page(from: batch.firstLeaf, 1)
      guard let again = page.batches.first, again.firstLeaf == batch.firstLeaf else { continue }
      let filled = progress.history.fill(batch, with: again.records, of: view.log)
      guard !filled.isEmpty else { continue }
      let records = filled.compactMap { leaf in
        // In range: what was filled is of this batch.
        again.records[Int(leaf - batch.firstLeaf)].map { (leaf: leaf, bytes: $0) }
      }
      try self.progress.fill(records, &progress)
      for (leaf, record) in records {
        try directory.gather(filled: record, at: leaf, author: batch.signedBatch.device)
      }
    }
  }

  /// Returns the batch that holds a leaf index.
  private func batch(of leaf: UInt64) throws(DeviceError) -> HistoryBatch? {
    try store.use { (store) throws(StoreError) in try store.batches(before: leaf + 1, limit: 1).first }
  }

  /// Verifies a page and adds it to the progress. Returns the last place in the outbox that it covers.
  private func accept(_ page: HistoryPage, _ progress: inout DeviceProgress) throws(DeviceError) -> Int64? {
    let log = view.log
    let staged = try store.use { (store) throws(StoreError) in try store.staged() }
    var covered: Int64?
    for batch in page.batches {
      try accept(batch, of: log, page, &progress)
      guard batch.signedBatch.device == view.device else { continue }
      progress.counter = max(progress.counter, batch.signedBatch.counter)
      if let staged, staged.signedBatch == batch.signedBatch.encoded {
        covered = staged.through
      } else {
        covered = try outboxEnd(in: batch, after: covered) ?? covered
      }
    }
    try rules.checkBeginning(page, progress)
    if progress.history.tree.size == page.checkpoint.treeSize {
      try rules.checkEnd(page.checkpoint, progress)
      progress.checkpoint = page.checkpoint
    }
    return covered
  }

  private func accept(
    _ batch: HistoryBatch, of log: AccountLog, _ page: HistoryPage, _ progress: inout DeviceProgress
  ) throws(DeviceError) {
    guard batch.firstLeaf == progress.history.tree.size else {
      throw .historyRefused(.missing(leaves: [progress.history.tree.size]))
    }
    do throws(HistoryError) { try progress.history.accept(batch, of: log) } catch {
      switch error {
      case .otherHistory(_, let checkpoint):
        throw .historyRefused(rules.evidence.fork(checkpoint, page, progress))
      case .epochOfOtherHistory: throw .historyRefused(.forked(evidence: nil))
      default: throw .historyRefused(.tampered(error))
      }
    }
    try checkPromise(page, &progress)
  }

  /// The history in which pages were proven must be this one.
  private func checkPromise(_ page: HistoryPage, _ progress: inout DeviceProgress) throws(DeviceError) {
    let tree = progress.history.tree
    guard let promised = progress.promised, tree.size >= promised.treeSize else { return }
    guard tree.size == promised.treeSize, tree.root == promised.treeRoot else {
      throw .historyRefused(rules.evidence.fork(promised, page, progress))
    }
    progress.promised = nil
  }

  /// The last place in the outbox whose entries stand in a batch of this device's own already: a relay took it,
  /// its answer was lost, and another signed batch was staged since. A record that was erased in the meantime is known by
  /// its hash, or by what stands after it: a batch is of records that follow each other in the outbox.
  private func outboxEnd(in batch: HistoryBatch, after covered: Int64?) throws(DeviceError) -> Int64? {
    let waiting = try waiting()
    var end: Int64?
    let (device, counter) = (batch.signedBatch.device, batch.signedBatch.counter)
    for (index, own) in zip(batch.records.indices, waiting.filter { $0.sequence > covered ?? 0 }) {
      if let record = batch.records[index] {
        guard case .success(let sent) = entry(record), case .success(sent) = entry(own.bytes) else { break }
        end = own.sequence
      } else if SignedBatch.leafHash(of: own.bytes, device: device, counter: counter)
        == batch.leafHashes[index]
      {
        end = own.sequence
      }
    }
    return end
  }

  private func entry(_ record: [UInt8]) -> Result<ArchiveEntry, ArchiveError> {
    Result { () throws(ArchiveError) in try view.archive.openEntry(try SealedRecord(decoding: record)) }
  }

  /// No epoch of the log may have begun before a record that this device took without knowing of it: whoever began the
  /// epoch, and all who knew of it, refuse that record.
  private func checkRecordPositions(in history: History) throws(DeviceError) {
    guard let leaf = history.leafOfLaterEpoch(in: view.log) else { return }
    guard let batch = try batch(of: leaf) else { throw .store(.corrupted("history")) }
    throw .historyRefused(.tampered(.staleLogHead(batch.signedBatch.device)))
  }
}
