public import TLSCodec

/// Shows that several leaves stand at their leaf indices in one tree: the nodes that cover all the others, from left to
/// right. Neighbours share most of them.
///
/// ```
/// struct { opaque nodes[32]<V>; } LeavesProof;
/// ```
/// SPEC.md section 6.5.
public struct LeavesProof: WireCodable, Hashable, Sendable {
  /// The roots of the largest subtrees without any of the leaves, from left to right.
  public let nodes: LeafHashes

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init(nodes:), field(\.nodes))

  /// A proof that came from somewhere.
  public init(nodes: LeafHashes) { self.nodes = nodes }

  /// The root of the tree of `size` leaves in which these stand at these leaf indices, in ascending order; nil if the
  /// proof does not fit them.
  public func root(of leaves: [(leaf: UInt64, hash: Digest32)], size: UInt64) -> Digest32? {
    guard let last = leaves.last, last.leaf < size,
      zip(leaves, leaves.dropFirst()).allSatisfy({ $0.leaf < $1.leaf })
    else { return nil }
    var used = 0
    guard let root = fold(leaves[...], 0, size, &used), used == nodes.count else { return nil }
    return root
  }

  private func fold(
    _ leaves: ArraySlice<(leaf: UInt64, hash: Digest32)>, _ start: UInt64, _ end: UInt64, _ used: inout Int
  ) -> Digest32? {
    guard let first = leaves.first else {
      defer { used += 1 }
      return nodes[used]
    }
    guard end - start > 1 else { return first.hash }
    let middle = start + TreeShape.split(end - start)
    let boundary = leaves.firstIndex { $0.leaf >= middle } ?? leaves.endIndex
    guard let left = fold(leaves[..<boundary], start, middle, &used),
      let right = fold(leaves[boundary...], middle, end, &used)
    else { return nil }
    return HistoryTree.nodeHash(left, right)
  }
}
