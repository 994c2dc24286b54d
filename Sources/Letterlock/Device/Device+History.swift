internal import CryptoCore
internal import TLSCodec

/// The history: down from the relay. SPEC.md section 6.3.
extension Device {
  private static let pageByteCount = 4 << 20

  /// Takes every batch that this device has not seen, page by page. Gives the number of records.
  func pullHistory(
    _ report: (@Sendable (SyncStep) -> Void)?
  ) async throws(DeviceError) -> Int {
    let (relay, store) = (try neededRelay(), try neededStore())
    var received = 0
    while true {
      var progress = try progress()
      let from = progress.history.tree.size
      let page = try await Self.asking { () async throws(RelayError) in
        try await relay.history(of: account, from: from, maximumByteCount: Self.pageByteCount)
      }
      try check(page.checkpoint, against: progress)
      if log.index(of: page.checkpoint.logHead) == nil {
        // The log moved on after this device read it.
        try await pullLog()
        try await pullWraps()
        try checkHead(of: page.checkpoint)
      }
      try checkRecordPositions(in: progress.history)
      guard !page.batches.isEmpty else {
        try checkEnd(page.checkpoint, progress)
        try keep(page.checkpoint, in: &progress)
        return received
      }
      let sequence = try accept(page, &progress)
      try Self.storing { () throws(StoreError) in
        try store.commit(
          page.batches, clearingOutboxThrough: sequence, progress: progress.encoded)
      }
      try gather(page.batches)
      received += page.batches.reduce(0) { $0 + $1.records.count }
      report?(.received(progress.history.tree.size, of: page.checkpoint.treeSize))
    }
  }

  /// Takes a checkpoint of the same history under a newer head: what is signed over the newest checkpoint needs it.
  private func keep(_ checkpoint: Checkpoint, in progress: inout DeviceProgress) throws(DeviceError) {
    let log = log
    guard let known = progress.checkpoint, checkpoint.treeSize == known.treeSize,
      let before = log.index(of: known.logHead), let now = log.index(of: checkpoint.logHead), before < now
    else { return }
    progress.checkpoint = checkpoint
    let (store, bytes) = (try neededStore(), progress.encoded)
    try Self.storing { () throws(StoreError) in
      try store.commit([], clearingOutboxThrough: nil, progress: bytes)
    }
  }

  /// Asks again for records that were absent.
  func refill() async throws(DeviceError) {
    let (relay, store) = (try neededRelay(), try neededStore())
    var progress = try progress()
    var next: UInt64 = 0
    for leaf in progress.history.absent where leaf >= next {
      let batch = try Self.storing { () throws(StoreError) in
        try store.batches(before: leaf + 1, limit: 1).first
      }
      guard let batch else { continue }
      next = batch.firstLeaf + UInt64(batch.records.count)
      let page = try await Self.asking { () async throws(RelayError) in
        try await relay.history(of: account, from: batch.firstLeaf, maximumByteCount: 1)
      }
      guard let again = page.batches.first, again.firstLeaf == batch.firstLeaf else { continue }
      let filled = progress.history.fill(batch, with: again.records, of: log)
      guard !filled.isEmpty else { continue }
      let bytes = progress.encoded
      let records = filled.compactMap { leaf in
        again.records[Int(leaf - batch.firstLeaf)].map { (leaf: leaf, bytes: $0) }
      }
      try Self.storing { () throws(StoreError) in try store.fill(records, progress: bytes) }
      for (leaf, record) in records { try gather(filled: record, at: leaf, author: batch.signedBatch.device) }
    }
  }

  /// Verifies a page and adds it to the progress. Gives the last place in the outbox that it covers.
  private func accept(
    _ page: HistoryPage, _ progress: inout DeviceProgress
  ) throws(DeviceError) -> Int64? {
    let store = try neededStore()
    let log = self.log
    let staged = try Self.storing { () throws(StoreError) in try store.staged() }
    var covered: Int64?
    for batch in page.batches {
      guard batch.firstLeaf == progress.history.tree.size else {
        throw .historyRefused(.missing(leaves: [progress.history.tree.size]))
      }
      do throws(HistoryError) {
        try progress.history.accept(batch, of: log)
      } catch {
        if case .otherHistory(_, let checkpoint) = error {
          throw .historyRefused(fork(checkpoint, page, progress))
        }
        throw .historyRefused(Self.verdict(for: error))
      }
      try checkPromise(page, &progress)
      if batch.signedBatch.device == id {
        progress.counter = max(progress.counter, batch.signedBatch.counter)
        if let staged, staged.signedBatch == batch.signedBatch.encoded {
          covered = staged.through
        } else {
          covered = try outboxEnd(in: batch, after: covered) ?? covered
        }
      }
    }
    try checkBeginning(page, progress)
    if progress.history.tree.size == page.checkpoint.treeSize {
      try checkEnd(page.checkpoint, progress)
      progress.checkpoint = page.checkpoint
    }
    return covered
  }

  /// The history in which pages were proven must be this one.
  private func checkPromise(_ page: HistoryPage, _ progress: inout DeviceProgress) throws(DeviceError) {
    let tree = progress.history.tree
    guard let promised = progress.promised, tree.size >= promised.treeSize else { return }
    guard tree.size == promised.treeSize, tree.root == promised.treeRoot else {
      throw .historyRefused(fork(promised, page, progress))
    }
    progress.promised = nil
  }

  /// The last place in the outbox whose entries stand in a batch of this device's own already: a relay took it,
  /// its answer was lost, and another signed batch was staged since.
  private func outboxEnd(in batch: HistoryBatch, after covered: Int64?) throws(DeviceError) -> Int64? {
    let store = try neededStore()
    let waiting = try Self.storing { () throws(StoreError) in
      try store.outbox(limit: 4 * SignedBatch.maximumLeafCount)
    }
    var end: Int64?
    for (own, record) in zip(waiting.filter { $0.sequence > covered ?? 0 }, batch.records) {
      guard let record, case .success(let sent) = entry(record), case .success(sent) = entry(own.bytes) else {
        break
      }
      end = own.sequence
    }
    return end
  }

  private func entry(_ record: [UInt8]) -> Result<ArchiveEntry, ArchiveError> {
    Result { () throws(ArchiveError) in try archive.openEntry(try SealedRecord(decoding: record)) }
  }

  private static func verdict(for error: HistoryError) -> Verdict {
    if case .epochOfOtherHistory = error { return .forked(evidence: nil) }
    return .tampered(error)
  }

  /// What a page ends with must be the beginning of the history that the relay signed: nothing else is kept.
  private func checkBeginning(_ page: HistoryPage, _ progress: DeviceProgress) throws(DeviceError) {
    let tree = progress.history.tree
    guard tree.size != page.checkpoint.treeSize else { return }
    guard let proof = page.consistency, proof.oldSize == tree.size, proof.newSize == page.checkpoint.treeSize,
      proof.holds(old: tree.root, new: page.checkpoint.treeRoot)
    else { throw .historyRefused(.reordered) }
  }

  /// No epoch of the log may have begun before a record that this device took without knowing of it: whoever began the
  /// epoch, and all who knew of it, refuse that record.
  private func checkRecordPositions(in history: History) throws(DeviceError) {
    guard let leaf = history.leafOfLaterEpoch(in: log) else { return }
    let store = try neededStore()
    let batch = try Self.storing { () throws(StoreError) in
      try store.batches(before: leaf + 1, limit: 1).first
    }
    guard let batch else { throw .store(.corrupted("history")) }
    throw .historyRefused(.tampered(.staleLogHead(batch.signedBatch.device)))
  }

  /// The log that the relay shows must hold the head that it signed.
  func checkHead(of checkpoint: Checkpoint) throws(DeviceError) {
    let log = self.log
    guard log.index(of: checkpoint.logHead) == nil else { return }
    throw .historyRefused(.rolledBack(from: log.nextIndex + 1, to: log.nextIndex))
  }

  /// A checkpoint must be the relay's, and not of less than an earlier checkpoint.
  func check(
    _ checkpoint: Checkpoint, against progress: DeviceProgress
  ) throws(DeviceError) {
    let pinned = log.checkpointKey
    guard pinned.isEmpty || checkpoint.isSigned(by: pinned), checkpoint.account == account else {
      throw .historyRefused(.tampered(.badSignature(id)))
    }
    // Whoever began the newest epoch had verified that many records: a relay cannot show fewer to a new device.
    let size = max(
      progress.history.tree.size, log.newestEpoch.header.treeSize, progress.promised?.treeSize ?? 0)
    guard checkpoint.treeSize >= size else {
      throw .historyRefused(.rolledBack(from: size, to: checkpoint.treeSize))
    }
  }

  /// At its end, a history must hash to the root that the relay signed.
  func checkEnd(
    _ checkpoint: Checkpoint, _ progress: DeviceProgress
  ) throws(DeviceError) {
    let tree = progress.history.tree
    guard tree.size == checkpoint.treeSize else {
      throw .historyRefused(.missing(leaves: [tree.size]))
    }
    if log.epochOfOtherHistory(tree) != nil { throw .historyRefused(.forked(evidence: nil)) }
    guard tree.root != checkpoint.treeRoot else { return }
    if let known = progress.checkpoint, known.treeSize == checkpoint.treeSize,
      known.treeRoot != checkpoint.treeRoot
    {
      throw .historyRefused(.forked(evidence: evidence(older: known, newer: checkpoint, nodes: nil)))
    }
    throw .historyRefused(.reordered)
  }
}
