import CryptoCore
import MLS
import TLSCodec

/// treekem.json of the MLS working group: paths that others made are opened by everybody, and so are paths
/// made here.
struct TreeKEMVectors {
  private let suite: CipherSuiteAlgorithms
  private let test: JSONCase
  private let tree: RatchetTree
  private let group: [UInt8]
  private let members: [(keys: TreePrivateKeys, signer: SignatureKeyPair)]

  static func verify(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    let vectors = try TreeKEMVectors(test, suite)
    guard vectors.privateKeysMatch else { return false }
    return try test.list("update_paths").allSatisfy { try vectors.opensPath($0) }
  }

  private init(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws {
    self.suite = suite
    self.test = test
    group = test.bytes("group_id")
    tree = try RatchetTree(decoding: test.bytes("ratchet_tree"), hash: suite)
    members = try test.list("leaves_private").map { leaf in
      let index = LeafIndex(UInt32(leaf.number("index") ?? 0))
      let key = try HPKEKeyPair(
        privateKey: SecretKey(copying: leaf.bytes("encryption_priv")), suite: suite.suite)
      var keys = TreePrivateKeys(leaf: index, leafKey: key)
      for secret in leaf.list("path_secrets") {
        let pathSecret = SecretKey(copying: secret.bytes("path_secret"))
        try keys.keep(PathSecrets.keyPair(of: pathSecret, suite), at: NodeIndex(secret.number("node") ?? 0))
      }
      let signer = try SignatureKeyPair(
        privateKey: SecretKey(copying: leaf.bytes("signature_priv")), suite: suite.suite)
      return (keys, signer)
    }
  }

  /// Every private key belongs to the public key of its node.
  private var privateKeysMatch: Bool {
    members.allSatisfy { keys, signer in
      tree[keys.leaf]?.signatureKey == signer.publicKey
        && tree.encryptionKey(of: NodeIndex(keys.leaf)) == keys.leafKey.publicKey
        && keys.parents.allSatisfy { tree.encryptionKey(of: $0.key) == $0.value.publicKey }
    }
  }

  private func opensPath(_ vector: JSONCase) throws -> Bool {
    let sender = LeafIndex(UInt32(vector.number("sender") ?? 0))
    let path = try UpdatePath(decoding: vector.bytes("update_path"))
    guard path.encoded == vector.bytes("update_path") else { return false }
    var after = tree
    let steps = try after.merge(path, from: sender, excluding: [])
    guard after.rootHash() == vector.bytes("tree_hash_after") else { return false }
    let commitSecret = SecretKey(copying: vector.bytes("commit_secret"))
    guard try opensEverywhere(path, steps, after, sender, commitSecret) else { return false }

    guard let signer = members.first(where: { $0.keys.leaf == sender })?.signer, let leaf = tree[sender]
    else { return false }
    var own = tree
    let renewed = try own.renewPath(of: sender, leaf: leaf, signedBy: signer, group: group)
    let ownPath = try own.seal(renewed, context: context(&own), excluding: [])
    return try opensEverywhere(ownPath, renewed.steps, own, sender, renewed.secrets.commitSecret)
  }

  private func opensEverywhere(
    _ path: UpdatePath, _ steps: [RatchetTree.PathStep], _ tree: RatchetTree, _ sender: LeafIndex,
    _ commitSecret: SecretKey
  ) throws -> Bool {
    var tree = tree
    let context = context(&tree)
    return try members.allSatisfy { member in
      guard member.keys.leaf != sender else { return true }
      var keys = member.keys
      let secret = try tree.open(path, along: steps, context: context, excluding: [], with: &keys)
      return secret.isEqual(to: commitSecret)
    }
  }

  private func context(_ tree: inout RatchetTree) -> [UInt8] {
    GroupContext(
      cipherSuite: suite.suite, groupID: group, epoch: UInt64(test.number("epoch") ?? 0),
      treeHash: tree.rootHash(), confirmedTranscriptHash: test.bytes("confirmed_transcript_hash"),
      extensions: []
    ).encoded
  }
}
