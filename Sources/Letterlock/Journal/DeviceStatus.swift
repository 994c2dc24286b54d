/// How a device stands with its account and its relay: the last synchronisation, what waits, and why.
public struct DeviceStatus: Hashable, Sendable {
  /// When the device last synchronised and found everything; nil if never.
  public let lastSync: Timestamp?
  /// When it last tried; nil if never.
  public let lastAttempt: Timestamp?
  /// How many records wait to be sent.
  public let waitingRecords: Int
  /// How many attachments wait to be sent.
  public let waitingAttachments: Int
  /// Their sealed bytes.
  public let waitingAttachmentBytes: UInt64
  /// Leaf indices of records that the relay does not give.
  public let missingRecords: [UInt64]
  /// Why something waits, or why the device does not synchronise; the most important first.
  public let holds: [SyncHold]
  /// Two checkpoints of the relay that contradict each other; nil if there are none, or the person has decided.
  public let evidence: RelayEvidence?
  /// The last other log of the account that the relay showed, whether it still does or not; nil if it never did.
  public let otherLog: OtherLog?
  /// What was exchanged with the relay so far.
  public let dataUsage: DataUsage
  /// What the person set.
  public let settings: SyncSettings
  /// When the device opens the next epoch by itself; nil before its first synchronisation.
  public let nextEpoch: Timestamp?
  /// The recovery key that was announced to replace the present one; nil if none is. Show it to the person.
  public let recoveryAnnouncement: RecoveryAnnouncement?
  /// Recovery keys that took the place of others, and that the person of this device did not put there, until
  /// `Device.acknowledge(_:)`.
  public let replacedRecoveryKeys: [RecoveryReplacement]
  /// The order to erase the relay's copy of everything that waited when the device last synchronised; nil if none did, or
  /// an entry of the log has made it void since. Show it to the person.
  public let pendingErasure: PendingErasure?
}
