import CryptoCore
import Foundation
import MLS
import TLSCodec

/// A ratchet tree and the private keys of all of its members.
struct MadeTree {
  let suite: CipherSuiteAlgorithms
  let group = VectorSeed.bytes("group id", count: 16)
  private(set) var tree: RatchetTree
  private(set) var members: [MadeMember] = []
  private var leafKeys: [HPKEKeyPair] = []
  private var pathSecrets: [[NodeIndex: SecretKey]] = []

  /// Members who joined one after the other, each by a commit of the one before.
  init(_ count: Int, _ suite: CipherSuiteAlgorithms) throws {
    self.suite = suite
    let first = try MadeMember("member 0", suite)
    tree = RatchetTree(creator: first.leaf, hash: suite)
    take(first)
    for number in 1..<count {
      try add(MadeMember("member \(number)", suite))
      try renew(number - 1)
    }
  }

  private mutating func take(_ member: MadeMember) {
    members.append(member)
    leafKeys.append(member.keys.leafKey)
    pathSecrets.append([:])
  }

  mutating func add(_ member: MadeMember) throws {
    _ = try tree.add(member.leaf)
    take(member)
  }

  /// New keys on a member's path, of which everybody below learns.
  mutating func renew(_ sender: Int) throws {
    let path = try path(of: sender, in: &tree)
    leafKeys[sender] = path.leafKey
    for member in members.indices {
      pathSecrets[member] = pathSecrets[member].filter { !path.steps.map(\.node).contains($0.key) }
      for (step, secret) in zip(path.steps, path.secrets.secrets)
      where step.node.covers(NodeIndex(LeafIndex(UInt32(member)))) {
        pathSecrets[member][step.node] = secret
      }
    }
  }

  private func path(of sender: Int, in tree: inout RatchetTree) throws -> RenewedPath {
    try tree.renewPath(
      of: LeafIndex(UInt32(sender)), leaf: members[sender].leaf, signedBy: members[sender].client.signer,
      group: group)
  }
}

/// treekem.json.
extension MadeTree {
  static func makeTreeKEM(_ suite: CipherSuiteAlgorithms) throws -> [[String: Any]] {
    let made = try MadeTree(3, suite)
    return [
      [
        "group_id": made.group.hex, "epoch": 7, "confirmed_transcript_hash": suite.hash([7]).hex,
        "ratchet_tree": made.tree.encoded.hex,
        "leaves_private": made.members.indices.map { made.privateKeys(of: $0) },
        "update_paths": [try made.updatePath(by: 1)],
      ]
    ]
  }

  private func privateKeys(of member: Int) -> [String: Any] {
    [
      "index": member, "encryption_priv": leafKeys[member].privateKeyBytes.hex,
      "signature_priv": members[member].client.signer.privateKey.hex,
      "path_secrets": pathSecrets[member].sorted { $0.key < $1.key }.map {
        ["node": $0.key.place, "path_secret": $0.value.hex] as [String: Any]
      },
    ]
  }

  private func updatePath(by sender: Int) throws -> [String: Any] {
    var after = tree
    let path = try path(of: sender, in: &after)
    let context = GroupContext(
      cipherSuite: suite.suite, groupID: group, epoch: 7, treeHash: after.rootHash(),
      confirmedTranscriptHash: suite.hash([7]), extensions: [])
    let sealed = try after.seal(path, context: context.encoded, excluding: [])
    let secrets: [Any] = members.indices.map { member -> Any in
      guard member != sender, let secret = path.pathSecret(for: LeafIndex(UInt32(member))) else {
        return NSNull()
      }
      return secret.hex
    }
    return [
      "sender": sender, "update_path": sealed.encoded.hex, "path_secrets": secrets,
      "commit_secret": path.secrets.commitSecret.hex, "tree_hash_after": after.rootHash().hex,
    ]
  }
}

/// tree-validation.json and tree-operations.json.
extension MadeTree {
  /// Three members, of whom the last is unmerged.
  static func makeValidation(_ suite: CipherSuiteAlgorithms) throws -> [[String: Any]] {
    var made = try MadeTree(2, suite)
    try made.renew(1)
    try made.add(MadeMember("member 2", suite))
    var tree = made.tree
    let nodes = (0..<tree.leafCount.nodeCount).map { NodeIndex($0) }
    return [
      [
        "group_id": made.group.hex, "tree": tree.encoded.hex,
        "tree_hashes": nodes.map { tree.treeHash(of: $0).hex },
        "resolutions": nodes.map { tree.resolution(of: $0).map(\.place) },
      ]
    ]
  }

  /// A Remove that halves the tree; where keys are short, an Add and an Update too.
  static func makeOperations(_ suite: CipherSuiteAlgorithms) throws -> [[String: Any]] {
    let made = try MadeTree(3, suite)
    let (last, middle) = (LeafIndex(2), LeafIndex(1))
    var removed = made.tree
    removed.remove(last)
    var cases = [made.operation(.removing(last), by: 0, removed)]
    guard suite.isBrief else { return cases }
    let newcomer = try MadeMember("newcomer", suite)
    var added = made.tree
    _ = try added.add(newcomer.leaf)
    cases.append(made.operation(.adding(newcomer.package), by: 0, added))
    let leaf = try made.members[1].update(at: middle, of: made.group, suite)
    var updated = made.tree
    updated.update(middle, to: leaf)
    return cases + [made.operation(.update(Update(leafNode: leaf)), by: 1, updated)]
  }

  private func operation(_ proposal: Proposal, by sender: Int, _ after: RatchetTree) -> [String: Any] {
    var (before, after) = (tree, after)
    return [
      "tree_before": before.encoded.hex, "tree_hash_before": before.rootHash().hex,
      "proposal": proposal.encoded.hex, "proposal_sender": sender, "tree_after": after.encoded.hex,
      "tree_hash_after": after.rootHash().hex,
    ]
  }
}

extension CipherSuiteAlgorithms {
  /// Whether keys and signatures take less than 200 bytes.
  var isBrief: Bool { suite.rawValue < 0xf000 }
}
