public import TLSCodec

/// Shows that a leaf stands at a leaf index of a history, by the hashes beside its way to the root.
///
/// ```
/// struct {
///   uint64 leaf;
///   opaque path[32]<V>;             from the leaf up
/// } InclusionProof;
/// ```
/// At most 64 hashes, whatever the history's size. RFC 9162 section 2.1.3, SPEC.md section 6.5.
public struct InclusionProof: WireCodable, Hashable, Sendable {
  /// The index of the leaf.
  public let leaf: UInt64
  /// The hashes beside the way, from the leaf up.
  public let path: [Digest32]

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.leaf), field(\.path))

  /// A proof that came from somewhere.
  public init(leaf: UInt64, path: [Digest32]) {
    self.leaf = leaf
    self.path = path
  }

  /// Whether the leaf with this hash stands at `leaf` in the tree of `size` leaves with this root.
  /// RFC 9162 section 2.1.3.2.
  public func holds(for leafHash: Digest32, size: UInt64, root: Digest32) -> Bool {
    guard leaf < size else { return false }
    var (index, last) = (leaf, size - 1)
    var node = leafHash
    for sibling in path {
      guard last > 0 else { return false }
      if index & 1 == 1 || index == last {
        node = HistoryTree.nodeHash(sibling, node)
        while index & 1 == 0, index != 0 {
          index >>= 1
          last >>= 1
        }
      } else {
        node = HistoryTree.nodeHash(node, sibling)
      }
      index >>= 1
      last >>= 1
    }
    return last == 0 && node == root
  }
}
