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

  /// FIPS 203 section 7.2: whether every coefficient of an encapsulation key, 768 of 12 bits in the first 1152
  /// bytes, is below the modulus. Nobody can encapsulate to another key.
  static func isReduced(_ publicKey: [UInt8]) -> Bool {
    stride(from: 0, to: 1152, by: 3).allSatisfy { index in
      let (low, middle, high) = (
        UInt16(publicKey[index]), UInt16(publicKey[index + 1]), UInt16(publicKey[index + 2])
      )
      return low | (middle & 0x0f) << 8 < 3329 && middle >> 4 | high << 4 < 3329
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
