public import TLSCodec

/// One client's appearance in a group, signed by that client.
///
/// ```
/// struct {
///   HPKEPublicKey encryption_key;
///   SignaturePublicKey signature_key;
///   Credential credential;
///   Capabilities capabilities;
///   LeafNodeSource leaf_node_source;
///   select (LeafNode.leaf_node_source) {
///     case key_package:  Lifetime lifetime;
///     case update:       struct{};
///     case commit:       opaque parent_hash<V>;
///   };
///   Extension extensions<V>;
///   /* SignWithLabel(., "LeafNodeTBS", LeafNodeTBS) */
///   opaque signature<V>;
/// } LeafNode;
/// ```
/// RFC 9420 section 7.2.
public struct LeafNode: WireCodable, Hashable, Sendable {
  /// The key to which path secrets are sealed.
  public var encryptionKey: HPKEPublicKey
  /// The key of the client's signatures.
  public var signatureKey: SignaturePublicKey
  /// Who the client says it is.
  public var credential: Credential
  /// What the client supports.
  public var capabilities: Capabilities
  /// How the leaf came to be.
  public var source: LeafNodeSource
  /// More about the client.
  public var extensions: [Extension]
  /// The client's signature of all of this.
  public var signature: [UInt8]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.encryptionKey), field(\.signatureKey), field(\.credential), field(\.capabilities),
    field(\.source), field(\.extensions), field(\.signature))

  init(
    encryptionKey: HPKEPublicKey, signatureKey: SignaturePublicKey, credential: Credential,
    capabilities: Capabilities,
    source: LeafNodeSource, extensions: [Extension], signature: [UInt8] = []
  ) {
    self.encryptionKey = encryptionKey
    self.signatureKey = signatureKey
    self.credential = credential
    self.capabilities = capabilities
    self.source = source
    self.extensions = extensions
    self.signature = signature
  }

  /// Where a leaf stands when it is signed: the context that an update and a commit add to what is signed.
  package struct Place: Sendable {
    let group: [UInt8]
    let leaf: LeafIndex

    package init(group: [UInt8], leaf: LeafIndex) {
      self.group = group
      self.leaf = leaf
    }
  }

  /// What is signed: `LeafNodeTBS`.
  ///
  /// ```
  /// struct {
  ///   /* the fields above the signature */
  ///   select (LeafNodeTBS.leaf_node_source) {
  ///     case key_package:  struct{};
  ///     case update:       opaque group_id<V>;  uint32 leaf_index;
  ///     case commit:       opaque group_id<V>;  uint32 leaf_index;
  ///   };
  /// } LeafNodeTBS;
  /// ```
  func toBeSigned(in place: Place?) -> [UInt8] {
    var writer = TLSWriter(reserving: 320)
    encodeUnsigned(to: &writer)
    encodeContext(place, to: &writer)
    return writer.bytes
  }

  /// The fields above the signature.
  func encodeUnsigned(to writer: inout TLSWriter) {
    encryptionKey.encode(to: &writer)
    signatureKey.encode(to: &writer)
    credential.encode(to: &writer)
    capabilities.encode(to: &writer)
    source.encode(to: &writer)
    extensions.encode(to: &writer)
  }

  /// What an update and a commit add to what is signed.
  func encodeContext(_ place: Place?, to writer: inout TLSWriter) {
    switch source {
    case .keyPackage: break
    case .update, .commit:
      if let place {
        writer.write(opaque: place.group)
        place.leaf.encode(to: &writer)
      }
    }
  }
}

/// How a leaf came to be in a tree, with what only such a leaf has.
///
/// ```
/// enum { reserved(0), key_package(1), update(2), commit(3), (255) } LeafNodeSource;
/// ```
/// RFC 9420 section 7.2.
public enum LeafNodeSource: TLSCodable, Hashable, Sendable {
  /// From a key package, which may be used for a time.
  case keyPackage(Lifetime)
  /// From an Update proposal.
  case update
  /// From the path of a Commit, with the parent hash of the next node above.
  case commit(parentHash: [UInt8])

  /// Writes the source and what belongs to it.
  public func encode(to writer: inout TLSWriter) {
    switch self {
    case .keyPackage(let lifetime):
      writer.write(UInt8(1))
      lifetime.encode(to: &writer)
    case .update: writer.write(UInt8(2))
    case .commit(let parentHash):
      writer.write(UInt8(3))
      parentHash.encode(to: &writer)
    }
  }

  /// Reads a source and what belongs to it.
  public init(from reader: inout TLSReader) throws(TLSError) {
    switch try reader.read(UInt8.self) {
    case 1: self = .keyPackage(try Lifetime(from: &reader))
    case 2: self = .update
    case 3: self = .commit(parentHash: try [UInt8](from: &reader))
    default: throw .unknownValue
    }
  }
}
