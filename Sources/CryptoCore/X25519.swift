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
    // The highest bit does not count. RFC 7748 section 5.
    let known = publicKey.dropLast() + [publicKey[31] & 0x7f]
    return weakPublicKeys.contains { $0.elementsEqual(known) }
  }

  /// The encodings of the points whose order divides 8, of the curve and of its twist: 0, 1, two of order 8, p - 1, and
  /// once more 0 and 1 as p and p + 1. RFC 7748 section 6.1. To multiply each public key would cost as much as to
  /// agree on a secret with it.
  private static let weakPublicKeys: [[UInt8]] = [
    [0] + zeros, [1] + zeros,
    [
      0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda,
      0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
      0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04,
      0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
    [0xec] + ones + [0x7f], [0xed] + ones + [0x7f], [0xee] + ones + [0x7f],
  ]

  private static let zeros = [UInt8](repeating: 0, count: 31)
  private static let ones = [UInt8](repeating: 0xff, count: 30)
}
