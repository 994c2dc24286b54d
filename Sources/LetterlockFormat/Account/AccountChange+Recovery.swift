public import TLSCodec

/// Recovering an account, and replacing the recovery key without the old one. SPEC.md sections 3.3 and 3.7.
extension AccountChange {
  /// ```
  /// struct {
  ///   DeviceKeyBundle device;         the restored device
  ///   opaque kept[32]<V>;             DeviceIDs that stay, at most 63, ascending
  ///   opaque approvers[32]<V>;        DeviceIDs, ascending
  ///   uint8 highest_version;          the newest version that the holder of the recovery key reads
  ///   opaque epoch_hash[32];
  /// } Recover;
  /// ```
  public struct Recover: WireCodable, Hashable, Sendable {
    /// The restored device.
    public let device: DeviceKeyBundle
    /// The devices that stay, ascending.
    public let kept: [DeviceID]
    /// The devices that may vote on the next recovery key.
    public let approvers: [DeviceID]
    /// What the recovery device reads from now on.
    public let highestVersion: UInt8
    /// The epoch for the devices that stay.
    public internal(set) var epoch: Committed<EpochHeader>

    /// The fields, in wire order.
    public static let wire = WireFormat(
      Self.init, field(\.device), field(\.kept), field(\.approvers), field(\.highestVersion), field(\.epoch))

    package init(
      device: DeviceKeyBundle, kept: [DeviceID], approvers: [DeviceID], highestVersion: UInt8,
      epoch: Committed<EpochHeader>
    ) {
      self.device = device
      self.kept = kept
      self.approvers = approvers
      self.highestVersion = highestVersion
      self.epoch = epoch
    }
  }

  /// ```
  /// struct {
  ///   DeviceKeyBundle recovery;
  ///   opaque approvers[32]<V>;        DeviceIDs, ascending
  /// } AnnounceRecovery;
  /// ```
  public struct AnnounceRecovery: WireCodable, Hashable, Sendable {
    /// The recovery device that is to come.
    public let recovery: DeviceKeyBundle
    /// The devices that may vote on the recovery key after that one.
    public let approvers: [DeviceID]

    /// The fields, in wire order.
    public static let wire = WireFormat(Self.init, field(\.recovery), field(\.approvers))

    package init(recovery: DeviceKeyBundle, approvers: [DeviceID]) {
      self.recovery = recovery
      self.approvers = approvers
    }
  }

  /// ```
  /// struct {
  ///   opaque cooling_off_hash[32];
  ///   opaque epoch_hash[32];
  /// } CompleteRecovery;
  /// ```
  public struct CompleteRecovery: WireCodable, Hashable, Sendable {
    /// Shows that the cooling-off time has gone by.
    public internal(set) var coolingOff: Committed<CoolingOff>
    /// The epoch that the old recovery key cannot read.
    public internal(set) var epoch: Committed<EpochHeader>

    /// The fields, in wire order.
    public static let wire = WireFormat(Self.init, field(\.coolingOff), field(\.epoch))

    package init(coolingOff: Committed<CoolingOff>, epoch: Committed<EpochHeader>) {
      self.coolingOff = coolingOff
      self.epoch = epoch
    }
  }
}

/// Two checkpoints of the relay between which the cooling-off time has gone by.
///
/// ```
/// struct {
///   Checkpoint first;
///   Checkpoint second;
/// } CoolingOff;
///
/// cooling_off_hash = Hash("cooling off", CoolingOff)
/// ```
/// SPEC.md section 3.3.
public struct CoolingOff: WireCodable, EntryPart {
  /// Names the announcement's head or a later one.
  public let first: Checkpoint
  /// Names the same head or a later one, and comes late enough.
  public let second: Checkpoint

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.first), field(\.second))

  package init(first: Checkpoint, second: Checkpoint) {
    self.first = first
    self.second = second
  }

  /// What `completeRecovery` holds of it.
  public var partHash: Digest32 { Digest32(unchecked: Derivation.hash("cooling off", encoded)) }

  /// How long an announcement stands before it can be completed: 72 hours, in milliseconds.
  public static let shortest: UInt64 = 72 * 3_600_000
  /// How long one stands that was made without enough active recovery approvers to vote: 30 days, in milliseconds.
  public static let withoutVote: UInt64 = 30 * 24 * 3_600_000

  /// Milliseconds by the relay's clock from the first checkpoint to the second; 0 if it goes back.
  package var elapsed: UInt64 { second.time > first.time ? second.time - first.time : 0 }
}
