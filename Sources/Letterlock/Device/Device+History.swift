internal import CryptoCore
internal import TLSCodec

/// The history: down from the relay, and up. SPEC.md section 6.3.
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
      try check(page.receipt, against: progress)
      if log.index(of: page.receipt.logHead) == nil {
        // The log moved on after this device read it.
        try await pullLog()
        try await pullWraps()
      }
      guard !page.batches.isEmpty else {
        try checkEnd(page.receipt, progress)
        return received
      }
      let sequence = try accept(page, &progress)
      try Self.storing { () throws(StoreError) in
        try store.commit(
          page.batches, clearingOutboxThrough: sequence, progress: progress.encoded)
      }
      received += page.batches.reduce(0) { $0 + $1.records.count }
      report?(.received(progress.history.tree.size, of: page.receipt.treeSize))
    }
  }

  /// Asks again for records that were absent.
  func refill() async throws(DeviceError) {
    let (relay, store) = (try neededRelay(), try neededStore())
    var progress = try progress()
    var asked: Set<UInt64> = []
    for leaf in progress.history.absent {
      let batch = try Self.storing { () throws(StoreError) in
        try store.batches(before: leaf + 1, limit: 1).first
      }
      guard let batch, asked.insert(batch.firstLeaf).inserted else { continue }
      let page = try await Self.asking { () async throws(RelayError) in
        try await relay.history(of: account, from: batch.firstLeaf, maximumByteCount: 1)
      }
      guard let again = page.batches.first, again.firstLeaf == batch.firstLeaf else { continue }
      for (index, record) in again.records.enumerated() {
        let place = batch.firstLeaf + UInt64(index)
        guard let record,
          progress.history.fill(place, with: record, of: batch.append, from: batch.firstLeaf)
        else { continue }
        let bytes = progress.encoded
        try Self.storing { () throws(StoreError) in try store.fill(place, record, progress: bytes) }
      }
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
        try progress.history.accept(batch.append, records: batch.records, of: log)
      } catch {
        if case .otherHistory(_, let receipt) = error {
          throw .historyRefused(fork(receipt, page, progress))
        }
        throw .historyRefused(Self.verdict(for: error))
      }
      if batch.append.device == id {
        progress.counter = max(progress.counter, batch.append.counter)
        if let staged, staged.append == batch.append.encoded {
          covered = staged.through
        } else {
          covered = try outboxEnd(in: batch, after: covered) ?? covered
        }
      }
    }
    if progress.history.tree.size == page.receipt.treeSize {
      try checkEnd(page.receipt, progress)
      progress.receipt = page.receipt
    }
    return covered
  }

  /// The last place in the outbox whose entries stand in a batch of this device's own already: a relay took it,
  /// its answer was lost, and another Append was staged since.
  private func outboxEnd(in batch: HistoryBatch, after covered: Int64?) throws(DeviceError) -> Int64? {
    let store = try neededStore()
    let waiting = try Self.storing { () throws(StoreError) in
      try store.outbox(limit: 4 * Append.maximumLeafCount)
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
    .tampered(error)
  }

  /// A receipt must be the relay's, and not of less than was receipted before.
  private func check(
    _ receipt: Receipt, against progress: DeviceProgress
  ) throws(DeviceError) {
    let pinned = log.receiptKey
    guard pinned.isEmpty || receipt.isSigned(by: pinned), receipt.account == account else {
      throw .historyRefused(.tampered(.badSignature(id)))
    }
    let size = progress.history.tree.size
    guard receipt.treeSize >= size else {
      throw .historyRefused(.rolledBack(from: size, to: receipt.treeSize))
    }
  }

  /// At its end, a history must hash to the root that the relay signed.
  private func checkEnd(
    _ receipt: Receipt, _ progress: DeviceProgress
  ) throws(DeviceError) {
    let tree = progress.history.tree
    guard tree.size == receipt.treeSize else {
      throw .historyRefused(.missing(leaves: [tree.size]))
    }
    guard tree.root != receipt.treeRoot else { return }
    if let known = progress.receipt, known.treeSize == receipt.treeSize, known.treeRoot != receipt.treeRoot {
      throw .historyRefused(.forked(evidence: evidence(older: known, newer: receipt, nodes: nil)))
    }
    throw .historyRefused(.reordered)
  }

  /// Sends what waits in the outbox, batch by batch. Gives the number of records.
  func pushRecords(_ report: (@Sendable (SyncStep) -> Void)?) async throws(DeviceError) -> Int {
    let store = try neededStore()
    var sent = 0
    var setbacks = 0
    while true {
      guard setbacks < 8 else { throw .relay(.unavailable("the account keeps changing")) }
      let waiting = try Self.storing { () throws(StoreError) in
        try store.outbox(limit: Append.maximumLeafCount)
      }
      guard !waiting.isEmpty else { return sent }
      let pushed = try await push(try resealed(waiting), erasing: [])
      setbacks = pushed == 0 ? setbacks + 1 : 0
      sent += pushed
      report?(.sent(sent))
    }
  }

  /// The same messages, sealed under the newest epoch if they are not already. SPEC.md section 5.5.
  func resealed(
    _ records: [OutboxRecord]
  ) throws(DeviceError) -> [OutboxRecord] {
    let store = try neededStore()
    var stale: [OutboxRecord] = []
    var current: [OutboxRecord] = []
    do throws(ArchiveError) {
      let epoch = try archive.sealingEpoch().reference
      for record in records {
        let sealed = try SealedRecord(decoding: record.bytes)
        guard sealed.epoch != epoch else {
          current.append(record)
          continue
        }
        let entry = try archive.openEntry(sealed)
        let again = try archive.seal(entry, in: entry.conversation ?? .account)
        stale.append(OutboxRecord(sequence: record.sequence, bytes: again.bytes))
        current.append(stale[stale.count - 1])
      }
    } catch { throw .archive(error) }
    if !stale.isEmpty {
      try Self.storing { () throws(StoreError) in try store.reseal(stale) }
    }
    return current
  }

  /// Sends one Append over records. If the log or this device's chain has moved on, pulls and gives 0.
  func push(
    _ records: [OutboxRecord], erasing erasures: [UInt64]
  ) async throws(DeviceError) -> Int {
    let (relay, store) = (try neededRelay(), try neededStore())
    var progress = try progress()
    let bytes = records.map(\.bytes)
    let keys = state.withLock { $0.keys }
    progress.counter += 1
    let append = try Append(
      of: bytes, erasing: erasures, by: keys, account: account, logHead: log.head, counter: progress.counter,
      previous: progress.history.author(id)?.appendHash ?? .zero, basis: progress.receipt)
    let through = records[records.count - 1].sequence
    try Self.storing { () throws(StoreError) in
      try store.stage(append.encoded, through: through, progress: progress.encoded)
    }
    let outcome: AppendOutcome
    do throws(RelayError) {
      outcome = try await relay.append(append, records: bytes, to: account)
    } catch {
      guard error.isOvertaken else { throw .relay(error) }
      try await pullEverything()
      return 0
    }
    guard outcome.firstLeaf == progress.history.tree.size else {
      // Others' records stand in between: what was sent comes back with them.
      try await pullEverything()
      return records.count
    }
    try commit(append, records, outcome, &progress)
    return records.count
  }

  private func commit(
    _ append: Append, _ records: [OutboxRecord], _ outcome: AppendOutcome,
    _ progress: inout DeviceProgress
  ) throws(DeviceError) {
    let store = try neededStore()
    let first = progress.history.tree.size
    do throws(HistoryError) {
      try progress.history.accept(append, records: records.map(\.bytes), of: log)
    } catch { throw .internalError("own Append: \(error)") }
    try check(outcome.receipt, against: progress)
    try checkEnd(outcome.receipt, progress)
    progress.receipt = outcome.receipt
    let batch = HistoryBatch(firstLeaf: first, append: append, records: records.map(\.bytes))
    let final = progress.encoded
    try Self.storing { () throws(StoreError) in
      try store.commit(
        [batch], clearingOutboxThrough: records[records.count - 1].sequence, progress: final)
    }
  }
}

extension RelayError {
  /// Whether pulling and trying again helps.
  var isOvertaken: Bool {
    switch self {
    case .staleLogHead, .appendRefused(.brokenChain), .appendRefused(.deviceCloned),
      .appendRefused(.basisTooOld):
      true
    default: false
    }
  }
}
