import CryptoCore
import MLS
import Testing

@Suite("RFC 9420 sections 11 and 12.4.3: joining, succeeding, external senders")
struct JoiningTests {
  @Test func `a client joins with the tree beside the Welcome`() throws {
    let settings = GroupSettings(sendsRatchetTree: false)
    let clients = try ["a", "b"].map { try Parties.client($0, settings: settings) }
    var group = try Group.create(by: clients[0])
    let welcome = try #require(try group.commit([.adding(try clients[1].keyPackage())]).welcome)
    try group.mergePendingCommit()
    #expect(throws: GroupError.invalid(.treeMissing)) { _ = try Group.join(welcome, as: clients[1]) }
    let joined = Party(clients[1], try Group.join(welcome, as: clients[1], ratchetTree: group.ratchetTree))
    Parties.agree([joined, Party(clients[0], group)])
  }

  @Test func `a key package's keys go with its use, unless it is one of last resort`() throws {
    let keys = InMemoryKeyStore()
    let client = try Client(
      credential: .basic([1]), suite: Parties.suite, authentication: UnauthenticatedCredentials(), keys: keys)
    for isLastResort in [false, true] {
      var group = try Group.create(by: try Parties.client("a"))
      let package = try client.keyPackage(isLastResort: isLastResort)
      #expect(package.isLastResort == isLastResort)
      let welcome = try #require(try group.commit([.adding(package)]).welcome)
      #expect(keys.keyPackageCount == 1)
      _ = try Group.join(welcome, as: client)
      #expect(keys.keyPackageCount == (isLastResort ? 1 : 0))
    }
  }

  @Test func `a client joins by an external commit`() throws {
    let parties = try Parties.make(3)
    let client = try Parties.client("outsider")
    let joined = Party(client, try Group.joinExternally(try parties[1].group.groupInfo(), as: client))
    let commit = try #require(joined.externalCommit)
    for party in parties {
      let staged = try party.follow(commit)
      #expect(staged.committer == .newMemberCommit)
      #expect(staged.added.map(\.leaf.credential) == [client.credential])
    }
    Parties.agree(parties + [joined])
    try Parties.commit(joined, parties + [joined])
    Parties.agree(parties + [joined])
  }

  @Test func `a member that lost its state comes back by resync`() throws {
    let parties = try Parties.make(3)
    let lost = parties[1]
    let again = Party(
      lost.client,
      try Group.joinExternally(
        try parties[0].group.groupInfo(), as: lost.client, replacing: lost.ownIndex))
    let others = [parties[0], parties[2]]
    for party in others { try party.follow(try #require(again.externalCommit)) }
    Parties.agree(others + [again])
    #expect(parties[0].members.count == 3)
  }

  @Test func `external and resumption keys go in, and who lacks one cannot follow`() throws {
    let parties = try Parties.make(3)
    for party in parties.prefix(2) {
      let keys = try #require(party.client.keys as? InMemoryKeyStore)
      keys.setPreSharedKey(SecretKey(copying: [UInt8](repeating: 3, count: 32)), for: [1, 2])
    }
    let proposals = [
      parties[0].group.preSharedKeyProposal([1, 2]), parties[0].group.resumptionProposal(epoch: 1),
    ]
    let messages = try parties[0].group.commit(proposals)
    let staged = try parties[1].follow(messages.commit)
    #expect(staged.preSharedKeys.count == 2)
    try parties[0].group.mergePendingCommit()
    Parties.agree([parties[0], parties[1]])
    #expect(throws: GroupError.invalid(.preSharedKeyUnavailable)) {
      try parties[2].group.process(messages.commit)
    }
  }

  @Test func `a group is re-initialised with another suite`() throws {
    let parties = try Parties.make(2)
    let proposal = parties[0].group.reInitProposal(cipherSuite: .p256AES128)
    try Parties.commit(parties[0], [proposal], parties)
    #expect(throws: GroupError.closed) { try parties[1].group.protect([1]) }
    let clients = try ["member 0", "member 1"].map { try Parties.client($0, suite: .p256AES128) }
    var messages: CommitMessages?
    let new = try parties[0].group.reInitialised(as: clients[0], adding: [try clients[1].keyPackage()]) {
      messages = $0
    }
    let welcome = try #require(messages?.welcome)
    let keys = try #require(clients[1].keys as? InMemoryKeyStore)
    #expect(throws: GroupError.storage("Full")) {
      _ = try parties[1].group.joinSuccessor(welcome, as: clients[1], savingTo: FullStore())
    }
    #expect(keys.keyPackageCount == 1)
    let store = InMemoryGroupStore()
    let joined = Party(
      clients[1], try parties[1].group.joinSuccessor(welcome, as: clients[1], savingTo: store))
    #expect(keys.keyPackageCount == 0)
    Parties.agree([joined, Party(clients[0], new)])
    guard let loaded = try Group.load(joined.group.id, from: store, as: clients[1]) else {
      Issue.record("not saved")
      return
    }
    Parties.agree([joined, Party(clients[1], loaded)])
    #expect(joined.epoch == 1)
    #expect(joined.cipherSuite == .p256AES128)
  }

  @Test func `some members branch off`() throws {
    let parties = try Parties.make(3)
    var messages: CommitMessages?
    let package = try parties[2].client.keyPackage()
    let branch = try parties[0].group.branch(adding: [package]) { messages = $0 }
    let welcome = try #require(messages?.welcome)
    #expect(throws: GroupError.invalid(.preSharedKeyUnavailable)) {
      _ = try Group.join(welcome, as: parties[2].client)
    }
    let joined = Party(
      parties[2].client, try parties[2].group.joinSuccessor(welcome, as: parties[2].client))
    Parties.agree([joined, Party(parties[0].client, branch)])
    #expect(joined.members.count == 2)
  }

  @Test func `a member leaves by SelfRemove, which an external joiner commits too`() throws {
    let parties = try Parties.make(3)
    let leaving = try parties[2].group.propose(.selfRemove)
    for party in parties.prefix(2) { try party.hear(leaving) }
    let client = try Parties.client("outsider")
    let joined = Party(
      client,
      try Group.joinExternally(try parties[0].group.groupInfo(), as: client, selfRemoves: [leaving]))
    for party in parties.prefix(2) { try party.follow(try #require(joined.externalCommit)) }
    Parties.agree([parties[0], parties[1], joined])
    #expect(parties[0].members.count == 3)
    #expect(try parties[2].follow(try #require(joined.externalCommit)).removesOwnMember)
  }
}
