internal import CryptoCore

/// Every node of a history tree that will never change, so that proofs cost as many hashes as the tree is high.
/// 64 bytes a leaf. RFC 9162 section 2.1.
public struct HistoryNodes: Sendable {
  /// The nodes over complete subtrees of `2^level` leaves, from the left, 32 bytes each.
  private var levels: [[UInt8]] = [[]]

  /// No leaves.
  public init() {}

  /// How many leaves there are.
  public var size: UInt64 { UInt64(levels[0].count / 32) }

  /// Adds a leaf by its hash, at one more hash a leaf on average.
  public mutating func append(_ leafHash: Digest32) {
    var node = leafHash
    var level = 0
    levels[0] += node.bytes
    while (levels[level].count / 32) & 1 == 0 {
      node = HistoryTree.nodeHash(Self.node(levels[level], levels[level].count / 32 - 2), node)
      level += 1
      if level == levels.count { levels.append([]) }
      levels[level] += node.bytes
    }
  }

  private static func node(_ bytes: [UInt8], _ index: Int) -> Digest32 {
    bytes.withRawSpan { Digest32($0, at: index * 32) }
  }

  /// The root of the tree that the first `size` leaves form; nil if there are not so many.
  public func root(at size: UInt64) -> Digest32? {
    guard size <= self.size else { return nil }
    return size == 0 ? HistoryTree().root : hash(0, Int(size))
  }

  /// Proves a leaf of the tree of the first `size` leaves; nil if there are not so many.
  public func inclusionProof(of leaf: UInt64, size: UInt64) -> InclusionProof? {
    guard size <= self.size, leaf < size else { return nil }
    return InclusionProof(leaf: leaf, path: path(Int(leaf), 0, Int(size)))
  }

  /// Proves that the first `oldSize` leaves begin the first `newSize`; nil if there are not so many, or none.
  public func consistencyProof(from oldSize: UInt64, to newSize: UInt64) -> ConsistencyProof? {
    guard newSize <= size, oldSize <= newSize, oldSize > 0 else { return nil }
    let path =
      oldSize == newSize
      ? [] : subproof(Int(oldSize), 0, Int(newSize), isWhole: true)
    return ConsistencyProof(oldSize: oldSize, newSize: newSize, path: path)
  }

  /// MTH(D[start:end]) of RFC 9162; `start` is a multiple of the largest power of two not above the count.
  private func hash(_ start: Int, _ end: Int) -> Digest32 {
    let count = end - start
    if count & (count - 1) == 0 {
      let level = count.trailingZeroBitCount
      return Self.node(levels[level], start >> level)
    }
    let middle = start + Self.split(count)
    return HistoryTree.nodeHash(hash(start, middle), hash(middle, end))
  }

  /// The largest power of two below `count`, which is at least 2.
  private static func split(_ count: Int) -> Int { 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount) }

  /// PATH(m, D[start:end]) of RFC 9162 section 2.1.3.1.
  private func path(_ leaf: Int, _ start: Int, _ end: Int) -> [Digest32] {
    guard end - start > 1 else { return [] }
    let middle = start + Self.split(end - start)
    return leaf < middle
      ? path(leaf, start, middle) + [hash(middle, end)] : path(leaf, middle, end) + [hash(start, middle)]
  }

  /// SUBPROOF(m, D[start:end], b) of RFC 9162 section 2.1.4.1, `m` counted from 0.
  private func subproof(_ old: Int, _ start: Int, _ end: Int, isWhole: Bool) -> [Digest32] {
    guard old < end else { return isWhole ? [] : [hash(start, end)] }
    let middle = start + Self.split(end - start)
    return old <= middle
      ? subproof(old, start, middle, isWhole: isWhole) + [hash(middle, end)]
      : subproof(old, middle, end, isWhole: false) + [hash(start, middle)]
  }
}
