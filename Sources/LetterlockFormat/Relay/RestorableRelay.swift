/// A relay that was restored from a backup, and takes back what it lost. SPEC.md section 6.13. See `Relay` for what holds
/// for every operation.
public protocol RestorableRelay: Sendable {
  /// Takes back what the relay has lost of an account since the backup was made: entries and batches that follow what it
  /// has, byte for byte.
  ///
  /// Called by a reader, who need have made none of it. All of it is taken, or nothing.
  /// - Returns: a checkpoint for the account as it is then; nil if the relay was not restored, and takes nothing back.
  /// - Throws: `.entryRefused` or `.batchRefused` if something breaks a rule where it stands, `.staleLogHead` or
  ///   `.staleHistory` if the relay has more by now: ask again what it has.
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

/// What a relay that was restored from a backup has lost, as a device has it.
public struct LostPart: Hashable, Sendable {
  /// Entries of the log, in order, without wraps: no device has those of others.
  public let entries: [LogEntry]
  /// Batches, in order. A record that is not there is erased by a later one of them.
  public let batches: [HistoryBatch]

  /// What a relay has lost.
  public init(entries: [LogEntry], batches: [HistoryBatch]) {
    self.entries = entries
    self.batches = batches
  }

  /// How many records there are, those that were erased included.
  public var recordCount: Int { batches.reduce(0) { $0 + $1.records.count } }
}
