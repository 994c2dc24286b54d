import MLS
import Testing

@Suite("RFC 9420 section 12: group evolution")
struct GroupTests {
  @Test(arguments: CipherSuite.supported)
  func `two members exchange messages in every suite`(suite: CipherSuite) throws {
    let parties = try Parties.make(2, suite: suite)
    Parties.agree(parties)
    let message = try parties[0].group.protect(Array("Dinner at 7?".utf8), authenticating: [7])
    let read = try parties[1].read(message)
    #expect(read.data == Array("Dinner at 7?".utf8))
    #expect(read.authenticatedData == [7])
    #expect(read.sender == parties[0].ownIndex)
  }

  @Test func `everybody commits in turn, and all agree`() throws {
    let parties = try Parties.make(7)
    for committer in parties {
      try Parties.commit(committer, parties)
      Parties.agree(parties)
    }
    #expect(parties[0].epoch == 8)
  }

  @Test func `a removed member cannot follow`() throws {
    let parties = try Parties.make(5)
    let leaving = parties[3]
    // One message opens the general way and one in place; the third would open too, by the keys of this epoch.
    for text in [1, 2] as [UInt8] {
      let message = try parties[0].group.protectEncoded([text])
      guard case .application(let read) = try leaving.group.process(message) else {
        Issue.record("not application data")
        return
      }
      #expect(read.data == [text])
    }
    let late = try parties[0].group.protectEncoded([3])
    let commit = try Parties.commit(
      parties[1], [.removing(leaving.ownIndex)], parties.filter { $0 !== leaving })
    let staged = try leaving.follow(commit.commit)
    #expect(staged.removesOwnMember)
    #expect(staged.removed.map(\.index) == [LeafIndex(3)])
    #expect(!leaving.isActive)
    #expect(throws: GroupError.closed) { try leaving.group.protect([1]) }
    #expect(throws: GroupError.closed) { try leaving.group.process(late) }
    Parties.agree(parties.filter { $0 !== leaving })
    #expect(leaving.epochAuthenticator != parties[0].epochAuthenticator)
  }

  @Test func `proposals by reference are committed, and an update renews a leaf`() throws {
    let parties = try Parties.make(4)
    let before = parties[2].members[2]
    let newcomer = try Parties.client("newcomer")
    let proposals = [
      try parties[2].group.proposeUpdate(),
      try parties[1].group.propose(.adding(try newcomer.keyPackage())),
    ]
    for (proposal, author) in zip(proposals, [2, 1]) {
      for party in parties where party !== parties[author] { try party.hear(proposal) }
    }
    #expect(throws: GroupError.commitRequired) { try parties[0].group.protect([1]) }
    let messages = try Parties.commit(parties[0], parties)
    let joined = Party(newcomer, try Group.join(try #require(messages.welcome), as: newcomer))
    Parties.agree(parties + [joined])
    #expect(parties[0].members[2].leaf.encryptionKey != before.leaf.encryptionKey)
    // The renewed key is known to its owner: it follows further.
    try Parties.commit(joined, parties + [joined])
    Parties.agree(parties + [joined])
  }

  @Test func `one sender's proposals wait in a number that is limited`() throws {
    let parties = try Parties.make(3)
    var careful = GroupSettings()
    careful.maximumProposals = 2
    let limited = try Parties.make(2, settings: careful)
    for _ in 0..<2 { try limited[1].hear(try limited[0].group.proposeUpdate()) }
    #expect(throws: GroupError.tooManyProposals) { _ = try limited[0].group.proposeUpdate() }
    // The other's count for themselves, and a commit makes room.
    try limited[0].hear(try limited[1].group.proposeUpdate())
    try Parties.commit(limited[1], limited)
    try limited[1].hear(try limited[0].group.proposeUpdate())

    // Of what arrives, too: here the sender has a higher limit.
    let stricter = try Parties.client("stricter", settings: careful)
    let added = try Parties.commit(parties[0], [.adding(try stricter.keyPackage())], parties)
    let receiver = Party(stricter, try Group.join(try #require(added.welcome), as: stricter))
    for _ in 0..<2 { try receiver.hear(try parties[1].group.proposeUpdate()) }
    let third = try parties[1].group.proposeUpdate()
    #expect(throws: GroupError.tooManyProposals) { _ = try receiver.group.process(third) }
    try receiver.hear(try parties[2].group.proposeUpdate())
  }

  @Test func `a dropped commit leaves nothing behind, and the loser follows the winner`() throws {
    let parties = try Parties.make(3)
    let lost = try parties[0].group.commit()
    let won = try parties[1].group.commit()
    try parties[2].follow(won.commit)
    try parties[0].follow(won.commit)
    #expect(!parties[0].hasPendingCommit)
    try parties[1].group.mergePendingCommit()
    Parties.agree(parties)
    #expect(throws: GroupError.wrongEpoch) { try parties[2].group.process(lost.commit) }
    #expect(throws: GroupError.noPendingCommit) { try parties[0].group.mergePendingCommit() }
  }

  @Test func `a commit is not made while another is pending`() throws {
    let parties = try Parties.make(2)
    let first = try parties[0].group.commit()
    #expect(throws: GroupError.commitPending) { try parties[0].group.commit() }
    try parties[1].follow(first.commit)
    try parties[0].group.mergePendingCommit()
    Parties.agree(parties)
    try parties[0].group.commit()
    parties[0].group.discardPendingCommit()
    try Parties.commit(parties[0], parties)
    Parties.agree(parties)
  }

  @Test func `one's own commit comes back as the pending one`() throws {
    let parties = try Parties.make(2)
    let messages = try parties[0].group.commit()
    try parties[0].follow(messages.commit)
    try parties[1].follow(messages.commit)
    Parties.agree(parties)
  }

  @Test func `a commit opens again until it is merged`() throws {
    let parties = try Parties.make(2)
    let messages = try parties[0].group.commit()
    _ = try parties[1].group.process(messages.commit)
    try parties[1].follow(messages.commit)
    #expect(throws: GroupError.wrongEpoch) { try parties[1].group.process(messages.commit) }
  }

  @Test func `a staged commit that another overtook is refused`() throws {
    let parties = try Parties.make(3)
    let first = try parties[0].group.commit()
    guard case .commit(let staged) = try parties[2].group.process(first.commit) else {
      Issue.record("no commit")
      return
    }
    try parties[2].follow(try parties[1].group.commit().commit)
    #expect(throws: GroupError.wrongEpoch) { try parties[2].group.merge(staged) }
  }

  @Test func `late messages of past epochs open, as many as the settings say`() throws {
    let parties = try Parties.make(3, settings: GroupSettings(keptEpochs: 2))
    let late = try (0..<3).map { _ in
      let message = try parties[0].group.protect([9])
      try Parties.commit(parties[1], parties)
      return message
    }
    #expect(throws: GroupError.wrongEpoch) { try parties[2].read(late[0]) }
    #expect(try parties[2].read(late[1]).data == [9])
    #expect(try parties[2].read(late[2]).epoch == 3)
    #expect(throws: GroupError.protection(.keyErased)) { try parties[2].read(late[2]) }
  }

  @Test func `a message of a member who was removed since still opens`() throws {
    let parties = try Parties.make(3)
    let late = try parties[2].group.protect([5])
    try Parties.commit(parties[0], [.removing(LeafIndex(2))], [parties[1]])
    #expect(try parties[1].read(late).data == [5])
  }

  @Test func `extensions are replaced, and exported secrets agree`() throws {
    let parties = try Parties.make(2)
    let required = Extension.requiredCapabilities(RequiredCapabilities(credentialTypes: [.basic]))
    try Parties.commit(parties[0], [.replacing(extensions: [required])], parties)
    #expect(parties[1].extensions == [required])
    let secrets = try parties.map { try $0.group.export(label: "call", context: [1], byteCount: 40) }
    #expect(secrets[0].isEqual(to: secrets[1]))
    #expect(secrets[0].byteCount == 40)
  }

  @Test func `one commit adds forty members`() throws {
    let parties = try Parties.make(41, settings: GroupSettings(keptEpochs: 0))
    Parties.agree([parties[0], parties[1], parties[40]])
    let messages = try parties[40].group.commit()
    try parties[0].follow(messages.commit)
    try parties[40].group.mergePendingCommit()
    Parties.agree([parties[0], parties[40]])
  }
}
