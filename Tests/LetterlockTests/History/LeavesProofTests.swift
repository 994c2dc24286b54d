import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 6.5: one proof for several leaves")
struct LeavesProofTests {
  private static let leaves = (0..<70).map { HistoryTree.leafHash([UInt8($0)]) }
  private static let nodes: HistoryNodes = {
    var nodes = HistoryNodes()
    for leaf in leaves { nodes.append(leaf) }
    return nodes
  }()

  private static func pairs(_ leafIndices: [UInt64]) -> [(leaf: UInt64, hash: Digest32)] {
    leafIndices.map { ($0, leaves[Int($0)]) }
  }

  /// A few leaf indices below a size, ascending.
  private static func leafIndices(below size: Int, _ generator: inout SeededGenerator) -> [UInt64] {
    let count = Int.random(in: 1...min(size, 6), using: &generator)
    return Set((0..<count).map { _ in UInt64.random(in: 0..<UInt64(size), using: &generator) }).sorted()
  }

  @Test func `any leaves of any size are proved together`() throws {
    var generator = SeededGenerator(seed: 1)
    for size in 1...Self.leaves.count {
      for _ in 0..<5 {
        let leafIndices = Self.leafIndices(below: size, &generator)
        let proof = try #require(Self.nodes.leavesProof(of: leafIndices, size: UInt64(size)))
        #expect(
          proof.root(of: Self.pairs(leafIndices), size: UInt64(size)) == Self.nodes.root(at: UInt64(size)))
      }
    }
    let all = (0..<70).map { UInt64($0) }
    #expect(try #require(Self.nodes.leavesProof(of: all, size: 70)).nodes.count == 0)
    for wrong in [[], [70], [3, 3], [4, 3]] as [[UInt64]] {
      #expect(Self.nodes.leavesProof(of: wrong, size: 70) == nil)
    }
  }

  @Test func `one leaf takes as many hashes as its path, and neighbours share them`() throws {
    for leaf in UInt64(0)..<70 {
      let one = try #require(Self.nodes.leavesProof(of: [leaf], size: 70))
      let path = try #require(Self.nodes.inclusionProof(of: leaf, size: 70)).path
      #expect(one.nodes.count == path.count)
      #expect(Set((0..<one.nodes.count).compactMap { one.nodes[$0] }) == Set(path))
    }
    #expect(try #require(Self.nodes.leavesProof(of: [32, 33, 34, 35], size: 64)).nodes.count == 4)
  }

  @Test func `a proof that was altered, or is for other leaves, gives another root or none`() throws {
    var generator = SeededGenerator(seed: 2)
    let root = Self.nodes.root(at: 61)
    for _ in 0..<40 {
      let leafIndices = Self.leafIndices(below: 61, &generator)
      let proof = try #require(Self.nodes.leavesProof(of: leafIndices, size: 61))
      let pairs = Self.pairs(leafIndices)
      var altered = proof.nodes.bytes
      if !altered.isEmpty {
        altered[Int.random(in: 0..<altered.count, using: &generator)] ^= 1
        #expect(
          LeavesProof(nodes: try #require(LeafHashes(bytes: altered))).root(of: pairs, size: 61) != root)
      }
      let longer = try #require(LeafHashes(bytes: proof.nodes.bytes + Self.leaves[0].bytes))
      #expect(LeavesProof(nodes: longer).root(of: pairs, size: 61) == nil)
      let shorter = try #require(LeafHashes(bytes: Array(proof.nodes.bytes.dropLast(32))))
      if proof.nodes.count > 0 { #expect(LeavesProof(nodes: shorter).root(of: pairs, size: 61) == nil) }
      var moved = pairs
      moved[0].hash = Self.leaves[Int(leafIndices[0]) + 1]
      #expect(proof.root(of: moved, size: 61) != root)
      #expect(proof.root(of: pairs, size: leafIndices[leafIndices.count - 1]) == nil)
      #expect(proof.root(of: [], size: 61) == nil)
    }
  }

  @Test func `leaves that come together make the tree that they make one by one`() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<60 {
      let count = Int.random(in: 0...70, using: &generator)
      var (single, grouped, nodes) = (HistoryTree(), HistoryTree(), HistoryNodes())
      var start = 0
      while start < count {
        let end = Int.random(in: start + 1...count, using: &generator)
        var group = LeafHashes()
        for leaf in Self.leaves[start..<end] {
          group.append(leaf)
          single.append(leaf)
        }
        grouped.append(group)
        nodes.append(group)
        start = end
      }
      #expect(grouped == single)
      #expect(nodes.root(at: UInt64(count)) == single.root)
      var all = LeafHashes()
      for leaf in Self.leaves[..<count] { all.append(leaf) }
      #expect(all.root == single.root)
    }
  }
}
