/// Who belongs to an account, and who may put another recovery device in: what a log tells without its epochs.
/// SPEC.md section 3.4.
struct AccountMembers: Sendable {
  let account: AccountID
  /// What the relay signs checkpoints with; empty in an account that was made without a relay.
  let checkpointKey: [UInt8]
  /// Every device that is, or ever was, part of the account.
  private(set) var all: [DeviceID: AccountLog.Member]
  /// The device that the recovery key derives.
  private(set) var recoveryDevice: DeviceID
  /// The recovery approvers.
  private(set) var approvers: Set<DeviceID>
  /// The recovery device that was announced, as long as the announcement stands.
  private(set) var announcement: AccountLog.Announcement?
  /// Every recovery device that was ever announced: the votes for one whose announcement was cancelled bring in nobody.
  private(set) var announced: Set<DeviceID> = []

  /// Rules 1 to 5 for `create`, but for its epoch.
  init(create content: LogEntryContent, signatures: [EntrySignature]) throws(AccountLogError) {
    guard case .create(let create) = content.change else { throw .misplacedCreate }
    guard content.predecessor == .none else { throw .wrongPredecessor }
    guard content.index == 0 else { throw .wrongIndex }
    let (device, recovery) = (create.device.deviceID, create.recovery.deviceID)
    guard content.signer == device else { throw .signerNotActive(content.signer) }
    guard device != recovery else { throw .deviceKnown(recovery) }
    for bundle in [create.device, create.recovery] { try Self.check(bundle) }
    guard [0, 32].contains(create.checkpointKey.bytes.count) else { throw .malformed(.invalidValue) }
    account = AccountID(unchecked: Derivation.hash("account id", content.encoded))
    checkpointKey = create.checkpointKey.bytes
    all = [:]
    for bundle in [create.device, create.recovery] {
      all[bundle.deviceID] = AccountLog.Member(of: bundle, addedAt: 0, by: device)
    }
    recoveryDevice = recovery
    approvers = [device]
    try Self.checkSignatures(
      signatures, of: content, by: [create.device.signingKeys, create.recovery.signingKeys], account: .none)
  }

  /// Takes a change that was checked.
  mutating func apply(_ change: MembershipChange) {
    all.merge(change.members) { $1 }
    recoveryDevice = change.recoveryDevice ?? recoveryDevice
    approvers = change.approvers ?? approvers
    announcement = change.announcement
    if let announcement { announced.insert(announcement.recovery.deviceID) }
  }

  /// A device that may act and read; nil for any other.
  func active(_ device: DeviceID) -> AccountLog.Member? {
    all[device].flatMap { $0.isActive ? $0 : nil }
  }

  /// The devices that may act and read, recovery device included, in order.
  var activeDevices: [DeviceID] { all.filter { $0.value.isActive }.map(\.key).sorted() }

  /// How many recovery approvers must sign to announce a recovery device.
  var votesNeeded: Int { approvers.count <= 2 ? max(1, approvers.count) : approvers.count / 2 + 1 }

  /// Whether enough recovery approvers are active to vote.
  var canVote: Bool { activeApprovers >= votesNeeded }

  /// How many recovery approvers are active.
  var activeApprovers: Int { approvers.count { active($0) != nil } }

  /// What an active recovery approver signs with; nil for any other device.
  func signingKeys(ofApprover device: DeviceID) -> SigningKeys? {
    approvers.contains(device) ? active(device)?.bundle.signingKeys : nil
  }

  /// The active devices that leave with an entry which comes next, in order.
  func leavers(by change: AccountChange) -> [DeviceID] {
    switch change {
    case .remove(let remove): remove.devices
    case .replaceRecovery, .completeRecovery: [recoveryDevice]
    case .recover(let recover): activeDevices.filter { $0 != recoveryDevice && !recover.kept.contains($0) }
    case .create, .add, .rotate, .epoch, .update, .announceRecovery, .cancelRecovery: []
    }
  }
}
