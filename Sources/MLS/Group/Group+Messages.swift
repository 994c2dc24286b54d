internal import CryptoCore
internal import TLSCodec

// RFC 9420 sections 12.1 and 15.
extension Group {
  /// Encrypts data for the group.
  /// - Parameter authenticatedData: Authenticated with it, and sent in the clear.
  /// - Throws: `GroupError.commitRequired` if proposals wait: a commit must come first. RFC 9420 section 12.4.
  public mutating func protect(
    _ data: [UInt8], authenticating authenticatedData: [UInt8] = []
  ) throws(GroupError) -> MLSMessage {
    let encoded = try protectEncoded(data, authenticating: authenticatedData)
    return try asGroupError { () throws(TLSError) in try MLSMessage(decoding: encoded) }
  }

  /// Encrypts data for the group: the encoded `MLSMessage`, which is quicker if only bytes are wanted.
  /// - Throws: as `protect`.
  public mutating func protectEncoded(
    _ data: [UInt8], authenticating authenticatedData: [UInt8] = []
  ) throws(GroupError) -> [UInt8] {
    try checkOpen()
    guard proposals.isEmpty else { throw .commitRequired }
    unsaved.used(state.ownIndex, epoch)
    let block = max(1, client.settings.paddingBlock)
    let authenticatedData = state.protection.authenticatedDataFormat.filled(authenticatedData)
    do throws(MessageProtectionError) {
      return try state.protection.sealApplication(
        data, authenticating: authenticatedData, from: state.ownIndex, with: state.signer,
        paddingByteCount: (block - data.count % block) % block)
    } catch { throw .protection(error) }
  }

  /// Proposes a change to the group. RFC 9420 section 12.1.
  public mutating func propose(
    _ proposal: Proposal, authenticating authenticatedData: [UInt8] = []
  ) throws(GroupError) -> MLSMessage {
    try checkOpen()
    try checkRoom(forProposalBy: .member(state.ownIndex))
    let content = FramedContent(
      groupID: id, epoch: epoch, sender: .member(state.ownIndex),
      authenticatedData: state.protection.authenticatedDataFormat.filled(authenticatedData),
      content: .proposal(proposal))
    let signed = try sign(content, format: proposal.type == .selfRemove ? .publicMessage : nil)
    let message = try protect(signed)
    unsaved.waiting = true
    proposals.append(
      CommittedProposal(
        proposal: proposal, sender: .member(state.ownIndex), reference: state.suite.reference(to: signed)))
    return message
  }

  /// Proposes that this member's keys are renewed: the lazy form of an empty commit. RFC 9420 section 12.1.2.
  public mutating func proposeUpdate() throws(GroupError) -> MLSMessage {
    try checkOpen()
    let suite = state.suite
    let key = try asGroupError { () throws(CipherSuiteError) in try HPKEKeyPair.generate(suite) }
    let leaf = try asGroupError { () throws(CipherSuiteError) in
      try client.leaf(key.publicKey, .update).signed(
        by: client.signer, in: .init(group: id, leaf: state.ownIndex), suite)
    }
    try LeafNodeRules(suite, groupID: id, extensions: extensions, client: client).checkCapabilities(leaf)
    let message = try propose(.update(Update(leafNode: leaf)))
    updateKeys[key.publicKey] = key
    unsaved.waiting = true
    return message
  }

  /// The current epoch's public state, for who joins by an external commit. RFC 9420 section 12.4.3.2.
  /// - Parameter data: What components tell who joins. Whoever sees the GroupInfo can read it.
  public func groupInfo(data: AppDataDictionary = AppDataDictionary()) throws(GroupError) -> MLSMessage {
    try checkOpen()
    let key = try asGroupError { () throws(CipherSuiteError) in
      try state.secrets.externalKeyPair(state.suite).publicKey
    }
    return .groupInfo(
      try state.groupInfo(extensions: groupInfoExtensions(state, data) + [.externalPub(key)]))
  }
}

extension Proposal {
  /// Adds a client.
  public static func adding(_ package: KeyPackage) -> Proposal { .add(Add(keyPackage: package)) }

  /// Removes a member.
  public static func removing(_ leaf: LeafIndex) -> Proposal { .remove(Remove(removed: leaf)) }

  /// Replaces the GroupContext extensions.
  public static func replacing(extensions: [Extension]) -> Proposal {
    .groupContextExtensions(GroupContextExtensions(extensions: extensions))
  }
}

extension Group {
  /// A proposal that brings an external pre-shared key in.
  public func preSharedKeyProposal(_ identifier: [UInt8]) -> Proposal {
    preSharedKeyProposal(.external(id: identifier))
  }

  /// A proposal that brings a pre-shared key of a component in. draft-ietf-mls-extensions, section "Pre-Shared Keys
  /// (PSKs)".
  public func preSharedKeyProposal(_ identifier: [UInt8], of component: ComponentID) -> Proposal {
    preSharedKeyProposal(.application(component, id: identifier))
  }

  /// A proposal that brings the resumption key of a past epoch in. RFC 9420 section 8.6.
  public func resumptionProposal(epoch: UInt64) -> Proposal {
    preSharedKeyProposal(.resumption(.application, groupID: id, epoch: epoch))
  }

  private func preSharedKeyProposal(_ key: PreSharedKeyID.Key) -> Proposal {
    .preSharedKey(
      PreSharedKey(id: PreSharedKeyID(key: key, nonce: SecureRandom.bytes(state.suite.hashByteCount))))
  }
}
