public import CryptoCore
public import TLSCodec

/// `opaque HPKEPublicKey<V>`, as the suite's KEM writes it. RFC 9420 section 5.1.1.
public struct HPKEPublicKey: TLSCodable, Hashable, Sendable {
  /// The key.
  public let bytes: [UInt8]

  /// Wraps bytes; whether they are a key shows when something is sealed to it.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Writes a length and the bytes.
  public func encode(to writer: inout TLSWriter) { writer.write(opaque: bytes) }

  /// Reads a length and that many bytes.
  public init(from reader: inout TLSReader) throws(TLSError) { bytes = try reader.readOpaque() }
}

///     struct {
///       opaque kem_output<V>;
///       opaque ciphertext<V>;
///     } HPKECiphertext;                                    RFC 9420 section 7.6
public struct HPKECiphertext: WireCodable, Hashable, Sendable {
  /// The encapsulated key.
  public var kemOutput: [UInt8]
  /// The ciphertext and its tag.
  public var ciphertext: [UInt8]

  /// A ciphertext.
  public init(kemOutput: [UInt8], ciphertext: [UInt8]) {
    self.kemOutput = kemOutput
    self.ciphertext = ciphertext
  }

  /// The structure's fields.
  public static let wire = WireFormat(Self.init, field(\.kemOutput), field(\.ciphertext))
}

/// An HPKE key pair: of a key package, a leaf or a parent node.
public struct HPKEKeyPair: Sendable {
  /// The public half.
  public let publicKey: HPKEPublicKey
  package let privateKey: HPKEPrivateKey

  init(_ key: HPKEPrivateKey) {
    privateKey = key
    publicKey = HPKEPublicKey(bytes: key.publicKey.bytes)
  }

  /// The pair of a private key as `SerializePrivateKey` writes it. RFC 9180 section 7.1.2.
  /// - Throws: `CipherSuiteError.unsupported`, or `.invalidPrivateKey` if it is none of the suite.
  public init(privateKey: SecretKey, suite: CipherSuite) throws(CipherSuiteError) {
    try self.init(privateKey: privateKey, suite.algorithms())
  }

  package init(privateKey: SecretKey, _ suite: CipherSuiteAlgorithms) throws(CipherSuiteError) {
    let kem = suite.hpke.kem
    do throws(HPKEError) {
      self.init(
        try HPKEPrivateKey(bytes: privateKey.paddedLeft(to: kem.privateKeyByteCount), kem: kem))
    } catch { throw .invalidPrivateKey }
  }

  /// The private half, serialised.
  public var privateKeyBytes: SecretKey { privateKey.serialized }

  /// A fresh pair for a suite.
  /// - Throws: `CipherSuiteError.unsupported`.
  public static func generate(_ suite: CipherSuite) throws(CipherSuiteError) -> HPKEKeyPair {
    try generate(suite.algorithms())
  }

  package static func generate(_ suite: CipherSuiteAlgorithms) throws(CipherSuiteError) -> HPKEKeyPair {
    do throws(HPKEError) { return HPKEKeyPair(try HPKEPrivateKey.generate(suite.hpke.kem)) } catch {
      throw .invalidPrivateKey
    }
  }

  /// `KEM.DeriveKeyPair(secret)`. RFC 9180 section 7.1.3.
  ///
  /// draft-ietf-hpke-pq derives the seed of an X-Wing key with SHAKE256, which no library here has; it is
  /// `ExpandWithLabel(secret, "X-Wing seed", "", 32)` in the suites for private use.
  package static func derive(
    from secret: SecretKey, _ suite: CipherSuiteAlgorithms
  ) throws(CipherSuiteError) -> HPKEKeyPair {
    let material =
      suite.hpke.kem == .xWing
      ? try suite.expandWithLabel(secret, label: "X-Wing seed", context: [], byteCount: 32) : secret
    do throws(HPKEError) {
      return HPKEKeyPair(try HPKEPrivateKey.derive(from: material, kem: suite.hpke.kem))
    } catch { throw .invalidPrivateKey }
  }
}

extension HPKEKeyPair: CustomStringConvertible, CustomReflectable {
  /// Nothing of the private key.
  public var description: String { "HPKEKeyPair(redacted)" }
  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
