internal import Crypto

/// A public key of HPKE.
public struct HPKEPublicKey: Sendable {
  /// The key as RFC 9180 serialises it.
  public let bytes: [UInt8]
  /// Its KEM.
  public let kem: HPKEKEM

  /// Takes a serialised key.
  /// - Throws: `HPKEError.invalidKey` if it is none, or of low order. RFC 9180 section 7.1.4.
  public init(bytes: [UInt8], kem: HPKEKEM) throws(HPKEError) {
    switch kem {
    case .p256, .p384, .p521:
      guard bytes.count == kem.encapsulatedByteCount else { throw .invalidKey }
    case .x25519:
      guard bytes.count == 32, !X25519.isWeak(bytes) else { throw .invalidKey }
    case .xWing:
      guard (try? XWing.PublicKey(bytes: bytes)) != nil else { throw .invalidKey }
    }
    self.bytes = bytes
    self.kem = kem
  }

  /// Takes a serialised key to which something is sealed at once: whether it is a key, and of which order,
  /// shows then, and is not computed twice.
  package init(sealingTo bytes: [UInt8], kem: HPKEKEM) throws(HPKEError) {
    guard bytes.count == kem.publicKeyByteCount else { throw .invalidKey }
    self.init(own: bytes, kem: kem)
  }

  fileprivate init(own bytes: [UInt8], kem: HPKEKEM) {
    self.bytes = bytes
    self.kem = kem
  }
}

/// A private key of HPKE.
public final class HPKEPrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
  let kem: HPKEKEM
  let secret: SecretKey
  /// The key as RFC 9180 serialises it; of X-Wing, its seed.
  package var serialized: SecretKey { secret }
  private let key: Key
  /// The public half.
  public let publicKey: HPKEPublicKey

  /// Keys as they compute: parsed once.
  private enum Key: Sendable {
    case x25519(Curve25519.KeyAgreement.PrivateKey)
    case nist(NISTCurve.PrivateKey)
    case xWing(XWing.PrivateKey)
  }

  /// Takes a serialised private key: of X-Wing, its seed of 32 bytes.
  public init(bytes: SecretKey, kem: HPKEKEM) throws(HPKEError) {
    self.kem = kem
    secret = bytes
    do {
      switch kem {
      case .p256, .p384, .p521:
        guard let curve = kem.curve else { throw HPKEError.invalidKey }
        let pair = try NISTCurve.PrivateKey(bytes, curve: curve)
        key = .nist(pair)
        publicKey = HPKEPublicKey(own: pair.publicKey, kem: kem)
      case .x25519:
        let pair = try bytes.withContiguous { try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: $0) }
        key = .x25519(pair)
        publicKey = HPKEPublicKey(own: pair.publicKey.rawRepresentation.array, kem: kem)
      case .xWing:
        let pair = try XWing.PrivateKey(seed: bytes)
        key = .xWing(pair)
        publicKey = HPKEPublicKey(own: pair.publicKey.bytes, kem: kem)
      }
    } catch { throw .invalidKey }
  }

  /// A fresh key.
  public static func generate(_ kem: HPKEKEM) throws(HPKEError) -> HPKEPrivateKey {
    guard let curve = kem.curve else { return try HPKEPrivateKey(bytes: SecretKey(random: 32), kem: kem) }
    do { return try HPKEPrivateKey(bytes: NISTCurve.PrivateKey.generate(curve).scalar, kem: kem) } catch {
      throw .invalidKey
    }
  }

  private static let zeros = SecretKey(copying: [UInt8](repeating: 0, count: 32))

  /// The Diffie-Hellman secret with a serialised public key; refuses one of low order.
  func agree(with other: [UInt8]) throws(HPKEError) -> SecretKey {
    do {
      switch key {
      case .nist(let key): return try key.sharedSecret(with: other)
      case .x25519(let key):
        let secret = try key.sharedSecretFromKeyAgreement(
          with: Curve25519.KeyAgreement.PublicKey(rawRepresentation: other)
        ).secret
        // swift-crypto lets keys of low order through: the secret is zeros, which everyone knows. RFC 9180
        // section 7.1.4.
        guard !secret.isEqual(to: Self.zeros) else { throw HPKEError.invalidKey }
        return secret
      case .xWing: throw HPKEError.invalidKey
      }
    } catch { throw .invalidKey }
  }

  func decapsulateXWing(_ encapsulated: [UInt8]) throws(HPKEError) -> SecretKey {
    guard case .xWing(let key) = key, let secret = try? key.decapsulate(encapsulated) else {
      throw .openFailed
    }
    return secret
  }

  /// Nothing of the key.
  public var description: String { "HPKEPrivateKey(redacted)" }
  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension HPKEPrivateKey {
  /// DeriveKeyPair. RFC 9180 section 7.1.3; of X-Wing, draft-ietf-hpke-pq.
  public static func derive(from inputKeyMaterial: SecretKey, kem: HPKEKEM) throws(HPKEError)
    -> HPKEPrivateKey
  {
    guard kem != .xWing else { return try HPKEPrivateKey(bytes: inputKeyMaterial, kem: kem) }
    let kdf = LabeledKDF(of: kem)
    let pseudoRandomKey = kdf.extract(label: "dkp_prk", inputKeyMaterial)
    guard kem.curve != nil else {
      return try HPKEPrivateKey(
        bytes: kdf.expand(pseudoRandomKey, label: "sk", info: [], byteCount: 32), kem: kem)
    }
    for counter in 0...UInt8.max {
      let candidate = try kdf.expand(
        pseudoRandomKey, label: "candidate", info: [counter], byteCount: kem.privateKeyByteCount)
      // P-521's order has 521 bits: the 7 above are cleared.
      let masked = kem == .p521 ? candidate.clearingHighBits(0x01) : candidate
      if let key = try? HPKEPrivateKey(bytes: masked, kem: kem) { return key }
    }
    throw .invalidKey
  }
}

extension SecretKey {
  /// The same secret, its first byte masked.
  fileprivate func clearingHighBits(_ mask: UInt8) -> SecretKey {
    withBytes { bytes in
      SecretKey(
        SecretBytes(byteCount: bytes.byteCount) { output in
          output.copy(bytes, to: 0)
          output.storeBytes(of: bytes.byte(at: 0) & mask, toByteOffset: 0, as: UInt8.self)
        })
    }
  }
}
