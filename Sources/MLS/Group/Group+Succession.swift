internal import CryptoCore
internal import TLSCodec

// RFC 9420 sections 11.2 and 11.3.
extension Group {
  /// A proposal that closes this group in favour of one with other parameters. RFC 9420 section 12.1.5.
  public func reInitProposal(
    groupID: [UInt8]? = nil, cipherSuite: CipherSuite? = nil, extensions: [Extension] = []
  ) -> Proposal {
    .reInit(
      ReInit(
        groupID: groupID ?? SecureRandom.bytes(state.suite.hashByteCount), version: .mls10,
        cipherSuite: cipherSuite ?? self.cipherSuite, extensions: extensions))
  }

  /// Creates the group that this one was re-initialised to, with a new key package of each other member.
  /// - Parameters:
  ///   - client: This member, of the new group's suite.
  ///   - isKnown: Whether this client is in a group of an identifier already. Whoever committed the ReInit chose it:
  ///     without an answer, saving the new group may replace a stored one.
  /// - Returns: The new group, its first commit pending; its Welcome is for the others.
  public func reInitialised(
    as client: Client, adding packages: [KeyPackage], isKnown: (_ groupID: [UInt8]) -> Bool = { _ in false },
    _ send: (CommitMessages) -> Void
  ) throws(GroupError) -> Group {
    guard let reInit, !wasRemoved else { throw .invalid(.reInitMismatch) }
    guard client.suite == reInit.cipherSuite else { throw .invalid(.reInitMismatch) }
    guard !isKnown(reInit.groupID) else { throw .invalid(.groupIDInUse) }
    return try succeed(.reinit, reInit.groupID, reInit.extensions, client, packages, send)
  }

  /// Creates a group of some of this one's members.
  /// - Parameters:
  ///   - id: Its identifier; random if nil.
  ///   - packages: New key packages of the members who shall be in it.
  ///   - isKnown: Whether this client is in a group of an identifier already: without an answer, saving the new group may
  ///     replace a stored one.
  public func branch(
    id: [UInt8]? = nil, adding packages: [KeyPackage], isKnown: (_ groupID: [UInt8]) -> Bool = { _ in false },
    _ send: (CommitMessages) -> Void
  ) throws(GroupError) -> Group {
    try checkOpen()
    guard id.map({ !isKnown($0) }) ?? true else { throw .invalid(.groupIDInUse) }
    for package in packages {
      guard
        members.contains(where: {
          client.authentication.accepts($0.leaf.credential, replacing: package.leafNode.credential)
        })
      else { throw .invalid(.branchMemberUnknown) }
    }
    return try succeed(
      .branch, id ?? SecureRandom.bytes(state.suite.hashByteCount), extensions, client, packages, send)
  }

  private func succeed(
    _ usage: ResumptionPSKUsage, _ newID: [UInt8], _ extensions: [Extension], _ client: Client,
    _ packages: [KeyPackage], _ send: (CommitMessages) -> Void
  ) throws(GroupError) -> Group {
    guard newID != id else { throw .invalid(.groupIDInUse) }
    var group = try Group.create(by: client, id: newID, extensions: extensions)
    var options = CommitOptions()
    options.succession = (
      .resumption(usage, groupID: id, epoch: epoch), state.secrets.resumptionPSK
    )
    let messages = try group.commit(packages.map { .adding($0) }, options: options)
    try group.mergePendingCommit()
    send(messages)
    return group
  }
}
