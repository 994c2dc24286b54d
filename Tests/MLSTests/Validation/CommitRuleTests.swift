import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("RFC 9420 sections 7.5, 7.6, 7.9 and 12.4: commits and their paths")
struct CommitRuleTests {
  @Test func `an empty commit has a path`() throws {
    let parties = try Forger.parties(2)
    try expect(.pathMissing, from: parties[1], try Forger.commit(by: parties[0], [Proposal]()))
    try expect(
      .pathMissing, from: parties[1], try Forger.commit(by: parties[0], [.replacing(extensions: [])]))
  }

  @Test func `a commit refers to proposals that arrived`() throws {
    let parties = try Forger.parties(2)
    let unknown = ProposalOrRef.reference(ProposalRef(bytes: [1, 2, 3]))
    try expect(.proposalUnknown, from: parties[1], try Forger.commit(by: parties[0], [unknown]))
  }

  /// A path of the first of four members that was altered, received by the second.
  private func expectPath(
    _ rule: ValidationError, resign: Bool = false, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout UpdatePath, _ parties: [Party]) throws -> Void
  ) throws {
    let parties = try Forger.parties(4)
    var path = try Forger.path(of: parties[0])
    try change(&path, parties)
    if resign {
      path.leafNode = try path.leafNode.signed(
        by: parties[0].client.signer, in: .init(group: parties[0].group.id, leaf: parties[0].ownIndex),
        Forger.algorithms())
    }
    try expect(
      rule, from: parties[1], try Forger.commit(by: parties[0], [Proposal](), path: path),
      sourceLocation: sourceLocation)
  }

  @Test func `a leaf in a path has the source commit`() throws {
    try expectPath(.leafSourceNotCommit, resign: true) { path, _ in path.leafNode.source = .update }
  }

  @Test func `a path's leaf is signed by the committer`() throws {
    try expectPath(.leafSignatureInvalid) { path, _ in path.leafNode.signature[9] ^= 1 }
  }

  @Test func `the committer's encryption key is new`() throws {
    try expectPath(.encryptionKeyNotReplaced, resign: true) { path, parties in
      path.leafNode.encryptionKey = parties[0].members[0].leaf.encryptionKey
    }
  }

  @Test func `the keys of a path are nowhere in the tree`() throws {
    try expectPath(.pathKeyInTree) { path, parties in
      path.nodes[0].encryptionKey = parties[0].members[3].leaf.encryptionKey
    }
    try expectPath(.pathKeyInTree) { path, _ in path.nodes[0].encryptionKey = path.nodes[1].encryptionKey }
  }

  @Test func `a path has a node for each of the filtered direct path`() throws {
    try expectPath(.pathLengthMismatch) { path, _ in path.nodes.removeLast() }
  }

  @Test func `a node of a path has a ciphertext for each recipient`() throws {
    try expectPath(.pathCiphertextCountMismatch) { path, _ in
      path.nodes[1].encryptedPathSecret.removeLast()
    }
  }

  @Test func `the committer's leaf has the parent hash of its path`() throws {
    try expectPath(.pathParentHashMismatch, resign: true) { path, _ in
      path.leafNode.source = .commit(parentHash: [UInt8](repeating: 7, count: 32))
    }
  }

  @Test func `a path secret leads to the keys of the path`() throws {
    let parties = try Forger.parties(2)
    let suite = try Forger.algorithms()
    let state = parties[0].group.state
    let (list, party) = (ProposalList(items: [], committer: .member(LeafIndex(0))), parties[0])
    let (change, _) = try party.group.change(by: list)
    var (tree, other) = (change.tree, change.tree)
    let leaf = party.client.leaf(state.keys.leafKey.publicKey, .update)
    let path = try tree.renewPath(
      of: LeafIndex(0), leaf: leaf, signedBy: party.client.signer, group: party.group.id)
    let foreign = try other.renewPath(
      of: LeafIndex(0), leaf: leaf, signedBy: party.client.signer, group: party.group.id)
    var context = state.context
    context.epoch += 1
    context.treeHash = tree.rootHash()
    var sealed = try tree.seal(path, context: context.encoded, excluding: [])
    let secrets = try other.seal(foreign, context: context.encoded, excluding: [])
    sealed.nodes[0].encryptedPathSecret = secrets.nodes[0].encryptedPathSecret
    #expect(suite.suite == party.cipherSuite)
    try expect(.pathKeyMismatch, from: parties[1], try Forger.commit(by: party, [Proposal](), path: sealed))
  }

  @Test func `a member without the key of a path is told so`() throws {
    let parties = try Forger.parties(4)
    try Parties.commit(parties[2], parties)
    let message = try parties[0].group.commit().commit
    let keys = parties[3].group.state.keys
    parties[3].group.state.keys = TreePrivateKeys(leaf: keys.leaf, leafKey: keys.leafKey)
    try expect(.pathSecretNotForUs, from: parties[3], message)
  }

  @Test func `the confirmation tag confirms`() throws {
    let parties = try Forger.parties(2)
    let path = try Forger.path(of: parties[0])
    try expect(
      .confirmationTagInvalid, from: parties[1], try Forger.commit(by: parties[0], [Proposal](), path: path))
  }

  @Test func `a commit of another epoch or group is refused`() throws {
    let parties = try Forger.parties(2)
    let old = try parties[0].group.commit().commit
    parties[0].group.discardPendingCommit()
    try Parties.commit(parties[1], parties)
    #expect(throws: GroupError.wrongEpoch) { _ = try parties[1].group.process(old) }
    let others = try Forger.parties(2)
    #expect(throws: GroupError.wrongGroup) {
      _ = try parties[1].group.process(try others[0].group.commit().commit)
    }
  }
}
