/// `uint16 CipherSuite`: a number, known to this library or not. RFC 9420 sections 5.1 and 17.1.
public struct CipherSuite: CodePoint {
  /// The number on the wire.
  public let rawValue: UInt16

  /// The suite of a number; whether this library has it shows when `algorithms` is asked for.
  public init(rawValue: UInt16) { self.rawValue = rawValue }
}

// RFC 9420 section 17.1.
extension CipherSuite {
  /// X25519, AES-128-GCM, SHA-256, Ed25519: the suite that every implementation has.
  public static let x25519AES128Ed25519 = CipherSuite(rawValue: 0x0001)
  /// P-256, AES-128-GCM, SHA-256, ECDSA.
  public static let p256AES128 = CipherSuite(rawValue: 0x0002)
  /// X25519, ChaCha20-Poly1305, SHA-256, Ed25519.
  public static let x25519ChaCha20Ed25519 = CipherSuite(rawValue: 0x0003)
  /// X448, AES-256-GCM, SHA-512, Ed448. Refused: no library here has the curve.
  public static let x448AES256Ed448 = CipherSuite(rawValue: 0x0004)
  /// P-521, AES-256-GCM, SHA-512, ECDSA.
  public static let p521AES256 = CipherSuite(rawValue: 0x0005)
  /// X448, ChaCha20-Poly1305, SHA-512, Ed448. Refused: no library here has the curve.
  public static let x448ChaCha20Ed448 = CipherSuite(rawValue: 0x0006)
  /// P-384, AES-256-GCM, SHA-384, ECDSA.
  public static let p384AES256 = CipherSuite(rawValue: 0x0007)
}

// The numbers of draft-ietf-mls-pq-ciphersuites-06 are not assigned yet, and every implementation chose its
// own. These are from the range for private use, 0xf000 to 0xffff, and stand nowhere else: when IANA assigns
// numbers, they change here.
extension CipherSuite {
  /// X-Wing, AES-128-GCM, SHA-256, Ed25519. The draft's
  /// `MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519` (TBD1).
  public static let xWingAES128Ed25519 = CipherSuite(rawValue: 0xf001)
  /// X-Wing, AES-256-GCM, SHA-384, Ed25519. The draft's
  /// `MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519` (TBD2).
  public static let xWingAES256Ed25519 = CipherSuite(rawValue: 0xf002)
  /// X-Wing, AES-256-GCM, SHA-384, ML-DSA-65: signatures are post-quantum too. The draft pairs X-Wing with
  /// ML-DSA-44 only, which no library here has; this is its TBD10 with the hybrid KEM in place of ML-KEM-768.
  public static let xWingAES256MLDSA65 = CipherSuite(rawValue: 0xf003)

  /// What a group is made with unless the application says otherwise: post-quantum confidentiality.
  public static let `default` = xWingAES256Ed25519

  /// Every suite that this library has, in the order in which it prefers them.
  public static let supported: [CipherSuite] = CipherSuiteAlgorithms.all.map(\.suite)

  /// Whether this library has the suite.
  public var isSupported: Bool { CipherSuiteAlgorithms.bySuite[self] != nil }

  /// The suite's algorithms.
  /// - Throws: `CipherSuiteError.unsupported` if this library has not all of them.
  package func algorithms() throws(CipherSuiteError) -> CipherSuiteAlgorithms {
    guard let algorithms = CipherSuiteAlgorithms.bySuite[self] else { throw .unsupported(self) }
    return algorithms
  }
}

extension CipherSuite {
  /// The suite's registered name, or its number.
  public var description: String {
    switch self {
    case .x448AES256Ed448: "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448"
    case .x448ChaCha20Ed448: "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448"
    default:
      CipherSuiteAlgorithms.bySuite[self]?.name ?? "CipherSuite(\(rawValue))"
    }
  }
}

/// Why an operation of a cipher suite failed.
public enum CipherSuiteError: Error, Hashable, Sendable {
  /// This library has not all algorithms of the suite.
  case unsupported(CipherSuite)
  /// A public key is not one of the suite's.
  case invalidPublicKey
  /// A private key is not one of the suite's.
  case invalidPrivateKey
  /// A signature is not by the owner of the key, over this content under this label.
  case invalidSignature
  /// The signature was not made.
  case signingFailed
  /// Nothing was encrypted.
  case sealFailed
  /// A ciphertext was altered, or made for someone else or another purpose.
  case openFailed
  /// More bytes than the suite's KDF gives: 255 times its hash.
  case outputTooLong
  /// More pre-shared keys than 16 bits count.
  case tooManyPreSharedKeys
}
