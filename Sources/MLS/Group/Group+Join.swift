internal import CryptoCore
internal import TLSCodec

// RFC 9420 section 12.4.3.1.
extension Group {
  /// Joins the group of a Welcome. The private keys of the key package are deleted from the store at once, unless
  /// the package is one of last resort: who keeps groups joins with a store to save to.
  /// - Parameters:
  ///   - ratchetTree: The tree, if the Welcome has none.
  ///   - isKnown: Whether this client is in a group of an identifier already. Whoever sends the Welcome chooses
  ///     the identifier: without an answer, saving the joined group replaces a stored one.
  public static func join(
    _ message: MLSMessage, as client: Client, ratchetTree: [UInt8]? = nil,
    isKnown: (_ groupID: [UInt8]) -> Bool = { _ in false }
  ) throws(GroupError) -> Group {
    guard case .welcome(let welcome) = message else { throw .notForGroups }
    let joining = try WelcomeJoining(welcome, client, succession: nil)
    let group = try joining.join(ratchetTree: ratchetTree, isKnown: isKnown, parent: nil)
    try joining.deleteKeys()
    return group
  }

  /// Joins the group of a Welcome and saves it, unless the store has one of its identifier. Only then are the
  /// private keys of the key package deleted: a process that ends before has lost nothing, and joins again.
  /// - Parameter ratchetTree: The tree, if the Welcome has none.
  /// - Throws: `ValidationError.groupIDInUse`, unless it was this Welcome that the stored group was joined with: then
  ///   that one is returned.
  public static func join(
    _ message: MLSMessage, as client: Client, ratchetTree: [UInt8]? = nil, savingTo store: some GroupStore
  ) throws(GroupError) -> Group {
    guard case .welcome(let welcome) = message else { throw .notForGroups }
    return try WelcomeJoining(welcome, client, succession: nil)
      .join(ratchetTree: ratchetTree, parent: nil, savingTo: store)
  }

  /// Joins a group that follows this one: after a re-initialisation, or as a branch of it. RFC 9420 sections
  /// 11.2 and 11.3.
  /// - Parameters:
  ///   - ratchetTree: The tree, if the Welcome has none.
  ///   - isKnown: Whether this client is in a group of an identifier already. This group is known without it.
  public func joinSuccessor(
    _ message: MLSMessage, as client: Client, ratchetTree: [UInt8]? = nil,
    isKnown: (_ groupID: [UInt8]) -> Bool = { _ in false }
  ) throws(GroupError) -> Group {
    guard case .welcome(let welcome) = message else { throw .notForGroups }
    let parent = asParent
    let joining = try WelcomeJoining(welcome, client, succession: parent)
    let group = try joining.join(
      ratchetTree: ratchetTree, isKnown: { $0 == parent.context.groupID || isKnown($0) }, parent: parent)
    try joining.deleteKeys()
    return group
  }

  /// Joins a group that follows this one and saves it, unless the store has one of its identifier, as
  /// `join(_:as:ratchetTree:savingTo:)` does.
  /// - Parameter ratchetTree: The tree, if the Welcome has none.
  public func joinSuccessor(
    _ message: MLSMessage, as client: Client, ratchetTree: [UInt8]? = nil, savingTo store: some GroupStore
  ) throws(GroupError) -> Group {
    guard case .welcome(let welcome) = message else { throw .notForGroups }
    let parent = asParent
    return try WelcomeJoining(welcome, client, succession: parent)
      .join(ratchetTree: ratchetTree, parent: parent, savingTo: store)
  }

  private var asParent: SuccessionParent {
    SuccessionParent(
      context: state.context, reInit: reInit, members: state.tree.members.map(\.leaf),
      resumptionKeys: resumptionKeys)
  }
}

extension WelcomeJoining {
  /// Joins, saves, and only then deletes the keys.
  fileprivate func join(
    ratchetTree: [UInt8]?, parent: SuccessionParent?, savingTo store: some GroupStore
  ) throws(GroupError) -> Group {
    var group = try join(
      ratchetTree: ratchetTree, isKnown: { $0 == parent?.context.groupID }, parent: parent)
    if let stored = try Group.load(group.id, from: store, as: client) {
      // The process ended before the keys were deleted.
      guard stored.epochAuthenticator == group.epochAuthenticator else { throw .invalid(.groupIDInUse) }
      try deleteKeys()
      return stored
    }
    try group.save(to: store)
    try deleteKeys()
    return group
  }
}

/// What a group that follows another is compared with.
struct SuccessionParent: Sendable {
  let context: GroupContext
  let reInit: ReInit?
  let members: [LeafNode]
  let resumptionKeys: [(epoch: UInt64, key: SecretKey)]
}

/// A Welcome whose secrets were opened.
struct WelcomeJoining {
  fileprivate let client: Client
  private let suite: CipherSuiteAlgorithms
  private let reference: KeyPackageRef
  private let keys: KeyPackageKeys
  private let secrets: GroupSecrets
  private let member: MemberSecret
  private let info: GroupInfo
  /// What the group follows another by, and the other's epoch.
  private let succession: (usage: ResumptionPSKUsage, epoch: UInt64)?

  init(_ welcome: Welcome, _ client: Client, succession: SuccessionParent?) throws(GroupError) {
    self.client = client
    suite = try asGroupError { () throws(CipherSuiteError) in try welcome.cipherSuite.algorithms() }
    let (entry, keys) = try Self.entry(of: welcome, client)
    guard keys.keyPackage.cipherSuite == welcome.cipherSuite else { throw .invalid(.welcomeSuiteMismatch) }
    reference = entry.newMember
    self.keys = keys
    let suite = suite
    let opened = try asGroupError { () throws(CipherSuiteError) in
      try suite.decryptWithLabel(
        keys.initKey, label: "Welcome", context: welcome.encryptedGroupInfo, entry.encryptedGroupSecrets)
    }
    secrets = try asGroupError { () throws(TLSError) in try GroupSecrets(decoding: opened) }
    self.succession = try Self.succession(of: secrets.preSharedKeys)
    let preSharedKeys = try Self.preSharedKeys(secrets.preSharedKeys, client, succession)
    let (joiner, encrypted) = (secrets.joinerSecret, welcome.encryptedGroupInfo)
    member = try asGroupError { () throws(CipherSuiteError) in
      JoinerSecret(joiner).withPreSharedKeys(try suite.preSharedKeySecret(preSharedKeys), suite)
    }
    let member = member
    let bytes = try asGroupError { () throws(CipherSuiteError) in
      try member.welcomeSecret(suite).open(encrypted, suite)
    }
    info = try asGroupError { () throws(TLSError) in try GroupInfo(decoding: bytes) }
    guard info.groupContext.cipherSuite == welcome.cipherSuite else { throw .invalid(.welcomeSuiteMismatch) }
    guard info.groupContext.version == .mls10 else { throw .malformed(.unknownValue) }
  }

  /// "Identify an entry in the secrets array".
  private static func entry(
    of welcome: Welcome, _ client: Client
  ) throws(GroupError) -> (EncryptedGroupSecrets, KeyPackageKeys) {
    for entry in welcome.secrets {
      if let keys = try fromStore({ try client.keys.keyPackage(entry.newMember) }) { return (entry, keys) }
    }
    throw .invalid(.welcomeNotForUs)
  }

  /// "If a PreSharedKeyID has type resumption with usage reinit or branch, verify that it is the only such
  /// PSK."
  private static func succession(
    of keys: [PreSharedKeyID]
  ) throws(GroupError) -> (usage: ResumptionPSKUsage, epoch: UInt64)? {
    let usages = keys.compactMap { id -> (usage: ResumptionPSKUsage, epoch: UInt64)? in
      if case .resumption(let usage, _, let epoch) = id.key, usage != .application {
        (usage, epoch)
      } else {
        nil
      }
    }
    guard usages.count <= 1 else { throw .invalid(.welcomeResumptionNotAlone) }
    return usages.first
  }

  private static func preSharedKeys(
    _ identifiers: [PreSharedKeyID], _ client: Client, _ parent: SuccessionParent?
  ) throws(GroupError) -> [(id: PreSharedKeyID, secret: SecretKey)] {
    var keys: [(id: PreSharedKeyID, secret: SecretKey)] = []
    for id in identifiers {
      let secret: SecretKey? =
        switch id.key {
        case .external, .application: try client.keys.preSharedKey(id.key)
        case .resumption(_, let group, let epoch):
          group == parent?.context.groupID ? parent?.resumptionKeys.first { $0.epoch == epoch }?.key : nil
        }
      guard let secret else { throw .invalid(.preSharedKeyUnavailable) }
      keys.append((id, secret))
    }
    return keys
  }

  func join(
    ratchetTree: [UInt8]?, isKnown: (_ groupID: [UInt8]) -> Bool, parent: SuccessionParent?
  ) throws(GroupError) -> Group {
    let context = info.groupContext
    guard !isKnown(context.groupID) else { throw .invalid(.groupIDInUse) }
    var client = client
    let tree = try info.verifiedTree(ratchetTree, client, suite)
    let leaf = keys.keyPackage.leafNode
    guard let own = tree.firstMember(where: { $0.signature == leaf.signature && $0 == leaf }) else {
      throw .invalid(.ownLeafMissing)
    }
    let signer = client.signer
    guard signer.publicKey == keys.keyPackage.leafNode.signatureKey else { throw .invalid(.ownLeafMissing) }
    try checkSuccession(context, tree, parent)
    var privateKeys = TreePrivateKeys(leaf: own, leafKey: keys.leafKey)
    if let pathSecret = secrets.pathSecret {
      let steps = tree.filteredDirectPath(of: info.signer)
      guard let first = steps.firstIndex(where: { $0.node.covers(NodeIndex(own)) }) else {
        throw .invalid(.pathKeyMismatch)
      }
      _ = try tree.keep(pathSecret, along: steps[first...], in: &privateKeys)
    }
    let epochSecrets = member.epochSecrets(groupContext: context.encoded, suite)
    guard epochSecrets.confirmationTag(context.confirmedTranscriptHash, suite) == info.confirmationTag else {
      throw .invalid(.confirmationTagInvalid)
    }
    client.credential = keys.keyPackage.leafNode.credential
    var group = Group(
      client: client,
      state: EpochState(
        context: context, tree: tree, secrets: epochSecrets, confirmationTag: info.confirmationTag,
        keys: privateKeys, signer: signer, limits: client.settings.ratchetLimits))
    group.joinData = try info.extensions.validDictionary()
    return group
  }

  /// The key package was used.
  func deleteKeys() throws(GroupError) {
    guard !keys.keyPackage.isLastResort else { return }
    try fromStore { try client.keys.deleteKeyPackage(reference) }
  }

  /// "If a PreSharedKeyID was used that has type resumption with usage reinit or branch".
  private func checkSuccession(
    _ context: GroupContext, _ tree: RatchetTree, _ parent: SuccessionParent?
  ) throws(GroupError) {
    guard let parent else {
      guard succession == nil else { throw .invalid(.preSharedKeyUnavailable) }
      return
    }
    guard let (usage, epoch) = succession else { throw .invalid(.successorKeyMismatch) }
    guard context.epoch == 1 else { throw .invalid(.successorEpochNotOne) }
    let members = tree.members.map(\.leaf)
    func isIn(_ leaf: LeafNode, _ others: [LeafNode]) -> Bool {
      others.contains { client.authentication.accepts($0.credential, replacing: leaf.credential) }
    }
    if usage == .reinit {
      guard let reInit = parent.reInit, reInit.groupID == context.groupID, reInit.version == context.version,
        reInit.cipherSuite == context.cipherSuite, reInit.extensions == context.extensions
      else { throw .invalid(.reInitMismatch) }
      // The ReInit closed the parent, so that its epoch is the one that the commit began.
      guard epoch == parent.context.epoch else { throw .invalid(.successorKeyMismatch) }
      guard parent.members.allSatisfy({ isIn($0, members) }) else { throw .invalid(.reInitMemberMissing) }
    } else {
      guard context.version == parent.context.version, context.cipherSuite == parent.context.cipherSuite
      else { throw .invalid(.branchMismatch) }
      guard members.allSatisfy({ isIn($0, parent.members) }) else { throw .invalid(.branchMemberUnknown) }
    }
  }
}

extension GroupInfo {
  /// The ratchet tree, with the signature of this GroupInfo and everything in the tree verified.
  func verifiedTree(
    _ beside: [UInt8]?, _ client: Client, _ suite: CipherSuiteAlgorithms
  ) throws(GroupError) -> RatchetTree {
    guard extensions.hasUniqueTypes, groupContext.extensions.hasUniqueTypes else {
      throw .invalid(.extensionTypeRepeated)
    }
    guard let bytes = extensions.data(of: .ratchetTree) ?? beside else { throw .invalid(.treeMissing) }
    var tree = try RatchetTree(decoding: bytes, hash: suite)
    guard let signerKey = tree[signer]?.signatureKey else { throw .invalid(.groupInfoSignerBlank) }
    do throws(CipherSuiteError) { try verifySignature(by: signerKey, suite) } catch {
      throw .invalid(.groupInfoSignatureInvalid)
    }
    let rules = try LeafNodeRules(
      suite, groupID: groupContext.groupID, extensions: groupContext.extensions, client: client)
    try rules.checkExternalSenders(groupContext.extensions)
    try tree.checkIntegrity(treeHash: groupContext.treeHash, rules)
    return tree
  }
}
