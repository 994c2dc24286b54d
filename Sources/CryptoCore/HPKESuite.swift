/// Why HPKE did not seal or open.
public enum HPKEError: Error, Hashable, Sendable {
  /// The key is not one of the suite's KEM, or of low order. RFC 9180 section 7.1.4.
  case invalidKey
  /// The ciphertext or the encapsulated key was altered, or made for someone else.
  case openFailed
  /// A pre-shared key without an identifier, an identifier without a key, or a key under 32 bytes. RFC 9180
  /// sections 5.1 and 5.1.2.
  case invalidPreSharedKey
  /// The suite only exports.
  case exportOnly
  /// More messages than a context has nonces for. RFC 9180 section 5.2.
  case messageLimitReached
  /// More bytes than the KDF gives.
  case exportTooLong
}

/// A key encapsulation mechanism. RFC 9180 section 7.1.
public enum HPKEKEM: UInt16, Sendable, Hashable, CaseIterable {
  /// DHKEM(P-256, HKDF-SHA256).
  case p256 = 0x0010
  /// DHKEM(P-384, HKDF-SHA384).
  case p384 = 0x0011
  /// DHKEM(P-521, HKDF-SHA512).
  case p521 = 0x0012
  /// DHKEM(X25519, HKDF-SHA256).
  case x25519 = 0x0020
  /// X-Wing. draft-ietf-hpke-pq.
  case xWing = 0x647a

  /// An encapsulated key's size in bytes.
  public var encapsulatedByteCount: Int {
    switch self {
    case .p256, .p384, .p521: curve?.publicKeyByteCount ?? 0
    case .x25519: 32
    case .xWing: XWing.encapsulatedByteCount
    }
  }

  /// A serialised public key's size in bytes.
  public var publicKeyByteCount: Int { self == .xWing ? XWing.publicKeyByteCount : encapsulatedByteCount }

  /// A serialised private key's size in bytes.
  public var privateKeyByteCount: Int { curve?.privateKeyByteCount ?? 32 }

  var curve: NISTCurve? {
    switch self {
    case .p256: .p256
    case .p384: .p384
    case .p521: .p521
    case .x25519, .xWing: nil
    }
  }

  var hash: HashFunctionName {
    switch self {
    case .p256, .x25519, .xWing: .sha256
    case .p384: .sha384
    case .p521: .sha512
    }
  }

  /// `"KEM" || I2OSP(kem_id, 2)`.
  var suiteID: [UInt8] { Array("KEM".utf8) + rawValue.bigEndianBytes }
}

/// A key derivation function. RFC 9180 section 7.2.
public enum HPKEKDF: UInt16, Sendable, Hashable, CaseIterable {
  /// HKDF-SHA256.
  case hkdfSHA256 = 1
  /// HKDF-SHA384.
  case hkdfSHA384 = 2
  /// HKDF-SHA512.
  case hkdfSHA512 = 3

  var hash: HashFunctionName {
    switch self {
    case .hkdfSHA256: .sha256
    case .hkdfSHA384: .sha384
    case .hkdfSHA512: .sha512
    }
  }
}

/// An AEAD. RFC 9180 section 7.3.
public enum HPKEAEAD: UInt16, Sendable, Hashable, CaseIterable {
  /// AES-128-GCM.
  case aes128GCM = 1
  /// AES-256-GCM.
  case aes256GCM = 2
  /// ChaCha20-Poly1305.
  case chaCha20Poly1305 = 3
  /// None: the context only exports.
  case exportOnly = 0xffff

  package var algorithm: (any AEAD.Type)? {
    switch self {
    case .aes128GCM: AES128GCM.self
    case .aes256GCM: AES256GCM.self
    case .chaCha20Poly1305: ChaCha20Poly1305.self
    case .exportOnly: nil
    }
  }
}

/// A KEM, a KDF and an AEAD. RFC 9180 section 7.
public struct HPKESuite: Sendable, Hashable {
  /// The KEM.
  public let kem: HPKEKEM
  /// The KDF.
  public let kdf: HPKEKDF
  /// The AEAD.
  public let aead: HPKEAEAD

  /// A suite.
  public init(kem: HPKEKEM, kdf: HPKEKDF, aead: HPKEAEAD) {
    self.kem = kem
    self.kdf = kdf
    self.aead = aead
  }

  /// X-Wing, HKDF-SHA256, AES-256-GCM.
  public static let letterlock = HPKESuite(kem: .xWing, kdf: .hkdfSHA256, aead: .aes256GCM)

  /// `"HPKE" || I2OSP(kem_id, 2) || I2OSP(kdf_id, 2) || I2OSP(aead_id, 2)`.
  var suiteID: [UInt8] {
    Array("HPKE".utf8) + kem.rawValue.bigEndianBytes + kdf.rawValue.bigEndianBytes
      + aead.rawValue.bigEndianBytes
  }
}

extension UInt16 {
  var bigEndianBytes: [UInt8] { [UInt8(self >> 8), UInt8(truncatingIfNeeded: self)] }
}
