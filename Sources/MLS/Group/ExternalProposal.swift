internal import TLSCodec

// RFC 9420 section 12.1.8.
extension MLSMessage {
  /// A proposal by somebody who is no member and stands in the group's `external_senders` extension: an Add, a Remove,
  /// a PreSharedKey, a ReInit, a GroupContextExtensions, an AppDataUpdate or an AppEphemeral. RFC 9420 section 12.1.8.1.
  /// - Parameters:
  ///   - context: The group's epoch, as its newest GroupInfo says. The signature is for its `groupID` and `epoch`:
  ///     compare them with what is known of the group, or whoever gave the GroupInfo has a proposal signed for another.
  ///   - senderIndex: The proposer's place in the extension, from 0.
  ///   - signer: The key that stands there.
  ///   - authenticatedData: Authenticated with it, and sent in the clear.
  /// - Throws: `GroupError.invalid(.externalProposalForbidden)` for other proposals, `.invalid(.externalSenderUnknown)`
  ///   if the key does not stand there; `.protection(.authenticatedDataNotSafe)`; `.cipherSuite`.
  public static func externalProposal(
    _ proposal: Proposal, to context: GroupContext, senderIndex: UInt32, signedBy signer: SignatureKeyPair,
    authenticating authenticatedData: [UInt8] = []
  ) throws(GroupError) -> MLSMessage {
    guard proposal.type.isAllowedFromOutside else { throw .invalid(.externalProposalForbidden) }
    let senders = try asGroupError { () throws(TLSError) in try context.extensions.externalSenders() }
    guard let place = Int(exactly: senderIndex), place < senders.count,
      senders[place].signatureKey == signer.publicKey
    else { throw .invalid(.externalSenderUnknown) }
    return try outside(.external(senderIndex), proposal, context, signer, authenticatedData)
  }

  /// A client's proposal to be added to a group itself. RFC 9420 section 12.1.8.
  /// - Parameters:
  ///   - package: A key package that the client made.
  ///   - context: The group's epoch, as its newest GroupInfo says.
  ///   - client: The client, whose key signs.
  /// - Throws: `GroupError.invalid(.keyPackageSuiteMismatch)`; `.invalid(.keyPackageSignatureInvalid)` for a package of
  ///   another key; `.cipherSuite`.
  public static func proposalToJoin(
    _ context: GroupContext, with package: KeyPackage, of client: Client
  ) throws(GroupError) -> MLSMessage {
    guard package.cipherSuite == context.cipherSuite else { throw .invalid(.keyPackageSuiteMismatch) }
    guard package.leafNode.signatureKey == client.signer.publicKey else {
      throw .invalid(.keyPackageSignatureInvalid)
    }
    return try outside(.newMemberProposal, .adding(package), context, client.signer, [])
  }

  private static func outside(
    _ sender: Sender, _ proposal: Proposal, _ context: GroupContext, _ signer: SignatureKeyPair,
    _ authenticatedData: [UInt8]
  ) throws(GroupError) -> MLSMessage {
    let format = context.authenticatedDataFormat
    let data = format.filled(authenticatedData)
    try asGroupError { () throws(MessageProtectionError) in try format.check(data) }
    let content = FramedContent(
      groupID: context.groupID, epoch: context.epoch, sender: sender, authenticatedData: data,
      content: .proposal(proposal))
    let signature = try asGroupError { () throws(CipherSuiteError) in
      try context.cipherSuite.algorithms().signWithLabel(
        signer, label: "FramedContentTBS", content.toBeSigned(.publicMessage, groupContext: []))
    }
    return .publicMessage(
      PublicMessage(
        content: content, auth: FramedContentAuthData(signature: signature, confirmationTag: nil),
        membershipTag: nil))
  }
}

extension ProposalType {
  /// Whether an external sender may propose it. RFC 9420 section 17.4, column "Ext".
  var isAllowedFromOutside: Bool {
    switch self {
    case .add, .remove, .preSharedKey, .reInit, .groupContextExtensions, .appDataUpdate, .appEphemeral: true
    default: false
    }
  }
}
