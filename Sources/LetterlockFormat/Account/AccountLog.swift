/// An account's log, replayed: who may read, and under which epoch. SPEC.md section 3.4.
///
/// A log that exists is one whose every entry was checked: there is no way to make another.
public struct AccountLog: Sendable {
  /// The account, named by its first entry.
  public let account: AccountID
  /// The hash of the newest entry.
  public private(set) var head: LogHead
  private(set) var membership: AccountMembers
  /// The epochs, oldest first; an epoch's number is its place.
  public private(set) var epochs: [Epoch]
  /// The head after each entry, oldest first.
  public private(set) var heads: [LogHead]

  /// A device of the account.
  public struct Member: Sendable, Hashable {
    /// The device's newest bundle.
    public internal(set) var bundle: DeviceKeyBundle
    /// The newest format the device reads.
    public internal(set) var highestVersion: UInt8
    /// The entry that added it.
    public let addedAt: UInt64
    /// Who added it; the device itself in `create`.
    public let addedBy: DeviceID
    /// The entry that removed it, and how many records the history held then.
    public internal(set) var removal: Removal?
    /// Whether it may act and read.
    public var isActive: Bool { removal == nil }
  }

  /// When a device left.
  public struct Removal: Sendable, Hashable {
    /// The index of the entry.
    public let entry: UInt64
    /// How many records the history held: nothing after them can be the device's.
    public let treeSize: UInt64
  }

  /// A recovery device that was announced to replace the present one.
  public struct Announcement: Sendable, Hashable {
    /// The index of the entry.
    public let entry: UInt64
    /// The hash of the entry.
    public let head: LogHead
    /// The recovery device that is to come.
    public let recovery: DeviceKeyBundle
    /// The devices that may vote on the recovery key after that one.
    public let approvers: [DeviceID]
    /// Who announced it.
    public let signer: DeviceID
    /// The other recovery approvers who voted for it.
    public let voters: [DeviceID]
    /// How long it must stand before it can be completed, in milliseconds.
    public let coolingOff: UInt64

    /// Whether it is void without this device.
    func isBy(_ device: DeviceID) -> Bool { signer == device || voters.contains(device) }
  }

  /// An epoch of the account.
  public struct Epoch: Sendable, Hashable {
    /// What everyone may know of it.
    public let header: EpochHeader
    /// The hash of the header.
    public let hash: Digest32
    /// The entry that began it.
    public let entry: UInt64
    /// Who began it.
    public let signer: DeviceID
    /// Wraps made later, for devices that joined while the epoch was the newest.
    public internal(set) var laterWraps: [WrapDigest] = []

    /// What records of the epoch name it by.
    public var reference: EpochReference { EpochReference(unchecked: Array(hash.bytes[..<16])) }

    /// The hash of a device's wrap; nil if the epoch's secret was not wrapped for it.
    public func wrapHash(for device: DeviceID) -> Digest32? {
      (header.wraps + laterWraps).first { $0.device == device }?.wrapHash
    }
  }

  /// The newest epoch.
  public var newestEpoch: Epoch { epochs[epochs.count - 1] }
  /// The index that the next entry must have.
  public var nextIndex: UInt64 { UInt64(heads.count) }
  /// At most this many devices are active besides the recovery device.
  public static let maximumDeviceCount = 64

  /// Begins a log with its `create` entry, whose hash is the account's name.
  /// - Throws: `AccountLogError`, a case for each rule of SPEC.md section 3.4.
  public init(create entry: LogEntry) throws(AccountLogError) {
    membership = try AccountMembers(create: entry.content, signatures: entry.signatures)
    account = membership.account
    head = entry.head
    heads = [entry.head]
    epochs = []
    guard entry.content.change.hasParts, let header = entry.content.change.epoch else {
      throw .malformed(.truncated)
    }
    try check(header, of: entry.content.change, after: MembershipChange())
    begin(header, entry: entry.content)
  }

  /// Replays a whole log and checks that it is the account's.
  /// - Throws: `AccountLogError`, a case for each rule of SPEC.md section 3.4.
  public init(account: AccountID, replaying entries: [LogEntry]) throws(AccountLogError) {
    guard let first = entries.first else { throw .misplacedCreate }
    try self.init(create: first)
    guard self.account == account else { throw .wrongAccount }
    for entry in entries.dropFirst() { try append(entry) }
  }

  /// Adds the next entry, or changes nothing.
  /// - Throws: `AccountLogError`, a case for each rule of SPEC.md section 3.4.
  public mutating func append(_ entry: LogEntry) throws(AccountLogError) {
    let content = entry.content
    guard content.change.hasParts else { throw .malformed(.truncated) }
    guard content.predecessor == head else { throw .wrongPredecessor }
    guard content.index == nextIndex else { throw .wrongIndex }
    try membership.checkSigners(of: content, entry.signatures)
    if case .completeRecovery(let complete) = content.change { try check(complete.coolingOff) }
    let header = content.change.epoch
    let change = try membership.change(by: content, entry.signatures, treeSize: header?.treeSize ?? 0)
    if let header {
      try check(header, of: content.change, after: change)
    } else {
      try checkVersions(of: change)
    }
    // Nothing throws from here on, so the log is never copied to go back to.
    membership.apply(change)
    if case .add(let add) = content.change {
      epochs[epochs.count - 1].laterWraps.append(
        WrapDigest(device: add.device.deviceID, wrapHash: add.wrapHash))
    }
    if let header { begin(header, entry: content) }
    head = entry.head
    heads.append(head)
  }

  private mutating func begin(_ header: EpochHeader, entry content: LogEntryContent) {
    epochs.append(
      Epoch(header: header, hash: header.hash, entry: content.index, signer: content.signer))
  }
}

/// Who belongs to the account.
extension AccountLog {
  /// Every device that is, or ever was, part of the account.
  public var members: [DeviceID: Member] { membership.all }
  /// The device that the recovery key derives.
  public var recoveryDevice: DeviceID { membership.recoveryDevice }
  /// The devices that may vote on a recovery device: those that were named when the present one came in, or at the
  /// last `recover`, but for those that the recovery device removed.
  public var approvers: Set<DeviceID> { membership.approvers }
  /// The recovery device that was announced to replace the present one, as long as the announcement stands.
  public var announcement: Announcement? { membership.announcement }
  /// What the relay signs checkpoints with; empty in an account that was made without a relay.
  public var checkpointKey: [UInt8] { membership.checkpointKey }
  /// How many recovery approvers must sign to announce a recovery device.
  public var votesNeeded: Int { membership.votesNeeded }
  /// Whether enough recovery approvers are active to vote on a recovery device.
  public var canVote: Bool { membership.canVote }
  /// The devices that may act and read, recovery device included, in order.
  public var activeDevices: [DeviceID] { membership.activeDevices }

  /// A device that may act and read; nil for any other.
  public func activeMember(_ device: DeviceID) -> Member? { membership.active(device) }

  /// What an active recovery approver signs with; nil for any other device.
  package func signingKeys(ofApprover device: DeviceID) -> SigningKeys? {
    membership.signingKeys(ofApprover: device)
  }

  /// The devices that leave with a change that comes next, in order.
  package func leavers(by change: AccountChange) -> [DeviceID] { membership.leavers(by: change) }
}
