public import TLSCodec

/// A key that the members below share.
///
/// ```
/// struct {
///   HPKEPublicKey encryption_key;
///   opaque parent_hash<V>;
///   uint32 unmerged_leaves<V>;
/// } ParentNode;
/// ```
/// RFC 9420 section 7.1.
public struct ParentNode: WireCodable, Hashable, Sendable {
  /// The key to which path secrets are sealed.
  public var encryptionKey: HPKEPublicKey
  /// The parent hash of the next non-blank node above; empty at the root.
  public var parentHash: [UInt8]
  /// The leaves below that do not know the private key, in ascending order.
  public var unmergedLeaves: [LeafIndex]

  /// The fields, in wire order. Leaves that do not ascend are refused.
  public static let wire = WireFormat(
    checking: Self.init(checking:parentHash:unmergedLeaves:), field(\.encryptionKey), field(\.parentHash),
    field(\.unmergedLeaves))

  init(encryptionKey: HPKEPublicKey, parentHash: [UInt8] = [], unmergedLeaves: [LeafIndex] = []) {
    self.encryptionKey = encryptionKey
    self.parentHash = parentHash
    self.unmergedLeaves = unmergedLeaves
  }

  private init(checking key: HPKEPublicKey, parentHash: [UInt8], unmergedLeaves: [LeafIndex]) throws(TLSError)
  {
    for (leaf, next) in zip(unmergedLeaves, unmergedLeaves.dropFirst()) where leaf >= next {
      throw .notAscending
    }
    self.init(encryptionKey: key, parentHash: parentHash, unmergedLeaves: unmergedLeaves)
  }
}

/// A node as `ratchet_tree` has it.
///
/// ```
/// enum { reserved(0), leaf(1), parent(2), (255) } NodeType;
/// struct {
///   NodeType node_type;
///   select (Node.node_type) {
///     case leaf:    LeafNode leaf_node;
///     case parent:  ParentNode parent_node;
///   };
/// } Node;
/// ```
/// RFC 9420 sections 7.8 and 12.4.3.3.
public enum Node: TLSCodable, Hashable, Sendable {
  /// A leaf.
  case leaf(LeafNode)
  /// A parent.
  case parent(ParentNode)

  /// Writes the type and the node.
  public func encode(to writer: inout TLSWriter) {
    switch self {
    case .leaf(let leaf):
      writer.write(UInt8(1))
      leaf.encode(to: &writer)
    case .parent(let parent):
      writer.write(UInt8(2))
      parent.encode(to: &writer)
    }
  }

  /// Reads a type and the node.
  public init(from reader: inout TLSReader) throws(TLSError) {
    switch try reader.read(UInt8.self) {
    case 1: self = .leaf(try LeafNode(from: &reader))
    case 2: self = .parent(try ParentNode(from: &reader))
    default: throw .unknownValue
    }
  }
}
