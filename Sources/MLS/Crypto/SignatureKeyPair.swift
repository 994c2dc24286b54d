public import CryptoCore
public import TLSCodec

/// `opaque SignaturePublicKey<V>`, as the suite's scheme writes it. RFC 9420 section 5.1.1.
public struct SignaturePublicKey: TLSCodable, Hashable, Sendable {
  /// The key.
  public let bytes: [UInt8]

  /// Wraps bytes; whether they are a key shows when a signature is verified.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Writes a length and the bytes.
  public func encode(to writer: inout TLSWriter) { writer.write(opaque: bytes) }

  /// Reads a length and that many bytes.
  public init(from reader: inout TLSReader) throws(TLSError) { bytes = try reader.readOpaque() }
}

/// A signature key pair: what a member's leaf node and messages are signed with.
public struct SignatureKeyPair: Sendable {
  /// The scheme.
  public let scheme: SignatureScheme
  /// The public half.
  public let publicKey: SignaturePublicKey
  /// The private half, serialised: an Ed25519 or ML-DSA seed of 32 bytes, or a big-endian scalar.
  public let privateKey: SecretKey
  private let key: Key

  private enum Key: Sendable {
    case ecdsa(NISTCurve.PrivateKey)
    case ed25519(Ed25519.PrivateKey)
    case mlDSA65(MLDSA65.PrivateKey)
  }

  /// The pair of a serialised private key.
  /// - Throws: `CipherSuiteError.invalidPrivateKey` if it is none of the scheme.
  public init(privateKey: SecretKey, scheme: SignatureScheme) throws(CipherSuiteError) {
    self.scheme = scheme
    do {
      switch scheme {
      case .ecdsaP256SHA256, .ecdsaP384SHA384, .ecdsaP521SHA512:
        guard let curve = scheme.curve else { throw CipherSuiteError.invalidPrivateKey }
        let scalar = privateKey.paddedLeft(to: curve.privateKeyByteCount)
        let pair = try NISTCurve.PrivateKey(scalar, curve: curve)
        self.privateKey = scalar
        key = .ecdsa(pair)
        publicKey = SignaturePublicKey(bytes: pair.publicKey)
      case .ed25519:
        let pair = try Ed25519.PrivateKey(seed: privateKey)
        self.privateKey = privateKey
        key = .ed25519(pair)
        publicKey = SignaturePublicKey(bytes: pair.publicKey.bytes)
      case .mlDSA65:
        let pair = try MLDSA65.PrivateKey(seed: privateKey)
        self.privateKey = privateKey
        key = .mlDSA65(pair)
        publicKey = SignaturePublicKey(bytes: pair.publicKey.bytes)
      }
    } catch { throw .invalidPrivateKey }
  }

  /// The pair of a serialised private key of a suite.
  /// - Throws: `CipherSuiteError.unsupported`, or `.invalidPrivateKey` if it is none of the suite.
  public init(privateKey: SecretKey, suite: CipherSuite) throws(CipherSuiteError) {
    try self.init(privateKey: privateKey, scheme: suite.algorithms().signature)
  }

  /// A fresh pair for a suite.
  /// - Throws: `CipherSuiteError.unsupported`.
  public static func generate(_ suite: CipherSuite) throws(CipherSuiteError) -> SignatureKeyPair {
    let scheme = try suite.algorithms().signature
    guard let curve = scheme.curve else {
      return try SignatureKeyPair(privateKey: SecretKey(random: 32), scheme: scheme)
    }
    guard let pair = try? NISTCurve.PrivateKey.generate(curve) else { throw .invalidPrivateKey }
    return try SignatureKeyPair(privateKey: pair.scalar, scheme: scheme)
  }

  /// Lends a signature of `message`: on the stack, if the scheme's is short and always as long.
  func withSignature<Result>(
    of message: RawSpan, _ body: (RawSpan) throws(MessageProtectionError) -> Result
  ) throws(MessageProtectionError) -> Result {
    guard case .ed25519(let key) = key else {
      let signature: [UInt8]
      do throws(CipherSuiteError) { signature = try sign(message.array(0..<message.byteCount)) } catch {
        throw .sealFailed
      }
      return try signature.withRawSpan { (signature) throws(MessageProtectionError) in try body(signature) }
    }
    return try withTemporaryBytes(Ed25519.signatureByteCount) { (signature) throws(MessageProtectionError) in
      do throws(SignatureError) { try key.sign(message, into: &signature) } catch { throw .sealFailed }
      return try signature.withReadOnly { (signature) throws(MessageProtectionError) in try body(signature) }
    }
  }

  /// A signature of `message`.
  func sign(_ message: [UInt8]) throws(CipherSuiteError) -> [UInt8] {
    do throws(SignatureError) {
      return switch key {
      case .ecdsa(let key): try key.signature(for: message)
      case .ed25519(let key): try key.signature(for: message)
      case .mlDSA65(let key): try key.signature(for: message, context: [])
      }
    } catch { throw .signingFailed }
  }
}

extension SignatureKeyPair: CustomStringConvertible, CustomReflectable {
  /// The scheme, and nothing of the key.
  public var description: String { "SignatureKeyPair(\(scheme), redacted)" }
  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SecretKey {
  /// A big-endian number with zeros before it; the same if it is long enough.
  func paddedLeft(to byteCount: Int) -> SecretKey {
    guard self.byteCount < byteCount else { return self }
    let zeros = SecretKey(copying: [UInt8](repeating: 0, count: byteCount - self.byteCount))
    return SecretKey(concatenating: [zeros, self])
  }
}
