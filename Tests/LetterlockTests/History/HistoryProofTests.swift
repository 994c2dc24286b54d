import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Proofs about a history")
struct HistoryProofTests {
  private static let leaves = (0..<70).map { HistoryTree.leafHash([UInt8($0)]) }

  /// RFC 9162 section 2.1.1, as it is written.
  private static func naiveRoot(_ leaves: ArraySlice<Digest32>) -> Digest32 {
    guard let first = leaves.first else { return Digest32(unchecked: SHA256Hash.hash([])) }
    guard leaves.count > 1 else { return first }
    var split = 1
    while split * 2 < leaves.count { split *= 2 }
    let middle = leaves.startIndex + split
    return HistoryTree.nodeHash(naiveRoot(leaves[..<middle]), naiveRoot(leaves[middle...]))
  }

  private static let nodes: HistoryNodes = {
    var nodes = HistoryNodes()
    for leaf in leaves { nodes.append(leaf) }
    return nodes
  }()
  private static let roots = (0...leaves.count).map { naiveRoot(leaves[..<$0]) }

  @Test func `every size has the root that the definition gives`() {
    var tree = HistoryTree()
    for size in 0...Self.leaves.count {
      #expect(tree.root == Self.roots[size])
      #expect(Self.nodes.root(at: UInt64(size)) == Self.roots[size])
      if size < Self.leaves.count { tree.append(Self.leaves[size]) }
    }
    #expect(Self.nodes.root(at: UInt64(Self.leaves.count) + 1) == nil)
  }

  @Test func `a stored tree of more leaves than a leaf index can number is refused`() throws {
    func stored(_ size: UInt64) -> [UInt8] {
      var writer = TLSWriter()
      writer.write(size)
      writer.write([Digest32](repeating: .zero, count: size.nonzeroBitCount))
      return writer.bytes
    }
    var tree = try HistoryTree(decoding: stored(UInt64(Int64.max)))
    tree.append(.zero)
    #expect(tree.size == 1 << 63)
    #expect(throws: TLSError.invalidValue) { try HistoryTree(decoding: stored(1 << 63)) }
  }

  @Test func `every leaf of every size is proved, and no other in its place`() throws {
    for size in 1...Self.leaves.count {
      for leaf in 0..<size {
        let proof = try #require(Self.nodes.inclusionProof(of: UInt64(leaf), size: UInt64(size)))
        let root = Self.roots[size]
        #expect(proof.holds(for: Self.leaves[leaf], size: UInt64(size), root: root))
        #expect(!proof.holds(for: Self.leaves[(leaf + 1) % 70], size: UInt64(size), root: root))
        #expect(!proof.holds(for: Self.leaves[leaf], size: UInt64(size), root: Self.roots[size - 1]))
        let moved = InclusionProof(leaf: UInt64(leaf) ^ 1, path: proof.path)
        #expect(
          !moved.holds(for: Self.leaves[leaf], size: UInt64(size), root: root) || size == 1 && leaf == 1)
        #expect(proof.path.count <= 7)
      }
    }
    #expect(Self.nodes.inclusionProof(of: 70, size: 70) == nil)
    #expect(Self.nodes.inclusionProof(of: 0, size: 71) == nil)
  }

  @Test func `every beginning of every size is proved, and no other`() throws {
    for new in 1...Self.leaves.count {
      for old in 1...new {
        let proof = try #require(Self.nodes.consistencyProof(from: UInt64(old), to: UInt64(new)))
        #expect(proof.holds(old: Self.roots[old], new: Self.roots[new]))
        #expect(!proof.holds(old: Self.leaves[0], new: Self.roots[new]) || old == 1)
        #expect(!proof.holds(old: Self.roots[old], new: Self.leaves[69]))
      }
    }
    #expect(Self.nodes.consistencyProof(from: 3, to: 71) == nil)
    #expect(Self.nodes.consistencyProof(from: 4, to: 3) == nil)
    #expect(Self.nodes.consistencyProof(from: 0, to: 3) == nil)
  }

  @Test func `a proof with any hash altered, added or left out does not hold`() throws {
    let inclusion = try #require(Self.nodes.inclusionProof(of: 37, size: 70))
    for path in Self.damaged(inclusion.path) {
      #expect(
        !InclusionProof(leaf: 37, path: path).holds(for: Self.leaves[37], size: 70, root: Self.roots[70]))
    }
    let consistency = try #require(Self.nodes.consistencyProof(from: 37, to: 70))
    for path in Self.damaged(consistency.path) {
      #expect(
        !ConsistencyProof(oldSize: 37, newSize: 70, path: path).holds(
          old: Self.roots[37], new: Self.roots[70]))
    }
  }

  private static func damaged(_ path: [Digest32]) -> [[Digest32]] {
    var all = [path + [path[0]], Array(path.dropLast()), Array(path.dropFirst()), path.reversed()]
    for index in path.indices {
      for bit in 0..<256 {
        var bytes = path[index].bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        var altered = path
        altered[index] = Digest32(unchecked: bytes)
        all.append(altered)
      }
    }
    return all
  }
}
