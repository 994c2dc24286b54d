internal import CryptoCore
internal import TLSCodec

extension Group {
  /// Verifies a message and opens it. A commit changes nothing until it is merged; if this throws, nothing has
  /// changed. RFC 9420 sections 6, 12.1 and 12.4.2.
  public mutating func process(_ bytes: [UInt8]) throws(GroupError) -> ProcessedMessage {
    if let message = openNextApplication(bytes) { return .application(message) }
    return try process(try asGroupError { () throws(TLSError) in try MLSMessage(decoding: bytes) })
  }

  private mutating func openNextApplication(_ bytes: [UInt8]) -> ApplicationMessage? {
    guard isActive else { return nil }
    let tree = state.tree
    guard
      let message = state.protection.openNextApplication(bytes, signatureKey: { tree[$0]?.signatureKey })
    else { return nil }
    unsaved.used(message.sender, epoch)
    return message
  }

  /// Verifies a message and opens it.
  public mutating func process(_ message: MLSMessage) throws(GroupError) -> ProcessedMessage {
    if let pending, pending.message == message { return .commit(pending.staged) }
    switch message {
    case .publicMessage(let message): return try process(message)
    case .privateMessage(let message): return try process(message)
    case .welcome, .groupInfo, .keyPackage: throw .notForGroups
    }
  }

  private mutating func process(_ message: PublicMessage) throws(GroupError) -> ProcessedMessage {
    try checkPlace(message.content)
    let key = try signatureKey(for: message.content)
    let content: AuthenticatedContent
    do throws(MessageProtectionError) {
      content = try state.protection.unprotect(message, by: key)
    } catch { throw .protection(error) }
    return try take(content)
  }

  private mutating func process(_ message: PrivateMessage) throws(GroupError) -> ProcessedMessage {
    guard message.groupID == id else { throw .wrongGroup }
    if message.epoch < epoch, message.contentType == .application { return try processLate(message) }
    guard message.epoch == epoch else { throw .wrongEpoch }
    try checkOpen()
    let tree = state.tree
    let before = message.contentType == .application ? nil : state.protection.secretTree
    let content: AuthenticatedContent
    do throws(MessageProtectionError) {
      content = try state.protection.open(message) { tree[$0]?.signatureKey }
    } catch { throw .protection(error) }
    do throws(GroupError) {
      let processed = try take(content)
      // A commit must open again if this process ends before the commit is merged.
      if case .commit = processed, let before { state.protection.secretTree = before }
      if let sender = content.content.sender.leaf { unsaved.used(sender, epoch) }
      return processed
    } catch {
      if let before { state.protection.secretTree = before }
      throw error
    }
  }

  /// Opens application data of an epoch that is over, if its keys are still there. RFC 9420 section 15.3.
  private mutating func processLate(_ message: PrivateMessage) throws(GroupError) -> ProcessedMessage {
    guard let place = pastEpochs.firstIndex(where: { $0.epoch == message.epoch }) else { throw .wrongEpoch }
    var protection = pastEpochs[place].protection
    let content: AuthenticatedContent
    do throws(MessageProtectionError) {
      content = try protection.open(message) { signatureKey(of: $0, inPastEpochAt: place) }
    } catch { throw .protection(error) }
    guard case .application(let data) = content.content.content, let sender = content.content.sender.leaf
    else { throw .wrongEpoch }
    pastEpochs[place].protection = protection
    unsaved.used(sender, message.epoch)
    return .application(
      ApplicationMessage(
        sender: sender, epoch: message.epoch, data: data,
        authenticatedData: content.content.authenticatedData, format: protection.authenticatedDataFormat))
  }

  private func checkPlace(_ content: FramedContent) throws(GroupError) {
    guard content.groupID == id else { throw .wrongGroup }
    guard content.epoch == epoch else { throw .wrongEpoch }
    try checkOpen()
  }

  /// Whose key verifies a public message. RFC 9420 section 6.1.
  private func signatureKey(for content: FramedContent) throws(GroupError) -> SignaturePublicKey {
    switch (content.sender, content.content) {
    case (.member(let leaf), _):
      guard let key = state.tree[leaf]?.signatureKey else { throw .protection(.unknownSender(leaf)) }
      return key
    case (.external(let index), .proposal(let proposal)):
      let senders = try asGroupError { () throws(TLSError) in try state.context.extensions.externalSenders() }
      guard let place = Int(exactly: index), place < senders.count else {
        throw .invalid(.externalSenderUnknown)
      }
      guard proposal.type.isAllowedFromOutside else { throw .invalid(.externalProposalForbidden) }
      return senders[place].signatureKey
    case (.newMemberProposal, .proposal(let proposal)):
      guard case .add(let add) = proposal else { throw .invalid(.newMemberProposalNotAdd) }
      guard client.authentication.mayProposeItself(add.keyPackage) else { throw .invalid(.credentialRefused) }
      return add.keyPackage.leafNode.signatureKey
    case (.newMemberCommit, .commit(let commit)):
      guard let path = commit.path else { throw .invalid(.pathMissing) }
      return path.leafNode.signatureKey
    case (.external, _), (.newMemberProposal, _), (.newMemberCommit, _):
      throw .protection(.wrongSenderType)
    }
  }

  /// Takes a content whose signature was verified.
  private mutating func take(_ message: AuthenticatedContent) throws(GroupError) -> ProcessedMessage {
    let content = message.content
    switch content.content {
    case .application(let data):
      guard let sender = content.sender.leaf else { throw .protection(.wrongSenderType) }
      return .application(
        ApplicationMessage(
          sender: sender, epoch: content.epoch, data: data, authenticatedData: content.authenticatedData,
          format: state.protection.authenticatedDataFormat))
    case .proposal(let proposal): return .proposal(try take(proposal, in: message))
    case .commit(let commit): return .commit(try stage(commit, in: message))
    }
  }

  func checkRoom(forProposalBy sender: Sender) throws(GroupError) {
    guard proposals.count(where: { $0.sender == sender }) < client.settings.maximumProposals else {
      throw .tooManyProposals
    }
  }

  /// Caches a proposal, "in such a way that it can be retrieved by hash". RFC 9420 section 12.1.
  private mutating func take(
    _ proposal: Proposal, in message: AuthenticatedContent
  ) throws(GroupError) -> ReceivedProposal {
    let reference = state.suite.reference(to: message)
    switch (proposal.type, message.content.sender) {
    case (.update, .member), (.selfRemove, .member): break
    case (.update, _), (.selfRemove, _): throw .invalid(.proposalNeedsMember)
    default: break
    }
    if !proposals.contains(where: { $0.reference == reference }) {
      try checkRoom(forProposalBy: message.content.sender)
      unsaved.waiting = true
      proposals.append(
        CommittedProposal(proposal: proposal, sender: message.content.sender, reference: reference))
    }
    return ReceivedProposal(
      sender: message.content.sender, proposal: proposal, reference: reference,
      authenticatedData: message.content.authenticatedData)
  }
}
