public import TLSCodec

/// A device's word that attachments are referred to by nothing any more: the relay drops them.
///
/// ```
/// struct {
///   uint8 version;
///   opaque device[32];
///   Checkpoint known_checkpoint;    the newest: a device that has not seen it cannot know what is referred to
///   opaque blobs[16]<V>;            1 to 1000
///   opaque signature[64];           Ed25519, purpose "blob removal", over the fields above
/// } BlobRemoval;
/// ```
/// SPEC.md section 7.5.
public struct BlobRemoval: WireCodable, Hashable, Sendable {
  /// The format.
  public let version: FormatVersion
  /// Who asks.
  public let device: DeviceID
  /// The history that the device has verified, and in which it looked for references.
  public let knownCheckpoint: Checkpoint
  /// What nothing refers to.
  public let blobs: [BlobID]
  /// The device's signature.
  public let signature: Ed25519SignatureBytes

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.device), field(\.knownCheckpoint), field(\.blobs), field(\.signature)
  )

  /// At most this many attachments go into one request.
  public static let maximumBlobCount = 1000

  private var signedBody: [UInt8] { Array(encoded.dropLast(Ed25519SignatureBytes.byteCount)) }

  /// Whether `keys` signed it.
  package func isSigned(by keys: SigningKeys, account: AccountID) -> Bool {
    keys.isValid(quick: signature, for: .blobRemoval, account: account, body: signedBody)
  }

  /// A signed request.
  package init(
    of blobs: [BlobID], knownCheckpoint: Checkpoint, by keys: DeviceKeys, account: AccountID
  ) throws(FormatError) {
    let unsigned = BlobRemoval(
      version: .newest, device: keys.deviceID, knownCheckpoint: knownCheckpoint, blobs: blobs,
      signature: Ed25519SignatureBytes(unchecked: [UInt8](repeating: 0, count: 64)))
    self.init(
      version: unsigned.version, device: unsigned.device, knownCheckpoint: knownCheckpoint, blobs: blobs,
      signature: try keys.quickSign(unsigned.signedBody, for: .blobRemoval, account: account))
  }

  private init(
    version: FormatVersion, device: DeviceID, knownCheckpoint: Checkpoint, blobs: [BlobID],
    signature: Ed25519SignatureBytes
  ) {
    self.version = version
    self.device = device
    self.knownCheckpoint = knownCheckpoint
    self.blobs = blobs
    self.signature = signature
  }
}

/// An attachment at a relay.
public struct RelayBlob: Hashable, Sendable {
  /// What its device signed about it.
  public let upload: BlobUpload
  /// Whether all of it is there.
  public let isComplete: Bool

  /// An attachment at a relay.
  public init(upload: BlobUpload, isComplete: Bool) {
    self.upload = upload
    self.isComplete = isComplete
  }
}
