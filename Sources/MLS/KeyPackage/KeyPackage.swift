public import TLSCodec

/// What a client publishes so that others can add it to groups while it is away.
///
/// ```
/// struct {
///   ProtocolVersion version;
///   CipherSuite cipher_suite;
///   HPKEPublicKey init_key;
///   LeafNode leaf_node;
///   Extension extensions<V>;
///   /* SignWithLabel(., "KeyPackageTBS", KeyPackageTBS) */
///   opaque signature<V>;
/// } KeyPackage;
/// ```
/// RFC 9420 section 10.
public struct KeyPackage: WireCodable, Hashable, Sendable {
  /// The version of the protocol.
  public var version: ProtocolVersion
  /// The suite of the keys.
  public var cipherSuite: CipherSuite
  /// The key to which a Welcome is sealed.
  public var initKey: HPKEPublicKey
  /// The leaf that the client will have.
  public var leafNode: LeafNode
  /// More about the package.
  public var extensions: [Extension]
  /// The client's signature of all of this.
  public var signature: [UInt8]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.cipherSuite), field(\.initKey), field(\.leafNode),
    field(\.extensions), field(\.signature))

  init(
    version: ProtocolVersion, cipherSuite: CipherSuite, initKey: HPKEPublicKey, leafNode: LeafNode,
    extensions: [Extension], signature: [UInt8] = []
  ) {
    self.version = version
    self.cipherSuite = cipherSuite
    self.initKey = initKey
    self.leafNode = leafNode
    self.extensions = extensions
    self.signature = signature
  }

  /// Whether the package says that it may be used again. draft-ietf-mls-extensions, section "Last-Resort
  /// KeyPackages".
  public var isLastResort: Bool {
    extensions.contains { $0.type == .lastResort }
      || (try? extensions.appDataDictionary()?[.lastResortKeyPackage]) != nil
  }

  /// What is signed: the fields above the signature. `KeyPackageTBS`, RFC 9420 section 10.
  var toBeSigned: [UInt8] {
    var writer = TLSWriter(reserving: 512)
    version.encode(to: &writer)
    cipherSuite.encode(to: &writer)
    initKey.encode(to: &writer)
    leafNode.encode(to: &writer)
    extensions.encode(to: &writer)
    return writer.bytes
  }
}
