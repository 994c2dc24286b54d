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
  case epoch(EpochHeader)
  /// The recovery device is replaced.
  case replaceRecovery(ReplaceRecovery)
  /// The signer now reads formats up to this version.
  case update(highestVersion: UInt8)

  /// ```
  /// struct {
  ///   DeviceKeyBundle device;
  ///   DeviceKeyBundle recovery;
  ///   opaque checkpoint_key<V>;     Ed25519, 32 bytes; empty without a relay
  ///   EpochHeader epoch;
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
    public let epoch: EpochHeader

    /// The fields, in wire order.
    public static let wire = WireFormat(
      Self.init, field(\.device), field(\.recovery), field(\.checkpointKey), field(\.epoch))

    package init(
      device: DeviceKeyBundle, recovery: DeviceKeyBundle, checkpointKey: Opaque, epoch: EpochHeader
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
  ///   EpochHeader epoch;
  /// } Remove;
  /// ```
  public struct Remove: WireCodable, Hashable, Sendable {
    /// Who leaves: one or several devices, ascending.
    public let devices: [DeviceID]
    /// The epoch without them.
    public let epoch: EpochHeader

    /// The fields, in wire order.
    public static let wire = WireFormat(Self.init, field(\.devices), field(\.epoch))

    package init(devices: [DeviceID], epoch: EpochHeader) {
      self.devices = devices
      self.epoch = epoch
    }
  }

  /// ```
  /// struct {
  ///   DeviceKeyBundle device;       same signing keys
  ///   EpochHeader epoch;
  /// } Rotate;
  /// ```
  public struct Rotate: WireCodable, Hashable, Sendable {
    /// The signer's bundle with its new sealing key.
    public let device: DeviceKeyBundle
    /// The epoch whose secret is wrapped to the new key.
    public let epoch: EpochHeader

    /// The fields, in wire order.
    public static let wire = WireFormat(Self.init, field(\.device), field(\.epoch))

    package init(device: DeviceKeyBundle, epoch: EpochHeader) {
      self.device = device
      self.epoch = epoch
    }
  }

  /// ```
  /// struct {
  ///   DeviceKeyBundle recovery;
  ///   opaque approvers[32]<V>;        DeviceIDs, ascending
  ///   EpochHeader epoch;
  /// } ReplaceRecovery;
  /// ```
  public struct ReplaceRecovery: WireCodable, Hashable, Sendable {
    /// The new recovery device.
    public let recovery: DeviceKeyBundle
    /// The devices that may vote on the next recovery key.
    public let approvers: [DeviceID]
    /// The epoch that the old recovery key cannot read.
    public let epoch: EpochHeader

    /// The fields, in wire order.
    public static let wire = WireFormat(
      Self.init, field(\.recovery), field(\.approvers), field(\.epoch))

    package init(recovery: DeviceKeyBundle, approvers: [DeviceID], epoch: EpochHeader) {
      self.recovery = recovery
      self.approvers = approvers
      self.epoch = epoch
    }
  }

  /// The epoch that the change begins, if it begins one.
  public var epoch: EpochHeader? {
    switch self {
    case .create(let create): create.epoch
    case .add, .update: nil
    case .remove(let remove): remove.epoch
    case .rotate(let rotate): rotate.epoch
    case .epoch(let header): header
    case .replaceRecovery(let replace): replace.epoch
    }
  }
}

extension AccountChange: TLSCodable {
  /// Writes the type and the body.
  public func encode(to writer: inout TLSWriter) {
    switch self {
    case .create(let body): Self.write(1, body, to: &writer)
    case .add(let body): Self.write(2, body, to: &writer)
    case .remove(let body): Self.write(3, body, to: &writer)
    case .rotate(let body): Self.write(4, body, to: &writer)
    case .epoch(let body): Self.write(5, body, to: &writer)
    case .replaceRecovery(let body): Self.write(6, body, to: &writer)
    case .update(let highestVersion): Self.write(7, highestVersion, to: &writer)
    }
  }

  private static func write(_ type: UInt8, _ body: some TLSCodable, to writer: inout TLSWriter) {
    writer.write(type)
    body.encode(to: &writer)
  }

  /// Reads the type and the body.
  public init(from reader: inout TLSReader) throws(TLSError) {
    switch try reader.read(UInt8.self) {
    case 1: self = .create(try Create(from: &reader))
    case 2: self = .add(try Add(from: &reader))
    case 3: self = .remove(try Remove(from: &reader))
    case 4: self = .rotate(try Rotate(from: &reader))
    case 5: self = .epoch(try EpochHeader(from: &reader))
    case 6: self = .replaceRecovery(try ReplaceRecovery(from: &reader))
    case 7: self = .update(highestVersion: try reader.read(UInt8.self))
    default: throw .unknownValue
    }
  }
}
