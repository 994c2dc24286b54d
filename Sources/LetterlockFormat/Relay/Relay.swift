public import TLSCodec

/// The far side: a server that stores, orders and hands out bytes, and can read none of them.
///
/// A write that returned is durable. Everything a relay learns is in SPEC.md section 9.
public protocol Relay: BlobRelay {
  /// What the relay signs checkpoints with: an Ed25519 public key, 32 bytes.
  func checkpointKey() async throws(RelayError) -> [UInt8]

  /// Begins an account with its first entry and the wraps that the entry names.
  func createAccount(_ entry: LogEntry, wraps: [StoredWrap]) async throws(RelayError)
  /// The account whose newest recovery device this is, if there is one.
  func account(recoveredBy device: DeviceID) async throws(RelayError) -> AccountID?
  /// The entries of a log from an index on.
  func logEntries(
    of account: AccountID, from index: UInt64
  ) async throws(RelayError) -> [LogEntry]
  /// Adds an entry if it follows the newest one; the same entry once more changes nothing.
  func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID
  ) async throws(RelayError)
  /// A device's wrap of an epoch's secret; nil if there is none, or the device was removed.
  func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID
  ) async throws(RelayError) -> [UInt8]?

  /// Adds records to the history, and erases those at the leaf indices that the signed batch was signed to erase; the
  /// same signed batch once more changes nothing.
  func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID
  ) async throws(RelayError) -> BatchOutcome
  /// Whole batches of records from a leaf index on, at least one if there is any, and about
  /// `maximumByteCount` bytes of them.
  func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int
  ) async throws(RelayError) -> HistoryPage

  /// The newest records of streams, with what proves them: at most 500, whatever was asked for.
  func newestRecords(_ query: StreamQuery, of account: AccountID) async throws(RelayError) -> StreamPage
  /// The newest record of each stream whose newest record stands below a leaf index, the newest first, with what proves
  /// them: at most 500.
  func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID
  ) async throws(RelayError) -> StreamListing

  /// Leaves a message for whoever knows the mailbox's name; at most 64 KiB.
  func post(_ message: [UInt8], to mailbox: MailboxID) async throws(RelayError)
  /// Everything left in a mailbox.
  func messages(in mailbox: MailboxID) async throws(RelayError) -> [[UInt8]]

  /// Erases everything of an account but its log, which tells who may order it, and keeps the order: every other
  /// call for the account throws `RelayError.accountErased` from then on. The same order once more changes nothing.
  func eraseAccount(_ erasure: AccountErasure, of account: AccountID) async throws(RelayError)

  /// What the account keeps.
  func usage(of account: AccountID) async throws(RelayError) -> RelayUsage
}

extension Relay {
  /// Adds records to the history, and erases none.
  public func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], to account: AccountID
  ) async throws(RelayError) -> BatchOutcome {
    try await self.append(signedBatch, records: records, erasing: [], to: account)
  }
}

/// Where records came to stand.
public struct BatchOutcome: Hashable, Sendable {
  /// The leaf index of the first of the records; nil if this signed batch had been taken before.
  public let firstLeaf: UInt64?
  /// The history as it is now.
  public let checkpoint: Checkpoint

  /// Where records came to stand.
  public init(firstLeaf: UInt64?, checkpoint: Checkpoint) {
    self.firstLeaf = firstLeaf
    self.checkpoint = checkpoint
  }
}

/// A part of the history.
public struct HistoryPage: Hashable, Sendable {
  /// Batches, in order.
  public let batches: [HistoryBatch]
  /// The whole history, as it is now.
  public let checkpoint: Checkpoint
  /// Shows that the history up to the end of these batches begins the whole; nil where they end it, or are none.
  public let consistency: ConsistencyProof?

  /// A part of the history.
  public init(batches: [HistoryBatch], checkpoint: Checkpoint, consistency: ConsistencyProof? = nil) {
    self.batches = batches
    self.checkpoint = checkpoint
    self.consistency = consistency
  }

  /// A part of a history whose nodes are at hand.
  package init<Failure: Error>(
    _ batches: [HistoryBatch], checkpoint: Checkpoint, tree: TreeProver<Failure>
  ) throws(Failure) {
    var proof: ConsistencyProof?
    if let last = batches.last {
      let end = last.firstLeaf + UInt64(last.records.count)
      if end < tree.size { proof = try tree.consistencyProof(from: end) }
    }
    self.init(batches: batches, checkpoint: checkpoint, consistency: proof)
  }
}

/// Names a mailbox: who knows the name can post and read. 32 bytes. SPEC.md section 3.6.
public struct MailboxID: FixedBytes {
  /// 32.
  public static let byteCount = 32
  /// The name.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 32 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}
