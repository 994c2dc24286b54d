import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("RFC 9420 sections 8.4, 11.2, 11.3 and 12.4.3: joining")
struct JoiningRuleTests {
  private func welcome(_ party: Party, _ client: Client) throws -> MLSMessage {
    try #require(try party.group.commit([.adding(try client.keyPackage())]).welcome)
  }

  @Test func `a Welcome is for one of the client's key packages`() throws {
    let party = try Forger.parties(1)[0]
    let welcome = try welcome(party, try Parties.client("a"))
    #expect(throws: GroupError.invalid(.welcomeNotForUs)) {
      _ = try Group.join(welcome, as: try Parties.client("b"))
    }
  }

  @Test func `a Welcome is of the key package's suite`() throws {
    let party = try Forger.parties(1)[0]
    let client = try Parties.client("a")
    guard case .welcome(var welcome) = try welcome(party, client) else { return }
    welcome.cipherSuite = .x25519ChaCha20Ed25519
    #expect(throws: GroupError.invalid(.welcomeSuiteMismatch)) {
      _ = try Group.join(.welcome(welcome), as: client)
    }
  }

  @Test func `a group is joined once`() throws {
    let party = try Forger.parties(1)[0]
    let client = try Parties.client("a")
    let (welcome, id) = (try welcome(party, client), party.group.id)
    #expect(throws: GroupError.invalid(.groupIDInUse)) {
      _ = try Group.join(welcome, as: client) { $0 == id }
    }
  }

  @Test func `a group is saved before the keys that it was joined with go`() throws {
    let party = try Forger.parties(1)[0]
    let client = try Parties.client("a")
    let keys = try #require(client.keys as? InMemoryKeyStore)
    let welcome = try welcome(party, client)
    #expect(throws: GroupError.storage("Full")) {
      _ = try Group.join(welcome, as: client, savingTo: FullStore())
    }
    #expect(keys.keyPackageCount == 1)
    guard case .welcome(let content) = welcome else { throw GroupError.notForGroups }
    let reference = try #require(content.secrets.first).newMember
    let used = try #require(keys.keyPackage(reference))
    let store = InMemoryGroupStore()
    let joined = Party(client, try Group.join(welcome, as: client, savingTo: store))
    #expect(keys.keyPackageCount == 0)
    // A process that ended just before they went finds the group, and they go then.
    keys.save(used, for: reference)
    Parties.agree([joined, Party(client, try Group.join(welcome, as: client, savingTo: store))])
    #expect(keys.keyPackageCount == 0)
    guard let loaded = try Group.load(party.group.id, from: store, as: client) else {
      Issue.record("not saved")
      return
    }
    let again = Party(client, loaded)
    Parties.agree([joined, again])

    // Another group that takes the same identifier.
    let records = Set(store.records(of: party.group.id))
    let other = Party(party.client, try Group.create(by: party.client, id: party.group.id))
    let second = try self.welcome(other, client)
    #expect(throws: GroupError.invalid(.groupIDInUse)) {
      _ = try Group.join(second, as: client, savingTo: store)
    }
    #expect(Set(store.records(of: party.group.id)) == records)
    #expect(keys.keyPackageCount == 1)
  }

  @Test func `the tree has the leaf of the key package`() throws {
    let party = try Forger.parties(1)[0]
    let client = try Parties.client("a")
    let package = try client.keyPackage()
    let welcome = try #require(try party.group.commit([.adding(package)]).welcome)
    let keys = try #require(client.keys as? InMemoryKeyStore)
    let reference = try Forger.algorithms().reference(to: package)
    let own = try #require(keys.keyPackage(reference))
    var other = package
    other.leafNode.signature = []
    keys.save(
      KeyPackageKeys(keyPackage: other, initKey: own.initKey, leafKey: own.leafKey), for: reference)
    #expect(throws: GroupError.invalid(.ownLeafMissing)) { _ = try Group.join(welcome, as: client) }
  }

  @Test func `the keys for reinit and branch come alone`() throws {
    let suite = try Forger.algorithms()
    let client = try Parties.client("a")
    let package = try client.keyPackage()
    let keys = [ResumptionPSKUsage.reinit, .branch].map {
      PreSharedKeyID(key: .resumption($0, groupID: [1], epoch: 1), nonce: [UInt8](repeating: 0, count: 32))
    }
    let party = try Forger.parties(1)[0]
    let joiner = JoinerSecret(suite.randomSecret())
    let welcome = try Welcome(
      to: [(LeafIndex(1), package)], joiner, joiner.withPreSharedKeys(suite.zeroSecret, suite),
      try party.group.state.groupInfo(extensions: []), path: nil, preSharedKeys: keys, suite)
    #expect(throws: GroupError.invalid(.welcomeResumptionNotAlone)) {
      _ = try Group.join(.welcome(welcome), as: client)
    }
  }

  @Test func `no epoch follows the one with the last number`() throws {
    let party = try Forger.parties(2)[0]
    party.group.state.context.epoch = .max
    let info = try party.group.groupInfo()
    #expect(throws: GroupError.epochsExhausted) {
      _ = try Group.joinExternally(info, as: try Parties.client("outsider"))
    }
    #expect(throws: GroupError.epochsExhausted) { _ = try party.group.commit() }
  }

  @Test func `a lifetime that would end past the last second ends with it`() throws {
    let settings = GroupSettings(maximumLifetime: .max)
    let client = try Parties.client("a", settings: settings)
    let package = try client.keyPackage(lifetime: .max)
    guard case .keyPackage(let lifetime) = package.leafNode.source else { return }
    #expect(lifetime.notAfter == .max)
    #expect(try Group.create(by: client).epoch == 0)
  }

  /// A GroupInfo that was altered, and signed again or not.
  private func expectInfo(
    _ rule: ValidationError, resign: Bool, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout GroupInfo) -> Void
  ) throws {
    let party = try Forger.parties(2)[0]
    guard case .groupInfo(var info) = try party.group.groupInfo() else { return }
    change(&info)
    if resign { try info.sign(with: party.client.signer, Forger.algorithms()) }
    #expect(throws: GroupError.invalid(rule), sourceLocation: sourceLocation) {
      _ = try Group.joinExternally(.groupInfo(info), as: try Parties.client("outsider"))
    }
  }

  @Test func `a GroupInfo is signed by a member`() throws {
    try expectInfo(.groupInfoSignerBlank, resign: true) { $0.signer = LeafIndex(9) }
    try expectInfo(.groupInfoSignatureInvalid, resign: false) { $0.signature[0] ^= 1 }
    try expectInfo(.groupInfoSignatureInvalid, resign: true) { $0.signer = LeafIndex(1) }
  }

  @Test func `a GroupInfo's tree is the agreed one, and there`() throws {
    try expectInfo(.treeHashMismatch, resign: true) { $0.groupContext.treeHash = [1] }
    try expectInfo(.treeMissing, resign: true) { $0.extensions.removeAll { $0.type == .ratchetTree } }
  }

  @Test func `an external commit needs the external key`() throws {
    try expectInfo(.externalPubMissing, resign: true) { $0.extensions.removeAll { $0.type == .externalPub } }
  }

  /// An external commit that was altered.
  private func expectExternal(
    _ rule: ValidationError, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout Commit, _ parties: [Party]) throws -> Void
  ) throws {
    let parties = try Forger.parties(3)
    let client = try Parties.client("outsider")
    let joined = Party(client, try Group.joinExternally(try parties[0].group.groupInfo(), as: client))
    var commit = try Forger.commit(in: try #require(joined.externalCommit))
    try change(&commit, parties)
    try expect(
      rule, from: parties[1],
      try Forger.outside(
        .newMemberCommit, .commit(commit), to: parties[1], signedBy: client.signer, tag: MAC(bytes: [1])),
      sourceLocation: sourceLocation)
  }

  @Test func `an external commit has one ExternalInit`() throws {
    try expectExternal(.externalInitCountNotOne) { commit, _ in commit.proposals = [] }
    try expectExternal(.externalInitCountNotOne) { commit, _ in commit.proposals += commit.proposals }
  }

  @Test func `an external commit removes one member at most`() throws {
    try expectExternal(.externalCommitRemovesSeveral) { commit, _ in
      commit.proposals += [.proposal(.removing(LeafIndex(1))), .proposal(.removing(LeafIndex(2)))]
    }
  }

  @Test func `an external commit has no other proposals`() throws {
    try expectExternal(.externalCommitProposalForbidden) { commit, _ in
      commit.proposals.append(.proposal(.replacing(extensions: [])))
    }
  }

  @Test func `an external commit refers to no proposal`() throws {
    try expectExternal(.externalCommitByReference) { commit, parties in
      let proposal = try parties[1].hear(try Forger.proposal(by: parties[0], .removing(LeafIndex(2))))
      commit.proposals.append(.reference(proposal.reference))
    }
  }

  @Test func `an external commit has a path`() throws {
    try expectExternal(.pathMissing) { commit, _ in commit.path = nil }
  }

  @Test func `who comes back is who was removed`() throws {
    struct Lenient: AuthenticationService {
      func accepts(_ credential: Credential, signatureKey: SignaturePublicKey) -> Bool { true }
      func accepts(_ credential: Credential, replacing former: Credential) -> Bool { true }
    }
    let parties = try Forger.parties(3)
    let info = try parties[0].group.groupInfo()
    #expect(throws: GroupError.invalid(.successorRefused)) {
      _ = try Group.joinExternally(
        info, as: try Parties.client("outsider"), replacing: LeafIndex(2))
    }
    let mallory = try Parties.client("mallory", authentication: Lenient())
    let joined = Party(mallory, try Group.joinExternally(info, as: mallory, replacing: LeafIndex(2)))
    try expect(.successorRefused, from: parties[1], try #require(joined.externalCommit))
  }

  @Test func `a branch has members of its parent only`() throws {
    let parties = try Forger.parties(2)
    let stranger = try Parties.client("stranger").keyPackage()
    #expect(throws: GroupError.invalid(.branchMemberUnknown)) {
      _ = try parties[0].group.branch(adding: [stranger]) { _ in }
    }
  }

  /// Joining a group whose first commit names this one as its parent.
  private func expectSuccessor(
    _ rule: ValidationError, _ usage: ResumptionPSKUsage?, suite: CipherSuite = Parties.suite,
    commits: Int = 1, names: [String] = ["member 0", "member 1"], closing: Bool = false,
    takesID: Bool = false, isKnown: Bool = false, early: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let parties = try Forger.parties(2)
    let (earlyEpoch, earlyKey) = (parties[0].epoch, parties[0].group.state.secrets.resumptionPSK)
    if closing { try Parties.commit(parties[0], [parties[0].group.reInitProposal(groupID: [7])], parties) }
    let clients = try names.map { try Parties.client($0, suite: suite) }
    let id = closing ? [7] : takesID ? parties[0].group.id : nil
    let creator = Party(clients[0], try Group.create(by: clients[0], id: id))
    for _ in 1..<commits {
      try creator.group.commit()
      try creator.group.mergePendingCommit()
    }
    var options = CommitOptions()
    if let usage {
      options.succession = (
        .resumption(usage, groupID: parties[0].group.id, epoch: early ? earlyEpoch : parties[0].epoch),
        early ? earlyKey : parties[0].group.state.secrets.resumptionPSK
      )
    }
    let packages = try clients.dropFirst().map { Proposal.adding(try $0.keyPackage()) }
    let welcome = try #require(try creator.group.commit(packages, options: options).welcome)
    #expect(throws: GroupError.invalid(rule), sourceLocation: sourceLocation) {
      _ = try parties[1].group.joinSuccessor(welcome, as: clients[1]) { _ in isKnown }
    }
  }

  @Test func `a successor has an identifier of its own`() throws {
    try expectSuccessor(.groupIDInUse, .branch, takesID: true)
    try expectSuccessor(.groupIDInUse, .branch, isKnown: true)
    let party = try Forger.parties(1)[0]
    let id = party.group.id
    #expect(throws: GroupError.invalid(.groupIDInUse)) {
      _ = try party.group.branch(id: id, adding: []) { _ in }
    }
    #expect(throws: GroupError.invalid(.groupIDInUse)) {
      _ = try party.group.branch(id: [7], adding: [], isKnown: { $0 == [7] }) { _ in }
    }
  }

  @Test func `a successor begins with epoch 1`() throws {
    try expectSuccessor(.successorEpochNotOne, .branch, commits: 2)
  }

  @Test func `a successor has the key of its parent, and of the last epoch after a ReInit`() throws {
    try expectSuccessor(.successorKeyMismatch, nil)
    try expectSuccessor(.successorKeyMismatch, nil, closing: true)
    try expectSuccessor(.successorKeyMismatch, .reinit, closing: true, early: true)
  }

  @Test func `a re-initialised group is what the ReInit asked for`() throws {
    try expectSuccessor(.reInitMismatch, .reinit)
    try expectSuccessor(.reInitMismatch, .reinit, suite: .x25519ChaCha20Ed25519, closing: true)
  }

  @Test func `a re-initialised group has all members`() throws {
    try expectSuccessor(.reInitMemberMissing, .reinit, names: ["member 2", "member 1"], closing: true)
  }

  @Test func `a branch has its parent's suite and members`() throws {
    try expectSuccessor(.branchMismatch, .branch, suite: .x25519ChaCha20Ed25519)
    try expectSuccessor(.branchMemberUnknown, .branch, names: ["stranger", "member 1"])
  }
}

/// A store that writes nothing.
struct FullStore: GroupStore {
  private struct Full: Error {}

  func apply(_ changes: GroupChanges) throws { throw Full() }
  func records(of groupID: [UInt8]) -> [GroupRecord] { [] }
  func groupIDs() -> [[UInt8]] { [] }
  func delete(_ groupID: [UInt8]) {}
}
