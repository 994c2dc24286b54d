import Letterlock
import LetterlockFormat

/// A device's store whose process can end at each transaction.
final class SimulatedStore: DeviceStore {
  let store: MemoryDeviceStore
  let crash: CrashPoint

  init(_ store: MemoryDeviceStore, _ crash: CrashPoint) { (self.store, self.crash) = (store, crash) }

  static let dead = StoreError.unavailable("The simulated process has ended.")

  func progress() throws(StoreError) -> [UInt8]? {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.progress() }
  }

  func value(at key: [UInt8]) throws(StoreError) -> [UInt8]? {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.value(at: key) }
  }

  func entries(
    in range: EntryRange, order: EntryOrder, limit: Int
  ) throws(StoreError) -> [StoreEntry] {
    try crash.reading(or: Self.dead) { () throws(StoreError) in
      try store.entries(in: range, order: order, limit: limit)
    }
  }

  func apply(_ changes: [StoreChange]) throws(StoreError) {
    try crash.step("store.apply", or: Self.dead) { () throws(StoreError) in try store.apply(changes) }
  }

  func purge() throws(StoreError) {
    try crash.step("store.purge", or: Self.dead) { () throws(StoreError) in try store.purge() }
  }

  func enqueue(
    _ records: [[UInt8]], blobs: [SealedBlob], changes: [StoreChange]
  ) throws(StoreError) {
    try crash.step("store.enqueue", or: Self.dead) { () throws(StoreError) in
      try store.enqueue(records, blobs: blobs, changes: changes)
    }
  }

  func outbox(
    after sequence: Int64, limit: Int, maximumByteCount: Int
  ) throws(StoreError) -> [OutboxRecord] {
    try crash.reading(or: Self.dead) { () throws(StoreError) in
      try store.outbox(after: sequence, limit: limit, maximumByteCount: maximumByteCount)
    }
  }

  func outboxCount() throws(StoreError) -> Int {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.outboxCount() }
  }

  func reseal(_ records: [OutboxRecord]) throws(StoreError) {
    try crash.step("store.reseal", or: Self.dead) { () throws(StoreError) in try store.reseal(records) }
  }

  func stage(
    _ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) {
    try crash.step("store.stage", or: Self.dead) { () throws(StoreError) in
      try store.stage(
        signedBatch, through: sequence, progress: progress, replacing: replaced, changes: changes)
    }
  }

  func staged() throws(StoreError) -> (signedBatch: [UInt8], through: Int64)? {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.staged() }
  }

  func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch?,
    progress: [UInt8], replacing replaced: [UInt8]?, changes: [StoreChange]
  ) throws(StoreError) {
    try crash.step("store.commit", or: Self.dead) { () throws(StoreError) in
      try store.commit(
        batches, clearingOutboxThrough: sequence, staging: next, progress: progress, replacing: replaced,
        changes: changes)
    }
  }

  func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) {
    try crash.step("store.fill", or: Self.dead) { () throws(StoreError) in
      try store.fill(records, progress: progress, replacing: replaced, changes: changes)
    }
  }

  func clearHistory(progress: [UInt8], replacing replaced: [UInt8]?) throws(StoreError) {
    try crash.step("store.clearHistory", or: Self.dead) { () throws(StoreError) in
      try store.clearHistory(progress: progress, replacing: replaced)
    }
  }

  func batches(from leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.batches(from: leaf, limit: limit) }
  }

  func batches(before leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.batches(before: leaf, limit: limit)
    }
  }

  func records(at leaves: [UInt64]) throws(StoreError) -> [[UInt8]?] {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.records(at: leaves) }
  }
}
