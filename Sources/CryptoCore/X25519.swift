internal import CSodium

/// Why two parties have no shared secret.
public enum KeyAgreementError: Error, Hashable, Sendable {
  /// The key has not the algorithm's size, or is not a point of the curve.
  case invalidKey
  /// The public key is of low order: the secret would be known to everyone.
  case weakPublicKey
}

/// X25519. RFC 7748, libsodium, which refuses public keys of low order.
public enum X25519 {
  /// A private key: 32 bytes.
  public final class PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    package let secret: SecretKey
    /// The public half: 32 bytes.
    public let publicKey: [UInt8]

    /// A fresh key.
    public convenience init() throws(KeyAgreementError) { try self.init(SecretKey(random: 32)) }

    /// The key of 32 secret bytes.
    public init(_ secret: SecretKey) throws(KeyAgreementError) {
      guard secret.byteCount == 32 else { throw .invalidKey }
      _ = Sodium.isReady
      var point = [UInt8](repeating: 0, count: 32)
      let status = secret.withBytes { scalar in
        // Both buffers have 32 bytes.
        unsafe scalar.withUnsafeBytes { unsafe crypto_scalarmult_base(&point, $0.byteAddress) }
      }
      guard status == 0 else { throw .invalidKey }
      self.secret = secret
      publicKey = point
    }

    /// The secret shared with the owner of a public key of 32 bytes.
    /// - Throws: `KeyAgreementError.weakPublicKey` if it is of low order.
    public func sharedSecret(with publicKey: [UInt8]) throws(KeyAgreementError) -> SecretKey {
      guard publicKey.count == 32 else { throw .invalidKey }
      return SecretKey(
        try SecretBytes(byteCount: 32) { (output) throws(KeyAgreementError) in
          let status = secret.withBytes { scalar in
            // All three buffers have 32 bytes.
            unsafe scalar.withUnsafeBytes { scalar in
              unsafe output.withUnsafeMutableBytes { output in
                unsafe crypto_scalarmult(output.byteAddress, scalar.byteAddress, publicKey)
              }
            }
          }
          guard status == 0 else { throw .weakPublicKey }
        })
    }

    /// Nothing of the key.
    public var description: String { "X25519.PrivateKey(redacted)" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
  }

  /// Whether a public key is of low order: whoever multiplies it gets zeros.
  package static func isWeak(_ publicKey: [UInt8]) -> Bool {
    guard publicKey.count == 32 else { return true }
    _ = Sodium.isReady
    let scalar = [UInt8](repeating: 1, count: 32)
    var point = [UInt8](repeating: 0, count: 32)
    // All three buffers have 32 bytes.
    return unsafe crypto_scalarmult(&point, scalar, publicKey) != 0
  }
}
