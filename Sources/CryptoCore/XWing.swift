internal import Crypto
internal import Foundation

/// X-Wing: ML-KEM-768 and X25519 together. draft-connolly-cfrg-xwing-kem, swift-crypto. An X25519 part of low
/// order, which swift-crypto lets through, is refused on both sides.
public enum XWing {
  /// 1216: ML-KEM-768's 1184, then X25519's 32.
  public static let publicKeyByteCount = 1216
  /// 1120: ML-KEM-768's 1088, then X25519's 32.
  public static let encapsulatedByteCount = 1120

  /// A public key.
  public struct PublicKey: Sendable {
    /// 1216 bytes.
    public let bytes: [UInt8]
    private let key: XWingMLKEM768X25519.PublicKey

    /// Takes an encoded key to which every encapsulation succeeds.
    /// - Throws: `KeyAgreementError.invalidKey`, or `.weakPublicKey` for an X25519 part of low order.
    public init(bytes: [UInt8]) throws(KeyAgreementError) {
      guard bytes.count == publicKeyByteCount, MLKEM768.isReduced(bytes) else { throw .invalidKey }
      guard !X25519.isWeak(Array(bytes[1184...])) else { throw .weakPublicKey }
      do { key = try XWingMLKEM768X25519.PublicKey(rawRepresentation: bytes) } catch {
        throw .invalidKey
      }
      self.bytes = bytes
    }

    /// The public half of a private key, which needs no check.
    fileprivate init(own key: XWingMLKEM768X25519.PublicKey) {
      self.key = key
      bytes = key.rawRepresentation.array
    }

    /// A fresh secret of 32 bytes, and its ciphertext for the key's owner.
    public func encapsulate() throws(KeyAgreementError) -> (sharedSecret: SecretKey, encapsulated: [UInt8]) {
      do {
        let result = try key.encapsulate()
        return (result.sharedSecret.secret, result.encapsulated.array)
      } catch { throw .invalidKey }
    }
  }

  /// A private key.
  public final class PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: XWingMLKEM768X25519.PrivateKey
    /// The public half.
    public let publicKey: PublicKey

    /// The key of a seed of 32 bytes.
    public init(seed: SecretKey) throws(KeyAgreementError) {
      guard seed.byteCount == 32 else { throw .invalidKey }
      do {
        key = try seed.withContiguous {
          try XWingMLKEM768X25519.PrivateKey(seedRepresentation: $0, publicKey: nil)
        }
      } catch { throw .invalidKey }
      publicKey = PublicKey(own: key.publicKey)
    }

    /// The secret inside a ciphertext; another one, that nobody knows, if it was altered.
    /// - Throws: `KeyAgreementError.weakPublicKey` for an X25519 part of low order.
    public func decapsulate(_ encapsulated: [UInt8]) throws(KeyAgreementError) -> SecretKey {
      guard encapsulated.count == encapsulatedByteCount else { throw .invalidKey }
      guard !X25519.isWeak(Array(encapsulated[1088...])) else { throw .weakPublicKey }
      do { return try key.decapsulate(Data(encapsulated)).secret } catch { throw .invalidKey }
    }

    /// Nothing of the key.
    public var description: String { "XWing.PrivateKey(redacted)" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
  }
}
