import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("draft-ietf-mls-extensions: rules for components")
struct ComponentRuleTests {
  private static let plain = ComponentParties.plain
  private static let counter = ComponentParties.counter
  /// Not sorted.
  private static let bad = Extension(type: .appDataDictionary, data: [6, 0, 2, 0, 0, 1, 0])

  /// A commit by the first of two members, received by the second, with data of the counter in the group.
  private func expectCommit(
    _ rule: ValidationError, count: UInt8 = 1, sourceLocation: SourceLocation = #_sourceLocation,
    _ proposals: [Proposal]
  ) throws {
    let parties = try ComponentParties.make(
      2, extensions: [.appDataDictionary([Self.counter: [count]])])
    try expect(
      rule, from: parties[1], try Forger.commit(by: parties[0], proposals), sourceLocation: sourceLocation)
    #expect(throws: GroupError.invalid(rule), sourceLocation: sourceLocation) {
      try parties[0].group.commit(proposals)
    }
  }

  @Test func `a dictionary is sorted and well formed, wherever it stands`() throws {
    let notAList: AppDataDictionary = [.appComponents: [1, 0]]
    for bad in [Self.bad, .appDataDictionary(notAList), .appDataDictionary([.safeAAD: []])] {
      try expectCommit(.appDataDictionaryInvalid, [.replacing(extensions: [bad])])
      #expect(throws: GroupError.invalid(.appDataDictionaryInvalid)) {
        _ = try Group.create(by: try ComponentParties.client("a"), extensions: [bad])
      }
      let client = try ComponentParties.client("b")
      let inLeaf = try Forger.keyPackage(of: client, leaf: { $0.extensions = [bad] })
      try expectCommit(.appDataDictionaryInvalid, [.adding(inLeaf)])
    }
    // Lists mean something in leaves and in the group's context alone.
    let client = try ComponentParties.client("b")
    let inPackage = try Forger.keyPackage(of: client, package: { $0.extensions = [Self.bad] })
    try expectCommit(.appDataDictionaryInvalid, [.adding(inPackage)])
    let meaningless = try Forger.keyPackage(
      of: client, package: { $0.extensions = [.appDataDictionary(notAList)] })
    try ComponentParties.make(1)[0].group.commit([.adding(meaningless)])
    let party = try ComponentParties.make(2)[0]
    guard case .groupInfo(var info) = try party.group.groupInfo() else { throw GroupError.internalError }
    info.extensions.append(Self.bad)
    try info.sign(with: party.client.signer, Forger.algorithms())
    #expect(throws: GroupError.invalid(.appDataDictionaryInvalid)) {
      _ = try Group.joinExternally(.groupInfo(info), as: try ComponentParties.client("c"))
    }
  }

  @Test func `a leaf has the components that the group requires`() throws {
    let unknown = ComponentsList([ComponentParties.unknown]).encoded
    for required: AppDataDictionary in [[.appComponents: unknown], [.safeAAD: unknown]] {
      #expect(throws: GroupError.invalid(.requiredComponentUnsupported)) {
        let party = try ComponentParties.make(2)[0]
        try party.group.commit([.replacing(extensions: [.appDataDictionary(required)])])
      }
      #expect(throws: GroupError.invalid(.requiredComponentUnsupported)) {
        _ = try Group.create(
          by: try ComponentParties.client("a"), extensions: [.appDataDictionary(required)])
      }
    }
    // Who has the component is added, who has not is not.
    let parties = try ComponentParties.make(
      2,
      extensions: [.appDataDictionary([.appComponents: ComponentsList([Self.plain]).encoded])])
    let without = try ComponentParties.client("without", components: [ComponentParties.Counter()])
    let package = try without.keyPackage()
    try expect(
      .requiredComponentUnsupported, from: parties[1],
      try Forger.commit(by: parties[0], [.adding(package)]))
    try Parties.commit(
      parties[0], [.adding(try ComponentParties.client("with").keyPackage())], parties)
    #expect(parties[1].members.count == 3)
  }

  @Test func `a component that a group comes to require is every member's, by whatever way`() throws {
    let clients = try ["a", "b"].map {
      try ComponentParties.client($0, components: [PlainComponent(Self.plain)])
    }
    let first = Party(clients[0], try Group.create(by: clients[0]))
    let second = try first.group.commit([.adding(try clients[1].keyPackage())])
    try first.group.mergePendingCommit()
    let other = Party(clients[1], try Group.join(try #require(second.welcome), as: clients[1]))
    #expect(throws: GroupError.invalid(.requiredComponentUnsupported)) {
      try first.group.commit([.updating(.appComponents, ComponentsList([Self.counter]).encoded)])
    }
    #expect(throws: GroupError.invalid(.componentDataRefused)) {
      try first.group.commit([.updating(.appComponents, [9])])
    }
    let list = ComponentsList([Self.plain]).encoded
    try Parties.commit(first, [.updating(.appComponents, list), .updating(.safeAAD, [0])], [other])
    Parties.agree([first, other])
    #expect(other.componentData == [.appComponents: list, .safeAAD: [0]])
    // Nobody from outside undoes it: an external sender's proposal is not covered.
    let server = try SignatureKeyPair.generate(Parties.suite)
    let sender = ExternalSender(signatureKey: server.publicKey, credential: .basic([9]))
    let extensions = first.extensions + [.externalSenders([sender])]
    try Parties.commit(first, [.replacing(extensions: extensions)], [other])
    let replacement = try MLSMessage.externalProposal(
      .replacing(extensions: [.externalSenders([sender])]), to: first.group.context, senderIndex: 0,
      signedBy: server)
    for party in [first, other] { try party.hear(replacement) }
    try Parties.commit(first, [other])
    #expect(other.componentData == [.appComponents: list, .safeAAD: [0]])
    let outsider = try ComponentParties.client("c", components: [PlainComponent(Self.plain)])
    for proposal in [Proposal.removingData(of: .safeAAD), .updating(.appComponents, [0])] {
      #expect(throws: GroupError.invalid(.componentDataRefused)) {
        _ = try Group.joinExternally(
          try first.group.groupInfo(), as: outsider, proposals: [proposal])
      }
    }
    try Parties.commit(other, [.removingData(of: .safeAAD)], [first])
    #expect(first.componentData == [.appComponents: list])
  }

  @Test func `who has lost its components makes no commit that others refuse`() throws {
    let required = Extension.appDataDictionary([.appComponents: ComponentsList([Self.plain]).encoded])
    let party = try ComponentParties.make(2, extensions: [required])[0]
    party.group.components = [ComponentParties.Counter()]
    let error = GroupError.invalid(.requiredComponentUnsupported)
    #expect(throws: error) { try party.group.commit() }
    #expect(throws: error) { try party.group.proposeUpdate() }
    #expect(!party.hasPendingCommit)
    party.group.components = [PlainComponent(Self.plain)]
    try party.group.commit()
  }

  @Test func `a commit names a proposal once`() throws {
    let parties = try ComponentParties.make(3)
    let proposal = try parties[2].group.propose(.updating(Self.counter, [1]))
    let reference = try parties[0].hear(proposal).reference
    try parties[1].hear(proposal)
    try expect(
      .proposalReferencedTwice, from: parties[1],
      try Forger.commit(by: parties[0], [.reference(reference), .reference(reference)]))
  }

  @Test func `a plain component takes what is short, and from members only`() throws {
    let component = PlainComponent(Self.plain, maximumByteCount: 2)
    let group = ComponentContext(groupID: [], epoch: 0, componentData: [:])
    func message(_ byteCount: Int, _ sender: Sender) -> ComponentMessage {
      ComponentMessage(
        componentID: Self.plain, data: [UInt8](repeating: 1, count: byteCount), sender: sender,
        credential: nil,
        signatureKey: nil)
    }
    let member = Sender.member(LeafIndex(0))
    #expect(try component.data(nil, after: [message(2, member)], in: group) == [1, 1])
    #expect(throws: PlainComponent.Refusal.tooLong) {
      try component.data(nil, after: [message(3, member), message(1, member)], in: group)
    }
    for sender in [Sender.external(0), .newMemberCommit, .newMemberProposal] {
      #expect(throws: PlainComponent.Refusal.notByMember) {
        try component.data(nil, after: [message(1, sender)], in: group)
      }
      #expect(!component.mayRemove([], message(0, sender), in: group))
      #expect(!component.mayReplace([], with: nil, message(0, sender), in: group))
      #expect(!component.accepts(message(1, sender), in: group))
    }
    #expect(component.mayRemove([], message(0, member), in: group))
    #expect(component.mayReplace([], with: [1, 2], message(0, member), in: group))
    #expect(!component.mayReplace([], with: [1, 2, 3], message(0, member), in: group))
    #expect(
      component.accepts(message(2, member), in: group) && !component.accepts(message(3, member), in: group))
    #expect(PlainComponent(Self.plain, membersOnly: false).accepts(message(1, .external(0)), in: group))
  }

  @Test func `data is only of components that the application has`() throws {
    try expectCommit(.componentUnknown, [.updating(ComponentParties.unknown, [1])])
    try expectCommit(.componentUnknown, [.removingData(of: ComponentParties.unknown)])
    try expectCommit(.componentUnknown, [.sending([1], to: ComponentParties.unknown)])
  }

  @Test func `a component has the last word about its data`() throws {
    try expectCommit(.componentDataRefused, [.updating(Self.counter, [0])])
    try expectCommit(.componentDataRefused, [.updating(Self.counter, [1]), .updating(Self.counter, [0])])
    try expectCommit(.componentDataRefused, count: 100, [.removingData(of: Self.counter)])
    try expectCommit(.componentDataRefused, [.sending([1, 2], to: Self.counter)])
  }

  @Test func `nobody is left behind by data of a component that it does not have`() throws {
    let clients = [
      try ComponentParties.client("a"),
      try ComponentParties.client("b", components: [PlainComponent(Self.plain)]),
    ]
    let first = Party(clients[0], try Group.create(by: clients[0]))
    let messages = try first.group.commit([.adding(try clients[1].keyPackage())])
    try first.group.mergePendingCommit()
    let second = Party(clients[1], try Group.join(try #require(messages.welcome), as: clients[1]))
    for proposal: Proposal in [
      .updating(Self.counter, [1]), .sending([1], to: Self.counter),
    ] {
      #expect(throws: GroupError.invalid(.componentUnknown)) { try first.group.commit([proposal]) }
      #expect(throws: GroupError.invalid(.componentUnknown)) {
        _ = try Group.joinExternally(
          try first.group.groupInfo(), as: try ComponentParties.client("c"), proposals: [proposal])
      }
    }
    // What waits and would leave somebody behind is not covered.
    try first.hear(try Forger.proposal(by: second, .updating(Self.counter, [1])))
    try Parties.commit(first, [.updating(Self.plain, [1])], [second])
    #expect(second.componentData == [Self.plain: [1]])
    // Whoever is removed by the commit need not have it.
    try first.group.commit([.removing(second.ownIndex), .updating(Self.counter, [1])])
  }

  @Test func `who replaces the extensions leaves components' data alone`() throws {
    let former = Extension.appDataDictionary([Self.counter: [1], Self.plain: [1]])
    let lists: [[Extension]] = [
      [], [.appDataDictionary([Self.plain: [1]])],
      [.appDataDictionary([Self.counter: [2], Self.plain: [1]])],
    ]
    for list in lists {
      let parties = try ComponentParties.make(2, extensions: [former])
      #expect(throws: GroupError.invalid(.componentDataRefused)) {
        try parties[0].group.commit([.replacing(extensions: list)])
      }
      try expect(
        .componentDataRefused, from: parties[1],
        try Forger.commit(by: parties[0], [.replacing(extensions: list)]))
    }
    // The plain component lets everybody.
    let parties = try ComponentParties.make(2, extensions: [former])
    let changed: AppDataDictionary = [Self.counter: [1], Self.plain: [5]]
    try Parties.commit(
      parties[0], [.replacing(extensions: [.appDataDictionary(changed)])], parties)
    #expect(parties[1].componentData == changed)
    // Of a component that the committer does not have, others might not let it.
    let unknown: AppDataDictionary = [Self.counter: [1], Self.plain: [5], ComponentParties.unknown: [5]]
    #expect(throws: GroupError.invalid(.componentUnknown)) {
      try parties[0].group.commit([.replacing(extensions: [.appDataDictionary(unknown)])])
    }
  }

  @Test func `data that is removed is there`() throws {
    try expectCommit(.componentDataMissing, [.removingData(of: Self.plain)])
  }

  @Test func `a component's data is removed once, or updated`() throws {
    let (update, remove) = (Proposal.updating(Self.counter, [1]), Proposal.removingData(of: Self.counter))
    for list in [[remove, remove], [remove, update], [update, remove], [update, update, remove]] {
      try expectCommit(.componentChangesConflict, list)
    }
  }

  @Test func `where AppDataUpdate is required, nothing else changes the dictionary`() throws {
    let required = Extension.requiredCapabilities(RequiredCapabilities(proposalTypes: [.appDataUpdate]))
    let former = Extension.appDataDictionary([Self.counter: [1]])
    let extensionLists: [[Extension]] = [[required], [required, .appDataDictionary([Self.counter: [2]])]]
    for extensions in extensionLists {
      let parties = try ComponentParties.make(2, extensions: [required, former])
      try expect(
        .appDataDictionaryReplaced, from: parties[1],
        try Forger.commit(by: parties[0], [.replacing(extensions: extensions)]))
    }
    let parties = try ComponentParties.make(2, extensions: [required])
    try expect(
      .appDataDictionaryReplaced, from: parties[1],
      try Forger.commit(by: parties[0], [.replacing(extensions: [required, former])]))
    // Other extensions may change, and the dictionary by its own proposal in the same commit.
    try Parties.commit(
      parties[0], [.replacing(extensions: []), .updating(Self.counter, [3])], parties)
    #expect(parties[1].extensions == [.appDataDictionary([Self.counter: [3]])])
  }

  @Test func `who has no components takes no data of any`() throws {
    let parties = try Parties.make(2)
    try expect(
      .proposalTypeUnsupported, from: parties[1],
      try Forger.commit(by: parties[0], [.updating(Self.plain, [1])]))
    try expect(
      .proposalTypeUnsupported, from: parties[1],
      try Forger.commit(by: parties[0], [.sending([1], to: Self.plain)]))
  }

  @Test func `a proposal that a component refuses is not covered by an own commit`() throws {
    let parties = try ComponentParties.make(3)
    let updates: [(ComponentID, [UInt8])] = [
      (Self.counter, [0]), (Self.counter, [6]), (Self.plain, [1]), (Self.plain, [2]),
    ]
    for (component, data) in updates {
      let proposal = try Forger.proposal(by: parties[1], .updating(component, data))
      for party in [parties[0], parties[2]] { try party.hear(proposal) }
    }
    let messages = try parties[0].group.commit()
    try parties[2].follow(messages.commit)
    // What is left has kept its order.
    #expect(parties[2].componentData == [Self.counter: [6], Self.plain: [2]])
  }

  @Test func `who joins from outside changes no data of members without components`() throws {
    let parties = try Parties.make(2)
    let client = try ComponentParties.client("outsider")
    for proposal: Proposal in [.updating(Self.plain, [1]), .sending([1], to: Self.plain)] {
      #expect(throws: GroupError.invalid(.proposalTypeUnsupported)) {
        _ = try Group.joinExternally(
          try parties[0].group.groupInfo(), as: client, proposals: [proposal])
      }
    }
  }
}
