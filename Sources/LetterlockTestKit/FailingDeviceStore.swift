public import Letterlock

/// A device's store that fails on command: for tests of what a device does then.
///
/// ```swift
/// let store = FailingDeviceStore(MemoryDeviceStore())
/// store.fail(PlannedFailure(.call(3), .afterEffect))
/// ```
///
/// To meet a failure at every point, begin with the first call and go on until a run needs no more of them:
/// `failureCount` is then 0.
public final class FailingDeviceStore: DeviceStore {
  private let error: StoreError
  private let counter = FailureCounter()
  let store: any DeviceStore

  /// Creates a store that passes every call on to another one, until it is told to fail with `error`.
  public init(
    _ store: any DeviceStore, error: StoreError = .unavailable("A test asked for this failure.")
  ) {
    self.store = store
    self.error = error
  }

  /// Makes calls fail, counted from the next one on. Replaces the failure that was planned before.
  public func fail(_ failure: PlannedFailure) { counter.plan(failure) }

  /// Passes every call on again.
  public func stopFailing() { counter.stop() }

  /// How many calls have been counted since `fail` was called.
  public var callCount: Int { counter.callCount }

  /// How many calls have failed since `fail` was called.
  public var failureCount: Int { counter.failureCount }

  /// Counts a call, and throws if it fails before its effect. Returns the error to throw after it.
  func begin(_ kind: PlannedFailure.Kind) throws(StoreError) -> StoreError? {
    let moment = counter.count(kind)
    if moment == .beforeEffect { throw error }
    return moment == nil ? nil : error
  }

  func calling<Answer>(
    _ kind: PlannedFailure.Kind, _ body: () throws(StoreError) -> Answer
  ) throws(StoreError) -> Answer {
    let failure = try begin(kind)
    let answer = try body()
    if let failure { throw failure }
    return answer
  }

  /// Fails or passes the call on.
  public func progress() throws(StoreError) -> [UInt8]? {
    try calling(.every) { () throws(StoreError) in try store.progress() }
  }

  /// Fails or passes the call on.
  public func value(at key: [UInt8]) throws(StoreError) -> [UInt8]? {
    try calling(.every) { () throws(StoreError) in try store.value(at: key) }
  }

  /// Fails or passes the call on.
  public func entries(
    in range: EntryRange, order: EntryOrder, limit: Int
  ) throws(StoreError) -> [StoreEntry] {
    try calling(.every) { () throws(StoreError) in try store.entries(in: range, order: order, limit: limit) }
  }

  /// Fails or passes the call on.
  public func apply(_ changes: [StoreChange]) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in try store.apply(changes) }
  }

  /// Fails or passes the call on.
  public func purge() throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in try store.purge() }
  }

  /// Fails or passes the call on.
  public func enqueue(
    _ records: [[UInt8]], blobs: [SealedBlob], changes: [StoreChange]
  ) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in
      try store.enqueue(records, blobs: blobs, changes: changes)
    }
  }

  /// Fails or passes the call on.
  public func outbox(
    after sequence: Int64, limit: Int, maximumByteCount: Int
  ) throws(StoreError) -> [OutboxRecord] {
    try calling(.every) { () throws(StoreError) in
      try store.outbox(after: sequence, limit: limit, maximumByteCount: maximumByteCount)
    }
  }

  /// Fails or passes the call on.
  public func outboxCount() throws(StoreError) -> Int {
    try calling(.every) { () throws(StoreError) in try store.outboxCount() }
  }

  /// Fails or passes the call on.
  public func reseal(_ records: [OutboxRecord]) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in try store.reseal(records) }
  }

  /// Fails or passes the call on.
  public func stage(
    _ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in
      try store.stage(
        signedBatch, through: sequence, progress: progress, replacing: replaced, changes: changes)
    }
  }

  /// Fails or passes the call on.
  public func staged() throws(StoreError) -> (signedBatch: [UInt8], through: Int64)? {
    try calling(.every) { () throws(StoreError) in try store.staged() }
  }

  /// Fails or passes the call on.
  public func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch?,
    progress: [UInt8], replacing replaced: [UInt8]?, changes: [StoreChange]
  ) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in
      try store.commit(
        batches, clearingOutboxThrough: sequence, staging: next, progress: progress, replacing: replaced,
        changes: changes)
    }
  }

  /// Fails or passes the call on.
  public func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in
      try store.fill(records, progress: progress, replacing: replaced, changes: changes)
    }
  }

  /// Fails or passes the call on.
  public func clearHistory(progress: [UInt8], replacing replaced: [UInt8]?) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in
      try store.clearHistory(progress: progress, replacing: replaced)
    }
  }

  /// Fails or passes the call on.
  public func batches(from leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    try calling(.every) { () throws(StoreError) in try store.batches(from: leaf, limit: limit) }
  }

  /// Fails or passes the call on.
  public func batches(before leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch] {
    try calling(.every) { () throws(StoreError) in try store.batches(before: leaf, limit: limit) }
  }

  /// Fails or passes the call on.
  public func records(at leaves: [UInt64]) throws(StoreError) -> [[UInt8]?] {
    try calling(.every) { () throws(StoreError) in try store.records(at: leaves) }
  }
}
