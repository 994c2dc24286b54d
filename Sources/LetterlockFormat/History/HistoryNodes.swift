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
    var leaf = LeafHashes()
    leaf.append(leafHash)
    append(leaf)
  }

  /// Adds leaves by their hashes, at one more hash a leaf on average.
  public mutating func append(_ leaves: LeafHashes) {
    levels[0] += leaves.bytes
    var level = 0
    while levels[level].count >= 64 {
      if level + 1 == levels.count { levels.append([]) }
      let known = levels[level + 1].count / 32
      SHA256Hash.appendPairHashes(of: levels[level], fromPair: known, prefix: 0x01, to: &levels[level + 1])
      level += 1
    }
  }

  /// What proves things about the first `size` leaves; nil if there are not so many.
  public func prover(size: UInt64) -> TreeProver<Never>? {
    guard size <= self.size else { return nil }
    return TreeProver(size: size) { level, index in
      levels[level].withRawSpan { Digest32($0, at: 32 * Int(index)) }
    }
  }

  /// The root of the tree that the first `size` leaves form; nil if there are not so many.
  public func root(at size: UInt64) -> Digest32? { prover(size: size)?.root() }

  /// Proves a leaf of the tree of the first `size` leaves; nil if there are not so many.
  public func inclusionProof(of leaf: UInt64, size: UInt64) -> InclusionProof? {
    prover(size: size)?.inclusionProof(of: leaf)
  }

  /// Proves that the first `oldSize` leaves begin the first `newSize`; nil if there are not so many, or none.
  public func consistencyProof(from oldSize: UInt64, to newSize: UInt64) -> ConsistencyProof? {
    prover(size: newSize)?.consistencyProof(from: oldSize)
  }

  /// Proves leaves, in ascending order, together, in the tree of the first `size`; nil if they are not there.
  public func leavesProof(of leaves: [UInt64], size: UInt64) -> LeavesProof? {
    prover(size: size)?.leavesProof(of: leaves)
  }
}
