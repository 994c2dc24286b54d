import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("draft-ietf-mls-extensions: data of components in a group")
struct ComponentDataTests {
  private static let plain = ComponentParties.plain
  private static let counter = ComponentParties.counter

  @Test func `updates of a commit are put together by their components, without a new path`() throws {
    let parties = try ComponentParties.make(3)
    let proposal = try parties[1].group.propose(.updating(Self.counter, [5]))
    for party in [parties[0], parties[2]] { try party.hear(proposal) }
    var options = CommitOptions()
    options.updatesPath = false
    let messages = try parties[0].group.commit(
      [.updating(Self.counter, [2]), .updating(Self.plain, [1]), .updating(Self.plain, [7])], options: options
    )
    let own = try parties[0].group.mergePendingCommit()
    for party in parties[1...] {
      let staged = try party.follow(messages.commit)
      #expect(staged.updated.isEmpty)
      #expect(staged.extensions != nil)
      #expect(staged.componentUpdates == own.componentUpdates)
    }
    #expect(own.componentUpdates.map(\.data) == [[5], [2], [1], [7]])
    #expect(own.componentUpdates.map(\.sender) == [1, 0, 0, 0].map { .member(LeafIndex($0)) })
    Parties.agree(parties)
    for party in parties { #expect(party.componentData == [Self.counter: [7], Self.plain: [7]]) }
    try Parties.commit(parties[2], [.removingData(of: Self.plain), .updating(Self.counter, [1])], parties)
    for party in parties { #expect(party.componentData == [Self.counter: [8]]) }
  }

  @Test func `the dictionary is the last extension where there was none, and keeps its place`() throws {
    let required = Extension.requiredCapabilities(RequiredCapabilities())
    let parties = try ComponentParties.make(2, extensions: [required])
    try Parties.commit(parties[0], [.updating(Self.plain, [1])], parties)
    #expect(parties[1].extensions.map(\.type) == [.requiredCapabilities, .appDataDictionary])
    try Parties.commit(
      parties[0],
      [
        .replacing(extensions: [.appDataDictionary([Self.plain: [3]]), required]),
        .updating(Self.counter, [1]),
      ], parties)
    #expect(parties[1].extensions.map(\.type) == [.appDataDictionary, .requiredCapabilities])
    #expect(parties[1].componentData == [Self.plain: [3], Self.counter: [1]])
  }

  @Test func `who joins has the group's data, and what was sent to it alone`() throws {
    let parties = try ComponentParties.make(2)
    try Parties.commit(parties[0], [.updating(Self.plain, [1])], parties)
    let client = try ComponentParties.client("new")
    var options = CommitOptions()
    options.groupInfoData = [Self.plain: [42]]
    let messages = try parties[0].group.commit([.adding(try client.keyPackage())], options: options)
    try parties[0].group.mergePendingCommit()
    try parties[1].follow(messages.commit)
    let store = InMemoryGroupStore()
    let joined = Party(
      client, try Group.join(try #require(messages.welcome), as: client, savingTo: store))
    #expect(joined.componentData == [Self.plain: [1]])
    #expect(joined.joinData == [Self.plain: [42]])
    let again = try joined.reloaded(from: store)
    #expect(again.joinData == [Self.plain: [42]])
    #expect(again.componentData == [Self.plain: [1]])
  }

  @Test func `members know each other's components and what they say of themselves`() throws {
    var client = try ComponentParties.client("new")
    client.leafData = [Self.counter: [5]]
    let parties = try ComponentParties.make(2)
    try Parties.commit(parties[0], [.adding(try client.keyPackage())], parties)
    let leaf = try #require(parties[1].members.last?.leaf)
    let dictionary = try #require(try leaf.extensions.appDataDictionary())
    #expect(dictionary[Self.counter] == [5])
    let list = try ComponentsList(decoding: try #require(dictionary[.appComponents])).componentIDs
    #expect(list.filter { !$0.isGREASE } == [.appComponents, .safeAAD, Self.plain, Self.counter])
    let safe = try ComponentsList(decoding: try #require(dictionary[.safeAAD])).componentIDs
    #expect(safe.filter { !$0.isGREASE } == [Self.plain])
    #expect(list.count == 5 && safe.count == 2)
  }

  @Test func `a dictionary among the leaf's extensions gives way, and one that is supported says so`() throws
  {
    var client = try ComponentParties.client("a")
    client.leafExtensions = [.appDataDictionary([Self.plain: [1]])]
    try Parties.commit(
      ComponentParties.make(1)[0], [.adding(try client.keyPackage())], [])
    var other = try Parties.client("b")
    other.capabilities.extensions.append(.appDataDictionary)
    let leaf = try other.keyPackage().leafNode
    #expect(try leaf.extensions.appDataDictionary()?[.appComponents] != nil)
    #expect(leaf.capabilities.extensions.filter { $0 == .appDataDictionary }.count == 1)
    #expect(!ComponentID(rawValue: 0x8a8a).isGREASE && ComponentID.randomGREASE().isGREASE)
    #expect(!ComponentID.private(1).isGREASE)
  }

  @Test func `a member that gets components later says so with its next commit`() throws {
    let parties = try Parties.make(2)
    parties[0].group.components = [PlainComponent(Self.plain)]
    try Parties.commit(parties[0], parties)
    let leaf = try #require(parties[1].members.first?.leaf)
    #expect(leaf.capabilities.supports(.appDataUpdate))
    #expect(try leaf.extensions.appDataDictionary() != nil)
  }

  @Test func `data comes with a commit, in its order and with its senders`() throws {
    let parties = try ComponentParties.make(3)
    let proposal = try parties[2].group.propose(.sending([1], to: Self.counter))
    for party in parties[..<2] { try party.hear(proposal) }
    let messages = try parties[0].group.commit([
      .sending([2, 3], to: Self.plain), .sending([4], to: Self.counter), .sending([], to: Self.plain),
    ])
    func message(_ component: ComponentID, _ data: [UInt8], _ place: Int) -> ComponentMessage {
      let client = parties[place].client
      return ComponentMessage(
        componentID: component, data: data, sender: .member(LeafIndex(UInt32(place))),
        credential: client.credential, signatureKey: client.signer.publicKey)
    }
    let expected = [
      message(Self.counter, [1], 2),
      message(Self.plain, [2, 3], 0),
      message(Self.counter, [4], 0),
      message(Self.plain, [], 0),
    ]
    for party in parties[1...] {
      let staged = try party.follow(messages.commit)
      #expect(staged.componentMessages == expected)
      #expect(staged.extensions == nil)
    }
    // As the committer sees it, after a restart too.
    let store = InMemoryGroupStore()
    try parties[0].group.save(to: store)
    let again = try parties[0].reloaded(from: store)
    guard case .commit(let staged) = try again.group.process(messages.commit) else {
      throw GroupError.internalError
    }
    #expect(staged.componentMessages == expected)
    try again.group.merge(staged)
    Parties.agree([again, parties[1], parties[2]])
  }

  @Test func `an external commit may change and send data`() throws {
    let parties = try ComponentParties.make(2)
    let client = try ComponentParties.client("outsider")
    let info = try parties[0].group.groupInfo(data: [Self.plain: [6]])
    let joined = Party(
      client,
      try Group.joinExternally(
        info, as: client, proposals: [.updating(Self.counter, [9]), .sending([1], to: Self.plain)]))
    #expect(joined.joinData == [Self.plain: [6]])
    for party in parties {
      let staged = try party.follow(try #require(joined.externalCommit))
      #expect(
        staged.componentMessages
          == [
            ComponentMessage(
              componentID: Self.plain, data: [1], sender: .newMemberCommit, credential: client.credential,
              signatureKey: client.signer.publicKey)
          ])
    }
    Parties.agree(parties + [joined])
    #expect(joined.componentData == [Self.counter: [9]])
    #expect(throws: GroupError.invalid(.externalCommitProposalForbidden)) {
      _ = try Group.joinExternally(
        try parties[0].group.groupInfo(), as: client,
        proposals: [.adding(try ComponentParties.client("x").keyPackage())])
    }
  }

  @Test func `an external sender and a client that wants in make proposals`() throws {
    let server = try SignatureKeyPair.generate(Parties.suite)
    let sender = ExternalSender(signatureKey: server.publicKey, credential: .basic([9]))
    let parties = try ComponentParties.make(3, extensions: [.externalSenders([sender])])
    let context = parties[0].group.context
    let client = try ComponentParties.client("new")
    let proposals = [
      try MLSMessage.externalProposal(
        .updating(Self.counter, [4]), to: context, senderIndex: 0, signedBy: server),
      try MLSMessage.externalProposal(
        .removing(LeafIndex(2)), to: context, senderIndex: 0, signedBy: server, authenticating: [1]),
      try MLSMessage.proposalToJoin(context, with: try client.keyPackage(), of: client),
    ]
    for proposal in proposals { for party in parties[..<2] { try party.hear(proposal) } }
    let messages = try parties[0].group.commit()
    let staged = try parties[1].follow(messages.commit)
    #expect(staged.removed.map(\.index) == [LeafIndex(2)])
    try parties[0].group.mergePendingCommit()
    let joined = Party(client, try Group.join(try #require(messages.welcome), as: client))
    Parties.agree([parties[0], parties[1], joined])
    #expect(joined.componentData == [Self.counter: [4]])
    #expect(throws: GroupError.invalid(.externalSenderUnknown)) {
      try MLSMessage.externalProposal(
        .removing(LeafIndex(1)), to: context, senderIndex: 1, signedBy: server)
    }
    #expect(throws: GroupError.invalid(.externalSenderUnknown)) {
      try MLSMessage.externalProposal(
        .removing(LeafIndex(1)), to: context, senderIndex: 0, signedBy: client.signer)
    }
    #expect(throws: GroupError.invalid(.externalProposalForbidden)) {
      try MLSMessage.externalProposal(.selfRemove, to: context, senderIndex: 0, signedBy: server)
    }
  }

  /// Whoever stands in the plain component's data may change the title; who began the group begins that list.
  private struct Title: ApplicationComponent {
    struct NoAdministrator: Error {}

    let componentID = ComponentID.private(9)

    func data(
      _ current: [UInt8]?, after updates: [ComponentMessage], in group: ComponentContext
    ) throws -> [UInt8] {
      let administrator = group.componentData[ComponentDataTests.plain]
      for update in updates {
        guard let credential = update.credential, credential.encoded == administrator else {
          throw NoAdministrator()
        }
      }
      return updates.last?.data ?? []
    }
  }

  @Test func `a component knows who sent an update, and what others' data was before`() throws {
    let server = try SignatureKeyPair.generate(Parties.suite)
    let sender = ExternalSender(signatureKey: server.publicKey, credential: .basic([9]))
    let clients = try (0..<2).map {
      try ComponentParties.client("member \($0)", components: [PlainComponent(Self.plain), Title()])
    }
    let extensions: [Extension] = [
      .appDataDictionary([Self.plain: clients[0].credential.encoded]), .externalSenders([sender]),
    ]
    let first = Party(clients[0], try Group.create(by: clients[0], extensions: extensions))
    let messages = try first.group.commit([.adding(try clients[1].keyPackage())])
    try first.group.mergePendingCommit()
    let second = Party(clients[1], try Group.join(try #require(messages.welcome), as: clients[1]))
    let parties = [first, second]
    try Parties.commit(first, [.updating(.private(9), [1])], parties)
    // The list as it was counts, not as the same commit makes it.
    for proposals: [Proposal] in [
      [.updating(.private(9), [2])],
      [.updating(Self.plain, clients[1].credential.encoded), .updating(.private(9), [2])],
    ] {
      #expect(throws: GroupError.invalid(.componentDataRefused)) { try second.group.commit(proposals) }
    }
    try Parties.commit(second, [.updating(Self.plain, sender.credential.encoded)], parties)
    #expect(throws: GroupError.invalid(.componentDataRefused)) {
      try first.group.commit([.updating(.private(9), [3])])
    }
    let proposal = try MLSMessage.externalProposal(
      .updating(.private(9), [4]), to: first.group.context, senderIndex: 0, signedBy: server)
    for party in parties { try party.hear(proposal) }
    try Parties.commit(first, parties)
    #expect(second.componentData[.private(9)] == [4])
    // Who joins by the commit is who it is by then.
    let client = try ComponentParties.client("new", components: [PlainComponent(Self.plain), Title()])
    let updates: [Proposal] = [.updating(.private(9), [5])]
    #expect(throws: GroupError.invalid(.componentDataRefused)) {
      _ = try Group.joinExternally(try first.group.groupInfo(), as: client, proposals: updates)
    }
    try Parties.commit(first, [.updating(Self.plain, client.credential.encoded)], parties)
    let joined = Party(
      client, try Group.joinExternally(try first.group.groupInfo(), as: client, proposals: updates))
    for party in parties { try party.follow(try #require(joined.externalCommit)) }
    Parties.agree(parties + [joined])
    #expect(second.componentData[.private(9)] == [5])
  }

  @Test func `a key package of last resort says so in both ways`() throws {
    let client = try ComponentParties.client("a")
    #expect(try client.keyPackage(isLastResort: false).isLastResort == false)
    var package = try client.keyPackage(isLastResort: true)
    #expect(package.isLastResort)
    package.extensions.removeAll { $0.type == .lastResort }
    #expect(package.isLastResort)
    package.extensions.removeAll { $0.type == .appDataDictionary }
    #expect(!package.isLastResort)
  }
}

@Suite("draft-ietf-mls-extensions: authenticated data of components")
struct SafeAADTests {
  private static let extensions: [Extension] = [
    .appDataDictionary([.safeAAD: ComponentsList([ComponentParties.plain]).encoded])
  ]

  @Test func `components authenticate data beside each other`() throws {
    let parties = try ComponentParties.make(2, extensions: Self.extensions)
    #expect(parties[0].demandsSafeAAD && parties[1].demandsSafeAAD)
    let aad: SafeAAD = [.private(1): [1, 2], .safeAAD: [3]]
    let message = try parties[0].group.protect([9], authenticating: aad)
    // In order the quick way, as bytes; as a message the general one.
    let read = try parties[1].read(message)
    #expect(read.safeAAD == aad && read.safeAAD?[.private(1)] == [1, 2])
    #expect(aad.componentIDs == [.safeAAD, .private(1)])
    let encoded = try parties[0].group.protect([8], authenticating: aad).encoded
    guard case .application(let quick) = try parties[1].group.process(encoded) else {
      throw GroupError.internalError
    }
    #expect(quick.safeAAD == aad)
  }

  @Test func `nothing to authenticate is an empty list, in every kind of message`() throws {
    let parties = try ComponentParties.make(2, extensions: Self.extensions)
    #expect(try parties[1].read(try parties[0].group.protect([9])).safeAAD == [:])
    let proposal = try parties[0].group.propose(.sending([1], to: ComponentParties.plain))
    #expect(try parties[1].hear(proposal).authenticatedData == [0])
    let messages = try parties[0].group.commit()
    #expect(try parties[1].follow(messages.commit).authenticatedData == [0])
    try parties[0].group.mergePendingCommit()
    let client = try ComponentParties.client("outsider")
    let joined = Party(client, try Group.joinExternally(try parties[0].group.groupInfo(), as: client))
    for party in parties {
      #expect(try party.follow(try #require(joined.externalCommit)).authenticatedData == [0])
    }
    Parties.agree(parties + [joined])
    let new = try ComponentParties.client("new")
    let add = try MLSMessage.proposalToJoin(
      parties[0].group.context, with: try new.keyPackage(), of: new)
    #expect(try parties[1].hear(add).authenticatedData == [0])
  }

  @Test func `other authenticated data is neither sent nor taken, and costs no key`() throws {
    let parties = try ComponentParties.make(2, extensions: Self.extensions)
    let error = GroupError.protection(.authenticatedDataNotSafe)
    #expect(throws: error) { try parties[0].group.protect([1], authenticating: [7]) }
    #expect(throws: error) {
      try parties[0].group.propose(.sending([1], to: ComponentParties.plain), authenticating: [7])
    }
    var options = CommitOptions()
    options.authenticatedData = [7]
    #expect(throws: error) { _ = try parties[0].group.commit(options: options) }
    #expect(!parties[0].hasPendingCommit)
    // A member that does not care: its messages say other things than the draft demands.
    let forger = parties[0]
    let good = try forger.group.protect([1])
    guard case .privateMessage(var bad) = good else { throw GroupError.internalError }
    bad.authenticatedData = [7]
    #expect(throws: error) { try parties[1].group.process(.privateMessage(bad)) }
    #expect(throws: error) { try parties[1].group.process(MLSMessage.privateMessage(bad).encoded) }
    #expect(try parties[1].read(good).data == [1])
    // The same where the signature and the tag are right.
    forger.group.state.protection.authenticatedDataFormat = .any
    let sealed = try forger.group.protect([2], authenticating: [7])
    #expect(throws: error) { try parties[1].group.process(sealed) }
    #expect(throws: error) { try parties[1].group.process(sealed.encoded) }
    // The same in public messages, which outsiders send.
    let client = try ComponentParties.client("new")
    let context = parties[0].group.context
    let add = try MLSMessage.proposalToJoin(context, with: try client.keyPackage(), of: client)
    guard case .publicMessage(var outside) = add else { throw GroupError.internalError }
    outside.content.authenticatedData = [7]
    #expect(throws: error) { try parties[1].group.process(.publicMessage(outside)) }
    #expect(throws: GroupError.invalid(.keyPackageSignatureInvalid)) {
      try MLSMessage.proposalToJoin(context, with: try client.keyPackage(), of: parties[0].client)
    }
    let other = try Parties.client("other", suite: .x25519ChaCha20Ed25519)
    #expect(throws: GroupError.invalid(.keyPackageSuiteMismatch)) {
      try MLSMessage.proposalToJoin(context, with: try other.keyPackage(), of: other)
    }
  }

  @Test func `a late message is read as its own epoch demands`() throws {
    let parties = try ComponentParties.make(2)
    let late = try parties[0].group.protect([1], authenticating: [0])
    try Parties.commit(parties[0], [.updating(.safeAAD, [0])], parties)
    #expect(parties[1].demandsSafeAAD)
    let read = try parties[1].read(late)
    #expect(read.authenticatedData == [0] && read.safeAAD == nil)
    #expect(try parties[1].read(try parties[0].group.protect([1])).safeAAD == [:])
  }

  @Test func `an external sender's authenticated data is one too`() throws {
    let server = try SignatureKeyPair.generate(Parties.suite)
    let sender = ExternalSender(signatureKey: server.publicKey, credential: .basic([9]))
    let parties = try ComponentParties.make(2, extensions: Self.extensions + [.externalSenders([sender])])
    func proposal(_ data: [UInt8]) throws -> MLSMessage {
      try MLSMessage.externalProposal(
        .removing(LeafIndex(1)), to: parties[0].group.context, senderIndex: 0, signedBy: server,
        authenticating: data)
    }
    #expect(throws: GroupError.protection(.authenticatedDataNotSafe)) { try proposal([7]) }
    #expect(try parties[0].hear(proposal([])).authenticatedData == [0])
  }

  @Test func `who joins takes no SelfRemove that members refuse`() throws {
    let parties = try ComponentParties.make(3, extensions: Self.extensions)
    let client = try ComponentParties.client("outsider")
    let good = try parties[1].group.propose(.selfRemove)
    let info = try parties[0].group.groupInfo()
    guard case .publicMessage(var bad) = good else { throw GroupError.internalError }
    bad.content.authenticatedData = [7]
    #expect(throws: GroupError.protection(.authenticatedDataNotSafe)) {
      _ = try Group.joinExternally(info, as: client, selfRemoves: [.publicMessage(bad)])
    }
    let joined = Party(client, try Group.joinExternally(info, as: client, selfRemoves: [good]))
    try parties[0].hear(good)
    try parties[0].follow(try #require(joined.externalCommit))
    Parties.agree([parties[0], joined])
  }

  @Test func `a group without the component takes any`() throws {
    let parties = try ComponentParties.make(2)
    #expect(!parties[0].demandsSafeAAD)
    let read = try parties[1].read(try parties[0].group.protect([9], authenticating: [7]))
    #expect(read.authenticatedData == [7] && read.safeAAD == nil)
    #expect(try parties[1].read(try parties[0].group.protect([9])).authenticatedData == [])
  }
}
