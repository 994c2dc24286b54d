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
}

/// A private key of HPKE.
public final class HPKEPrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
  let kem: HPKEKEM
  let secret: SecretKey
  /// The key as RFC 9180 serialises it; of X-Wing, its seed.
  package var serialized: SecretKey { secret }
  private let xWing: XWing.PrivateKey?
  /// The public half.
  public let publicKey: HPKEPublicKey

  /// Takes a serialised private key: of X-Wing, its seed of 32 bytes.
  public init(bytes: SecretKey, kem: HPKEKEM) throws(HPKEError) {
    self.kem = kem
    secret = bytes
    do {
      switch kem {
      case .p256, .p384, .p521:
        xWing = nil
        guard let curve = kem.curve else { throw HPKEError.invalidKey }
        publicKey = try HPKEPublicKey(
          bytes: NISTCurve.PrivateKey(bytes, curve: curve).publicKey, kem: kem)
      case .x25519:
        xWing = nil
        publicKey = try HPKEPublicKey(bytes: X25519.PrivateKey(bytes).publicKey, kem: kem)
      case .xWing:
        let key = try XWing.PrivateKey(seed: bytes)
        xWing = key
        publicKey = try HPKEPublicKey(bytes: key.publicKey.bytes, kem: kem)
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

  /// The Diffie-Hellman secret with a serialised public key.
  func agree(with other: [UInt8]) throws(HPKEError) -> SecretKey {
    do {
      if let curve = kem.curve {
        return try NISTCurve.PrivateKey(secret, curve: curve).sharedSecret(with: other)
      }
      return try X25519.PrivateKey(secret).sharedSecret(with: other)
    } catch { throw .invalidKey }
  }

  func decapsulateXWing(_ encapsulated: [UInt8]) throws(HPKEError) -> SecretKey {
    guard let xWing, let secret = try? xWing.decapsulate(encapsulated) else { throw .openFailed }
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
    let kdf = LabeledKDF(suiteID: kem.suiteID, hash: kem.hash)
    let pseudoRandomKey = kdf.extract(salt: [], label: "dkp_prk", inputKeyMaterial)
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

/// LabeledExtract and LabeledExpand. RFC 9180 section 4.
struct LabeledKDF: Sendable {
  let suiteID: [UInt8]
  let hash: HashFunctionName
  private static let version = Array("HPKE-v1".utf8)

  /// `Extract(salt, "HPKE-v1" || suite_id || label || ikm)`.
  func extract(salt: [UInt8], label: String, _ inputKeyMaterial: SecretKey) -> SecretKey {
    let prefix = SecretKey(copying: Self.version + suiteID + Array(label.utf8))
    return HKDF.extract(
      salt: salt, inputKeyMaterial: SecretKey(concatenating: [prefix, inputKeyMaterial]), hash: hash)
  }

  /// `Expand(prk, I2OSP(L, 2) || "HPKE-v1" || suite_id || label || info, L)`.
  func expand(
    _ pseudoRandomKey: SecretKey, label: String, info: [UInt8], byteCount: Int
  ) throws(HPKEError) -> SecretKey {
    guard (0...255 * hash.digestByteCount).contains(byteCount) else { throw .exportTooLong }
    let labeled = UInt16(byteCount).bigEndianBytes + Self.version + suiteID + Array(label.utf8) + info
    do throws(KDFError) {
      return try HKDF.expand(pseudoRandomKey, info: labeled, byteCount: byteCount, hash: hash)
    } catch { throw .exportTooLong }
  }
}
