/// Ed25519 and ML-DSA-65 together: both sign the same bytes, and both must hold.
///
/// ML-DSA's context keeps its half from meaning anything elsewhere; for Ed25519, which has none, what is
/// signed must say what it is for.
public enum HybridSignature {
  /// Both public keys.
  public struct PublicKey: Sendable, Hashable {
    /// 1984: 32, then 1952.
    public static let byteCount = Ed25519.PublicKey.byteCount + MLDSA65.PublicKey.byteCount
    /// The Ed25519 key.
    public let ed25519: Ed25519.PublicKey
    /// The ML-DSA-65 key.
    public let mlDSA65: MLDSA65.PublicKey

    /// Both keys, one after the other.
    public var bytes: [UInt8] { ed25519.bytes + mlDSA65.bytes }

    /// Takes both keys, one after the other.
    /// - Throws: `SignatureError.invalidKey` unless there are 1984 bytes.
    public init(bytes: [UInt8]) throws(SignatureError) {
      guard bytes.count == Self.byteCount else { throw .invalidKey }
      ed25519 = try Ed25519.PublicKey(bytes: Array(bytes[..<Ed25519.PublicKey.byteCount]))
      mlDSA65 = try MLDSA65.PublicKey(bytes: Array(bytes[Ed25519.PublicKey.byteCount...]))
    }

    /// Whether both halves hold; both are always verified.
    public func isValid(_ signature: Signature, for message: [UInt8], context: [UInt8]) -> Bool {
      let first = ed25519.isValid(signature: Array(signature.bytes[..<64]), for: message)
      let second = mlDSA65.isValid(
        signature: Array(signature.bytes[64...]), for: message, context: context)
      return first && second
    }
  }

  /// Both signatures.
  public struct Signature: Sendable, Hashable {
    /// 3373: 64, then 3309.
    public static let byteCount = 3373
    /// Both signatures, one after the other.
    public let bytes: [UInt8]

    /// Takes both signatures, one after the other.
    /// - Throws: `SignatureError.invalidSignatureSize` unless there are 3373 bytes.
    public init(bytes: [UInt8]) throws(SignatureError) {
      guard bytes.count == Self.byteCount else { throw .invalidSignatureSize }
      self.bytes = bytes
    }
  }

  /// Both private keys.
  public final class PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let ed25519: Ed25519.PrivateKey
    private let mlDSA65: MLDSA65.PrivateKey

    /// The keys of two seeds of 32 bytes each.
    public init(ed25519Seed: SecretKey, mlDSASeed: SecretKey) throws(SignatureError) {
      ed25519 = try Ed25519.PrivateKey(seed: ed25519Seed)
      mlDSA65 = try MLDSA65.PrivateKey(seed: mlDSASeed)
      publicKey = try PublicKey(bytes: ed25519.publicKey.bytes + mlDSA65.publicKey.bytes)
    }

    /// The public halves.
    public let publicKey: PublicKey

    /// Both signatures of `message`; `context` has at most 255 bytes.
    public func signature(for message: [UInt8], context: [UInt8]) throws(SignatureError) -> Signature {
      try Signature(
        bytes: try ed25519.signature(for: message)
          + mlDSA65.signature(for: message, context: context))
    }

    /// Nothing of the keys.
    public var description: String { "HybridSignature.PrivateKey(redacted)" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
  }
}
