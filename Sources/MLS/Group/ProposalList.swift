internal import TLSCodec

/// A proposal that a commit covers, and who made it.
struct CommittedProposal: Sendable {
  let proposal: Proposal
  let sender: Sender
  /// Nil for one by value.
  let reference: ProposalRef?
}

/// The proposals of one commit, in its order. RFC 9420 section 12.2.
struct ProposalList: Sendable {
  let items: [CommittedProposal]
  let committer: Sender

  /// A list is valid, or the commit is refused.
  /// - Parameter rules: With the extensions that the group will have after the commit. RFC 9420 section 12.3.
  func check(
    in tree: RatchetTree, _ rules: LeafNodeRules, context: GroupContext, isSuccession: Bool
  ) throws(GroupError) {
    switch committer {
    case .member(let committer): try checkMemberCommit(committer, tree, rules)
    case .newMemberCommit: try checkExternalCommit(tree)
    case .external, .newMemberProposal: throw .invalid(.externalCommitProposalForbidden)
    }
    try checkSingly(tree, rules, context, isSuccession)
    try checkLeavesChangedOnce(tree)
    try checkPreSharedKeysOnce()
  }

  /// Checks the list and applies it to an epoch. RFC 9420 sections 12.2 and 12.3.
  /// - Parameter joiner: Who joins by the commit.
  /// - Returns: The change, and the rules for leaves under the extensions that it brings.
  func change(
    _ tree: RatchetTree, _ context: GroupContext, _ client: Client, joiner: ComponentRules.Author? = nil,
    isSuccession: Bool = false
  ) throws(GroupError) -> (ProposedChange, LeafNodeRules) {
    func rules(_ extensions: [Extension]) throws(GroupError) -> LeafNodeRules {
      try LeafNodeRules(tree.suite, groupID: context.groupID, extensions: extensions, client: client)
    }
    let replaced = extensions(after: context.extensions)
    let former = try rules(replaced)
    try check(in: tree, former, context: context, isSuccession: isSuccession)
    let outcome =
      concernsComponents
      ? try ComponentRules(client, tree, context, joiner: joiner).apply(self, to: replaced)
      : ComponentRules.Outcome(extensions: replaced)
    return (
      try ProposedChange(self, to: tree, outcome),
      outcome.extensions == replaced ? former : try rules(outcome.extensions)
    )
  }

  /// Whether components have a say in it.
  private var concernsComponents: Bool {
    items.contains { $0.proposal.type == .groupContextExtensions || $0.proposal.component != nil }
  }

  var reInit: ReInit? {
    for case .reInit(let reInit) in items.lazy.map(\.proposal) { return reInit }
    return nil
  }

  /// The extensions that the group will have, before components change them.
  func extensions(after former: [Extension]) -> [Extension] {
    for case .groupContextExtensions(let new) in items.lazy.map(\.proposal) { return new.extensions }
    return former
  }

  /// Whether the commit needs a path. RFC 9420 section 12.4.
  var needsPath: Bool {
    items.isEmpty
      || items.contains { item in
        switch item.proposal {
        case .add, .preSharedKey, .reInit, .appDataUpdate, .appEphemeral: false
        case .update, .remove, .externalInit, .groupContextExtensions, .selfRemove, .unknown: true
        }
      }
  }

  private func count(_ type: ProposalType) -> Int { items.count { $0.proposal.type == type } }
}

// "For a regular, i.e., not external, Commit, the list is invalid if any of the following occurs".
extension ProposalList {
  private func checkMemberCommit(
    _ committer: LeafIndex, _ tree: RatchetTree, _ rules: LeafNodeRules
  ) throws(GroupError) {
    for item in items {
      switch item.proposal {
      case .update where item.sender == .member(committer): throw .invalid(.updateByCommitter)
      case .remove(let remove) where remove.removed == committer: throw .invalid(.committerRemoved)
      case .selfRemove where item.sender == .member(committer): throw .invalid(.committerRemoved)
      case .externalInit: throw .invalid(.externalInitByMember)
      default: break
      }
    }
    guard count(.groupContextExtensions) <= 1 else { throw .invalid(.groupContextExtensionsRepeated) }
    guard count(.reInit) == 0 || items.count == 1 else { throw .invalid(.reInitNotAlone) }
    try checkTypesSupported(tree)
    try checkClientsOnce(tree, rules)
  }

  /// Every member that processes the commit takes its proposals; who is added or removed need not.
  private func checkTypesSupported(_ tree: RatchetTree) throws(GroupError) {
    let types = Set(items.map(\.proposal.type)).filter { !$0.isDefault }
    guard !types.isEmpty else { return }
    let removed = Set(removedLeaves)
    try tree.forEachMember { (index, leaf) throws(GroupError) in
      guard removed.contains(index) || types.allSatisfy(leaf.capabilities.supports) else {
        throw .invalid(.proposalTypeUnsupported)
      }
    }
  }

  /// Nobody is added twice, or is a member already and stays.
  private func checkClientsOnce(_ tree: RatchetTree, _ rules: LeafNodeRules) throws(GroupError) {
    var added = Set<[UInt8]>()
    for case .add(let add) in items.map(\.proposal) {
      let identity = rules.authentication.clientIdentity(of: add.keyPackage.leafNode)
      guard added.insert(identity).inserted else { throw .invalid(.clientAddedTwice) }
    }
    guard !added.isEmpty else { return }
    let removed = Set(removedLeaves)
    try tree.forEachMember { (index, member) throws(GroupError) in
      guard !removed.contains(index) else { return }
      guard !added.contains(rules.authentication.clientIdentity(of: member)) else {
        throw .invalid(.clientAlreadyMember)
      }
    }
  }
}

// "For an external Commit, the list is valid if it contains only the following proposals".
extension ProposalList {
  private func checkExternalCommit(_ tree: RatchetTree) throws(GroupError) {
    guard count(.externalInit) == 1 else { throw .invalid(.externalInitCountNotOne) }
    guard count(.remove) <= 1 else { throw .invalid(.externalCommitRemovesSeveral) }
    for item in items {
      switch item.proposal {
      case .externalInit, .remove, .preSharedKey, .appDataUpdate, .appEphemeral:
        guard item.reference == nil else { throw .invalid(.externalCommitByReference) }
      case .selfRemove: break
      case .add, .update, .reInit, .groupContextExtensions, .unknown:
        throw .invalid(item.reference == nil ? .externalCommitProposalForbidden : .externalCommitByReference)
      }
    }
    try checkTypesSupported(tree)
  }
}

// "It contains an individual proposal that is invalid as specified in Section 12.1."
extension ProposalList {
  private func checkSingly(
    _ tree: RatchetTree, _ rules: LeafNodeRules, _ context: GroupContext, _ isSuccession: Bool
  ) throws(GroupError) {
    var packages: [KeyPackage] = []
    for item in items {
      switch item.proposal {
      case .add(let add): packages.append(add.keyPackage)
      case .update(let update):
        guard case .member(let index) = item.sender, let former = tree[index] else {
          throw .invalid(.proposalNeedsMember)
        }
        try rules.check(update.leafNode, .update(index, former: former))
      case .remove(let remove):
        guard tree[remove.removed] != nil else { throw .invalid(.removedLeafBlank) }
      case .preSharedKey(let key): try check(key.id, context, isSuccession)
      case .reInit(let reInit):
        guard reInit.version.rawValue >= context.version.rawValue else {
          throw .invalid(.reInitVersionLower)
        }
        guard reInit.extensions.hasUniqueTypes else { throw .invalid(.extensionTypeRepeated) }
      case .externalInit: break
      case .groupContextExtensions(let new):
        guard new.extensions.hasUniqueTypes else { throw .invalid(.extensionTypeRepeated) }
        try rules.checkExternalSenders(new.extensions)
      case .selfRemove:
        guard item.reference != nil else { throw .invalid(.selfRemoveByValue) }
        guard case .member(let index) = item.sender, tree[index] != nil else {
          throw .invalid(.proposalNeedsMember)
        }
      case .appDataUpdate, .appEphemeral, .unknown: break
      }
    }
    try rules.check(packages)
  }

  /// RFC 9420 section 12.1.4.
  private func check(
    _ key: PreSharedKeyID, _ context: GroupContext, _ isSuccession: Bool
  ) throws(GroupError) {
    if case .resumption(let usage, _, _) = key.key, usage != .application, !isSuccession {
      throw .invalid(.resumptionUsageForbidden)
    }
    let suite = try asGroupError { () throws(CipherSuiteError) in try context.cipherSuite.algorithms() }
    guard key.nonce.count == suite.hashByteCount else { throw .invalid(.preSharedKeyNonceLength) }
  }

  /// Leaves that go.
  var removedLeaves: [LeafIndex] {
    items.compactMap { item in
      switch (item.proposal, item.sender) {
      case (.remove(let remove), _): remove.removed
      case (.selfRemove, .member(let leaf)): leaf
      default: nil
      }
    }
  }

  /// Whether an external commit removes a leaf in favour of its sender.
  func isResync(of leaf: LeafIndex) -> Bool {
    committer == .newMemberCommit
      && items.contains {
        if case .remove(let remove) = $0.proposal { remove.removed == leaf } else { false }
      }
  }

  /// "It contains multiple Update and/or Remove proposals that apply to the same leaf."
  private func checkLeavesChangedOnce(_ tree: RatchetTree) throws(GroupError) {
    var leaves = Set<LeafIndex>()
    let updated = items.compactMap { item -> LeafIndex? in
      if case .update = item.proposal { item.sender.leaf } else { nil }
    }
    for leaf in updated + removedLeaves where !leaves.insert(leaf).inserted {
      throw .invalid(.leafChangedTwice)
    }
  }

  private func checkPreSharedKeysOnce() throws(GroupError) {
    var keys = Set<PreSharedKeyID>()
    for case .preSharedKey(let key) in items.map(\.proposal) where !keys.insert(key.id).inserted {
      throw .invalid(.preSharedKeyRepeated)
    }
  }
}
