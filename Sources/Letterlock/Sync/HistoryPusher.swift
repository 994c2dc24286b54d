internal import CryptoCore
internal import TLSCodec

/// Sends what waits in the outbox to the relay. SPEC.md section 6.3.
struct HistoryPusher: Sendable {
  let view: AccountView
  let relay: RelayConnection
  let store: StoreConnection
  let progress: SyncProgress
  let puller: AccountPuller
  let signer: BatchSigner
  let erasures: WaitingErasures

  /// How often others may come first. Two objects on one store may take turns for a while.
  private static let attempts = 32

  /// What became of a signed batch.
  private enum Sent {
    /// The relay took it, and the history has it; the next one is kept and waits to be sent.
    case taken(next: SigningBatch?)
    /// The relay took it after what others sent: it comes back with that.
    case amongOthers
    /// The log or this device's chain has moved on.
    case overtaken
  }

  /// Sends what waits in the outbox, batch by batch. Returns the number of records.
  @discardableResult
  func push(_ report: (@Sendable (SyncStep) -> Void)? = nil) async throws(DeviceError) -> Int {
    var targets = ErasureTargets()
    return try await push(erasing: &targets, report)
  }

  /// Sends what waits in the outbox, with what is known of what is to be erased.
  @discardableResult
  func push(
    erasing targets: inout ErasureTargets, _ report: (@Sendable (SyncStep) -> Void)? = nil
  ) async throws(DeviceError) -> Int {
    var sent = 0
    var setbacks = 0
    var following: SigningBatch?
    while setbacks < Self.attempts {
      try checkCancellation()
      if following == nil { following = try stageNext(&targets) }
      guard let sending = following.take() else { return sent }
      switch try await send(sending) {
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
  private func isWaiting(_ sending: SigningBatch) throws(DeviceError) -> Bool {
    let first = try store.use { (store) throws(StoreError) in try store.outbox(limit: 1).first }
    return first?.sequence == sending.records[0].sequence
  }

  /// Keeps a signed batch over the first records that wait, which erases what `erased` entries among them name; nil if
  /// none wait.
  private func stageNext(_ targets: inout ErasureTargets) throws(DeviceError) -> SigningBatch? {
    try progress.retrying { () throws(DeviceError) -> SigningBatch? in
      // Read before the outbox: if another object or process sends what waits there, the progress is another one.
      let progress = try progress.current()
      let waiting = try signer.waiting(after: 0)
      guard !waiting.isEmpty else { return nil }
      let prepared = try erasures.prepare(waiting, &targets)
      var sending = try signer.sign(prepared.records, erasing: prepared.leaves, after: progress)
      try self.progress.stage(sending.signedBatch, through: sending.through, &sending.progress)
      return sending
    }
  }

  private func send(_ sending: SigningBatch) async throws(DeviceError) -> Sent {
    let outcome: BatchOutcome
    do throws(DeviceError) {
      outcome = try await relay.ask { (relay, account) async throws(RelayError) in
        try await relay.append(
          sending.signedBatch, records: sending.records.map(\.bytes), erasing: sending.erasures, to: account)
      }
    } catch {
      guard case .relay(let refusal) = error, refusal.isOvertaken else { throw error }
      try await puller.pull()
      return .overtaken
    }
    guard outcome.firstLeaf == sending.progress.history.tree.size else {
      // Others' records stand in between: what was sent comes back with them.
      try puller.history.rules.check(outcome.checkpoint, against: sending.progress)
      try await puller.pull()
      return .amongOthers
    }
    do throws(DeviceError) {
      return .taken(next: try commit(sending, outcome))
    } catch {
      guard error == .store(.conflict) else { throw error }
      // Another object or process came first: what was sent comes back.
      try await puller.pull()
      return .amongOthers
    }
  }

  /// Takes what the relay took into the history, and keeps the next signed batch in the same transaction if one is to
  /// follow: a write to disk less for each. One that erases is made when the history has this one.
  private func commit(
    _ sending: SigningBatch, _ outcome: BatchOutcome
  ) throws(DeviceError) -> SigningBatch? {
    var progress = sending.progress
    let first = progress.history.tree.size
    let bytes = sending.records.map(\.bytes)
    do throws(HistoryError) {
      try progress.history.accept(
        own: sending.signedBatch, sending.leaves, records: bytes, erasing: sending.erasures, of: view.log)
    } catch { throw .internalError("own signed batch: \(error)") }
    let rules = puller.history.rules
    try rules.check(outcome.checkpoint, against: progress)
    try rules.checkEnd(outcome.checkpoint, progress)
    progress.checkpoint = outcome.checkpoint
    let batch = HistoryBatch(
      firstLeaf: first, signedBatch: sending.signedBatch, erasures: sending.erasures,
      leafHashes: sending.leaves, records: bytes)
    var next = signer.following(sending, progress)
    if let records = next?.records, erasures.areIn(records) { next = nil }
    if let following = next { progress = following.progress }
    try self.progress.commit(
      [batch], clearingOutboxThrough: sending.through, staging: next?.staged, &progress)
    next?.progress = progress
    try puller.history.directory.gather([batch])
    return next
  }
}

extension RelayError {
  /// Whether pulling and trying again helps.
  var isOvertaken: Bool {
    switch self {
    case .staleLogHead, .staleHistory, .batchRefused(.brokenChain), .batchRefused(.deviceCloned),
      .batchRefused(.knownCheckpointTooOld):
      true
    default: false
    }
  }
}
