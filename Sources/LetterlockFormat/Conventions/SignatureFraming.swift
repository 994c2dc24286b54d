internal import CryptoCore
public import TLSCodec

/// What a signature is for. No signature, and no half of one, means anything elsewhere.
package enum SignaturePurpose: String, Sendable, CaseIterable {
  case bundle = "device key bundle"
  case logEntry = "log entry"
  case joinConsent = "join consent"
  case recoveryVote = "recovery vote"
  case signedBatch = "signed batch"
  case checkpoint = "checkpoint"
  case blobUpload = "blob upload"
  case accountErasure = "account erasure"
  case blobRemoval = "blob removal"

  /// ML-DSA's context string.
  var context: [UInt8] { Array(rawValue.utf8) }
}

/// The one framing of everything that is signed. SPEC.md section 2.3.
package enum SignatureFraming {
  /// Which keys sign: they sign different bytes, so a half of a hybrid signature is not a signature.
  package enum Algorithm: UInt8, Sendable {
    case ed25519 = 1
    case ed25519AndMLDSA65 = 2
  }

  /// ```
  /// struct {
  ///   opaque magic[16] = "letterlock/1 sig";
  ///   uint8 algorithm;
  ///   opaque purpose<V>;
  ///   opaque account[32];           zero in a bundle and in create
  ///   opaque signer[32];            SHA-256 of the signer's public keys
  ///   opaque body[...];
  /// } Signed;
  /// ```
  package static func message(
    _ algorithm: Algorithm, _ purpose: SignaturePurpose, account: AccountID, signerKeys: [UInt8],
    body: [UInt8]
  ) -> [UInt8] {
    var writer = TLSWriter(reserving: 112 + body.count)
    writer.write(fixed: Array("letterlock/1 sig".utf8))
    writer.write(algorithm.rawValue)
    writer.write(opaque: purpose.context)
    writer.write(account)
    writer.write(fixed: SHA256Hash.hash(signerKeys))
    writer.write(fixed: body)
    return writer.bytes
  }
}

/// The public keys a device signs with. 1984 bytes. SPEC.md section 3.2.
public struct SigningKeys: FixedBytes {
  /// 1984: Ed25519's 32, then ML-DSA-65's 1952.
  public static let byteCount = 1984
  /// Both keys.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 1984 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// The identifier of the device that owns these keys.
  public var deviceID: DeviceID { DeviceID(unchecked: Derivation.hash("device id", bytes)) }

  /// Whether both halves of a signature hold.
  package func isValid(
    _ signature: HybridSignatureBytes, for purpose: SignaturePurpose, account: AccountID, body: [UInt8]
  ) -> Bool {
    guard let key = try? HybridSignature.PublicKey(bytes: bytes),
      let signature = try? HybridSignature.Signature(bytes: signature.bytes)
    else { return false }
    let message = SignatureFraming.message(
      .ed25519AndMLDSA65, purpose, account: account, signerKeys: bytes, body: body)
    return key.isValid(signature, for: message, context: purpose.context)
  }

  /// Whether an Ed25519 signature holds: for what is signed often.
  package func isValid(
    quick signature: Ed25519SignatureBytes, for purpose: SignaturePurpose, account: AccountID,
    body: [UInt8]
  ) -> Bool {
    guard let key = try? Ed25519.PublicKey(bytes: Array(bytes[..<32])) else { return false }
    let message = SignatureFraming.message(
      .ed25519, purpose, account: account, signerKeys: bytes, body: body)
    return key.isValid(signature: signature.bytes, for: message)
  }
}

/// An Ed25519 and an ML-DSA-65 signature of the same bytes. 3373 bytes. SPEC.md section 2.3.
public struct HybridSignatureBytes: FixedBytes {
  /// 3373: 64, then 3309.
  public static let byteCount = 3373
  /// Both signatures.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 3373 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// An Ed25519 signature. 64 bytes. SPEC.md section 2.3.
public struct Ed25519SignatureBytes: FixedBytes {
  /// 64.
  public static let byteCount = 64
  /// The signature.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 64 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// An X-Wing public key. 1216 bytes. SPEC.md section 3.2.
public struct SealingKey: FixedBytes {
  /// 1216.
  public static let byteCount = 1216
  /// The key.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 1216 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// Whether an epoch secret can be wrapped to the key: a device whose key nobody can use could never be removed.
  package var isUsable: Bool { (try? HPKEPublicKey(bytes: bytes, kem: .xWing)) != nil }
}
