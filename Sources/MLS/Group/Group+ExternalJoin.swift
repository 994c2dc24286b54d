internal import CryptoCore
internal import TLSCodec

// RFC 9420 section 12.4.3.2.
extension Group {
  /// Joins a group by an external commit, which `externalCommit` then holds for the others. If the delivery
  /// service refuses it, drop the group.
  /// - Parameters:
  ///   - ratchetTree: The tree, if the GroupInfo has none.
  ///   - former: This client's former appearance, which is removed: a resync.
  ///   - preSharedKeys: The names of external keys that go in.
  ///   - selfRemoves: SelfRemove proposals that wait in the group.
  ///   - proposals: AppDataUpdate and AppEphemeral proposals that the commit makes, and everybody can read.
  /// - Throws: `GroupError.invalid` for what section 12.4.3.2 refuses, for other proposals, and for what components
  ///   refuse; `.malformed`, `.cipherSuite`.
  public static func joinExternally(
    _ message: MLSMessage, as client: Client, ratchetTree: [UInt8]? = nil, replacing former: LeafIndex? = nil,
    preSharedKeys: [[UInt8]] = [], selfRemoves: [MLSMessage] = [], proposals: [Proposal] = []
  ) throws(GroupError) -> Group {
    guard case .groupInfo(let info) = message else { throw .notForGroups }
    let suite = try asGroupError { () throws(CipherSuiteError) in
      try info.groupContext.cipherSuite.algorithms()
    }
    guard info.groupContext.version == .mls10 else { throw .malformed(.unknownValue) }
    let external = try asGroupError { () throws(TLSError) in try info.extensions.externalPub() }
    guard let external else { throw .invalid(.externalPubMissing) }
    let tree = try info.verifiedTree(ratchetTree, client, suite)
    let joining = ExternalJoining(client: client, suite: suite, info: info, tree: tree)
    return try joining.join(external, replacing: former, preSharedKeys, selfRemoves, proposals)
  }
}

/// A GroupInfo that was verified, for one external commit.
struct ExternalJoining {
  let client: Client
  let suite: CipherSuiteAlgorithms
  let info: GroupInfo
  let tree: RatchetTree

  func join(
    _ external: HPKEPublicKey, replacing former: LeafIndex?, _ preSharedKeys: [[UInt8]],
    _ selfRemoves: [MLSMessage], _ proposals: [Proposal]
  ) throws(GroupError) -> Group {
    let (initSecret, externalInit) = try asGroupError { () throws(CipherSuiteError) in
      try suite.makeExternalInit(to: external)
    }
    let context = info.groupContext
    let list = try list(externalInit, former, preSharedKeys, selfRemoves, proposals)
    var (change, rules) = try list.change(
      tree, context, client, joiner: (client.credential, client.signer.publicKey))
    try list.checkOwnComponents(in: tree, context, client)
    let leafKey = try asGroupError { () throws(CipherSuiteError) in try HPKEKeyPair.generate(suite) }
    let leaf = client.leaf(leafKey.publicKey, .update)
    let own = try change.takeLeafForJoiner(leaf)
    let path = try change.tree.renewPath(
      of: own, leaf: leaf, signedBy: client.signer, group: context.groupID)
    guard let signedLeaf = change.tree[own] else { throw .internalError }
    try rules.check(signedLeaf, .commit(own, former: change.resynced))
    try change.checkMembers(
      rules, committer: own, extensionsChanged: change.extensions != context.extensions)
    var transition = try EpochTransition(change, after: context)
    let sealed = try change.tree.seal(path, context: transition.provisionalContext(), excluding: [])
    let commit = Commit(proposals: list.items.map(\.orReference), path: sealed)
    return try finish(commit, change, path, initSecret, &transition)
  }

  private func list(
    _ externalInit: ExternalInit, _ former: LeafIndex?, _ preSharedKeys: [[UInt8]],
    _ selfRemoves: [MLSMessage], _ others: [Proposal]
  ) throws(GroupError) -> ProposalList {
    var proposals: [Proposal] = [.externalInit(externalInit)]
    if let former { proposals.append(.removing(former)) }
    for name in preSharedKeys {
      let id = PreSharedKeyID(key: .external(id: name), nonce: SecureRandom.bytes(suite.hashByteCount))
      proposals.append(.preSharedKey(PreSharedKey(id: id)))
    }
    var items = (proposals + others).map {
      CommittedProposal(proposal: $0, sender: .newMemberCommit, reference: nil)
    }
    for message in selfRemoves { items.append(try verified(message)) }
    return ProposalList(items: items, committer: .newMemberCommit)
  }

  /// A SelfRemove, verified but for its membership tag. draft-ietf-mls-extensions.
  private func verified(_ message: MLSMessage) throws(GroupError) -> CommittedProposal {
    guard case .publicMessage(let message) = message, case .proposal(.selfRemove) = message.content.content,
      let leaf = message.content.sender.leaf, let key = tree[leaf]?.signatureKey
    else { throw .invalid(.externalCommitProposalForbidden) }
    guard message.content.groupID == info.groupContext.groupID else { throw .wrongGroup }
    guard message.content.epoch == info.groupContext.epoch else { throw .wrongEpoch }
    let format = info.groupContext.authenticatedDataFormat
    // Members would not know it.
    try asGroupError { () throws(MessageProtectionError) in
      try format.check(message.content.authenticatedData)
    }
    let content = AuthenticatedContent(
      wireFormat: .publicMessage, content: message.content, auth: message.auth)
    try asGroupError { () throws(CipherSuiteError) in
      try suite.verify(content, by: key, groupContext: info.groupContext.encoded)
    }
    return CommittedProposal(
      proposal: .selfRemove, sender: message.content.sender, reference: suite.reference(to: content))
  }

  private func finish(
    _ commit: Commit, _ change: ProposedChange, _ path: RenewedPath, _ initSecret: SecretKey,
    _ transition: inout EpochTransition
  ) throws(GroupError) -> Group {
    let context = info.groupContext
    let content = FramedContent(
      groupID: context.groupID, epoch: context.epoch, sender: .newMemberCommit,
      authenticatedData: context.authenticatedDataFormat.filled([]), content: .commit(commit))
    let signature = try asGroupError { () throws(CipherSuiteError) in
      try suite.signWithLabel(
        client.signer, label: "FramedContentTBS",
        content.toBeSigned(.publicMessage, groupContext: context.encoded))
    }
    var signed = AuthenticatedContent(
      wireFormat: .publicMessage, content: content,
      auth: FramedContentAuthData(signature: signature, confirmationTag: nil))
    let transcript = TranscriptHash(
      confirmed: context.confirmedTranscriptHash, confirmationTag: info.confirmationTag, suite)
    var keys: [(id: PreSharedKeyID, secret: SecretKey)] = []
    for id in change.preSharedKeys {
      guard let secret = try client.keys.preSharedKey(id.key) else {
        throw .invalid(.preSharedKeyUnavailable)
      }
      keys.append((id, secret))
    }
    let secrets = try transition.secrets(
      initSecret: initSecret, commitSecret: path.secrets.commitSecret, preSharedKeys: keys,
      confirmedTranscriptHash: transcript.confirmed(after: signed, suite))
    let tag = secrets.epoch.confirmationTag(transition.context.confirmedTranscriptHash, suite)
    signed.auth.confirmationTag = tag
    var privateKeys = TreePrivateKeys(leaf: path.sender, leafKey: path.leafKey)
    privateKeys.keep(path.secrets, along: path.steps[...])
    var group = Group(
      client: client,
      state: EpochState(
        context: transition.context, tree: transition.change.tree, secrets: secrets.epoch,
        confirmationTag: tag, keys: privateKeys, signer: client.signer,
        limits: client.settings.ratchetLimits))
    group.joinData = try info.extensions.validDictionary()
    group.externalCommit = .publicMessage(
      PublicMessage(content: content, auth: signed.auth, membershipTag: nil))
    return group
  }
}
