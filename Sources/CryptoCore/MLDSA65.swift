internal import Crypto
internal import Foundation

/// ML-DSA-65. FIPS 204, swift-crypto; signing is randomised.
public enum MLDSA65 {
  /// A public key.
  public struct PublicKey: Sendable, Hashable {
    /// 1952.
    public static let byteCount = 1952
    /// The encoded key.
    public let bytes: [UInt8]

    /// Wraps 1952 bytes.
    /// - Throws: `SignatureError.invalidKey` for any other count.
    public init(bytes: [UInt8]) throws(SignatureError) {
      guard bytes.count == Self.byteCount else { throw .invalidKey }
      self.bytes = bytes
    }

    /// Whether this key's owner signed `message` for `context`, which has at most 255 bytes.
    public func isValid(signature: [UInt8], for message: [UInt8], context: [UInt8]) -> Bool {
      guard signature.count == 3309,
        let key = try? Crypto.MLDSA65.PublicKey(rawRepresentation: bytes)
      else { return false }
      return key.isValidSignature(signature, for: message, context: context)
    }
  }

  /// A private key.
  public final class PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: Crypto.MLDSA65.PrivateKey
    /// The public half.
    public let publicKey: PublicKey

    /// The key of a seed of 32 bytes.
    /// - Throws: `SignatureError.invalidKey` for any other count.
    public init(seed: SecretKey) throws(SignatureError) {
      do {
        key = try seed.withBytes { seed in
          // The span outlives the call.
          try unsafe seed.withUnsafeBytes {
            try unsafe Crypto.MLDSA65.PrivateKey(seedRepresentation: $0, publicKey: nil)
          }
        }
      } catch { throw .invalidKey }
      publicKey = try PublicKey(bytes: key.publicKey.rawRepresentation.array)
    }

    /// A signature of `message` for `context`, which has at most 255 bytes: 3309 bytes.
    public func signature(for message: [UInt8], context: [UInt8]) throws(SignatureError) -> [UInt8] {
      do { return try key.signature(for: message, context: context).array } catch {
        throw .signingFailed
      }
    }

    /// Nothing of the key.
    public var description: String { "MLDSA65.PrivateKey(redacted)" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
  }
}
