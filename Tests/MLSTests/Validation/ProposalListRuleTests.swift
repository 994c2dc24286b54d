import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("RFC 9420 sections 12.1 and 12.2: proposals and their lists")
struct ProposalListRuleTests {
  private func preSharedKey(_ key: PreSharedKeyID.Key, nonce: Int = 32) -> Proposal {
    .preSharedKey(PreSharedKey(id: PreSharedKeyID(key: key, nonce: [UInt8](repeating: 1, count: nonce))))
  }

  /// A commit by the first of three members, received by the second.
  private func expectCommit(
    _ rule: ValidationError, sourceLocation: SourceLocation = #_sourceLocation,
    _ proposals: (_ parties: [Party]) throws -> [Proposal]
  ) throws {
    let parties = try Forger.parties(3)
    let list = try proposals(parties)
    try expect(
      rule, from: parties[1], try Forger.commit(by: parties[0], list), sourceLocation: sourceLocation)
  }

  @Test func `an Update is not by the committer`() throws {
    try expectCommit(.updateByCommitter) { parties in
      [.update(Update(leafNode: try Forger.leaf(of: parties[0]) { _ in }))]
    }
  }

  @Test func `the committer is not removed`() throws {
    try expectCommit(.committerRemoved) { [.removing($0[0].ownIndex)] }
    #expect(throws: GroupError.invalid(.committerRemoved)) {
      let party = try Forger.parties(2)[0]
      _ = try party.group.commit([.removing(party.ownIndex)])
    }
  }

  @Test func `a leaf is changed once`() throws {
    try expectCommit(.leafChangedTwice) { [.removing($0[2].ownIndex), .removing($0[2].ownIndex)] }
  }

  @Test func `a Remove names a member`() throws {
    try expectCommit(.removedLeafBlank) { _ in [.removing(LeafIndex(3))] }
    try expectCommit(.removedLeafBlank) { _ in [.removing(LeafIndex(4_000_000_000))] }
  }

  @Test func `a client is added once, and not if it is a member`() throws {
    let client = try Parties.client("twice")
    try expectCommit(.clientAddedTwice) { _ in
      [.adding(try client.keyPackage()), .adding(try client.keyPackage())]
    }
    try expectCommit(.clientAlreadyMember) { [.adding(try $0[2].client.keyPackage())] }
  }

  @Test func `the authentication service says who is one client, however many are added`() throws {
    let client = try Parties.client("creator", authentication: OneClientForEachName())
    let group = Party(client, try Group.create(by: client))
    let strangers = try (0..<17).map { Proposal.adding(try Parties.client("stranger \($0)").keyPackage()) }
    // Another key of the same client.
    let twice = try (0..<2).map { _ in Proposal.adding(try Parties.client("twice").keyPackage()) }
    #expect(throws: GroupError.invalid(.clientAddedTwice)) { try group.group.commit(strangers + twice) }
    let again = Proposal.adding(try Parties.client("creator").keyPackage())
    #expect(throws: GroupError.invalid(.clientAlreadyMember)) { try group.group.commit(strangers + [again]) }
    try group.group.commit(strangers + [twice[0]])
  }

  @Test func `a member who is removed may be added in the same commit`() throws {
    let parties = try Parties.make(3)
    let package = try parties[2].client.keyPackage()
    try Parties.commit(parties[0], [.removing(parties[2].ownIndex), .adding(package)], [parties[1]])
    #expect(parties[1].members.count == 3)
  }

  @Test func `a pre-shared key is there once, with a nonce as long as the hash`() throws {
    try expectCommit(.preSharedKeyRepeated) { _ in
      [preSharedKey(.external(id: [1])), preSharedKey(.external(id: [1]))]
    }
    try expectCommit(.preSharedKeyNonceLength) { _ in [preSharedKey(.external(id: [1]), nonce: 31)] }
  }

  @Test(arguments: [ResumptionPSKUsage.reinit, .branch])
  func `resumption keys for reinit and branch are not for ordinary commits`(usage: ResumptionPSKUsage) throws
  {
    try expectCommit(.resumptionUsageForbidden) {
      [preSharedKey(.resumption(usage, groupID: $0[0].group.id, epoch: 1))]
    }
  }

  @Test func `extensions are replaced once`() throws {
    try expectCommit(.groupContextExtensionsRepeated) { _ in
      [.replacing(extensions: []), .replacing(extensions: [])]
    }
  }

  @Test func `a ReInit is alone, and asks for no lower version`() throws {
    try expectCommit(.reInitNotAlone) { [$0[0].group.reInitProposal(), .removing($0[2].ownIndex)] }
    try expectCommit(.reInitVersionLower) { _ in
      [
        .reInit(
          ReInit(
            groupID: [1], version: ProtocolVersion(rawValue: 0), cipherSuite: Parties.suite, extensions: []))
      ]
    }
  }

  @Test func `a member does not commit an ExternalInit`() throws {
    try expectCommit(.externalInitByMember) { _ in [.externalInit(ExternalInit(kemOutput: [1]))] }
  }

  @Test func `all members support the type of a proposal`() throws {
    try expectCommit(.proposalTypeUnsupported) { _ in [.unknown(ProposalType(rawValue: 0xf300), [])] }
  }

  @Test func `a SelfRemove is committed by reference`() throws {
    let list = ProposalList(
      items: [CommittedProposal(proposal: .selfRemove, sender: .member(LeafIndex(1)), reference: nil)],
      committer: .member(LeafIndex(0)))
    let party = try Forger.parties(2)[0]
    #expect(throws: GroupError.invalid(.selfRemoveByValue)) { _ = try party.group.change(by: list) }
  }

  @Test func `Updates and SelfRemoves are by members`() throws {
    let parties = try Forger.parties(2)
    for proposal in [
      Proposal.selfRemove, .update(Update(leafNode: try Forger.leaf(of: parties[1]) { _ in })),
    ] {
      let list = ProposalList(
        items: [
          CommittedProposal(proposal: proposal, sender: .external(0), reference: ProposalRef(bytes: [1]))
        ],
        committer: .member(LeafIndex(0)))
      #expect(throws: GroupError.invalid(.proposalNeedsMember)) { _ = try parties[0].group.change(by: list) }
    }
  }

  /// An Update by the third member, committed by the first, received by the second.
  private func expectUpdate(
    _ rule: ValidationError, source: LeafNodeSource = .update,
    sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout LeafNode) -> Void
  ) throws {
    let parties = try Forger.parties(3)
    let update = Update(leafNode: try Forger.leaf(of: parties[2], source: source, change))
    let proposal = try parties[1].hear(try Forger.proposal(by: parties[2], .update(update)))
    try expect(
      rule, from: parties[1], try Forger.commit(by: parties[0], [.reference(proposal.reference)]),
      sourceLocation: sourceLocation)
  }

  @Test func `a leaf in an Update has the source update, and a new key`() throws {
    try expectUpdate(.leafSourceNotUpdate, source: .commit(parentHash: [])) { _ in }
    let parties = try Forger.parties(3)
    let former = parties[2].members[2].leaf.encryptionKey
    let update = Update(leafNode: try Forger.leaf(of: parties[2]) { $0.encryptionKey = former })
    let proposal = try parties[1].hear(try Forger.proposal(by: parties[2], .update(update)))
    try expect(
      .encryptionKeyNotReplaced, from: parties[1],
      try Forger.commit(by: parties[0], [.reference(proposal.reference)]))
  }

  @Test func `a credential is replaced only by one of the same client`() throws {
    try expectUpdate(.successorRefused) { $0.credential = .basic([9]) }
  }

  @Test func `members support what new extensions require`() throws {
    let required = RequiredCapabilities(extensionTypes: [ExtensionType(rawValue: 0xf100)])
    let parties = try Forger.parties(2)
    #expect(throws: GroupError.invalid(.requiredCapabilitiesUnsupported)) {
      _ = try parties[0].group.commit([.replacing(extensions: [.requiredCapabilities(required)])])
    }
  }

  @Test func `an external sender is known, and may not propose everything`() throws {
    let server = try SignatureKeyPair.generate(Parties.suite)
    let senders = Extension.externalSenders([
      ExternalSender(signatureKey: server.publicKey, credential: .basic([1]))
    ])
    let parties = try Forger.parties(2, extensions: [senders])
    let remove = FramedContent.Content.proposal(.removing(LeafIndex(1)))
    try expect(
      .externalSenderUnknown, from: parties[0],
      try Forger.outside(.external(1), remove, to: parties[0], signedBy: server))
    try expect(
      .externalProposalForbidden, from: parties[0],
      try Forger.outside(.external(0), .proposal(.selfRemove), to: parties[0], signedBy: server))
    let good = try Forger.outside(.external(0), remove, to: parties[0], signedBy: server)
    let heard = try parties[0].hear(good)
    #expect(heard.sender == .external(0))
    try parties[0].group.commit()
    try parties[0].group.mergePendingCommit()
    #expect(parties[0].members.count == 1)
  }

  @Test func `a new member proposes only that it is added`() throws {
    let parties = try Forger.parties(1)
    let client = try Parties.client("newcomer")
    try expect(
      .newMemberProposalNotAdd, from: parties[0],
      try Forger.outside(
        .newMemberProposal, .proposal(.removing(LeafIndex(0))), to: parties[0], signedBy: client.signer))
    try parties[0].hear(
      try Forger.outside(
        .newMemberProposal, .proposal(.adding(try client.keyPackage())), to: parties[0],
        signedBy: client.signer))
    let welcome = try #require(try parties[0].group.commit().welcome)
    try parties[0].group.mergePendingCommit()
    Parties.agree([parties[0], Party(client, try Group.join(welcome, as: client))])
  }
}

/// A client is who its credential names, whatever its keys.
private struct OneClientForEachName: AuthenticationService {
  func accepts(_ credential: Credential, signatureKey: SignaturePublicKey) -> Bool { true }

  func clientIdentity(of leaf: LeafNode) -> [UInt8] {
    if case .basic(let name) = leaf.credential { name } else { [] }
  }
}
