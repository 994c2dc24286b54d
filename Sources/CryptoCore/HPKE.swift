internal import Crypto
internal import Foundation

/// Why HPKE did not seal or open.
public enum HPKEError: Error, Hashable, Sendable {
  /// The key is not one of the suite's KEM, or of low order.
  case invalidKey
  /// The ciphertext was altered or made for someone else.
  case openFailed
  /// The suite cannot do this.
  case unsupported
}

/// A key encapsulation mechanism of HPKE.
public enum HPKEKEM: Sendable, Hashable {
  /// X-Wing: ML-KEM-768 and X25519. draft-connolly-cfrg-xwing-kem, KEM identifier 0x647A.
  case xWing
}

/// A suite of HPKE. RFC 9180 section 7.
public struct HPKESuite: Sendable, Hashable {
  /// X-Wing, HKDF-SHA256, AES-256-GCM.
  public static let letterlock = HPKESuite()

  var ciphersuite: Crypto.HPKE.Ciphersuite {
    Crypto.HPKE.Ciphersuite(kem: .XWingMLKEM768X25519, kdf: .HKDF_SHA256, aead: .AES_GCM_256)
  }
}

/// A public key of HPKE.
public struct HPKEPublicKey: Sendable {
  /// The key as RFC 9180 serialises it.
  public let bytes: [UInt8]
  fileprivate let key: XWingMLKEM768X25519.PublicKey

  /// Takes a serialised key; one with an X25519 part of low order is refused. RFC 9180 section 7.1.4.
  public init(bytes: [UInt8], kem: HPKEKEM) throws(HPKEError) {
    // X-Wing: ML-KEM-768's 1184 bytes, then X25519's 32.
    guard bytes.count == 1216, !X25519.isWeak(Array(bytes[1184...])) else { throw .invalidKey }
    do { key = try XWingMLKEM768X25519.PublicKey(rawRepresentation: bytes) } catch {
      throw .invalidKey
    }
    self.bytes = bytes
  }
}

/// A private key of HPKE.
public final class HPKEPrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
  fileprivate let key: XWingMLKEM768X25519.PrivateKey
  /// The public half.
  public let publicKey: HPKEPublicKey

  /// Takes a serialised private key: of X-Wing, its seed of 32 bytes.
  public init(bytes: SecretKey, kem: HPKEKEM) throws(HPKEError) {
    guard bytes.byteCount == 32 else { throw .invalidKey }
    do {
      key = try bytes.withBytes { seed in
        // The span outlives the call.
        try unsafe seed.withUnsafeBytes {
          try unsafe XWingMLKEM768X25519.PrivateKey(seedRepresentation: Data($0), publicKey: nil)
        }
      }
    } catch { throw .invalidKey }
    publicKey = try HPKEPublicKey(bytes: key.publicKey.rawRepresentation.array, kem: kem)
  }

  /// Nothing of the key.
  public var description: String { "HPKEPrivateKey(redacted)" }
  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Hybrid public key encryption, base mode. RFC 9180.
public enum HPKE {
  /// X-Wing's encapsulated key: 1120 bytes.
  static let encapsulatedByteCount = 1120

  /// Seals to a public key: `enc || ciphertext`. RFC 9180 section 6.1.
  public static func seal(
    _ plaintext: [UInt8], to key: HPKEPublicKey, suite: HPKESuite, info: [UInt8],
    authenticating: [UInt8]
  ) throws(HPKEError) -> [UInt8] {
    do {
      var sender = try Crypto.HPKE.Sender(
        recipientKey: key.key, ciphersuite: suite.ciphersuite, info: Data(info))
      return try sender.encapsulatedKey.array
        + sender.seal(plaintext, authenticating: authenticating).array
    } catch { throw .invalidKey }
  }

  /// Opens what was sealed to a public key. RFC 9180 section 6.1.
  public static func open(
    _ sealed: [UInt8], with key: HPKEPrivateKey, suite: HPKESuite, info: [UInt8],
    authenticating: [UInt8]
  ) throws(HPKEError) -> [UInt8] {
    try openSecret(sealed, with: key, suite: suite, info: info, authenticating: authenticating)
      .exportRawBytes()
  }

  /// Opens a secret that was sealed to a public key.
  package static func openSecret(
    _ sealed: [UInt8], with key: HPKEPrivateKey, suite: HPKESuite, info: [UInt8],
    authenticating: [UInt8]
  ) throws(HPKEError) -> SecretKey {
    // X-Wing's ciphertext: ML-KEM-768's 1088 bytes, then X25519's 32.
    guard sealed.count > encapsulatedByteCount,
      !X25519.isWeak(Array(sealed[1088..<encapsulatedByteCount]))
    else { throw .openFailed }
    do {
      var recipient = try Crypto.HPKE.Recipient(
        privateKey: key.key, ciphersuite: suite.ciphersuite, info: Data(info),
        encapsulatedKey: Data(sealed[..<encapsulatedByteCount]))
      var plaintext = try recipient.open(
        Data(sealed[encapsulatedByteCount...]), authenticating: authenticating)
      defer { plaintext.wipe() }
      return plaintext.secret
    } catch { throw .openFailed }
  }
}
