/// Proofs about the first `size` leaves of a tree, made from nodes that are kept somewhere. RFC 9162 section 2.1.
public struct TreeProver<Failure: Error> {
  /// How many leaves the tree has.
  public let size: UInt64
  /// The root over the `2^level` leaves from `index * 2^level` on, all of them below `size`.
  let node: (_ level: Int, _ index: UInt64) throws(Failure) -> Digest32

  /// A prover over nodes that `node` looks up.
  /// - Parameter node: Returns the root over the `2^level` leaves from `index * 2^level` on. It is asked only for
  ///   subtrees whose leaves are all below `size`.
  public init(
    size: UInt64, node: @escaping (_ level: Int, _ index: UInt64) throws(Failure) -> Digest32
  ) {
    self.size = size
    self.node = node
  }

  /// The root of the tree.
  public func root() throws(Failure) -> Digest32 {
    size == 0 ? HistoryTree().root : try hash(0, size)
  }

  /// Proves a leaf; nil if it is not below the size.
  public func inclusionProof(of leaf: UInt64) throws(Failure) -> InclusionProof? {
    guard leaf < size else { return nil }
    return InclusionProof(leaf: leaf, path: try path(leaf, 0, size))
  }

  /// Proves that the first `oldSize` leaves begin the tree; nil if there are not so many, or none.
  public func consistencyProof(from oldSize: UInt64) throws(Failure) -> ConsistencyProof? {
    guard oldSize <= size, oldSize > 0 else { return nil }
    let path = oldSize == size ? [] : try subproof(oldSize, 0, size, isWhole: true)
    return ConsistencyProof(oldSize: oldSize, newSize: size, path: path)
  }

  /// Proves leaves, in ascending order, together; nil if they are not, or not below the size.
  public func leavesProof(of leaves: [UInt64]) throws(Failure) -> LeavesProof? {
    guard let last = leaves.last, last < size, zip(leaves, leaves.dropFirst()).allSatisfy({ $0 < $1 }) else {
      return nil
    }
    var nodes = LeafHashes()
    try cover(leaves[...], 0, size, &nodes)
    return LeavesProof(nodes: nodes)
  }

  /// MTH(D[start:end]); `start` is a multiple of the largest power of two not above the count.
  private func hash(_ start: UInt64, _ end: UInt64) throws(Failure) -> Digest32 {
    let count = end - start
    if count & (count - 1) == 0 {
      let level = count.trailingZeroBitCount
      return try node(level, start >> UInt64(level))
    }
    let middle = start + TreeShape.split(count)
    return HistoryTree.nodeHash(try hash(start, middle), try hash(middle, end))
  }

  /// PATH(m, D[start:end]) of RFC 9162 section 2.1.3.1.
  private func path(_ leaf: UInt64, _ start: UInt64, _ end: UInt64) throws(Failure) -> [Digest32] {
    guard end - start > 1 else { return [] }
    let middle = start + TreeShape.split(end - start)
    return leaf < middle
      ? try path(leaf, start, middle) + [hash(middle, end)]
      : try path(leaf, middle, end) + [hash(start, middle)]
  }

  /// SUBPROOF(m, D[start:end], b) of RFC 9162 section 2.1.4.1, `m` counted from 0.
  private func subproof(
    _ old: UInt64, _ start: UInt64, _ end: UInt64, isWhole: Bool
  ) throws(Failure) -> [Digest32] {
    guard old < end else { return isWhole ? [] : [try hash(start, end)] }
    let middle = start + TreeShape.split(end - start)
    return old <= middle
      ? try subproof(old, start, middle, isWhole: isWhole) + [hash(middle, end)]
      : try subproof(old, middle, end, isWhole: false) + [hash(start, middle)]
  }

  private func cover(
    _ leaves: ArraySlice<UInt64>, _ start: UInt64, _ end: UInt64, _ nodes: inout LeafHashes
  ) throws(Failure) {
    guard !leaves.isEmpty else { return nodes.append(try hash(start, end)) }
    guard end - start > 1 else { return }
    let middle = start + TreeShape.split(end - start)
    let boundary = leaves.firstIndex { $0 >= middle } ?? leaves.endIndex
    try cover(leaves[..<boundary], start, middle, &nodes)
    try cover(leaves[boundary...], middle, end, &nodes)
  }
}

/// How RFC 9162 section 2.1.1 divides a tree.
enum TreeShape {
  /// The largest power of two below `count`, which is at least 2.
  static func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }
}
