internal import Synchronization

/// How far a device has come with the history, and every change of it: batches that are taken, records that are filled
/// in, signed batches that are about to be sent.
///
/// The decoded progress is kept beside the bytes that it was decoded from. They are compared with the store's each time,
/// so that what another object wrote there is noticed.
final class SyncProgress: Sendable {
  private struct Known: Sendable {
    let bytes: [UInt8]
    let progress: DeviceProgress
  }

  private let store: StoreConnection
  private let known = Mutex<Known?>(nil)

  init(_ store: StoreConnection) { self.store = store }

  /// Returns how far the device has come; a device without a store has not begun.
  /// - Throws: `DeviceError.store`.
  func current() throws(DeviceError) -> DeviceProgress {
    guard let store = store.store,
      let bytes = try storing({ () throws(StoreError) in try store.progress() })
    else { return DeviceProgress() }
    if let known = known.withLock({ $0 }), known.bytes == bytes { return known.progress }
    let progress: DeviceProgress
    do { progress = try DeviceProgress(decoding: bytes) } catch { throw .store(.corrupted("progress")) }
    remember(progress, bytes)
    return progress
  }

  /// Takes verified batches, drops from the outbox what they contain, and keeps the signed batch that is to be sent
  /// next: one transaction.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64? = nil,
    staging next: StagedBatch? = nil, _ progress: DeviceProgress
  ) throws(DeviceError) {
    try change(to: progress) { (store, bytes) throws(StoreError) in
      try store.commit(batches, clearingOutboxThrough: sequence, staging: next, progress: bytes)
    }
  }

  /// Keeps a signed batch that is about to be sent, with the progress that makes its counter used.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func stage(
    _ signedBatch: SignedBatch, through sequence: Int64, _ progress: DeviceProgress
  ) throws(DeviceError) {
    try change(to: progress) { (store, bytes) throws(StoreError) in
      try store.stage(signedBatch.encoded, through: sequence, progress: bytes)
    }
  }

  /// Puts verified records at leaf indices where none were.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], _ progress: DeviceProgress
  ) throws(DeviceError) {
    try change(to: progress) { (store, bytes) throws(StoreError) in
      try store.fill(records, progress: bytes)
    }
  }

  /// Forgets a checkpoint of a history that is not here: the person has decided.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func dropPromise() throws(DeviceError) {
    var progress = try current()
    guard progress.promised != nil else { return }
    progress.promised = nil
    try commit([], progress)
  }

  private func change(
    to progress: DeviceProgress, _ write: (any DeviceStore, [UInt8]) throws(StoreError) -> Void
  ) throws(DeviceError) {
    let bytes = progress.encoded
    try store.use { (store) throws(StoreError) in try write(store, bytes) }
    remember(progress, bytes)
  }

  private func remember(_ progress: DeviceProgress, _ bytes: [UInt8]) {
    known.withLock { $0 = Known(bytes: bytes, progress: progress) }
  }
}
