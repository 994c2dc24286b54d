/// The history at a relay: records with their signed batches, and checkpoints for them. See `Relay` for what holds for
/// every operation.
public protocol HistoryRelay: Sendable {
  /// Returns what the relay signs checkpoints with: an Ed25519 public key, 32 bytes. Called by anyone.
  func checkpointKey(as caller: RelayCaller) async throws(RelayError) -> [UInt8]

  /// Adds records to the history, and erases those at the leaf indices that the signed batch was signed to erase.
  ///
  /// Called by the batch's author, if it is a writer. The author's newest signed batch once more changes nothing.
  /// - Throws: `.staleLogHead`, `.batchRefused` if the batch breaks a rule of SPEC.md section 5.4, `.staleHistory` if it
  ///   erases records and its author has not seen the newest one, `.quotaExceeded`.
  func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID,
    as caller: RelayCaller
  ) async throws(RelayError) -> BatchOutcome

  /// Returns whole batches from a leaf index on, at least one if there is any, and about `maximumByteCount` bytes of
  /// records, but never more than `RelayLimits.pageByteCount` and one batch. Called by a reader.
  func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> HistoryPage
}

extension HistoryRelay {
  /// Adds records to the history, and erases none.
  public func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], to account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> BatchOutcome {
    try await append(signedBatch, records: records, erasing: [], to: account, as: caller)
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

  /// A part of a history whose tree's nodes are at hand, with the proof that it needs.
  public init<Failure: Error>(
    _ batches: [HistoryBatch], checkpoint: Checkpoint, tree: TreeProver<Failure>
  ) throws(Failure) {
    var proof: ConsistencyProof?
    if let last = batches.last {
      let end = last.endLeaf
      if end < tree.size { proof = try tree.consistencyProof(from: end) }
    }
    self.init(batches: batches, checkpoint: checkpoint, consistency: proof)
  }
}
