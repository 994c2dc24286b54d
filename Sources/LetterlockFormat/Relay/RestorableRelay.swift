/// A relay that was restored from a backup, and takes back what it lost. SPEC.md section 6.13. See `Relay` for what holds
/// for every operation.
public protocol RestorableRelay: Sendable {
  /// Takes back what the relay has lost of an account since the backup was made: entries and batches that follow what it
  /// has, byte for byte, up to a state that this relay has signed.
  ///
  /// Called by a reader after the part's last entry, who need have made none of it. All that a part gives is taken, or
  /// nothing. What the relay has already is passed over, so the same part once more changes nothing.
  /// - Returns: a checkpoint for the account as it is then; nil if the relay was not restored, and takes nothing back.
  /// - Throws: `.lostPartRefused` if the part does not end at the state that its checkpoint names, or this relay did not
  ///   sign that; `.entryRefused` or `.batchRefused` if something breaks a rule where it stands; `.staleLogHead` or
  ///   `.staleHistory` if the part does not follow what the relay has: give back what comes after that. `.accountExists`
  ///   if a recovery device that the part brings in is another account's.
  func takeBack(
    _ part: LostPart, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> Checkpoint?
}

extension RestorableRelay {
  /// Takes nothing back, as a relay that was not restored.
  public func takeBack(
    _ part: LostPart, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> Checkpoint? { nil }
}

/// What a relay that was restored from a backup has lost, as a device has it, or a page of that.
public struct LostPart: Hashable, Sendable {
  /// Entries of the log in order, without wraps, up to the one that the checkpoint names.
  public let entries: [LogEntry]
  /// Batches in order, up to the size that the checkpoint names. Those from `end` on may come without their records. A
  /// record before it that is not there is erased by a later batch.
  public let batches: [HistoryBatch]
  /// The state that the entries and batches lead to, as the relay itself has signed it.
  public let checkpoint: Checkpoint
  /// The size of the history up to which this page gives records. The relay stores what comes before.
  public let end: UInt64

  /// A page of what a relay has lost.
  public init(entries: [LogEntry], batches: [HistoryBatch], checkpoint: Checkpoint, end: UInt64) {
    self.entries = entries
    self.batches = batches
    self.checkpoint = checkpoint
    self.end = end
  }

  /// All that leads to a state that the relay has signed.
  public init(entries: [LogEntry], batches: [HistoryBatch], checkpoint: Checkpoint) {
    self.init(entries: entries, batches: batches, checkpoint: checkpoint, end: checkpoint.treeSize)
  }
}
