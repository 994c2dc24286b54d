/// Why a device's store did not do what it was asked.
public enum StoreError: Error, Hashable, Sendable {
  /// The storage failed: no room, no rights, or a broken file.
  case unavailable(String)
  /// What the store holds is not what was put there.
  case corrupted(String)
  /// The progress, or a value that a change requires, is another one by now: another object or process has changed it.
  /// Nothing was changed; read it again.
  case conflict
}

/// Where a device keeps what must survive: sealed records and attachments, how far it has come, and a space
/// of sealed values in the order of their keys. It never sees a plaintext, a key or a name.
///
/// Each call that changes something is one transaction: all of it is durable when the call returns, and
/// nothing of it has happened if the call throws or the process ends before. `DeviceStoreConformance` in
/// LetterlockTestKit checks an implementation of this protocol.
///
/// Two objects, in one process or in several, may use one store at once. Each call that writes the progress therefore
/// names the progress that it replaces: the store compares it with what it holds, byte by byte and within the
/// transaction, and throws `StoreError.conflict` if it is another one. `nil` stands for a store that has none yet.
public protocol DeviceStore: BlobStore {
  /// Returns how far the device has come; nil in a new store. Opaque to the store.
  func progress() throws(StoreError) -> [UInt8]?

  /// Returns the value at a key; nil if there is none. Keys and values are opaque to the store.
  func value(at key: [UInt8]) throws(StoreError) -> [UInt8]?
  /// Returns the entries in a range of keys, at most `limit` of them, in one order or the other.
  func entries(in range: EntryRange, order: EntryOrder, limit: Int) throws(StoreError) -> [StoreEntry]
  /// Applies changes of the key space, one after the other, all or none of them.
  /// - Throws: `StoreError.conflict` if the space does not hold what a change requires. So do the other calls that take
  ///   changes.
  func apply(_ changes: [StoreChange]) throws(StoreError)
  /// Wipes what was removed or replaced: when the call returns, no file of the store holds any of it.
  func purge() throws(StoreError)

  /// Adds sealed records that no relay has yet, and small sealed attachments with them.
  func enqueue(_ records: [[UInt8]], blobs: [SealedBlob], changes: [StoreChange]) throws(StoreError)
  /// Returns the oldest records that no relay has yet, after a place in the outbox, in the order they were
  /// added: at most `limit` of them, and of more than one no more than together have `maximumByteCount` bytes. Places
  /// rise, and none is ever used twice.
  func outbox(
    after sequence: Int64, limit: Int, maximumByteCount: Int
  ) throws(StoreError) -> [OutboxRecord]
  /// Returns how many records no relay has yet.
  func outboxCount() throws(StoreError) -> Int
  /// Puts other bytes in place of records in the outbox: the same messages under a newer epoch. A record that
  /// is not in the outbox any more is passed over.
  func reseal(_ records: [OutboxRecord]) throws(StoreError)
  /// Keeps a signed batch that is about to be sent over the outbox's records up to a sequence number, with the
  /// progress that makes its counter used.
  /// - Throws: `StoreError.conflict` if the store's progress is not `replaced`; then nothing is changed.
  func stage(
    _ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError)
  /// Returns the signed batch that was being sent when the process ended, and the last sequence number it covers.
  func staged() throws(StoreError) -> (signedBatch: [UInt8], through: Int64)?

  /// Takes verified batches at the end of the history, drops from the outbox what they contain and from the history the
  /// records that they erase, keeps the signed batch that is about to be sent next, if there is one, and the progress
  /// that includes them.
  /// - Throws: `StoreError.conflict` if the store's progress is not `replaced`, `.corrupted` if a batch is there already;
  ///   then nothing is changed.
  func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch?,
    progress: [UInt8], replacing replaced: [UInt8]?, changes: [StoreChange]
  ) throws(StoreError)
  /// Puts verified records at leaf indices where none were, and keeps the progress that counts them.
  /// - Throws: `StoreError.conflict` if the store's progress is not `replaced`; then nothing is changed.
  func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8], replacing replaced: [UInt8]?,
    changes: [StoreChange]
  ) throws(StoreError)
  /// Drops every batch with its records, and the signed batch that was about to be sent, and keeps the progress of a
  /// device that has not begun. The outbox, the attachments and the key space stay.
  /// - Throws: `StoreError.conflict` if the store's progress is not `replaced`; then nothing is changed.
  func clearHistory(progress: [UInt8], replacing replaced: [UInt8]?) throws(StoreError)
  /// Returns the batches that begin at a leaf index or after it, up to `limit` of them, in order.
  func batches(from leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch]
  /// Returns the last batches that begin before a leaf index, up to `limit` of them, in order.
  func batches(before leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch]
  /// Returns records by their leaf indices, as many as there are leaf indices; nil for one that is not here.
  func records(at leaves: [UInt64]) throws(StoreError) -> [[UInt8]?]
}

extension DeviceStore {
  /// Returns the first entries in a range of keys, at most `limit` of them.
  public func entries(in range: EntryRange, limit: Int) throws(StoreError) -> [StoreEntry] {
    try entries(in: range, order: .ascending, limit: limit)
  }

  /// Adds sealed records that no relay has yet, and changes nothing in the key space.
  public func enqueue(_ records: [[UInt8]], blobs: [SealedBlob]) throws(StoreError) {
    try enqueue(records, blobs: blobs, changes: [])
  }

  /// Returns the oldest records that no relay has yet, in the order they were added.
  public func outbox(limit: Int) throws(StoreError) -> [OutboxRecord] {
    try outbox(after: 0, limit: limit)
  }

  /// Returns the oldest records that no relay has yet, after a place in the outbox, in the order they were added.
  public func outbox(after sequence: Int64, limit: Int) throws(StoreError) -> [OutboxRecord] {
    try outbox(after: sequence, limit: limit, maximumByteCount: .max)
  }

  /// Keeps a signed batch that is about to be sent, and changes nothing in the key space.
  public func stage(
    _ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8], replacing replaced: [UInt8]?
  ) throws(StoreError) {
    try stage(signedBatch, through: sequence, progress: progress, replacing: replaced, changes: [])
  }

  /// Takes verified batches, with no signed batch to be sent next unless one is given.
  public func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch? = nil,
    progress: [UInt8], replacing replaced: [UInt8]?
  ) throws(StoreError) {
    try commit(
      batches, clearingOutboxThrough: sequence, staging: next, progress: progress, replacing: replaced,
      changes: [])
  }

  /// Puts verified records at leaf indices where none were, and changes nothing in the key space.
  public func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8], replacing replaced: [UInt8]?
  ) throws(StoreError) {
    try fill(records, progress: progress, replacing: replaced, changes: [])
  }
}

/// A signed batch that is about to be sent.
public struct StagedBatch: Hashable, Sendable {
  /// The signed batch's encoding.
  public let signedBatch: [UInt8]
  /// The last sequence number of the outbox that it covers.
  public let through: Int64

  /// A signed batch, and how far in the outbox its records reach.
  public init(signedBatch: [UInt8], through: Int64) {
    self.signedBatch = signedBatch
    self.through = through
  }
}

/// A record that no relay has yet.
public struct OutboxRecord: Hashable, Sendable {
  /// Its place in the outbox.
  public let sequence: Int64
  /// The sealed record.
  public let bytes: [UInt8]

  /// A record in the outbox.
  public init(sequence: Int64, bytes: [UInt8]) {
    self.sequence = sequence
    self.bytes = bytes
  }
}

/// A sealed attachment that is small enough to be stored in one piece.
public struct SealedBlob: Hashable, Sendable {
  /// What its device signed about it.
  public let upload: BlobUpload
  /// The sealed bytes.
  public let bytes: [UInt8]

  /// A sealed attachment.
  public init(upload: BlobUpload, bytes: [UInt8]) {
    self.upload = upload
    self.bytes = bytes
  }
}
