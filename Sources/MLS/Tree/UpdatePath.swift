public import TLSCodec

/// A new key for one node of a path, and its path secret sealed to the members beside the path.
///
/// ```
/// struct {
///   HPKEPublicKey encryption_key;
///   HPKECiphertext encrypted_path_secret<V>;
/// } UpdatePathNode;
/// ```
/// RFC 9420 section 7.6.
public struct UpdatePathNode: WireCodable, Hashable, Sendable {
  /// The node's new key.
  public var encryptionKey: HPKEPublicKey
  /// One for each node in the resolution of the copath node, new leaves left out.
  public var encryptedPathSecret: [HPKECiphertext]

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.encryptionKey), field(\.encryptedPathSecret))

  init(encryptionKey: HPKEPublicKey, encryptedPathSecret: [HPKECiphertext]) {
    self.encryptionKey = encryptionKey
    self.encryptedPathSecret = encryptedPathSecret
  }
}

/// New keys for a member's leaf and its filtered direct path.
///
/// ```
/// struct {
///   LeafNode leaf_node;
///   UpdatePathNode nodes<V>;
/// } UpdatePath;
/// ```
/// RFC 9420 section 7.6.
public struct UpdatePath: WireCodable, Hashable, Sendable {
  /// The member's new leaf.
  public var leafNode: LeafNode
  /// The filtered direct path, from the leaf up.
  public var nodes: [UpdatePathNode]

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.leafNode), field(\.nodes))

  init(leafNode: LeafNode, nodes: [UpdatePathNode]) {
    self.leafNode = leafNode
    self.nodes = nodes
  }
}
