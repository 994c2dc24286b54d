import Testing

@testable import MLS

@Suite("RFC 9420 Appendix C: tree math")
struct TreeMathTests {
  @Test func `the eight-member tree of figure 32 has its root, children and parents`() {
    let tree = LeafCount(holding: 8)
    #expect(tree.nodeCount == 15)
    #expect(tree.root == NodeIndex(7))
    #expect(NodeIndex(7).left == NodeIndex(3))
    #expect(NodeIndex(7).right == NodeIndex(11))
    #expect(NodeIndex(3).left == NodeIndex(1))
    #expect(NodeIndex(4).parent == NodeIndex(5))
    #expect(NodeIndex(4).sibling == NodeIndex(6))
    #expect(NodeIndex(5).leaves == 2..<4)
    #expect(NodeIndex(7).leaves == 0..<8)
  }

  @Test func `a direct path ends at the root and a copath has as many nodes`() {
    let tree = LeafCount(holding: 8)
    #expect(NodeIndex(4).directPath(in: tree) == [5, 3, 7].map { NodeIndex($0) })
    #expect(NodeIndex(4).copath(in: tree) == [6, 1, 11].map { NodeIndex($0) })
    #expect(NodeIndex(7).directPath(in: tree).isEmpty)
    #expect(NodeIndex(7).copath(in: tree).isEmpty)
    #expect(NodeIndex(0).copath(in: LeafCount(holding: 1)).isEmpty)
  }

  @Test(arguments: [1, 2, 5, 8, 33])
  func `every parent covers its children and every sibling has the same parent`(leaves: Int) {
    let tree = LeafCount(holding: leaves)
    for place in 0..<tree.nodeCount {
      let node = NodeIndex(place)
      if node != tree.root {
        #expect(node.sibling.sibling == node)
        #expect(node.sibling.parent == node.parent)
        #expect(node.parent.covers(node))
        #expect(!node.covers(node.parent))
      }
      guard !node.isLeaf else { continue }
      #expect(node.left.parent == node)
      #expect(node.right.parent == node)
      #expect(node.leaves == node.left.leaves.lowerBound..<node.right.leaves.upperBound)
    }
  }

  @Test func `the common ancestor is the lowest node above both`() {
    #expect(NodeIndex(0).commonAncestor(with: NodeIndex(2)) == NodeIndex(1))
    #expect(NodeIndex(0).commonAncestor(with: NodeIndex(14)) == NodeIndex(7))
    #expect(NodeIndex(3).commonAncestor(with: NodeIndex(4)) == NodeIndex(3))
    #expect(NodeIndex(4).commonAncestor(with: NodeIndex(4)) == NodeIndex(4))
  }

  @Test func `a tree has a power of two leaves and one node less than twice as many`() {
    #expect([0, 1, 2, 3, 5, 9].map { LeafCount(holding: $0).value } == [0, 1, 2, 4, 8, 16])
    #expect(LeafCount(nodeCount: 7)?.value == 4)
    #expect(LeafCount(nodeCount: 5) == nil)
    #expect(LeafCount(nodeCount: 0) == nil)
  }

  @Test func `the greatest leaf a message can name does not overflow`() {
    let node = NodeIndex(LeafIndex(.max))
    #expect(node.leaf == LeafIndex(.max))
    #expect(!LeafCount(holding: 8).contains(node))
  }
}
