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
  /// Attachments that could not be sent. Everything else was, and they are sent again next time.
  public var failedAttachments: [AttachmentFailure] = []
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
  /// Recovery keys that took the place of others, and that the person of this device did not put there, until
  /// `Device.acknowledge(_:)`: tell the person, who may know of none.
  public var replacedRecoveryKeys: [RecoveryReplacement] = []
  /// An order to erase the relay's copy of everything that waits, and when it takes effect: tell the person, who can make it
  /// void until then.
  public var pendingErasure: PendingErasure?
  /// Who began an epoch that this device had to repair by beginning another.
  public var repaired: [DeviceID] = []
  /// Another log that the relay shows in place of this device's: whose entries it holds, and what they changed. This
  /// device keeps its own.
  public var otherLog: OtherLog?
  /// Two checkpoints of the relay that contradict each other, until the person has decided, whatever it shows now.
  public var evidence: RelayEvidence?
  /// What the relay had lost and took back from this device: its operator restored it from a backup, and what waits is
  /// sent when it takes new records again.
  public var returned: ReturnedPart?
  /// Why the relay did not take back what it lost, though it was to.
  package var returnFailure: DeviceError?
  /// The order by which the relay said before that everything was erased. It shows the account again, so one of the two
  /// was false.
  public var withdrawnErasure: AccountErasure?
  /// How many entries that waited on the former device, in whose place this one is, wait here now or were sent.
  public var takenAlong = 0
  /// How many messages were to be erased for good and are there still, since something of the history cannot be read that
  /// may take them back. `Device.eraseExpired(after:confirmingEverything:)` and
  /// `eraseDeleted(before:confirmingEverything:)` erase them when all of it can.
  public var postponedErasures = 0
  /// Why records still wait here; empty if nothing holds them back.
  public var heldBack: [SyncHold] = []

  /// A report.
  public init(verdict: Verdict) { self.verdict = verdict }
}

/// How far a synchronisation has come, for a progress bar.
public enum SyncStep: Hashable, Sendable {
  /// Records from the relay: how many are here, of how many.
  case received(UInt64, of: UInt64)
  /// Records to the relay so far.
  case sent(Int)
  /// Sealed bytes of attachments to the relay so far.
  case sentAttachmentBytes(UInt64)
}
