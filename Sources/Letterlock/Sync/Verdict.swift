/// What synchronising found out about the history that the relay shows. SPEC.md section 6.3.
public enum Verdict: Hashable, Sendable {
  /// The whole history, `size` records of it, is there and verified.
  case complete(size: UInt64)
  /// Records are absent.
  case missing(leaves: [UInt64])
  /// The relay shows an older history or log than this device has seen.
  case rolledBack(from: UInt64, to: UInt64)
  /// The records are there, in another order than in the one that a checkpoint signs.
  case reordered
  /// A record or an entry is not what its author signed.
  case tampered(HistoryError)
  /// The relay shows another log, or signed another history for another device. With two checkpoints of the
  /// relay that contradict each other, if it gave them: whoever reads them can tell that the relay lied.
  case forked(evidence: RelayEvidence?)
  /// Another device removed this one. Nothing after the entry of the log with this index is shown to it.
  case removed(by: DeviceID, entry: UInt64)
  /// Every record is there and has a verified author, and some of them cannot be read: how many, and why.
  case unreadable([UnreadableRecords])
  /// A device of the account had the relay's copy of everything erased. What is here stays.
  case erased(by: DeviceID)

  /// Whether nothing is wrong.
  public var isComplete: Bool {
    if case .complete = self { return true }
    return false
  }
}
