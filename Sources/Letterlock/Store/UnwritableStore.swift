/// A store that is read and refuses every change.
struct UnwritableStore: DeviceStore {
  private let store: any DeviceStore

  init(_ store: any DeviceStore) { self.store = store }

  private var refusal: StoreError { .unavailable("The device was opened to be read.") }

  func progress() throws(StoreError) -> [UInt8]? { try store.progress() }
  func value(at key: [UInt8]) throws(StoreError) -> [UInt8]? { try store.value(at: key) }
  func entries(in range: EntryRange, order: EntryOrder, limit: Int) throws(StoreError) -> [StoreEntry] {
    try store.entries(in: range, order: order, limit: limit)
  }
  func outbox(
    after sequence: Int64, limit: Int, maximumByteCount: Int
  ) throws(StoreError) -> [OutboxRecord] {
    try store.outbox(after: sequence, limit: limit, maximumByteCount: maximumByteCount)
  }
  func outboxCount() throws(StoreError) -> Int { try store.outboxCount() }
  func staged() throws(StoreError) -> (signedBatch: [UInt8], through: Int64)? { try store.staged() }
  func batches(from leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    try store.batches(from: leaf, limit: limit)
  }
  func batches(before leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    try store.batches(before: leaf, limit: limit)
  }
  func records(at leaves: [UInt64]) throws(StoreError) -> [[UInt8]?] { try store.records(at: leaves) }
  func blob(_ blob: BlobID) throws(StoreError) -> BlobUpload? { try store.blob(blob) }
  func downloadedByteCount(of blob: BlobID) throws(StoreError) -> UInt64 {
    try store.downloadedByteCount(of: blob)
  }
  func readBlob(
    _ blob: BlobID, at offset: UInt64, into output: inout MutableRawSpan
  ) throws(StoreError) -> Int {
    try store.readBlob(blob, at: offset, into: &output)
  }
  func blobsToUpload() throws(StoreError) -> [BlobUpload] { try store.blobsToUpload() }
  func allBlobs() throws(StoreError) -> [BlobID] { try store.allBlobs() }

  func apply(_ changes: [StoreChange]) throws(StoreError) { throw refusal }
  func purge() throws(StoreError) { throw refusal }
  func enqueue(_ records: [[UInt8]], blobs: [SealedBlob], changes: [StoreChange]) throws(StoreError) {
    throw refusal
  }
  func reseal(_ records: [OutboxRecord]) throws(StoreError) { throw refusal }
  func stage(
    _ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) { throw refusal }
  func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch?,
    progress: [UInt8], replacing replaced: [UInt8]?, changes: [StoreChange]
  ) throws(StoreError) { throw refusal }
  func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) { throw refusal }
  func clearHistory(progress: [UInt8], replacing replaced: [UInt8]?) throws(StoreError) { throw refusal }
  func keepBlob(_ blob: SealedBlob, isUploaded: Bool) throws(StoreError) { throw refusal }
  func beginBlob(_ blob: BlobID) throws(StoreError) { throw refusal }
  func beginDownload(_ upload: BlobUpload) throws(StoreError) -> UInt64 { throw refusal }
  func writeBlob(_ blob: BlobID, at offset: UInt64, _ bytes: RawSpan) throws(StoreError) { throw refusal }
  func finishBlob(_ upload: BlobUpload, isUploaded: Bool) throws(StoreError) { throw refusal }
  func markUploaded(_ blob: BlobID) throws(StoreError) { throw refusal }
  func removeBlobs(_ blobs: [BlobID]) throws(StoreError) { throw refusal }
  func removeUnfinishedBlobs() throws(StoreError) { throw refusal }
}
