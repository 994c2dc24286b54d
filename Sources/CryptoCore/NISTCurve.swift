internal import Crypto
internal import Foundation

/// The curves P-256, P-384 and P-521: ECDH and ECDSA with the hash of the curve's strength. FIPS 186-5, SP
/// 800-56A, swift-crypto.
public enum NISTCurve: Sendable, Hashable, CaseIterable {
  case p256
  case p384
  case p521

  /// A private key's size in bytes.
  public var privateKeyByteCount: Int {
    switch self {
    case .p256: 32
    case .p384: 48
    case .p521: 66
    }
  }

  /// An uncompressed public key's size in bytes.
  public var publicKeyByteCount: Int { 1 + 2 * privateKeyByteCount }

  /// A private key: a scalar.
  public struct PrivateKey: Sendable {
    let curve: NISTCurve
    package let scalar: SecretKey
    /// The public half: an uncompressed point, SEC 1 section 2.3.3.
    public let publicKey: [UInt8]

    /// The key of a big-endian scalar.
    /// - Throws: `KeyAgreementError.invalidKey` if it is not between 1 and the order less 1.
    public init(_ scalar: SecretKey, curve: NISTCurve) throws(KeyAgreementError) {
      self.curve = curve
      self.scalar = scalar
      guard scalar.byteCount == curve.privateKeyByteCount else { throw .invalidKey }
      do {
        publicKey = try scalar.withContiguous { bytes in
          switch curve {
          case .p256:
            try P256.KeyAgreement.PrivateKey(rawRepresentation: bytes).publicKey.x963Representation.array
          case .p384:
            try P384.KeyAgreement.PrivateKey(rawRepresentation: bytes).publicKey.x963Representation.array
          case .p521:
            try P521.KeyAgreement.PrivateKey(rawRepresentation: bytes).publicKey.x963Representation.array
          }
        }
      } catch { throw .invalidKey }
    }

    /// A fresh key.
    public static func generate(_ curve: NISTCurve) throws(KeyAgreementError) -> PrivateKey {
      let scalar =
        switch curve {
        case .p256: P256.KeyAgreement.PrivateKey().rawRepresentation.secret
        case .p384: P384.KeyAgreement.PrivateKey().rawRepresentation.secret
        case .p521: P521.KeyAgreement.PrivateKey().rawRepresentation.secret
        }
      return try PrivateKey(scalar, curve: curve)
    }

    /// The x-coordinate shared with the owner of an uncompressed point.
    /// - Throws: `KeyAgreementError.invalidKey` if it is not a point of the curve.
    public func sharedSecret(with publicKey: [UInt8]) throws(KeyAgreementError) -> SecretKey {
      do {
        return try scalar.withContiguous { bytes in
          switch curve {
          case .p256:
            try P256.KeyAgreement.PrivateKey(rawRepresentation: bytes).sharedSecretFromKeyAgreement(
              with: P256.KeyAgreement.PublicKey(x963Representation: publicKey)
            ).secret
          case .p384:
            try P384.KeyAgreement.PrivateKey(rawRepresentation: bytes).sharedSecretFromKeyAgreement(
              with: P384.KeyAgreement.PublicKey(x963Representation: publicKey)
            ).secret
          case .p521:
            try P521.KeyAgreement.PrivateKey(rawRepresentation: bytes).sharedSecretFromKeyAgreement(
              with: P521.KeyAgreement.PublicKey(x963Representation: publicKey)
            ).secret
          }
        }
      } catch { throw .invalidKey }
    }

    /// An ECDSA signature of `message`, DER-encoded.
    public func signature(for message: [UInt8]) throws(SignatureError) -> [UInt8] {
      do {
        return try scalar.withContiguous { bytes in
          switch curve {
          case .p256:
            try P256.Signing.PrivateKey(rawRepresentation: bytes).signature(for: message).derRepresentation
              .array
          case .p384:
            try P384.Signing.PrivateKey(rawRepresentation: bytes).signature(for: message).derRepresentation
              .array
          case .p521:
            try P521.Signing.PrivateKey(rawRepresentation: bytes).signature(for: message).derRepresentation
              .array
          }
        }
      } catch { throw .signingFailed }
    }
  }

  /// How an ECDSA signature is written.
  public enum SignatureEncoding: Sendable {
    /// ASN.1 DER.
    case der
    /// r and s, one after the other. IEEE P1363.
    case raw
  }

  /// Whether the owner of an uncompressed point signed `message`.
  public func isValid(
    _ signature: [UInt8], _ encoding: SignatureEncoding, for message: [UInt8], publicKey: [UInt8]
  ) -> Bool {
    do {
      switch self {
      case .p256:
        let key = try P256.Signing.PublicKey(x963Representation: publicKey)
        return key.isValidSignature(
          try encoding == .der
            ? P256.Signing.ECDSASignature(derRepresentation: signature)
            : P256.Signing.ECDSASignature(rawRepresentation: signature), for: message)
      case .p384:
        let key = try P384.Signing.PublicKey(x963Representation: publicKey)
        return key.isValidSignature(
          try encoding == .der
            ? P384.Signing.ECDSASignature(derRepresentation: signature)
            : P384.Signing.ECDSASignature(rawRepresentation: signature), for: message)
      case .p521:
        let key = try P521.Signing.PublicKey(x963Representation: publicKey)
        return key.isValidSignature(
          try encoding == .der
            ? P521.Signing.ECDSASignature(derRepresentation: signature)
            : P521.Signing.ECDSASignature(rawRepresentation: signature), for: message)
      }
    } catch { return false }
  }

  /// The uncompressed point in an X.509 SubjectPublicKeyInfo; nil if it is not one of this curve.
  public func publicKey(subjectPublicKeyInfo der: [UInt8]) -> [UInt8]? {
    switch self {
    case .p256: try? P256.KeyAgreement.PublicKey(derRepresentation: der).x963Representation.array
    case .p384: try? P384.KeyAgreement.PublicKey(derRepresentation: der).x963Representation.array
    case .p521: try? P521.KeyAgreement.PublicKey(derRepresentation: der).x963Representation.array
    }
  }
}

extension NISTCurve.PrivateKey: CustomStringConvertible, CustomReflectable {
  /// Nothing of the key.
  public var description: String { "NISTCurve.PrivateKey(redacted)" }
  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SecretKey {
  /// Lends the bytes as swift-crypto takes them; the copy is wiped.
  func withContiguous<Result>(_ body: (Data) throws -> Result) throws -> Result {
    var copy = withBytes { bytes in
      // The span outlives the call.
      unsafe bytes.withUnsafeBytes { unsafe Data($0) }
    }
    defer { copy.wipe() }
    return try body(copy)
  }
}
