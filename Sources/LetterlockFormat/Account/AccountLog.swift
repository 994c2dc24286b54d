/// An account's log, replayed: who may read, and under which epoch. SPEC.md section 3.4.
///
/// A log that exists is one whose every entry was checked: there is no way to make another.
public struct AccountLog: Sendable {
  /// The account, named by its first entry.
  public let account: AccountID
  /// The hash of the newest entry.
  public private(set) var head: LogHead
  /// Every device that is, or ever was, part of the account.
  public private(set) var members: [DeviceID: Member]
  /// The device that the recovery key derives.
  public private(set) var recoveryDevice: DeviceID
  /// The devices that may replace the recovery device without the recovery key, if enough of them sign: those that
  /// were named when it came in, but for those that it removed itself.
  public private(set) var approvers: Set<DeviceID>
  /// The epochs, oldest first; an epoch's number is its place.
  public private(set) var epochs: [Epoch]
  /// What the relay signs checkpoints with; empty in an account that was made without a relay.
  public let checkpointKey: [UInt8]
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
  /// How many recovery approvers must sign to replace the recovery device without the recovery key.
  public var votesNeeded: Int { approvers.count <= 2 ? max(1, approvers.count) : approvers.count / 2 + 1 }
  /// Whether enough recovery approvers are active to replace the recovery device without the recovery key.
  public var canVote: Bool { approvers.count { activeMember($0) != nil } >= votesNeeded }
  /// At most this many devices are active besides the recovery device.
  public static let maximumDeviceCount = 64
  /// The devices that may act and read, recovery device included, in order.
  public var activeDevices: [DeviceID] {
    members.filter { $0.value.isActive }.map(\.key).sorted()
  }

  /// A device that may act and read; nil for any other.
  public func activeMember(_ device: DeviceID) -> Member? {
    members[device].flatMap { $0.isActive ? $0 : nil }
  }

  /// Begins a log with its `create` entry, whose hash is the account's name.
  /// - Throws: `AccountLogError`, a case for each rule of SPEC.md section 3.4.
  public init(create entry: LogEntry) throws(AccountLogError) {
    guard case .create(let create) = entry.content.change else { throw .misplacedCreate }
    guard entry.content.predecessor == .none else { throw .wrongPredecessor }
    guard entry.content.index == 0 else { throw .wrongIndex }
    let (device, recovery) = (create.device.deviceID, create.recovery.deviceID)
    guard entry.content.signer == device else { throw .signerNotActive(entry.content.signer) }
    guard device != recovery else { throw .deviceKnown(recovery) }
    for bundle in [create.device, create.recovery] { try Self.check(bundle) }
    guard [0, 32].contains(create.checkpointKey.bytes.count) else { throw .malformed(.invalidValue) }

    account = AccountID(unchecked: Derivation.hash("account id", entry.content.encoded))
    head = entry.head
    heads = [entry.head]
    members = [:]
    for bundle in [create.device, create.recovery] {
      members[bundle.deviceID] = Member(of: bundle, addedAt: 0, by: device)
    }
    recoveryDevice = recovery
    approvers = [device]
    checkpointKey = create.checkpointKey.bytes
    epochs = []
    try Self.checkSignatures(
      of: entry, by: [create.device.signingKeys, create.recovery.signingKeys], account: .none)
    try check(create.epoch, after: MembershipChange())
    begin(create.epoch, entry: entry.content)
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
    guard content.predecessor == head else { throw .wrongPredecessor }
    guard content.index == nextIndex else { throw .wrongIndex }
    try checkSigners(of: entry)
    let change = try membershipChange(by: content)
    if let header = content.change.epoch { try check(header, after: change) }
    // Nothing throws from here on, so the log is never copied to go back to.
    apply(change)
    if let header = content.change.epoch { begin(header, entry: content) }
    head = entry.head
    heads.append(head)
  }

  private mutating func apply(_ change: MembershipChange) {
    members.merge(change.members) { $1 }
    if let device = change.recoveryDevice { recoveryDevice = device }
    approvers = change.approvers ?? approvers
    if let wrap = change.laterWrap { epochs[epochs.count - 1].laterWraps.append(wrap) }
  }

  private mutating func begin(_ header: EpochHeader, entry content: LogEntryContent) {
    epochs.append(
      Epoch(header: header, hash: header.hash, entry: content.index, signer: content.signer))
  }
}
