internal import CryptoCore
internal import Synchronization

/// A store that forgets everything when it goes: for tests, and for a device that is thrown away.
public final class MemoryDeviceStore: DeviceStore {
  private struct State {
    var progress: [UInt8]?
    var entries = SortedEntries()
    var outbox: [OutboxRecord] = []
    var nextSequence: Int64 = 1
    var staged: (signedBatch: [UInt8], through: Int64)?
    var batches: [HistoryBatch] = []
    var blobs: [BlobID: StoredBlob] = [:]

    func check(replacing replaced: [UInt8]?) throws(StoreError) {
      guard progress == replaced else { throw .conflict }
    }

    mutating func put(_ record: [UInt8]?, at leaf: UInt64) {
      guard let index = batches.lastIndex(where: { $0.firstLeaf <= leaf }) else { return }
      batches[index] = batches[index].putting(record, at: leaf)
    }
  }

  private struct StoredBlob {
    enum Stage {
      case sealing, fetching, waiting, uploaded
    }

    var bytes: [UInt8] = []
    var upload: BlobUpload?
    var stage = Stage.sealing

    var complete: BlobUpload? { stage == .waiting || stage == .uploaded ? upload : nil }

    mutating func put(_ part: [UInt8], at start: Int) {
      if bytes.count < start + part.count {
        bytes += [UInt8](repeating: 0, count: start + part.count - bytes.count)
      }
      bytes.replaceSubrange(start..<start + part.count, with: part)
    }
  }

  private let state = Mutex(State())

  /// An empty store.
  public init() {}

  /// A store with the same contents, which goes its own way from here on: for tests.
  package init(copying other: MemoryDeviceStore) {
    let contents = other.state.withLock { $0 }
    state.withLock { $0 = contents }
  }

  /// How far the device has come; nil in a new store. Opaque to the store.
  public func progress() throws(StoreError) -> [UInt8]? { state.withLock { $0.progress } }

  /// Returns the value at a key; nil if there is none.
  public func value(at key: [UInt8]) throws(StoreError) -> [UInt8]? {
    state.withLock { $0.entries.value(at: key) }
  }

  /// Returns the entries in a range of keys, at most `limit` of them, in one order or the other.
  public func entries(
    in range: EntryRange, order: EntryOrder, limit: Int
  ) throws(StoreError) -> [StoreEntry] {
    state.withLock { $0.entries.entries(in: range, order, limit: limit) }
  }

  /// Applies changes of the key space, one after the other.
  public func apply(_ changes: [StoreChange]) throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in try state.entries.apply(changes) }
  }

  /// Does nothing: there is no file.
  public func purge() throws(StoreError) {}

  /// Adds sealed records that no relay has yet, and small sealed attachments with them.
  public func enqueue(
    _ records: [[UInt8]], blobs: [SealedBlob], changes: [StoreChange]
  ) throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in
      try state.entries.apply(changes)
      for record in records {
        state.outbox.append(OutboxRecord(sequence: state.nextSequence, bytes: record))
        state.nextSequence += 1
      }
      for blob in blobs {
        state.blobs[blob.upload.blob] = StoredBlob(
          bytes: blob.bytes, upload: blob.upload, stage: .waiting)
      }
    }
  }

  /// The oldest records that no relay has yet, after a place in the outbox, in the order they were added.
  public func outbox(
    after sequence: Int64, limit: Int, maximumByteCount: Int
  ) throws(StoreError) -> [OutboxRecord] {
    state.withLock { state in
      var (records, rest) = ([OutboxRecord](), maximumByteCount)
      for record in state.outbox where record.sequence > sequence && records.count < limit {
        guard records.isEmpty || record.bytes.count <= rest else { break }
        rest -= min(rest, record.bytes.count)
        records.append(record)
      }
      return records
    }
  }

  /// How many records no relay has yet.
  public func outboxCount() throws(StoreError) -> Int { state.withLock { $0.outbox.count } }

  /// Puts other bytes in place of records in the outbox: the same messages under a newer epoch.
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

  /// Keeps a signed batch that is about to be sent over the outbox's records up to a sequence number, with the
  /// progress that makes its counter used.
  public func stage(
    _ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in
      try state.check(replacing: replaced)
      try state.entries.apply(changes)
      state.staged = signedBatch.map { ($0, sequence) }
      state.progress = progress
    }
  }

  /// The signed batch that was being sent when the process ended, and the last sequence number it covers.
  public func staged() throws(StoreError) -> (signedBatch: [UInt8], through: Int64)? {
    state.withLock { $0.staged }
  }

  /// Takes verified batches at the end of the history, drops from the outbox what they contain, and keeps the signed
  /// batch that is to be sent next and the progress that includes them.
  public func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch?,
    progress: [UInt8], replacing replaced: [UInt8]?, changes: [StoreChange]
  ) throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in
      try state.check(replacing: replaced)
      var last = state.batches.last?.firstLeaf
      for batch in batches {
        guard last.map({ $0 < batch.firstLeaf }) ?? true else {
          throw .corrupted("The history holds a batch at this leaf index already.")
        }
        last = batch.firstLeaf
      }
      try state.entries.apply(changes)
      state.batches += batches
      for leaf in batches.flatMap(\.erasures) { state.put(nil, at: leaf) }
      state.progress = progress
      if let sequence {
        state.outbox.removeAll { $0.sequence <= sequence }
        state.staged = nil
      }
      if let next { state.staged = (next.signedBatch, next.through) }
    }
  }

  /// Puts verified records at leaf indices where none were, and keeps the progress that counts them.
  public func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in
      try state.check(replacing: replaced)
      try state.entries.apply(changes)
      for record in records { state.put(record.bytes, at: record.leaf) }
      state.progress = progress
    }
  }

  /// Drops the history, and keeps the progress of a device that has not begun.
  public func clearHistory(progress: [UInt8], replacing replaced: [UInt8]?) throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in
      try state.check(replacing: replaced)
      (state.batches, state.staged, state.progress) = ([], nil, progress)
    }
  }

  /// Batches from a leaf index on, up to `limit` of them.
  public func batches(from leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    state.withLock { Array($0.batches.filter { $0.firstLeaf >= leaf }.prefix(limit)) }
  }

  /// The last batches that begin before a leaf index, up to `limit` of them, in order.
  public func batches(before leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    state.withLock { Array($0.batches.filter { $0.firstLeaf < leaf }.suffix(limit)) }
  }

  /// Records by their leaf indices; nil for one that is not here.
  public func records(at leaves: [UInt64]) throws(StoreError) -> [[UInt8]?] {
    state.withLock { state in
      leaves.map { leaf in
        // The last batch that begins at the leaf index or before it.
        var (low, high) = (0, state.batches.count)
        while low < high {
          let middle = (low + high) / 2
          if state.batches[middle].firstLeaf <= leaf { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let batch = state.batches[low - 1]
        // In range: the batch begins at the leaf or before it.
        let index = Int(clamping: leaf - batch.firstLeaf)
        return index < batch.records.count ? batch.records[index] : nil
      }
    }
  }

  /// Keeps a sealed attachment that is small enough to be in memory.
  public func keepBlob(_ blob: SealedBlob, isUploaded: Bool) throws(StoreError) {
    state.withLock {
      $0.blobs[blob.upload.blob] = StoredBlob(
        bytes: blob.bytes, upload: blob.upload, stage: isUploaded ? .uploaded : .waiting)
    }
  }

  /// Begins a large attachment that is being sealed, or begins it anew.
  public func beginBlob(_ blob: BlobID) throws(StoreError) {
    state.withLock { $0.blobs[blob] = StoredBlob() }
  }

  /// Begins to fetch an attachment, or goes on with it: how many of its bytes, from the first on, are there.
  public func beginDownload(_ upload: BlobUpload) throws(StoreError) -> UInt64 {
    state.withLock { state in
      if let known = state.blobs[upload.blob], known.stage == .fetching, known.upload == upload {
        return UInt64(known.bytes.count)
      }
      state.blobs[upload.blob] = StoredBlob(upload: upload, stage: .fetching)
      return 0
    }
  }

  /// Puts bytes in their place in an attachment that is not finished.
  public func writeBlob(
    _ blob: BlobID, at offset: UInt64, _ bytes: RawSpan
  ) throws(StoreError) {
    let start = Int(clamping: offset)
    let part = bytes.array(0..<bytes.byteCount)
    state.withLock { state in
      guard var known = state.blobs.removeValue(forKey: blob) else { return }
      known.put(part, at: start)
      state.blobs[blob] = known
    }
  }

  /// Ends it: from here on it is complete, and waits to be uploaded if it was not.
  public func finishBlob(_ upload: BlobUpload, isUploaded: Bool) throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in
      guard state.blobs[upload.blob] != nil else {
        throw .corrupted("An attachment went away while it was being kept.")
      }
      state.blobs[upload.blob]?.upload = upload
      state.blobs[upload.blob]?.stage = isUploaded ? .uploaded : .waiting
    }
  }

  /// What was signed about a complete attachment; nil if there is none.
  public func blob(_ blob: BlobID) throws(StoreError) -> BlobUpload? {
    state.withLock { $0.blobs[blob]?.complete }
  }

  /// How many bytes, from the first on, there are of an attachment that is being fetched; 0 if it is not.
  public func downloadedByteCount(of blob: BlobID) throws(StoreError) -> UInt64 {
    state.withLock { state in
      guard let known = state.blobs[blob], known.stage == .fetching else { return 0 }
      return UInt64(known.bytes.count)
    }
  }

  /// Fills `output` with an attachment's bytes from `offset` on. Returns how many there were.
  public func readBlob(
    _ blob: BlobID, at offset: UInt64, into output: inout MutableRawSpan
  ) throws(StoreError) -> Int {
    let (start, wanted) = (Int(clamping: offset), output.byteCount)
    let part = state.withLock { state in
      (state.blobs[blob]?.bytes ?? []).dropFirst(start).prefix(wanted)
    }
    output.copy(Array(part), to: 0)
    return part.count
  }

  /// Complete attachments that wait to be uploaded.
  public func blobsToUpload() throws(StoreError) -> [BlobUpload] {
    state.withLock { state in
      state.blobs.values.compactMap { $0.stage == .waiting ? $0.upload : nil }.sorted { $0.blob < $1.blob }
    }
  }

  /// Notes that a relay has the attachment.
  public func markUploaded(_ blob: BlobID) throws(StoreError) {
    state.withLock { if $0.blobs[blob]?.complete != nil { $0.blobs[blob]?.stage = .uploaded } }
  }

  /// Every complete attachment.
  public func allBlobs() throws(StoreError) -> [BlobID] {
    state.withLock { state in state.blobs.filter { $0.value.complete != nil }.keys.sorted() }
  }

  /// Drops attachments, complete or not.
  public func removeBlobs(_ blobs: [BlobID]) throws(StoreError) {
    state.withLock { state in for blob in blobs { state.blobs[blob] = nil } }
  }

  /// Drops attachments whose sealing was begun and never finished. Those that are being fetched stay.
  public func removeUnfinishedBlobs() throws(StoreError) {
    state.withLock { state in state.blobs = state.blobs.filter { $0.value.stage != .sealing } }
  }
}
