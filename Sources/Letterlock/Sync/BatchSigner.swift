internal import CryptoCore
internal import TLSCodec

/// A signed batch over the first records of the outbox, kept before it is sent.
struct SigningBatch: Sendable {
  let signedBatch: SignedBatch
  let leaves: LeafHashes
  let records: [OutboxRecord]
  let erasures: [UInt64]
  /// With the signed batch's counter used.
  var progress: DeviceProgress

  /// The last place in the outbox that it covers.
  var through: Int64 { records[records.count - 1].sequence }

  /// What a store keeps of it.
  var staged: StagedBatch { StagedBatch(signedBatch: signedBatch.encoded, through: through) }
}

/// Signs for records that wait in the outbox, sealed under the newest epoch. SPEC.md section 5.3.
struct BatchSigner: Sendable {
  let view: AccountView
  let store: StoreConnection

  /// How many bytes of records go into a signed batch, if it has more than one: what is sent again after a failure stays
  /// small, and every relay takes more (SPEC.md section 12).
  private static let maximumByteCount = 1 << 22

  /// Returns as many records as one signed batch is for, after a place in the outbox, under the newest epoch.
  func waiting(after sequence: Int64) throws(DeviceError) -> [OutboxRecord] {
    let waiting = try store.use { (store) throws(StoreError) in
      try store.outbox(
        after: sequence, limit: SignedBatch.maximumLeafCount, maximumByteCount: Self.maximumByteCount)
    }
    return waiting.isEmpty ? [] : try resealed(waiting)
  }

  /// Signs a batch of records, at least one, by the next count.
  func sign(
    _ records: [OutboxRecord], erasing erasures: [UInt64], after progress: DeviceProgress
  ) throws(DeviceError) -> SigningBatch {
    var progress = progress
    let (keys, log) = view.read { ($0.keys, $0.log) }
    let (counter, isOverflow) = progress.counter.addingReportingOverflow(1)
    // Only somebody else who has this device's keys can have used every number.
    guard !isOverflow else { throw .stateRolledBack }
    progress.counter = counter
    let leaves = LeafHashes(of: records.map(\.bytes), device: keys.deviceID, counter: progress.counter)
    let signedBatch = try asDeviceError(
      SignedBatch(
        of: leaves, erasing: erasures, by: keys, account: view.account, logHead: log.head,
        counter: progress.counter, previous: progress.history.author(keys.deviceID)?.batchHash ?? .zero,
        knownCheckpoint: progress.checkpoint))
    return SigningBatch(
      signedBatch: signedBatch, leaves: leaves, records: records, erasures: erasures, progress: progress)
  }

  /// Returns the signed batch to be sent next, if any records wait. What goes wrong here goes wrong again in its turn.
  func following(_ sending: SigningBatch, _ progress: DeviceProgress) -> SigningBatch? {
    guard let waiting = try? waiting(after: sending.through), !waiting.isEmpty else { return nil }
    return try? sign(waiting, erasing: [], after: progress)
  }

  /// The same messages, sealed under the newest epoch if they are not already. SPEC.md section 5.5.
  private func resealed(_ records: [OutboxRecord]) throws(DeviceError) -> [OutboxRecord] {
    let archive = view.archive
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
      let stale = stale
      try store.use { (store) throws(StoreError) in try store.reseal(stale) }
    }
    return current
  }
}
