import Letterlock
import LetterlockTestKit
import Synchronization

/// A way to break the contract of a device's store, and the rule that finds it.
enum PlantedFault: String, CaseIterable {
  case progressOfAnother, oldProgress, reversedOutbox, reusedPlaces, resealedAtTheEnd, stagedForEver
  case everythingCleared, firstInsteadOfLast, emptyInsteadOfMissing, erasedStays, firstFilledOnly
  case sortedLeaves, halfCommit, firstValueStays, signedOrder, closedRange, limitBeforeOrder
  case removalsFirst, firstRemovedOnly, lostFillChanges, truncatedValues, lazyPurge, greedyPurge
  case ignoredOffset, beginKeepsBytes, uploadedRemoves, downloadBeginsAnew, downloadsCleanedUp
  case unlimitedBytes, removedStays, lostCalls, replacesAnything, requiresNothing

  var rule: DeviceStoreConformance.Rule {
    switch self {
    case .progressOfAnother: .newStore
    case .oldProgress: .progress
    case .replacesAnything: .replacing
    case .reversedOutbox: .outboxOrder
    case .unlimitedBytes: .outboxBytes
    case .reusedPlaces: .outboxPlaces
    case .resealedAtTheEnd: .resealing
    case .stagedForEver: .staging
    case .everythingCleared: .committing
    case .firstInsteadOfLast: .batchOrder
    case .emptyInsteadOfMissing: .missingRecords
    case .erasedStays: .erasing
    case .firstFilledOnly: .filling
    case .sortedLeaves: .recordsByLeaf
    case .halfCommit: .refusedCommit
    case .firstValueStays: .values
    case .signedOrder: .keyOrder
    case .closedRange: .ranges
    case .limitBeforeOrder: .rangeLimits
    case .removalsFirst: .changeOrder
    case .firstRemovedOnly: .rangeRemoval
    case .lostFillChanges: .accompanyingChanges
    case .truncatedValues: .largeSpace
    case .lazyPurge, .greedyPurge: .purging
    case .ignoredOffset: .smallBlobs
    case .beginKeepsBytes: .largeBlobs
    case .uploadedRemoves: .uploads
    case .downloadBeginsAnew: .downloads
    case .downloadsCleanedUp: .unfinishedBlobs
    case .requiresNothing: .requirements
    case .removedStays: .removedBlobs
    case .lostCalls: .concurrentCalls
    }
  }
}

/// A store in memory with one fault, or none.
final class PlantedDeviceStore: DeviceStore {
  private struct State {
    var shift: Int64 = 0
    var callCount = 0
    var downloads: Set<BlobID> = []
    /// What a file would hold: everything that was ever put.
    var bytes: [[UInt8]] = []
  }

  private let store = MemoryDeviceStore()
  private let state = Mutex(State())
  private let fault: PlantedFault?

  init(_ fault: PlantedFault?) { self.fault = fault }

  var storedBytes: [[UInt8]] { state.withLock { $0.bytes } }

  func progress() throws(StoreError) -> [UInt8]? {
    try store.progress() ?? (fault == .progressOfAnother ? [0] : nil)
  }

  func value(at key: [UInt8]) throws(StoreError) -> [UInt8]? { try store.value(at: key) }

  func entries(in range: EntryRange, order: EntryOrder, limit: Int) throws(StoreError) -> [StoreEntry] {
    var range = range
    if fault == .closedRange, let upper = range.upperBound {
      range = EntryRange(from: range.lowerBound, to: upper + [0])
    }
    var entries = try store.entries(in: range, order: order, limit: limit)
    if fault == .limitBeforeOrder, order == .descending {
      entries = try store.entries(in: range, limit: limit).reversed()
    }
    if fault == .signedOrder {
      entries.sort {
        $0.key.map { Int8(bitPattern: $0) }.lexicographicallyPrecedes($1.key.map { Int8(bitPattern: $0) })
      }
    }
    return entries
  }

  func apply(_ changes: [StoreChange]) throws(StoreError) { try store.apply(try taken(changes)) }

  /// What the store in memory is told of changes.
  private func taken(_ changes: [StoreChange]) throws(StoreError) -> [StoreChange] {
    let number = state.withLock { state in
      state.callCount += 1
      for case .put(let entry) in changes { state.bytes.append(entry.value) }
      return state.callCount
    }
    if fault == .lostCalls, number.isMultiple(of: 5) { return [] }
    var known: Set<[UInt8]> = []
    if fault == .firstValueStays { known = Set(try store.entries(in: .all, limit: .max).map(\.key)) }
    var changes = changes.compactMap { change -> StoreChange? in
      switch (change, fault) {
      case (.put(let entry), .firstValueStays?): known.contains(entry.key) ? nil : change
      case (.put(let entry), .truncatedValues?):
        .put(StoreEntry(key: entry.key, value: Array(entry.value.prefix(65_535))))
      case (.require, .requiresNothing?): nil
      case (.removeAll(let range), .firstRemovedOnly?): .remove(key: range.lowerBound)
      default: change
      }
    }
    if fault == .removalsFirst { changes.sort { Self.isRemoval($0) && !Self.isRemoval($1) } }
    return changes
  }

  private static func isRemoval(_ change: StoreChange) -> Bool {
    if case .put = change { false } else { true }
  }

  func purge() throws(StoreError) {
    if fault == .greedyPurge { try store.apply([.removeAll(.all)]) }
    if fault != .lazyPurge { state.withLock { $0.bytes = [] } }
  }

  func enqueue(_ records: [[UInt8]], blobs: [SealedBlob], changes: [StoreChange]) throws(StoreError) {
    if fault == .reusedPlaces, try store.outboxCount() == 0 {
      try store.enqueue([[]], blobs: [])
      let place = try store.outbox(limit: 1).last?.sequence ?? 0
      try store.commit([], clearingOutboxThrough: place, progress: try store.progress() ?? [])
      state.withLock { $0.shift = place }
    }
    try store.enqueue(records, blobs: blobs, changes: try taken(changes))
  }

  func outbox(
    after sequence: Int64, limit: Int, maximumByteCount: Int
  ) throws(StoreError) -> [OutboxRecord] {
    let shift = state.withLock { $0.shift }
    let most = fault == .unlimitedBytes ? .max : maximumByteCount
    let records = try store.outbox(after: sequence + shift, limit: limit, maximumByteCount: most).map {
      OutboxRecord(sequence: $0.sequence - shift, bytes: $0.bytes)
    }
    return fault == .reversedOutbox ? records.reversed() : records
  }

  func outboxCount() throws(StoreError) -> Int { try store.outboxCount() }

  func reseal(_ records: [OutboxRecord]) throws(StoreError) {
    if fault == .resealedAtTheEnd {
      try store.enqueue(records.map(\.bytes), blobs: [])
    } else {
      try store.reseal(records)
    }
  }

  /// What the store in memory is told that a progress replaces.
  private func replaced(_ named: [UInt8]?) throws(StoreError) -> [UInt8]? {
    fault == .replacesAnything ? try store.progress() : named
  }

  func stage(
    _ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8], replacing named: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) {
    var (signedBatch, sequence) = (signedBatch, sequence)
    if fault == .stagedForEver, signedBatch == nil, let staged = try store.staged() {
      (signedBatch, sequence) = (staged.signedBatch, staged.through)
    }
    try store.stage(
      signedBatch, through: sequence, progress: progress, replacing: try replaced(named),
      changes: try taken(changes))
  }

  func staged() throws(StoreError) -> (signedBatch: [UInt8], through: Int64)? { try store.staged() }

  func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch?,
    progress: [UInt8], replacing named: [UInt8]?, changes: [StoreChange]
  ) throws(StoreError) {
    if fault == .halfCommit { try apply(changes) }
    let old = fault == .oldProgress ? try store.progress() : nil
    let batches =
      fault == .erasedStays
      ? batches.map {
        HistoryBatch(
          firstLeaf: $0.firstLeaf, signedBatch: $0.signedBatch, erasures: [], leafHashes: $0.leafHashes,
          records: $0.records)
      } : batches
    let place = fault == .everythingCleared ? sequence.map { _ in .max } : sequence
    try store.commit(
      batches, clearingOutboxThrough: place, staging: next, progress: old ?? progress,
      replacing: try replaced(named), changes: try taken(changes))
  }

  func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8], replacing named: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) {
    try store.fill(
      fault == .firstFilledOnly ? Array(records.prefix(1)) : records, progress: progress,
      replacing: try replaced(named), changes: fault == .lostFillChanges ? [] : try taken(changes))
  }

  func clearHistory(progress: [UInt8], replacing replaced: [UInt8]?) throws(StoreError) {
    let known = fault == .replacesAnything ? try store.progress() : replaced
    try store.clearHistory(progress: progress, replacing: known)
  }

  func batches(from leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    let batches = try store.batches(from: leaf, limit: limit)
    guard fault == .emptyInsteadOfMissing else { return batches }
    return batches.map {
      HistoryBatch(
        firstLeaf: $0.firstLeaf, signedBatch: $0.signedBatch, erasures: $0.erasures,
        leafHashes: $0.leafHashes,
        records: $0.records.map { $0 ?? [] })
    }
  }

  func batches(before leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    guard fault == .firstInsteadOfLast else { return try store.batches(before: leaf, limit: limit) }
    return Array(try store.batches(before: leaf, limit: .max).prefix(limit))
  }

  func records(at leaves: [UInt64]) throws(StoreError) -> [[UInt8]?] {
    try store.records(at: fault == .sortedLeaves ? leaves.sorted() : leaves)
  }

  func keepBlob(_ blob: SealedBlob, isUploaded: Bool) throws(StoreError) {
    try store.keepBlob(blob, isUploaded: isUploaded)
  }

  func beginBlob(_ blob: BlobID) throws(StoreError) {
    if fault == .beginKeepsBytes, try store.blob(blob) != nil { return }
    try store.beginBlob(blob)
  }

  func beginDownload(_ upload: BlobUpload) throws(StoreError) -> UInt64 {
    if fault == .downloadBeginsAnew { try store.removeBlobs([upload.blob]) }
    state.withLock { _ = $0.downloads.insert(upload.blob) }
    return try store.beginDownload(upload)
  }

  func writeBlob(_ blob: BlobID, at offset: UInt64, _ bytes: RawSpan) throws(StoreError) {
    try store.writeBlob(blob, at: offset, bytes)
  }

  func finishBlob(_ upload: BlobUpload, isUploaded: Bool) throws(StoreError) {
    try store.finishBlob(upload, isUploaded: isUploaded)
  }

  func blob(_ blob: BlobID) throws(StoreError) -> BlobUpload? { try store.blob(blob) }

  func downloadedByteCount(of blob: BlobID) throws(StoreError) -> UInt64 {
    try store.downloadedByteCount(of: blob)
  }

  func readBlob(
    _ blob: BlobID, at offset: UInt64, into output: inout MutableRawSpan
  ) throws(StoreError) -> Int {
    try store.readBlob(blob, at: fault == .ignoredOffset ? 0 : offset, into: &output)
  }

  func blobsToUpload() throws(StoreError) -> [BlobUpload] { try store.blobsToUpload() }

  func markUploaded(_ blob: BlobID) throws(StoreError) {
    if fault == .uploadedRemoves { try store.removeBlobs([blob]) } else { try store.markUploaded(blob) }
  }

  func allBlobs() throws(StoreError) -> [BlobID] { try store.allBlobs() }

  func removeBlobs(_ blobs: [BlobID]) throws(StoreError) {
    try store.removeBlobs(fault == .removedStays ? Array(blobs.dropFirst()) : blobs)
  }

  func removeUnfinishedBlobs() throws(StoreError) {
    if fault == .downloadsCleanedUp { try store.removeBlobs(state.withLock { Array($0.downloads) }) }
    try store.removeUnfinishedBlobs()
  }
}
