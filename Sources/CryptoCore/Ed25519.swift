internal import CSodium

/// Why a signing key or a signature is not usable.
public enum SignatureError: Error, Hashable, Sendable {
  /// The key has not the algorithm's size, or is not a key.
  case invalidKey
  /// The signature has not the algorithm's size.
  case invalidSignatureSize
  /// Signing failed.
  case signingFailed
}

/// Ed25519. RFC 8032, libsodium, whose rule of verification is the only one here: points of low order and
/// encodings that are not canonical are refused. Other libraries accept some of them, and two clients that
/// verify by different rules can be split.
public enum Ed25519 {
  /// 64.
  package static let signatureByteCount = 64

  /// A public key.
  public struct PublicKey: Sendable, Hashable {
    /// 32.
    public static let byteCount = 32
    /// The encoded point.
    public let bytes: [UInt8]

    /// Wraps 32 bytes; whether they are a point shows when a signature is verified.
    /// - Throws: `SignatureError.invalidKey` for any other count.
    public init(bytes: [UInt8]) throws(SignatureError) {
      guard bytes.count == Self.byteCount else { throw .invalidKey }
      self.bytes = bytes
    }

    /// Whether this key's owner signed `message`.
    public func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
      // The arrays outlive the call.
      unsafe isValid(signature: signature.span.bytes, for: message.span.bytes)
    }

    /// The same of bytes where they are.
    package func isValid(signature: RawSpan, for message: RawSpan) -> Bool {
      _ = Sodium.isReady
      guard signature.byteCount == signatureByteCount else { return false }
      // Sizes were checked, and every buffer outlives the call.
      return unsafe signature.withUnsafeBytes { signature in
        unsafe message.withUnsafeBytes { message in
          unsafe crypto_sign_verify_detached(
            signature.byteAddress, message.byteAddress, UInt64(message.count), bytes) == 0
        }
      }
    }
  }

  /// A private key.
  public final class PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// The 32 bytes from which everything follows.
    package let seed: SecretKey
    private let expanded: SecretKey
    /// The public half.
    public let publicKey: PublicKey

    /// A fresh key.
    public convenience init() throws(SignatureError) { try self.init(seed: SecretKey(random: 32)) }

    /// The key of a seed of 32 bytes.
    /// - Throws: `SignatureError.invalidKey` for any other count.
    public init(seed: SecretKey) throws(SignatureError) {
      guard seed.byteCount == 32 else { throw .invalidKey }
      _ = Sodium.isReady
      var publicBytes = [UInt8](repeating: 0, count: 32)
      expanded = SecretKey(
        SecretBytes(byteCount: 64) { output in
          seed.withBytes { seed in
            // Both buffers have the sizes that libsodium names, and outlive the call.
            unsafe seed.withUnsafeBytes { seed in
              unsafe output.withUnsafeMutableBytes { output in
                _ = unsafe crypto_sign_seed_keypair(
                  &publicBytes, output.byteAddress, seed.byteAddress)
              }
            }
          }
        })
      self.seed = seed
      publicKey = try PublicKey(bytes: publicBytes)
    }

    /// A signature of `message`: 64 bytes.
    public func signature(for message: [UInt8]) throws(SignatureError) -> [UInt8] {
      try withNewBytes(Ed25519.signatureByteCount) { (signature) throws(SignatureError) in
        // The array outlives the call.
        try unsafe sign(message.span.bytes, into: &signature)
      }
    }

    /// Writes a signature of `message` into `signature`, which has 64 bytes.
    package func sign(
      _ message: RawSpan, into signature: inout MutableRawSpan
    ) throws(SignatureError) {
      guard signature.byteCount == Ed25519.signatureByteCount else { throw .invalidSignatureSize }
      let status = expanded.withBytes { key in
        // Every buffer has the size that libsodium names, and outlives the call.
        unsafe key.withUnsafeBytes { key in
          unsafe message.withUnsafeBytes { message in
            unsafe signature.withUnsafeMutableBytes { signature in
              unsafe crypto_sign_detached(
                signature.byteAddress, nil, message.byteAddress, UInt64(message.count), key.byteAddress)
            }
          }
        }
      }
      guard status == 0 else { throw .signingFailed }
    }

    /// Nothing of the key.
    public var description: String { "Ed25519.PrivateKey(redacted)" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
  }
}
