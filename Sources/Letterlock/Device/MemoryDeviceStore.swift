internal import Synchronization

/// A store that forgets everything when it goes: for tests, and for a device that is thrown away.
public final class MemoryDeviceStore: DeviceStore {
  private struct State {
    var progress: [UInt8]?
    var outbox: [OutboxRecord] = []
    var nextSequence: Int64 = 1
    var staged: (append: [UInt8], through: Int64)?
    var batches: [HistoryBatch] = []
    var blobs: [BlobID: StoredBlob] = [:]
  }

  private struct StoredBlob {
    var bytes: [UInt8] = []
    var upload: BlobUpload?
    var isUploaded = false
  }

  private let state = Mutex(State())

  /// An empty store.
  public init() {}

  public func progress() throws(StoreError) -> [UInt8]? { state.withLock { $0.progress } }

  public func enqueue(_ records: [[UInt8]], blobs: [SealedBlob]) throws(StoreError) {
    state.withLock { state in
      for record in records {
        state.outbox.append(OutboxRecord(sequence: state.nextSequence, bytes: record))
        state.nextSequence += 1
      }
      for blob in blobs {
        state.blobs[blob.upload.blob] = StoredBlob(bytes: blob.bytes, upload: blob.upload)
      }
    }
  }

  public func outbox(limit: Int) throws(StoreError) -> [OutboxRecord] {
    state.withLock { Array($0.outbox.prefix(limit)) }
  }

  public func reseal(_ records: [OutboxRecord]) throws(StoreError) {
    state.withLock { state in
      for record in records {
        guard let index = state.outbox.firstIndex(where: { $0.sequence == record.sequence }) else {
          continue
        }
        state.outbox[index] = record
      }
    }
  }

  public func stage(
    _ append: [UInt8]?, through sequence: Int64, progress: [UInt8]
  ) throws(StoreError) {
    state.withLock { state in
      state.staged = append.map { ($0, sequence) }
      state.progress = progress
    }
  }

  public func staged() throws(StoreError) -> (append: [UInt8], through: Int64)? {
    state.withLock { $0.staged }
  }

  public func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, progress: [UInt8]
  ) throws(StoreError) {
    state.withLock { state in
      state.batches += batches
      state.progress = progress
      guard let sequence else { return }
      state.outbox.removeAll { $0.sequence <= sequence }
      state.staged = nil
    }
  }

  public func batches(from leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    state.withLock { Array($0.batches.filter { $0.firstLeaf >= leaf }.prefix(limit)) }
  }

  public func beginBlob(_ blob: BlobID) throws(StoreError) {
    state.withLock { $0.blobs[blob] = StoredBlob() }
  }

  public func appendToBlob(_ blob: BlobID, _ bytes: [UInt8]) throws(StoreError) {
    state.withLock { $0.blobs[blob]?.bytes += bytes }
  }

  public func finishBlob(_ upload: BlobUpload, isUploaded: Bool) throws(StoreError) {
    state.withLock {
      $0.blobs[upload.blob]?.upload = upload
      $0.blobs[upload.blob]?.isUploaded = isUploaded
    }
  }

  public func blob(_ blob: BlobID) throws(StoreError) -> BlobUpload? {
    state.withLock { $0.blobs[blob]?.upload }
  }

  public func readBlob(
    _ blob: BlobID, at offset: UInt64, byteCount: Int
  ) throws(StoreError) -> [UInt8] {
    state.withLock { state in
      Array(
        (state.blobs[blob]?.bytes ?? []).dropFirst(Int(clamping: offset)).prefix(max(0, byteCount)))
    }
  }

  public func blobsToUpload() throws(StoreError) -> [BlobUpload] {
    state.withLock { state in
      state.blobs.values.compactMap { $0.isUploaded ? nil : $0.upload }.sorted { $0.blob < $1.blob }
    }
  }

  public func markUploaded(_ blob: BlobID) throws(StoreError) {
    state.withLock { $0.blobs[blob]?.isUploaded = true }
  }

  public func allBlobs() throws(StoreError) -> [BlobID] {
    state.withLock { state in state.blobs.filter { $0.value.upload != nil }.keys.sorted() }
  }

  public func removeBlobs(_ blobs: [BlobID]) throws(StoreError) {
    state.withLock { state in for blob in blobs { state.blobs[blob] = nil } }
  }

  public func removeUnfinishedBlobs() throws(StoreError) {
    state.withLock { state in state.blobs = state.blobs.filter { $0.value.upload != nil } }
  }
}
