public import TLSCodec

/// The public face of a device: its keys, and the newest version it reads, signed by itself.
///
/// ```
/// struct {
///   uint8 version;
///   opaque signing_keys[1984];      Ed25519 || ML-DSA-65
///   opaque sealing_key[1216];       X-Wing
///   uint64 created_at;              milliseconds since 1970
///   uint8 highest_version;
///   opaque signature[3373];         purpose "device key bundle", over the fields above
/// } DeviceKeyBundle;
/// ```
/// SPEC.md section 3.2.
public struct DeviceKeyBundle: WireCodable, EntryPart {
  /// The format of this bundle.
  public let version: FormatVersion
  /// What the device signs with, for as long as it lives.
  public let signingKeys: SigningKeys
  /// What others wrap keys to; `rotate` replaces it.
  public let sealingKey: SealingKey
  /// When the device made the bundle, by its own clock, in milliseconds since 1970.
  public let createdAt: UInt64
  /// The newest format version the device reads.
  public let highestVersion: UInt8
  package let signature: HybridSignatureBytes

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.signingKeys), field(\.sealingKey), field(\.createdAt),
    field(\.highestVersion), field(\.signature))

  /// The identifier of the device.
  public var deviceID: DeviceID { signingKeys.deviceID }

  /// What the code of a joining device carries 16 bytes of.
  package var hash: [UInt8] { Derivation.hash("bundle hash", encoded) }

  /// What `rotate` holds of it.
  public var partHash: Digest32 { Digest32(unchecked: hash) }

  private var signedBody: [UInt8] { Array(encoded.dropLast(HybridSignatureBytes.byteCount)) }

  /// Whether the device signed its own bundle.
  public var isSignedByItself: Bool {
    signingKeys.isValid(signature, for: .bundle, account: .none, body: signedBody)
  }

  /// A bundle of `keys`, signed by them.
  package init(of keys: DeviceKeys, createdAt: UInt64) throws(FormatError) {
    let unsigned = DeviceKeyBundle(
      version: .one, signingKeys: keys.signingKeys, sealingKey: keys.sealingKey, createdAt: createdAt,
      highestVersion: FormatVersion.newest.rawValue,
      signature: HybridSignatureBytes(unchecked: [UInt8](repeating: 0, count: 3373)))
    self.init(
      version: unsigned.version, signingKeys: unsigned.signingKeys, sealingKey: unsigned.sealingKey,
      createdAt: createdAt, highestVersion: unsigned.highestVersion,
      signature: try keys.sign(unsigned.signedBody, for: .bundle, account: .none))
  }

  private init(
    version: FormatVersion, signingKeys: SigningKeys, sealingKey: SealingKey, createdAt: UInt64,
    highestVersion: UInt8, signature: HybridSignatureBytes
  ) {
    self.version = version
    self.signingKeys = signingKeys
    self.sealingKey = sealingKey
    self.createdAt = createdAt
    self.highestVersion = highestVersion
    self.signature = signature
  }
}
