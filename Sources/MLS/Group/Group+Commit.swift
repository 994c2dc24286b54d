internal import CryptoCore
internal import TLSCodec

/// What a commit sends out.
public struct CommitMessages: Hashable, Sendable {
  /// For the members.
  public let commit: MLSMessage
  /// For those who were added; nil if nobody was. Deliver it only once the commit was accepted.
  public let welcome: MLSMessage?
}

/// A commit of this member that the delivery service has not accepted yet.
struct PendingCommit: Sendable {
  let message: MLSMessage
  let staged: StagedCommit
}

/// How a commit is made.
public struct CommitOptions: Sendable {
  /// Whether the committer's keys are renewed even if the proposals do not ask for it.
  public var updatesPath = true
  /// What the application authenticates with the commit, and does not encrypt.
  public var authenticatedData: [UInt8] = []
  /// What components tell those who are added, in the GroupInfo of the Welcome: the members of the new epoch can read it,
  /// and nobody else. For one client alone there is `KeyPackage.safeEncrypt`.
  /// draft-ietf-mls-extensions, section "Attaching Application Data to MLS Messages".
  public var groupInfoData = AppDataDictionary()
  /// Whether the proposals that others sent in this epoch are covered.
  public var coversProposals = true
  /// Keys of another group that this one follows.
  var succession: (key: PreSharedKeyID.Key, secret: SecretKey)?

  /// The usual: new keys, and all valid proposals.
  public init() {}
}

// RFC 9420 section 12.4.1.
extension Group {
  /// Makes a commit of proposals that wait and of new ones. It takes effect with `mergePendingCommit`, once
  /// the delivery service has accepted it, and is dropped by `discardPendingCommit` or by another's commit.
  /// - Throws: `GroupError.commitPending` while there is one; `.invalid` for new proposals that are not valid, or of
  ///   components that not every member has; `.closed`, `.malformed`, `.cipherSuite`, `.protection`.
  @discardableResult
  public mutating func commit(
    _ new: [Proposal] = [], options: CommitOptions = CommitOptions()
  ) throws(GroupError) -> CommitMessages {
    try checkOpen()
    guard pending == nil else { throw .commitPending }
    let list = try list(covering: new, options)
    var (change, rules) = try ownChange(by: list, isSuccession: options.succession != nil)
    let path = try renewedPath(&change, list, options)
    try change.checkMembers(
      rules, committer: path == nil ? nil : state.ownIndex,
      extensionsChanged: change.extensions != state.context.extensions)
    // Others would refuse the commit, and the delivery service cannot know.
    if path != nil, let leaf = change.tree[state.ownIndex] { try rules.checkCapabilities(leaf) }
    var transition = try EpochTransition(change, after: state.context)
    let sealed = try path.map { (path) throws(GroupError) in
      try change.tree.seal(path, context: transition.provisionalContext(), excluding: change.newLeaves)
    }
    let content = FramedContent(
      groupID: id, epoch: epoch, sender: .member(state.ownIndex),
      authenticatedData: state.protection.authenticatedDataFormat.filled(options.authenticatedData),
      content: .commit(Commit(proposals: list.items.map(\.orReference), path: sealed)))
    var signed = try sign(content)
    let keys = try preSharedKeys(change.preSharedKeys, options)
    let secrets = try transition.secrets(
      initSecret: state.secrets.initSecret,
      commitSecret: path?.secrets.commitSecret ?? state.suite.zeroSecret, preSharedKeys: keys,
      confirmedTranscriptHash: state.transcript.confirmed(after: signed, state.suite))
    let tag = secrets.epoch.confirmationTag(transition.context.confirmedTranscriptHash, state.suite)
    signed.auth.confirmationTag = tag
    let next = nextState(transition, secrets.epoch, tag, path)
    let welcome = try welcome(next, change, secrets.joiner, secrets.member, path, options.groupInfoData)
    let message = try protect(signed)
    unsaved.waiting = true
    pending = PendingCommit(
      message: message,
      staged: StagedCommit(
        change, committer: .member(state.ownIndex), base: state, next: next,
        authenticatedData: content.authenticatedData))
    return CommitMessages(commit: message, welcome: welcome.map { .welcome($0) })
  }

  /// Takes this member's pending commit into effect: the delivery service has accepted it.
  /// - Returns: What the commit changed and brought, as others see it.
  /// - Throws: `GroupError.noPendingCommit`.
  @discardableResult
  public mutating func mergePendingCommit() throws(GroupError) -> StagedCommit {
    guard let staged = pending?.staged else { throw .noPendingCommit }
    try merge(staged)
    return staged
  }

  /// Drops this member's pending commit: the delivery service has refused it.
  public mutating func discardPendingCommit() {
    pending = nil
    unsaved.waiting = true
  }

  /// Whether a commit of this member waits for the delivery service.
  public var hasPendingCommit: Bool { pending != nil }

  /// Waiting proposals by reference, as far as they go together, and new ones by value.
  private func list(covering new: [Proposal], _ options: CommitOptions) throws(GroupError) -> ProposalList {
    let committer = Sender.member(state.ownIndex)
    var byValue = new.map { CommittedProposal(proposal: $0, sender: committer, reference: nil) }
    if let succession = options.succession {
      let id = PreSharedKeyID(key: succession.key, nonce: SecureRandom.bytes(state.suite.hashByteCount))
      byValue.append(
        CommittedProposal(proposal: .preSharedKey(PreSharedKey(id: id)), sender: committer, reference: nil))
    }
    guard options.coversProposals, !proposals.isEmpty else {
      return ProposalList(items: byValue, committer: committer)
    }
    let all = ProposalList(items: proposals + byValue, committer: committer)
    if isValid(all) { return all }
    var places: [Int] = []
    // Removes go first, and of two Updates the later counts. RFC 9420 section 12.2.
    let removals = proposals.indices.filter { proposals[$0].isRemoval }
    let others = proposals.indices.reversed().filter { !proposals[$0].isRemoval }
    func list(_ places: [Int]) -> ProposalList {
      // Components take their updates in the order in which these came.
      ProposalList(items: places.sorted().map { proposals[$0] } + byValue, committer: committer)
    }
    for place in removals + others where isValid(list(places + [place])) { places.append(place) }
    return list(places)
  }

  /// As `change(by:)`, and nobody is left behind by it.
  private func ownChange(
    by list: ProposalList, isSuccession: Bool = false
  ) throws(GroupError) -> (ProposedChange, LeafNodeRules) {
    let change = try change(by: list, isSuccession: isSuccession)
    try list.checkOwnComponents(in: state.tree, state.context, client)
    return change
  }

  private func isValid(_ list: ProposalList) -> Bool {
    do throws(GroupError) {
      let (change, rules) = try ownChange(by: list)
      try change.checkMembers(
        rules, committer: nil, extensionsChanged: change.extensions != state.context.extensions)
      return true
    } catch { return false }
  }

  private func renewedPath(
    _ change: inout ProposedChange, _ list: ProposalList, _ options: CommitOptions
  ) throws(GroupError) -> RenewedPath? {
    guard list.needsPath || options.updatesPath, change.reInit == nil else { return nil }
    var leaf = client.leaf(state.keys.leafKey.publicKey, .update)
    if let former = state.tree[state.ownIndex]?.capabilities,
      former.withoutGREASE == leaf.capabilities.withoutGREASE
    {
      // GREASE that changes with each commit would cost every member a copy.
      leaf.capabilities = former
    }
    return try change.tree.renewPath(of: state.ownIndex, leaf: leaf, signedBy: client.signer, group: id)
  }

  private func preSharedKeys(
    _ identifiers: [PreSharedKeyID], _ options: CommitOptions
  ) throws(GroupError) -> [(id: PreSharedKeyID, secret: SecretKey)] {
    guard let succession = options.succession else { return try preSharedKeys(identifiers) }
    var keys: [(id: PreSharedKeyID, secret: SecretKey)] = []
    for id in identifiers {
      if id.key == succession.key {
        keys.append((id, succession.secret))
      } else {
        keys += try preSharedKeys([id])
      }
    }
    return keys
  }

  private func nextState(
    _ transition: EpochTransition, _ secrets: EpochSecrets, _ tag: MAC, _ path: RenewedPath?
  ) -> EpochState {
    var keys = state.keys
    if let path {
      keys.leafKey = path.leafKey
      keys.keep(path.secrets, along: path.steps[...])
    }
    keys.forgetOutdated(in: transition.change.tree)
    return EpochState(
      context: transition.context, tree: transition.change.tree, secrets: secrets, confirmationTag: tag,
      keys: keys, signer: path == nil ? state.signer : client.signer, limits: client.settings.ratchetLimits)
  }

  private func welcome(
    _ next: EpochState, _ change: ProposedChange, _ joiner: JoinerSecret, _ member: MemberSecret,
    _ path: RenewedPath?, _ data: AppDataDictionary
  ) throws(GroupError) -> Welcome? {
    guard !change.added.isEmpty else { return nil }
    return try Welcome(
      to: change.added, joiner, member, next.groupInfo(extensions: groupInfoExtensions(next, data)),
      path: path,
      preSharedKeys: change.preSharedKeys, state.suite)
  }

  func groupInfoExtensions(_ state: EpochState, _ data: AppDataDictionary) -> [Extension] {
    var extensions = [Extension.randomGREASE()]
    if !data.isEmpty { extensions.append(.appDataDictionary(data)) }
    if client.settings.sendsRatchetTree {
      extensions.append(Extension(type: .ratchetTree, data: state.tree.encoded))
    }
    return extensions
  }
}

extension CommittedProposal {
  var orReference: ProposalOrRef { reference.map { .reference($0) } ?? .proposal(proposal) }

  var isRemoval: Bool { proposal.type == .remove || proposal.type == .selfRemove }
}

// RFC 9420 section 6.
extension Group {
  var handshakeFormat: MessageWireFormat {
    client.settings.encryptsHandshakes ? .privateMessage : .publicMessage
  }

  /// Signs a handshake message. A SelfRemove must be public.
  func sign(
    _ content: FramedContent, format: MessageWireFormat? = nil
  ) throws(GroupError) -> AuthenticatedContent {
    try asGroupError { () throws(MessageProtectionError) in
      try state.protection.sign(content, format ?? handshakeFormat, with: state.signer)
    }
  }

  /// Protects a signed handshake message.
  mutating func protect(_ signed: AuthenticatedContent) throws(GroupError) -> MLSMessage {
    unsaved.used(state.ownIndex, epoch)
    do throws(MessageProtectionError) {
      return signed.wireFormat == .publicMessage
        ? .publicMessage(try state.protection.protect(signed))
        : .privateMessage(try state.protection.seal(signed))
    } catch { throw .protection(error) }
  }
}

extension EpochState {
  /// The epoch's public state, signed. RFC 9420 section 12.4.3.
  func groupInfo(extensions: [Extension]) throws(GroupError) -> GroupInfo {
    var info = GroupInfo(
      groupContext: context, extensions: extensions, confirmationTag: confirmationTag, signer: ownIndex)
    do throws(CipherSuiteError) { try info.sign(with: signer, suite) } catch { throw .cipherSuite(error) }
    return info
  }
}
