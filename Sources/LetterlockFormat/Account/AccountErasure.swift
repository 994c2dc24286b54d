public import TLSCodec

/// A device's order to erase the relay's copy of an account: it fits one state of one account, and is kept by the
/// relay as a tombstone, so that the other devices can tell erasure from loss.
///
/// ```
/// struct {
///   uint8 version;
///   opaque device[32];              an active device, the recovery device included
///   Checkpoint checkpoint;          the newest; names account, log head, size and root
///   int64 at;                       nanoseconds since 1970, by the device's clock; informative
///   opaque signature[3373];         purpose "account erasure", over the fields above
/// } AccountErasure;
/// ```
/// SPEC.md section 6.12.
public struct AccountErasure: WireCodable, Hashable, Sendable {
  /// The format.
  public let version: FormatVersion
  /// Who ordered it.
  public let device: DeviceID
  /// The state that it erases.
  public let checkpoint: Checkpoint
  /// When, by the device's clock.
  public let at: Timestamp
  /// The device's signature.
  public let signature: HybridSignatureBytes

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init(version:device:checkpoint:at:signature:), field(\.version), field(\.device),
    field(\.checkpoint),
    field(\.at), field(\.signature))

  private init(
    version: FormatVersion, device: DeviceID, checkpoint: Checkpoint, at: Timestamp,
    signature: HybridSignatureBytes
  ) {
    self.version = version
    self.device = device
    self.checkpoint = checkpoint
    self.at = at
    self.signature = signature
  }

  private var signedBody: [UInt8] { Array(encoded.dropLast(HybridSignatureBytes.byteCount)) }

  /// A signed order.
  package init(of checkpoint: Checkpoint, at time: Timestamp, by keys: DeviceKeys) throws(FormatError) {
    let none = HybridSignatureBytes(unchecked: [UInt8](repeating: 0, count: HybridSignatureBytes.byteCount))
    let unsigned = AccountErasure(
      version: .newest, device: keys.deviceID, checkpoint: checkpoint, at: time, signature: none)
    self.init(
      version: unsigned.version, device: unsigned.device, checkpoint: checkpoint, at: time,
      signature: try keys.sign(unsigned.signedBody, for: .accountErasure, account: checkpoint.account))
  }

  /// Checks the order against the newest state of the account that the verifier knows.
  /// - Throws: `ErasureRefusal`, a case for each rule of SPEC.md section 6.12.
  package func check(against log: AccountLog) throws(ErasureRefusal) {
    guard checkpoint.account == log.account, checkpoint.isSigned(by: log.checkpointKey) else {
      throw .badCheckpoint
    }
    guard checkpoint.logHead == log.head else { throw .otherState }
    guard let member = log.activeMember(device) else { throw .signerNotActive(device) }
    guard
      member.bundle.signingKeys.isValid(
        signature, for: .accountErasure, account: log.account, body: signedBody)
    else { throw .badSignature(device) }
  }
}

/// An order that took effect, with the relay's word for when: what a relay answers with from then on.
///
/// ```
/// struct {
///   AccountErasure order;
///   Checkpoint final;
/// } CompletedErasure;
/// ```
/// SPEC.md section 6.12.
public struct CompletedErasure: WireCodable, Hashable, Sendable {
  /// The order.
  public let order: AccountErasure
  /// The relay's last checkpoint of the account.
  public let final: Checkpoint

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.order), field(\.final))

  package init(order: AccountErasure, final: Checkpoint) {
    self.order = order
    self.final = final
  }

  /// How long an order waits that the recovery device did not sign: 72 hours, in milliseconds.
  package static let coolingOff = CoolingOff.shortest

  /// Checks that the order holds, and that it waited as long as it must.
  /// - Throws: `ErasureRefusal`, a case for each rule of SPEC.md section 6.12.
  package func check(against log: AccountLog) throws(ErasureRefusal) {
    try order.check(against: log)
    guard final.account == log.account, final.isSigned(by: log.checkpointKey),
      final.logHead == order.checkpoint.logHead, final.treeSize >= order.checkpoint.treeSize
    else { throw .badFinal }
    let waited = CoolingOff(first: order.checkpoint, second: final).elapsed
    guard order.device == log.recoveryDevice || waited >= Self.coolingOff else { throw .tooSoon }
  }
}

/// Why an order to erase everything is refused. SPEC.md section 6.12 numbers the rules.
public enum ErasureRefusal: Error, Hashable, Sendable {
  /// It names no checkpoint of this account that the pinned key signed. Rule 1.
  case badCheckpoint
  /// It names another log head, size or root than the newest. Rule 2.
  case otherState
  /// Its signer is no active device. Rule 3.
  case signerNotActive(DeviceID)
  /// The signature does not hold. Rule 3.
  case badSignature(DeviceID)
  /// The relay's last checkpoint is not of this account, not signed, or names another log head. Rule 4.
  case badFinal
  /// The cooling-off time had not gone by. Rule 4.
  case tooSoon
}
