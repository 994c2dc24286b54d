import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("RFC 9420 sections 7.9.2, 12.4.3.1 and 12.4.3.3: received trees")
struct TreeRuleTests {
  /// A tree of eight in which everybody has committed once.
  private func tree() throws -> RatchetTree {
    let parties = try Forger.parties(6)
    for committer in parties { try Parties.commit(committer, parties) }
    let newcomer = try Parties.client("newcomer")
    try Parties.commit(parties[0], [.adding(try newcomer.keyPackage())], Array(parties[1...]))
    var options = CommitOptions()
    options.updatesPath = false
    let other = try Parties.client("another")
    try parties[1].group.commit([.adding(try other.keyPackage())], options: options)
    try parties[1].group.mergePendingCommit()
    return parties[1].group.state.tree
  }

  @Test func `an honest tree keeps every rule, and survives its encoding`() throws {
    var tree = try tree()
    #expect(tree.nonBlankParents.contains { !$0.parent.unmergedLeaves.isEmpty })
    try tree.verifyParentHashes()
    try tree.verifyUnmergedLeaves()
    try tree.verifyKeysUnique()
    var decoded = try RatchetTree(decoding: tree.encoded, hash: Forger.algorithms())
    #expect(decoded.encoded == tree.encoded)
    let (hash, again) = (tree.rootHash(), decoded.rootHash())
    #expect(hash == again)
  }

  @Test func `the hash of the tree is the one that was agreed on`() throws {
    var tree = try tree()
    #expect(throws: GroupError.invalid(.treeHashMismatch)) { try tree.verifyTreeHash([1]) }
  }

  @Test func `a parent that nobody below made is refused`() throws {
    var tree = try tree()
    let root = tree.root
    tree[parent: root]?.encryptionKey = try HPKEKeyPair.generate(Parties.suite).publicKey
    #expect(throws: GroupError.invalid(.parentHashInvalid)) { try tree.verifyParentHashes() }
    var other = try self.tree()
    other[parent: root.left]?.parentHash = [1]
    #expect(throws: GroupError.invalid(.parentHashInvalid)) { try other.verifyParentHashes() }
  }

  @Test func `an unmerged leaf is a member below`() throws {
    var tree = try tree()
    let left = tree.root.left
    tree[parent: left]?.unmergedLeaves = [LeafIndex(7)]
    #expect(throws: GroupError.invalid(.unmergedLeafNotDescendant)) { try tree.verifyUnmergedLeaves() }
  }

  @Test func `a node between an unmerged leaf and one that lists it lists it too`() throws {
    var tree = try tree()
    let root = tree.root
    tree[parent: root]?.unmergedLeaves = [LeafIndex(0)]
    #expect(throws: GroupError.invalid(.unmergedLeafMissingBetween)) { try tree.verifyUnmergedLeaves() }
  }

  @Test func `a key is one node's`() throws {
    var tree = try tree()
    let key = try #require(tree[LeafIndex(2)]?.encryptionKey)
    let root = tree.root
    tree[parent: root]?.encryptionKey = key
    #expect(throws: GroupError.invalid(.encryptionKeyNotUnique)) { try tree.verifyKeysUnique() }
  }

  @Test func `a leaf of a tree is signed for its place in this group`() throws {
    var tree = try tree()
    #expect(throws: GroupError.invalid(.leafSignatureInvalid)) {
      try tree.verifyLeafSignatures(group: [1, 2, 3])
    }
  }

  @Test func `a tree does not end blank`() throws {
    let suite = try Forger.algorithms()
    for nodes in [[Node?]](arrayLiteral: [], [nil]) {
      #expect(throws: GroupError.invalid(.treeEndsBlank)) {
        _ = try RatchetTree(decoding: nodes.encoded, hash: suite)
      }
    }
  }

  @Test func `leaves and parents stand where they belong`() throws {
    let suite = try Forger.algorithms()
    let leaf = Node.leaf(try Parties.client("a").keyPackage().leafNode)
    let parent = Node.parent(ParentNode(encryptionKey: HPKEPublicKey(bytes: [1])))
    for nodes in [[Node?]](arrayLiteral: [leaf, leaf], [parent]) {
      #expect(throws: GroupError.invalid(.nodeOfWrongType)) {
        _ = try RatchetTree(decoding: nodes.encoded, hash: suite)
      }
    }
  }

  @Test func `unmerged leaves ascend`() throws {
    let parent = ParentNode(
      encryptionKey: HPKEPublicKey(bytes: [1]), unmergedLeaves: [LeafIndex(2), LeafIndex(2)])
    #expect(throws: TLSError.notAscending) { _ = try ParentNode(decoding: parent.encoded) }
  }
}
