/// Why a device's store did not do what it was asked.
public enum StoreError: Error, Hashable, Sendable {
  /// The storage failed: no room, no rights, or a broken file.
  case unavailable(String)
  /// What the store holds is not what was put there.
  case corrupted(String)
}

/// Where a device keeps what must survive: sealed records and attachments, and how far it has come. It
/// never sees a plaintext or a key.
///
/// Each call is one transaction, durable when it returns.
public protocol DeviceStore: BlobStore {
  /// How far the device has come; nil in a new store. Opaque to the store.
  func progress() throws(StoreError) -> [UInt8]?

  /// A small value that the device keeps beside the history; nil if it keeps none. Opaque to the store.
  func note(_ note: DeviceNote) throws(StoreError) -> [UInt8]?
  /// Keeps a small value beside the history.
  func keep(_ bytes: [UInt8], as note: DeviceNote) throws(StoreError)

  /// Adds sealed records that no relay has yet, and small sealed attachments with them.
  func enqueue(_ records: [[UInt8]], blobs: [SealedBlob]) throws(StoreError)
  /// The oldest records that no relay has yet, after a place in the outbox, in the order they were added.
  func outbox(after sequence: Int64, limit: Int) throws(StoreError) -> [OutboxRecord]
  /// How many records no relay has yet.
  func outboxCount() throws(StoreError) -> Int
  /// Puts other bytes in place of records in the outbox: the same messages under a newer epoch.
  func reseal(_ records: [OutboxRecord]) throws(StoreError)
  /// Keeps a signed batch that is about to be sent over the outbox's records up to a sequence number, with the
  /// progress that makes its counter used.
  func stage(_ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8]) throws(StoreError)
  /// The signed batch that was being sent when the process ended, and the last sequence number it covers.
  func staged() throws(StoreError) -> (signedBatch: [UInt8], through: Int64)?

  /// Takes verified batches at the end of the history, drops from the outbox what they contain and from the history the
  /// records that they erase, keeps the signed batch that is about to be sent next, if there is one, and the progress
  /// that includes them.
  func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch?,
    progress: [UInt8]
  ) throws(StoreError)
  /// Puts verified records at leaf indices where none were, and keeps the progress that counts them.
  func fill(_ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8]) throws(StoreError)
  /// Batches from a leaf index on, up to `limit` of them.
  func batches(from leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch]
  /// The last batches that begin before a leaf index, up to `limit` of them, in order.
  func batches(before leaf: UInt64, limit: Int) throws(StoreError) -> [HistoryBatch]
  /// Records by their leaf indices, as many as there are leaf indices; nil for one that is not here.
  func records(at leaves: [UInt64]) throws(StoreError) -> [[UInt8]?]
}

extension DeviceStore {
  /// The oldest records that no relay has yet, in the order they were added.
  public func outbox(limit: Int) throws(StoreError) -> [OutboxRecord] {
    try outbox(after: 0, limit: limit)
  }

  /// Takes verified batches, with no signed batch to be sent next.
  public func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, progress: [UInt8]
  ) throws(StoreError) {
    try commit(batches, clearingOutboxThrough: sequence, staging: nil, progress: progress)
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

/// What a device keeps beside the history.
public enum DeviceNote: UInt8, Hashable, Sendable, CaseIterable {
  /// What the person set.
  case settings = 1
  /// What the device did.
  case journal = 2
  /// The order by which the server's copy was erased.
  case erasure = 3
  /// Two checkpoints by which the relay convicted itself, until the person has decided.
  case evidence = 4
  /// The latest version of the vault.
  case vaultVersion = 5
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
