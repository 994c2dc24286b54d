public import TLSCodec

/// What a device says about a sealed attachment before it uploads it.
///
/// ```
/// struct {
///   uint8 version;
///   opaque blob[16];
///   opaque device[32];
///   uint64 byte_count;              of the sealed bytes
///   opaque digest[32];              of the sealed bytes, section 7.1
///   opaque signature[64];           Ed25519, purpose "blob upload", over the fields above
/// } BlobUpload;
/// ```
/// SPEC.md section 7.3.
public struct BlobUpload: WireCodable, Hashable, Sendable {
  /// The format.
  public let version: FormatVersion
  /// The attachment.
  public let blob: BlobID
  /// Who uploads it.
  public let device: DeviceID
  /// How many sealed bytes.
  public let byteCount: UInt64
  /// The digest of the sealed bytes. SPEC.md section 7.1.
  public let digest: Digest32
  /// The device's signature.
  public let signature: Ed25519SignatureBytes

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.blob), field(\.device), field(\.byteCount),
    field(\.digest), field(\.signature))

  private var signedBody: [UInt8] { Array(encoded.dropLast(Ed25519SignatureBytes.byteCount)) }

  /// Whether `keys` signed it.
  package func isSigned(by keys: SigningKeys, account: AccountID) -> Bool {
    keys.isValid(quick: signature, for: .blobUpload, account: account, body: signedBody)
  }

  /// A signed description.
  package init(
    blob: BlobID, byteCount: UInt64, digest: Digest32, by keys: DeviceKeys, account: AccountID
  ) throws(FormatError) {
    let unsigned = BlobUpload(
      version: .newest, blob: blob, device: keys.deviceID, byteCount: byteCount, digest: digest,
      signature: Ed25519SignatureBytes(unchecked: [UInt8](repeating: 0, count: 64)))
    self.init(
      version: unsigned.version, blob: blob, device: unsigned.device, byteCount: byteCount,
      digest: digest,
      signature: try keys.quickSign(unsigned.signedBody, for: .blobUpload, account: account))
  }

  private init(
    version: FormatVersion, blob: BlobID, device: DeviceID, byteCount: UInt64, digest: Digest32,
    signature: Ed25519SignatureBytes
  ) {
    self.version = version
    self.blob = blob
    self.device = device
    self.byteCount = byteCount
    self.digest = digest
    self.signature = signature
  }
}

extension BlobID: TLSCodable {
  /// Writes the 16 bytes.
  public func encode(to writer: inout TLSWriter) { writer.write(fixed: bytes) }

  /// Reads 16 bytes.
  public init(from reader: inout TLSReader) throws(TLSError) {
    guard let value = Bytes16(prefixOf: try reader.read(fixed: 16)) else { throw .truncated }
    self.init(value)
  }
}
