internal import CryptoCore
internal import TLSCodec

/// The history: up to the relay. SPEC.md section 6.3.
extension Device {
  /// A signed batch over the first records of the outbox, kept before it is sent.
  private struct Sending {
    let signedBatch: SignedBatch
    let leaves: LeafHashes
    let records: [OutboxRecord]
    let erasures: [UInt64]
    /// With the signed batch's counter used.
    var progress: DeviceProgress

    /// The last place in the outbox that it covers.
    var through: Int64 { records[records.count - 1].sequence }
  }

  /// What became of a signed batch.
  private enum Sent {
    /// The relay took it, and the history has it; the next one is kept and waits to be sent.
    case taken(next: Sending?)
    /// The relay took it after what others sent: it comes back with that.
    case amongOthers
    /// The log or this device's chain has moved on.
    case overtaken
  }

  /// Sends what waits in the outbox, batch by batch. Gives the number of records.
  func pushRecords(_ report: (@Sendable (SyncStep) -> Void)?) async throws(DeviceError) -> Int {
    var sent = 0
    var setbacks = 0
    var following: Sending?
    while setbacks < 8 {
      if following == nil { following = try stageNext() }
      guard let sending = following.take() else { return sent }
      switch try await send(sending, isFollowed: true) {
      case .taken(let next): following = next
      case .amongOthers:
        guard try !isWaiting(sending) else {
          setbacks += 1
          continue
        }
      case .overtaken:
        setbacks += 1
        continue
      }
      setbacks = 0
      sent += sending.records.count
      report?(.sent(sent))
    }
    throw .relay(.unavailable("the account keeps changing"))
  }

  /// What the relay says that it took counts when it came back.
  private func isWaiting(_ sending: Sending) throws(DeviceError) -> Bool {
    let store = try neededStore()
    let first = try Self.storing { () throws(StoreError) in try store.outbox(limit: 1).first }
    return first?.sequence == sending.records[0].sequence
  }

  /// Sends one signed batch over records. If the log or this device's chain has moved on, pulls and gives 0.
  func push(_ records: [OutboxRecord], erasing erasures: [UInt64]) async throws(DeviceError) -> Int {
    let sending = try stage(records, erasing: erasures)
    switch try await send(sending, isFollowed: false) {
    case .taken, .amongOthers: return records.count
    case .overtaken: return 0
    }
  }

  /// Keeps a signed batch over the first records that wait; nil if none do.
  private func stageNext() throws(DeviceError) -> Sending? {
    let waiting = try waiting(after: 0)
    return waiting.isEmpty ? nil : try stage(waiting, erasing: [])
  }

  private func stage(_ records: [OutboxRecord], erasing erasures: [UInt64]) throws(DeviceError) -> Sending {
    let store = try neededStore()
    let sending = try signed(records, erasing: erasures, after: try progress())
    try Self.storing { () throws(StoreError) in
      try store.stage(
        sending.signedBatch.encoded, through: sending.through, progress: sending.progress.encoded)
    }
    return sending
  }

  /// As many records as one signed batch is for, under the newest epoch.
  private func waiting(after sequence: Int64) throws(DeviceError) -> [OutboxRecord] {
    let store = try neededStore()
    let waiting = try Self.storing { () throws(StoreError) in
      try store.outbox(after: sequence, limit: SignedBatch.maximumLeafCount)
    }
    return waiting.isEmpty ? [] : try resealed(waiting)
  }

  /// A signed batch over records, by the next count.
  private func signed(
    _ records: [OutboxRecord], erasing erasures: [UInt64], after progress: DeviceProgress
  ) throws(DeviceError) -> Sending {
    var progress = progress
    let keys = state.read { $0.keys }
    progress.counter += 1
    let leaves = LeafHashes(of: records.map(\.bytes), device: keys.deviceID, counter: progress.counter)
    let signedBatch = try asDeviceError(
      SignedBatch(
        of: leaves, erasing: erasures, by: keys, account: account, logHead: log.head,
        counter: progress.counter, previous: progress.history.author(id)?.batchHash ?? .zero,
        knownCheckpoint: progress.checkpoint))
    return Sending(
      signedBatch: signedBatch, leaves: leaves, records: records, erasures: erasures, progress: progress)
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

  /// The signed batch to be sent next, if any records wait. What goes wrong here goes wrong again in its turn.
  private func following(_ sending: Sending, _ progress: DeviceProgress) -> Sending? {
    guard let waiting = try? waiting(after: sending.through), !waiting.isEmpty else { return nil }
    return try? signed(waiting, erasing: [], after: progress)
  }

  private func send(_ sending: Sending, isFollowed: Bool) async throws(DeviceError) -> Sent {
    let relay = try neededRelay()
    let outcome: BatchOutcome
    do throws(RelayError) {
      outcome = try await relay.append(
        sending.signedBatch, records: sending.records.map(\.bytes), erasing: sending.erasures, to: account)
    } catch {
      guard error.isOvertaken else { throw .relay(error) }
      try await pullEverything()
      return .overtaken
    }
    guard outcome.firstLeaf == sending.progress.history.tree.size else {
      // Others' records stand in between: what was sent comes back with them.
      try check(outcome.checkpoint, against: sending.progress)
      try await pullEverything()
      return .amongOthers
    }
    return .taken(next: try commit(sending, outcome, isFollowed: isFollowed))
  }

  /// Takes what the relay took into the history, and keeps the next signed batch in the same transaction if one is to
  /// follow: a write to disk less for each.
  private func commit(
    _ sending: Sending, _ outcome: BatchOutcome, isFollowed: Bool
  ) throws(DeviceError) -> Sending? {
    let store = try neededStore()
    var progress = sending.progress
    let first = progress.history.tree.size
    let bytes = sending.records.map(\.bytes)
    do throws(HistoryError) {
      try progress.history.accept(
        own: sending.signedBatch, sending.leaves, records: bytes, erasing: sending.erasures, of: log)
    } catch { throw .internalError("own signed batch: \(error)") }
    try check(outcome.checkpoint, against: progress)
    try checkEnd(outcome.checkpoint, progress)
    progress.checkpoint = outcome.checkpoint
    let batch = HistoryBatch(
      firstLeaf: first, signedBatch: sending.signedBatch, erasures: sending.erasures,
      leafHashes: sending.leaves,
      records: bytes)
    let next = isFollowed ? following(sending, progress) : nil
    let final = (next?.progress ?? progress).encoded
    try Self.storing { () throws(StoreError) in
      try store.commit(
        [batch], clearingOutboxThrough: sending.through,
        staging: next.map { StagedBatch(signedBatch: $0.signedBatch.encoded, through: $0.through) },
        progress: final)
    }
    try gather([batch])
    return next
  }
}

extension RelayError {
  /// Whether pulling and trying again helps.
  var isOvertaken: Bool {
    switch self {
    case .staleLogHead, .batchRefused(.brokenChain), .batchRefused(.deviceCloned),
      .batchRefused(.knownCheckpointTooOld):
      true
    default: false
    }
  }
}
