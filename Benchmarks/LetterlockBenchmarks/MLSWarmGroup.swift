import MLS

/// A group in which every member has committed since it joined, so that a path's secrets are sealed to few: as its
/// first member and its last have it. Nobody's messages are needed for it, only the tree that they would make.
final class MLSWarmGroup {
  private var first: Group
  private var last: Group
  /// The first member's next commit, of new keys alone.
  let emptyCommit: [UInt8]

  init(_ count: Int, _ suite: CipherSuite) throws {
    let algorithms = try suite.algorithms()
    let clients = try (0..<count).map { try MLSGroupSample.client("member \($0)", suite) }
    let leaves = try clients.map { try $0.keyPackage().leafNode }
    let group = [UInt8](repeating: 1, count: 32)
    var tree = RatchetTree(creator: leaves[0], hash: algorithms)
    for leaf in leaves.dropFirst() { _ = try tree.add(leaf) }
    var paths: [RenewedPath] = []
    for (place, client) in clients.enumerated() {
      paths.append(
        try tree.renewPath(
          of: LeafIndex(UInt32(place)), leaf: leaves[place], signedBy: client.signer, group: group))
    }
    let context = GroupContext(
      cipherSuite: suite, groupID: group, epoch: 1, treeHash: tree.rootHash(),
      confirmedTranscriptHash: BareCipher.random(algorithms.hashByteCount), extensions: [])
    let secrets = EpochSecrets(epochSecret: algorithms.randomSecret(), algorithms)
    func member(_ place: Int) throws -> Group {
      Group(
        client: clients[place],
        state: EpochState(
          context: context, tree: tree, secrets: secrets,
          confirmationTag: secrets.confirmationTag(context.confirmedTranscriptHash, algorithms),
          keys: Self.keys(of: paths[place], from: paths, in: tree), signer: clients[place].signer,
          limits: .default))
    }
    first = try member(0)
    last = try member(count - 1)
    emptyCommit = try first.commit().commit.encoded
    first.discardPendingCommit()
  }

  /// The keys that a member has learnt from everyone's paths, in their order.
  private static func keys(
    of own: RenewedPath, from paths: [RenewedPath], in tree: RatchetTree
  ) -> TreePrivateKeys {
    var keys = TreePrivateKeys(leaf: own.sender, leafKey: own.leafKey)
    for path in paths {
      for (step, key) in zip(path.steps, path.secrets.keyPairs) where step.node.covers(NodeIndex(own.sender))
      {
        keys.keep(key, at: step.node)
      }
    }
    keys.forgetOutdated(in: tree)
    return keys
  }

  func commit() throws -> Int {
    defer { first.discardPendingCommit() }
    return try first.commit().commit.encoded.count
  }

  func process() throws {
    guard case .commit = try last.process(emptyCommit) else { throw Failure.wrongContent }
  }
}
