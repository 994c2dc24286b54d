public import TLSCodec

/// What one log entry changes. SPEC.md section 3.3.
public enum AccountChange: Hashable, Sendable {
  /// The account begins.
  case create(Create)
  /// A device joins.
  case add(Add)
  /// Devices leave, and an epoch begins that they cannot read.
  case remove(Remove)
  /// A device replaces its sealing key.
  case rotate(Rotate)
  /// An epoch begins.
  case epoch(Committed<EpochHeader>)
  /// The recovery device replaces itself.
  case replaceRecovery(ReplaceRecovery)
  /// The signer now reads formats up to this version.
  case update(highestVersion: UInt8)
  /// The recovery device lets a device join, and all others leave but those that are kept.
  case recover(Recover)
  /// A recovery device is announced that is to replace the present one, which does not sign.
  case announceRecovery(AnnounceRecovery)
  /// The announced recovery device replaces the present one.
  case completeRecovery(CompleteRecovery)
  /// The announcement that made this head is void.
  case cancelRecovery(LogHead)

  /// ```
  /// struct {
  ///   DeviceKeyBundle device;
  ///   DeviceKeyBundle recovery;
  ///   opaque checkpoint_key<V>;     Ed25519, 32 bytes; empty without a relay
  ///   opaque epoch_hash[32];
  /// } Create;
  /// ```
  public struct Create: WireCodable, Hashable, Sendable {
    /// The first device.
    public let device: DeviceKeyBundle
    /// The device that the recovery key derives.
    public let recovery: DeviceKeyBundle
    /// What the relay signs checkpoints with: 32 bytes, or none without a relay.
    public let checkpointKey: Opaque
    /// Epoch 0.
    public internal(set) var epoch: Committed<EpochHeader>

    /// The fields, in wire order.
    public static let wire = WireFormat(
      Self.init, field(\.device), field(\.recovery), field(\.checkpointKey), field(\.epoch))

    package init(
      device: DeviceKeyBundle, recovery: DeviceKeyBundle, checkpointKey: Opaque, epoch: Committed<EpochHeader>
    ) {
      self.device = device
      self.recovery = recovery
      self.checkpointKey = checkpointKey
      self.epoch = epoch
    }
  }

  /// ```
  /// struct {
  ///   DeviceKeyBundle device;
  ///   opaque consent_tag[32];
  ///   opaque consent[3373];         by the new device, purpose "join consent", over consent_tag
  ///   opaque wrap_hash[32];
  /// } Add;
  /// ```
  public struct Add: WireCodable, Hashable, Sendable {
    /// The new device.
    public let device: DeviceKeyBundle
    /// What the new device's one-time secret derives: only its own code makes it.
    public let consentTag: Digest32
    /// The new device's countersignature.
    public let consent: HybridSignatureBytes
    /// The hash of its wrap of the newest epoch secret.
    public let wrapHash: Digest32

    /// The fields, in wire order.
    public static let wire = WireFormat(
      Self.init, field(\.device), field(\.consentTag), field(\.consent), field(\.wrapHash))

    package init(
      device: DeviceKeyBundle, consentTag: Digest32, consent: HybridSignatureBytes, wrapHash: Digest32
    ) {
      self.device = device
      self.consentTag = consentTag
      self.consent = consent
      self.wrapHash = wrapHash
    }
  }

  /// ```
  /// struct {
  ///   opaque devices[32]<V>;        ascending
  ///   opaque epoch_hash[32];
  /// } Remove;
  /// ```
  public struct Remove: WireCodable, Hashable, Sendable {
    /// Who leaves: one or several devices, ascending.
    public let devices: [DeviceID]
    /// The epoch without them.
    public internal(set) var epoch: Committed<EpochHeader>

    /// The fields, in wire order.
    public static let wire = WireFormat(Self.init, field(\.devices), field(\.epoch))

    package init(devices: [DeviceID], epoch: Committed<EpochHeader>) {
      self.devices = devices
      self.epoch = epoch
    }
  }

  /// ```
  /// struct {
  ///   opaque bundle_hash[32];       of a bundle with the same signing keys
  ///   opaque epoch_hash[32];
  /// } Rotate;
  /// ```
  public struct Rotate: WireCodable, Hashable, Sendable {
    /// The signer's bundle with its new sealing key.
    public internal(set) var device: Committed<DeviceKeyBundle>
    /// The epoch whose secret is wrapped to the new key.
    public internal(set) var epoch: Committed<EpochHeader>

    /// The fields, in wire order.
    public static let wire = WireFormat(Self.init, field(\.device), field(\.epoch))

    package init(device: Committed<DeviceKeyBundle>, epoch: Committed<EpochHeader>) {
      self.device = device
      self.epoch = epoch
    }
  }

  /// ```
  /// struct {
  ///   DeviceKeyBundle recovery;
  ///   opaque approvers[32]<V>;        DeviceIDs, ascending
  ///   opaque epoch_hash[32];
  /// } ReplaceRecovery;
  /// ```
  public struct ReplaceRecovery: WireCodable, Hashable, Sendable {
    /// The new recovery device.
    public let recovery: DeviceKeyBundle
    /// The devices that may vote on the next recovery key.
    public let approvers: [DeviceID]
    /// The epoch that the old recovery key cannot read.
    public internal(set) var epoch: Committed<EpochHeader>

    /// The fields, in wire order.
    public static let wire = WireFormat(
      Self.init, field(\.recovery), field(\.approvers), field(\.epoch))

    package init(recovery: DeviceKeyBundle, approvers: [DeviceID], epoch: Committed<EpochHeader>) {
      self.recovery = recovery
      self.approvers = approvers
      self.epoch = epoch
    }
  }

  /// The epoch that the change begins, if it begins one and its header is at hand.
  public var epoch: EpochHeader? { committedEpoch?.part }

  /// What the change says of the epoch that it begins, if it begins one.
  public var committedEpoch: Committed<EpochHeader>? {
    switch self {
    case .create(let body): body.epoch
    case .remove(let body): body.epoch
    case .rotate(let body): body.epoch
    case .epoch(let epoch): epoch
    case .replaceRecovery(let body): body.epoch
    case .recover(let body): body.epoch
    case .completeRecovery(let body): body.epoch
    case .add, .update, .announceRecovery, .cancelRecovery: nil
    }
  }
}
