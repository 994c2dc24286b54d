internal import Synchronization

/// A store that keeps how far its device has come, and passes records on instead of keeping them: so a whole
/// history goes through in the memory of a page.
final class PassingStore: DeviceStore {
  typealias Pass = @Sendable (inout RestoreReport, HistoryBatch) -> Void

  private struct State {
    var progress: [UInt8]?
    var report = RestoreReport()
    var pass: Pass?
  }

  private let state = Mutex(State())

  /// Where records go.
  func pass(to pass: @escaping Pass) { state.withLock { $0.pass = pass } }

  var report: RestoreReport { state.withLock { $0.report } }

  func progress() -> [UInt8]? { state.withLock { $0.progress } }

  func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch?,
    progress: [UInt8], replacing replaced: [UInt8]?, changes: [StoreChange]
  ) throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in
      guard state.progress == replaced else { throw .conflict }
      for batch in batches { state.pass?(&state.report, batch) }
      state.progress = progress
    }
  }

  // A device that only reads asks for none of these.
  func value(at key: [UInt8]) -> [UInt8]? { nil }
  func entries(in range: EntryRange, order: EntryOrder, limit: Int) -> [StoreEntry] { [] }
  func apply(_ changes: [StoreChange]) {}
  func purge() {}
  func enqueue(_ records: [[UInt8]], blobs: [SealedBlob], changes: [StoreChange]) {}
  func outbox(
    after sequence: Int64, limit: Int, maximumByteCount: Int
  ) -> [OutboxRecord] { [] }
  func outboxCount() -> Int { 0 }
  func reseal(_ records: [OutboxRecord]) {}
  func stage(
    _ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) {}
  func staged() -> (signedBatch: [UInt8], through: Int64)? { nil }
  func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) {}
  func clearHistory(progress: [UInt8], replacing replaced: [UInt8]?) throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in
      guard state.progress == replaced else { throw .conflict }
      state.progress = progress
    }
  }
  func batches(from leaf: UInt64, limit: Int) -> [HistoryBatch] { [] }
  func batches(before leaf: UInt64, limit: Int) -> [HistoryBatch] { [] }
  func records(at leaves: [UInt64]) -> [[UInt8]?] { leaves.map { _ in nil } }
  func keepBlob(_ blob: SealedBlob, isUploaded: Bool) {}
  func beginBlob(_ blob: BlobID) {}
  func beginDownload(_ upload: BlobUpload) -> UInt64 { 0 }
  func writeBlob(_ blob: BlobID, at offset: UInt64, _ bytes: RawSpan) {}
  func finishBlob(_ upload: BlobUpload, isUploaded: Bool) {}
  func blob(_ blob: BlobID) -> BlobUpload? { nil }
  func downloadedByteCount(of blob: BlobID) -> UInt64 { 0 }
  func readBlob(_ blob: BlobID, at offset: UInt64, into output: inout MutableRawSpan) -> Int { 0 }
  func blobsToUpload() -> [BlobUpload] { [] }
  func markUploaded(_ blob: BlobID) {}
  func allBlobs() -> [BlobID] { [] }
  func removeBlobs(_ blobs: [BlobID]) {}
  func removeUnfinishedBlobs() {}
}
