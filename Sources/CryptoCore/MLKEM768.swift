internal import Crypto
internal import Foundation

/// ML-KEM-768. FIPS 203, swift-crypto. Encapsulation draws its own randomness.
package enum MLKEM768 {
  /// A decapsulation key, from its seed.
  package struct PrivateKey: Sendable {
    private let key: Crypto.MLKEM768.PrivateKey

    /// The key of a seed of 64 bytes, d then z.
    package init(seed: SecretKey) throws(KeyAgreementError) {
      do {
        key = try seed.withContiguous {
          try Crypto.MLKEM768.PrivateKey(seedRepresentation: $0, publicKey: nil)
        }
      } catch { throw .invalidKey }
    }

    /// The encapsulation key: 1184 bytes.
    package var publicKey: [UInt8] { key.publicKey.rawRepresentation.array }

    /// The secret inside a ciphertext of 1088 bytes; another one, that nobody knows, if it was altered.
    package func decapsulate(_ ciphertext: [UInt8]) throws(KeyAgreementError) -> SecretKey {
      do { return try key.decapsulate(ciphertext).secret } catch { throw .invalidKey }
    }
  }

  /// A fresh secret, and its ciphertext for the owner of an encapsulation key of 1184 bytes.
  package static func encapsulate(
    to publicKey: [UInt8]
  ) throws(KeyAgreementError) -> (sharedSecret: SecretKey, encapsulated: [UInt8]) {
    do {
      let result = try Crypto.MLKEM768.PublicKey(rawRepresentation: publicKey).encapsulate()
      return (result.sharedSecret.secret, result.encapsulated.array)
    } catch { throw .invalidKey }
  }
}
