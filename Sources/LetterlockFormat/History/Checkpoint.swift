public import TLSCodec
internal import CryptoCore

/// The relay's word for a history that it accepted.
///
/// ```
/// struct {
///   uint8 version;
///   opaque account[32];
///   uint64 tree_size;
///   opaque tree_root[32];
///   opaque log_head[32];
///   uint64 time;                    milliseconds since 1970, by the relay's clock
///   opaque signature[64];           Ed25519, purpose "checkpoint", over the fields above
/// } Checkpoint;
/// ```
/// SPEC.md section 6.2.
public struct Checkpoint: WireCodable, Hashable, Sendable {
  /// The format of the checkpoint.
  public let version: FormatVersion
  /// Whose history.
  public let account: AccountID
  /// How many records.
  public let treeSize: UInt64
  /// The root of the history tree.
  public let treeRoot: Digest32
  /// The newest entry of the log.
  public let logHead: LogHead
  /// When the relay signed, by its clock, in milliseconds since 1970.
  public let time: UInt64
  /// The relay's signature.
  public let signature: Ed25519SignatureBytes

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.account), field(\.treeSize), field(\.treeRoot),
    field(\.logHead), field(\.time), field(\.signature))

  /// Whether both are of one state of one account: when the relay signed does not matter.
  public func isOfSameState(as other: Checkpoint) -> Bool {
    (account, treeSize, treeRoot, logHead) == (other.account, other.treeSize, other.treeRoot, other.logHead)
  }

  private var signedBody: [UInt8] { Array(encoded.dropLast(Ed25519SignatureBytes.byteCount)) }

  /// Whether the relay whose public key (32 bytes) this is signed it.
  public func isSigned(by checkpointKey: [UInt8]) -> Bool {
    guard let key = try? Ed25519.PublicKey(bytes: checkpointKey) else { return false }
    let message = SignatureFraming.message(
      .ed25519, .checkpoint, account: account, signerKeys: checkpointKey, body: signedBody)
    return key.isValid(signature: signature.bytes, for: message)
  }

  /// Signs a checkpoint as a relay.
  /// - Parameter time: When, in milliseconds since 1970.
  public init(
    account: AccountID, treeSize: UInt64, treeRoot: Digest32, logHead: LogHead, at time: UInt64,
    by key: CheckpointKey
  ) throws(RelayError) {
    let unsigned = Checkpoint(
      version: .newest, account: account, treeSize: treeSize, treeRoot: treeRoot, logHead: logHead,
      time: time,
      signature: Ed25519SignatureBytes(unchecked: [UInt8](repeating: 0, count: 64)))
    self.init(
      version: unsigned.version, account: account, treeSize: treeSize, treeRoot: treeRoot,
      logHead: logHead, time: time, signature: try key.sign(unsigned.signedBody, account: account))
  }

  private init(
    version: FormatVersion, account: AccountID, treeSize: UInt64, treeRoot: Digest32,
    logHead: LogHead, time: UInt64, signature: Ed25519SignatureBytes
  ) {
    self.version = version
    self.account = account
    self.treeSize = treeSize
    self.treeRoot = treeRoot
    self.logHead = logHead
    self.time = time
    self.signature = signature
  }
}

/// What a relay signs checkpoints with.
public final class CheckpointKey: Sendable {
  private let key: Ed25519.PrivateKey
  /// The public half, 32 bytes, which `create` pins.
  public let publicKey: [UInt8]

  /// A fresh key.
  public init() throws(RelayError) {
    do {
      key = try Ed25519.PrivateKey(seed: SecretKey(random: 32))
      publicKey = key.publicKey.bytes
    } catch { throw .internalError("checkpoint key") }
  }

  /// The key that follows from a seed of 32 bytes, as a relay stores it.
  public init(seed: [UInt8]) throws(RelayError) {
    do {
      key = try Ed25519.PrivateKey(seed: SecretKey(copying: seed))
      publicKey = key.publicKey.bytes
    } catch { throw .internalError("checkpoint key") }
  }

  /// The seed, for the relay's own storage. 32 bytes.
  public func exportSeed() -> [UInt8] { key.seed.exportRawBytes() }

  func sign(_ body: [UInt8], account: AccountID) throws(RelayError) -> Ed25519SignatureBytes {
    let message = SignatureFraming.message(
      .ed25519, .checkpoint, account: account, signerKeys: publicKey, body: body)
    do {
      return Ed25519SignatureBytes(unchecked: try key.signature(for: message))
    } catch { throw .internalError("checkpoint") }
  }
}
