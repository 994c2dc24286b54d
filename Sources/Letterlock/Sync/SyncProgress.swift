internal import Synchronization

/// How far a device has come with the history, and every change of it: batches that are taken, records that are filled
/// in, signed batches that are about to be sent.
///
/// The decoded progress is kept beside the bytes that it was decoded from. They are compared with the store's each time,
/// so that what another object wrote there is noticed. A progress replaces exactly the one that it was read from: if
/// another object or process has written one meanwhile, the change fails (`StoreError.conflict`), and is made again from
/// what the store holds by then. SPEC.md section 8.5.
final class SyncProgress: Sendable {
  private struct Known: Sendable {
    let bytes: [UInt8]
    let progress: DeviceProgress
  }

  private let store: StoreConnection
  private let known = Mutex<Known?>(nil)

  /// How often a change is made again because another object or process came first.
  static let attempts = 64

  init(_ store: StoreConnection) { self.store = store }

  /// Returns how far the device has come; a device without a store has not begun.
  /// - Throws: `DeviceError.store`.
  func current() throws(DeviceError) -> DeviceProgress {
    guard let store = store.store,
      let bytes = try storing({ () throws(StoreError) in try store.progress() })
    else { return DeviceProgress() }
    if let known = known.withLock({ $0 }), known.bytes == bytes { return known.progress }
    var progress: DeviceProgress
    do { progress = try DeviceProgress(decoding: bytes) } catch { throw .store(.corrupted("progress")) }
    progress.stored = bytes
    remember(progress, bytes)
    return progress
  }

  /// Takes verified batches, drops from the outbox what they contain, and keeps the signed batch that is to be sent
  /// next: one transaction.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64? = nil,
    staging next: StagedBatch? = nil, _ progress: inout DeviceProgress
  ) throws(DeviceError) {
    try change(to: &progress) { (store, bytes, replaced) throws(StoreError) in
      try store.commit(
        batches, clearingOutboxThrough: sequence, staging: next, progress: bytes, replacing: replaced)
    }
  }

  /// Keeps a signed batch that is about to be sent, with the progress that makes its counter used.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func stage(
    _ signedBatch: SignedBatch, through sequence: Int64, _ progress: inout DeviceProgress
  ) throws(DeviceError) {
    try change(to: &progress) { (store, bytes, replaced) throws(StoreError) in
      try store.stage(signedBatch.encoded, through: sequence, progress: bytes, replacing: replaced)
    }
  }

  /// Puts verified records at leaf indices where none were.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], _ progress: inout DeviceProgress
  ) throws(DeviceError) {
    try change(to: &progress) { (store, bytes, replaced) throws(StoreError) in
      try store.fill(records, progress: bytes, replacing: replaced)
    }
  }

  /// Forgets a checkpoint of a history that is not here: the person has decided.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func dropPromise() throws(DeviceError) {
    try update { progress in
      guard progress.promised != nil else { return false }
      progress.promised = nil
      return true
    }
  }

  /// Changes the progress alone, unless `change` says that nothing is to be changed. It runs again on a newer progress if
  /// another object or process came first.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func update(_ change: (inout DeviceProgress) -> Bool) throws(DeviceError) {
    try retrying { () throws(DeviceError) in
      var progress = try current()
      if change(&progress) { try commit([], &progress) }
    }
  }

  /// Runs `body`, which reads the progress and changes it, again if another object or process came first.
  func retrying<Answer>(_ body: () throws(DeviceError) -> Answer) throws(DeviceError) -> Answer {
    for _ in 1..<Self.attempts {
      do throws(DeviceError) { return try body() } catch {
        guard error == .store(.conflict) else { throw error }
      }
    }
    return try body()
  }

  private func change(
    to progress: inout DeviceProgress,
    _ write: (any DeviceStore, [UInt8], [UInt8]?) throws(StoreError) -> Void
  ) throws(DeviceError) {
    let (bytes, replaced) = (progress.encoded, progress.stored)
    try store.use { (store) throws(StoreError) in try write(store, bytes, replaced) }
    progress.stored = bytes
    remember(progress, bytes)
  }

  private func remember(_ progress: DeviceProgress, _ bytes: [UInt8]) {
    known.withLock { $0 = Known(bytes: bytes, progress: progress) }
  }
}
