internal import CryptoCore

/// A signature scheme, numbered as TLS numbers it. RFC 8446 section 4.2.3, draft-ietf-tls-mldsa.
public enum SignatureScheme: UInt16, Sendable, Hashable, CaseIterable {
  /// ECDSA with P-256 and SHA-256.
  case ecdsaP256SHA256 = 0x0403
  /// ECDSA with P-384 and SHA-384.
  case ecdsaP384SHA384 = 0x0503
  /// ECDSA with P-521 and SHA-512.
  case ecdsaP521SHA512 = 0x0603
  /// Ed25519.
  case ed25519 = 0x0807
  /// ML-DSA-65, with an empty context.
  case mlDSA65 = 0x0905

  var curve: NISTCurve? {
    switch self {
    case .ecdsaP256SHA256: .p256
    case .ecdsaP384SHA384: .p384
    case .ecdsaP521SHA512: .p521
    case .ed25519, .mlDSA65: nil
    }
  }

  /// Whether `publicKey`'s owner signed `message`. ECDSA signatures are DER, its keys uncompressed points.
  func isValid(_ signature: [UInt8], for message: [UInt8], publicKey: [UInt8]) -> Bool {
    switch self {
    case .ecdsaP256SHA256, .ecdsaP384SHA384, .ecdsaP521SHA512:
      curve?.isValid(signature, .der, for: message, publicKey: publicKey) ?? false
    case .ed25519:
      (try? Ed25519.PublicKey(bytes: publicKey))?.isValid(signature: signature, for: message) ?? false
    case .mlDSA65:
      (try? MLDSA65.PublicKey(bytes: publicKey))?
        .isValid(signature: signature, for: message, context: []) ?? false
    }
  }

  /// The same of bytes where they are, if the scheme's library takes them so.
  func isValid(_ signature: RawSpan, for message: RawSpan, publicKey: [UInt8]) -> Bool {
    guard self == .ed25519 else {
      return isValid(
        signature.array(0..<signature.byteCount), for: message.array(0..<message.byteCount),
        publicKey: publicKey)
    }
    return (try? Ed25519.PublicKey(bytes: publicKey))?.isValid(signature: signature, for: message) ?? false
  }
}
