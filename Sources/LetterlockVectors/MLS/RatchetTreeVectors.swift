import MLS
import TLSCodec

/// tree-validation.json and tree-operations.json of the MLS working group.
enum RatchetTreeVectors {
  /// Resolutions, tree hashes, parent hashes and leaf signatures of trees.
  static func validation(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    var tree = try RatchetTree(decoding: test.bytes("tree"), hash: suite)
    guard tree.encoded == test.bytes("tree") else { return false }
    let nodes = (0..<tree.leafCount.nodeCount).map { NodeIndex($0) }
    let resolutions = nodes.map { tree.resolution(of: $0).map(\.place) }
    guard resolutions == test.lists("resolutions") else { return false }
    guard nodes.map({ Hex.encode(tree.treeHash(of: $0)) }) == test.texts("tree_hashes") else { return false }
    try tree.verifyParentHashes()
    try tree.verifyUnmergedLeaves()
    try tree.verifyKeysUnique()
    try tree.verifyLeafSignatures(group: test.bytes("group_id"))
    return true
  }

  /// A tree before and after a proposal.
  static func operation(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    var tree = try RatchetTree(decoding: test.bytes("tree_before"), hash: suite)
    guard tree.rootHash() == test.bytes("tree_hash_before") else { return false }
    switch try Proposal(decoding: test.bytes("proposal")) {
    case .add(let add): _ = try tree.add(add.keyPackage.leafNode)
    case .update(let update):
      tree.update(LeafIndex(UInt32(test.number("proposal_sender") ?? 0)), to: update.leafNode)
    case .remove(let remove): tree.remove(remove.removed)
    default: return false
    }
    return tree.encoded == test.bytes("tree_after") && tree.rootHash() == test.bytes("tree_hash_after")
  }
}
