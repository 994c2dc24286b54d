internal import CryptoCore
internal import TLSCodec

// RFC 9420 section 12.4.2.
extension Group {
  /// Verifies a commit and computes the epoch that it leads to.
  func stage(_ commit: Commit, in message: AuthenticatedContent) throws(GroupError) -> StagedCommit {
    let sender = message.content.sender
    guard sender != .member(state.ownIndex) else { throw .protection(.wrongSenderType) }
    let list = ProposalList(items: try resolve(commit.proposals, sender), committer: sender)
    // Only a group's successor uses keys for reinit and branch, and it is joined by Welcome.
    var (change, rules) = try change(
      by: list,
      joiner: sender.leaf == nil
        ? commit.path.map { ($0.leafNode.credential, $0.leafNode.signatureKey) } : nil)
    guard commit.path != nil || !list.needsPath else { throw .invalid(.pathMissing) }
    let removesOwn = list.removedLeaves.contains(state.ownIndex)
    let (committer, steps) = try merge(commit.path, sender, into: &change, rules)
    try change.checkMembers(
      rules, committer: commit.path == nil ? nil : committer,
      extensionsChanged: change.extensions != state.context.extensions)
    let joiner = sender.leaf == nil ? committer : nil
    if removesOwn {
      return StagedCommit(
        change, committer: sender, joiner: joiner, base: state, next: nil,
        authenticatedData: message.content.authenticatedData)
    }
    var transition = try EpochTransition(change, after: state.context)
    var keys = try updatedKeys(change)
    var commitSecret = state.suite.zeroSecret
    if let path = commit.path {
      commitSecret = try change.tree.open(
        path, along: steps, context: transition.provisionalContext(), excluding: change.newLeaves,
        with: &keys)
    }
    let secrets = try transition.secrets(
      initSecret: try initSecret(change), commitSecret: commitSecret,
      preSharedKeys: try preSharedKeys(change.preSharedKeys),
      confirmedTranscriptHash: state.transcript.confirmed(after: message, state.suite))
    let tag = secrets.epoch.confirmationTag(transition.context.confirmedTranscriptHash, state.suite)
    guard tag == message.auth.confirmationTag else { throw .invalid(.confirmationTagInvalid) }
    keys.forgetOutdated(in: transition.change.tree)
    let next = EpochState(
      context: transition.context, tree: transition.change.tree, secrets: secrets.epoch,
      confirmationTag: tag, keys: keys, signer: client.signer, limits: client.settings.ratchetLimits)
    return StagedCommit(
      transition.change, committer: sender, joiner: joiner, base: state, next: next,
      authenticatedData: message.content.authenticatedData)
  }

  /// The proposals themselves, in place of references to them.
  private func resolve(
    _ proposals: [ProposalOrRef], _ committer: Sender
  ) throws(GroupError) -> [CommittedProposal] {
    var items: [CommittedProposal] = []
    var known: [ProposalRef: CommittedProposal] = [:]
    for proposal in self.proposals {
      if let reference = proposal.reference { known[reference] = proposal }
    }
    var named = Set<ProposalRef>()
    for proposal in proposals {
      switch proposal {
      case .proposal(let proposal):
        items.append(CommittedProposal(proposal: proposal, sender: committer, reference: nil))
      case .reference(let reference):
        // Its author made it once.
        guard named.insert(reference).inserted else { throw .invalid(.proposalReferencedTwice) }
        guard let item = known[reference] else { throw .invalid(.proposalUnknown) }
        items.append(item)
      }
    }
    return items
  }

  /// "If the path value is populated, validate it and apply it to the tree".
  /// - Returns: The committer's leaf, and the steps of the path.
  private func merge(
    _ path: UpdatePath?, _ sender: Sender, into change: inout ProposedChange, _ rules: LeafNodeRules
  ) throws(GroupError) -> (LeafIndex?, [RatchetTree.PathStep]) {
    guard let path else { return (sender.leaf, []) }
    let committer: LeafIndex
    if let leaf = sender.leaf {
      committer = leaf
      guard let former = change.tree[leaf] else { throw .invalid(.committerRemoved) }
      try rules.check(path.leafNode, .commit(leaf, former: former))
      try change.tree.checkPathKeys(path)
    } else {
      try change.tree.checkPathKeys(path)
      // Who resyncs must be who was removed.
      committer = try change.takeLeafForJoiner(path.leafNode)
      try rules.check(path.leafNode, .commit(committer, former: change.resynced))
    }
    let steps = try change.tree.merge(path, from: committer, excluding: change.newLeaves)
    return (committer, steps)
  }

  /// This member's private keys, with the one of its own Update if that was committed.
  private func updatedKeys(_ change: ProposedChange) throws(GroupError) -> TreePrivateKeys {
    var keys = state.keys
    if change.updated.contains(state.ownIndex), let leaf = change.tree[state.ownIndex] {
      guard let key = updateKeys[leaf.encryptionKey] else { throw .invalid(.pathSecretNotForUs) }
      keys.leafKey = key
    }
    keys.forgetOutdated(in: change.tree)
    return keys
  }

  /// The init secret of this epoch, or the one that a joiner exported. RFC 9420 section 8.3.
  private func initSecret(_ change: ProposedChange) throws(GroupError) -> SecretKey {
    guard let externalInit = change.externalInit else { return state.secrets.initSecret }
    return try asGroupError { () throws(CipherSuiteError) in
      try state.suite.initSecret(of: externalInit, state.secrets.externalKeyPair(state.suite))
    }
  }
}
