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
  /// A device of the account had the relay's copy of everything erased. What is here stays.
  case erased(by: DeviceID)

  /// Whether nothing is wrong.
  public var isComplete: Bool {
    if case .complete = self { return true }
    return false
  }
}

/// What a synchronisation did.
public struct SyncReport: Hashable, Sendable {
  /// What it found out about the history.
  public var verdict: Verdict
  /// How many records came from the relay.
  public var received: Int = 0
  /// How many records went to the relay.
  public var sent: Int = 0
  /// How many attachments went to the relay.
  public var sentAttachments: Int = 0
  /// Devices that joined since the last synchronisation.
  public var joined: [DeviceID] = []
  /// Devices that left since the last synchronisation.
  public var left: [DeviceID] = []
  /// Changes of the account that this device had begun, and that another device's overtook: ask the person whether they
  /// are still wanted. A removal or a new sealing key is made again without asking.
  public var abandoned: [AccountChange] = []
  /// Whether a recovery key that was prepared here will never count, since another came in: tell the person, who may
  /// have written it down.
  public var voidedRecoveryKey = false
  /// Who began an epoch that this device had to repair by beginning another.
  public var repaired: [DeviceID] = []
  /// Why records still wait here; empty if nothing holds them back.
  public var heldBack: [SyncHold] = []

  /// A report.
  public init(verdict: Verdict) { self.verdict = verdict }
}
