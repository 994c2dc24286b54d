public import TLSCodec

// RFC 9420 Appendix C. A ratchet tree is a complete binary tree in an array: leaves at even indices, parents
// at odd ones. All index arithmetic is here.

/// A member's place among the leaves, from 0.
public struct LeafIndex: TLSCodable, Hashable, Sendable, Comparable {
  /// The number on the wire.
  public let rawValue: UInt32

  /// The leaf of a number.
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// The leaf at a place; nil if it is negative or 2^32 or more.
  package init?(exactly place: Int) {
    guard let rawValue = UInt32(exactly: place) else { return nil }
    self.rawValue = rawValue
  }

  /// The place as an array index.
  package var place: Int { Int(rawValue) }

  /// Writes a `uint32`.
  public func encode(to writer: inout TLSWriter) { writer.write(rawValue) }

  /// Reads a `uint32`, whether or not the group has such a leaf.
  public init(from reader: inout TLSReader) throws(TLSError) { rawValue = try reader.read() }

  /// By number.
  public static func < (left: LeafIndex, right: LeafIndex) -> Bool { left.rawValue < right.rawValue }
}

extension LeafIndex: CustomStringConvertible {
  /// The number.
  public var description: String { "\(rawValue)" }
}

/// How many leaves a tree has, blank ones included: a power of two, or none.
package struct LeafCount: Hashable, Sendable, Comparable {
  package let value: Int

  /// The smallest tree with room for `value` leaves.
  package init(holding value: Int) {
    var size = value > 0 ? 1 : 0
    while size < value { size <<= 1 }
    self.value = size
  }

  /// The tree with this many nodes; nil unless they are one less than a power of two.
  package init?(nodeCount: Int) {
    guard nodeCount > 0, (nodeCount + 1) & nodeCount == 0 else { return nil }
    value = (nodeCount + 1) / 2
  }

  /// `node_width(n)`.
  package var nodeCount: Int { value == 0 ? 0 : 2 * value - 1 }

  /// `root(n)`.
  package var root: NodeIndex { NodeIndex(max(value - 1, 0)) }

  /// A tree twice as large.
  package var doubled: LeafCount { LeafCount(holding: max(value * 2, 1)) }

  package func contains(_ leaf: LeafIndex) -> Bool { leaf.place < value }

  package func contains(_ node: NodeIndex) -> Bool { node.place < nodeCount }

  package static func < (left: LeafCount, right: LeafCount) -> Bool { left.value < right.value }
}

/// A node's place in the array: leaves at even places, parents at odd ones.
package struct NodeIndex: Hashable, Sendable, Comparable {
  package let place: Int

  package init(_ place: Int) { self.place = place }

  package init(_ leaf: LeafIndex) { place = 2 * leaf.place }

  /// The leaf, if the node is one.
  package var leaf: LeafIndex? { isLeaf ? LeafIndex(exactly: place / 2) : nil }

  package var isLeaf: Bool { place & 1 == 0 }

  /// `level(x)`: 0 for leaves, their parents 1, and so on.
  package var level: Int { (~place).trailingZeroBitCount }

  /// `left(x)`; a leaf is its own.
  package var left: NodeIndex { isLeaf ? self : NodeIndex(place ^ 1 << (level - 1)) }

  /// `right(x)`; a leaf is its own.
  package var right: NodeIndex { isLeaf ? self : NodeIndex(place ^ 3 << (level - 1)) }

  /// `parent(x, n)`; of the root, the root of a tree twice as large.
  package var parent: NodeIndex { NodeIndex((place | 1 << level) & ~(1 << (level + 1))) }

  /// `sibling(x, n)`.
  package var sibling: NodeIndex { self < parent ? parent.right : parent.left }

  /// The leaves below the node, itself included.
  package var leaves: Range<Int> {
    let half = 1 << level
    return (place + 1 - half) / 2..<(place + 1 + half) / 2
  }

  /// Whether the node is `other` or above it.
  package func covers(_ other: NodeIndex) -> Bool {
    other.level <= level && other.place >> (level + 1) == place >> (level + 1)
  }

  /// `direct_path(x, n)`: from the parent to the root; empty for the root.
  package func directPath(in leafCount: LeafCount) -> [NodeIndex] {
    var path: [NodeIndex] = []
    var node = self
    while node.level < leafCount.root.level {
      node = node.parent
      path.append(node)
    }
    return path
  }

  /// `copath(x, n)`: the siblings of the node and of its direct path, from the leaf up.
  package func copath(in leafCount: LeafCount) -> [NodeIndex] {
    ([self] + directPath(in: leafCount).dropLast()).compactMap { $0 == leafCount.root ? nil : $0.sibling }
  }

  /// `common_ancestor_semantic(x, y, n)`: the lowest node that covers both.
  package func commonAncestor(with other: NodeIndex) -> NodeIndex {
    var node = self
    while !node.covers(other) { node = node.parent }
    return node
  }

  package static func < (left: NodeIndex, right: NodeIndex) -> Bool { left.place < right.place }
}
