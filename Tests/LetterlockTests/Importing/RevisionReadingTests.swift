import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Versions of a message, in every way in which it is read")
struct RevisionReadingTests {
  private func revision(_ message: Message) throws -> ArchiveEntry {
    .revision(try #require(Revision(message)))
  }

  @Test func `an iMessage that fell back to SMS is unencrypted in every reading, snapshots included`()
    async throws
  {
    let house = try await Household()
    try house.phone.importing([ImportedSample.message(in: house.chat)])
    try await house.phone.sync()
    let snapshot = try await house.phone.createSnapshot(named: "before")
    #expect(try house.phone.imported()?.protection == .importedEndToEnd(service: "iMessage"))
    let outcomes = try house.phone.importing([ImportedSample.message("look", .carrier(.sms), in: house.chat)])
    #expect(outcomes.map(\.action) == [.revised([.protection])])
    for isSent in [false, true] {
      if isSent { try await house.phone.sync() }
      try await expectUnencrypted(house.phone, snapshot, isSent ? house.chat : nil)
    }
    try await house.mac.sync()
    try await expectUnencrypted(house.mac, snapshot, house.chat)
    let restored = try await house.restore()
    try await expectUnencrypted(restored, snapshot, house.chat)
    let reading = try ReadOnlyDevice(vault: house.phoneVault, store: house.phoneStore)
    #expect(try reading.timeline().messages.last { $0.origin != nil }?.protection == .unencrypted(.sms))
    // The other way round: a later claim raises nothing.
    #expect(
      try house.mac.importing([ImportedSample.message(in: house.chat, delivery: .failed)]).map(\.action)
        == [.revised([.delivery])])
    try await expectUnencrypted(house.mac, snapshot, nil)
  }

  private func expectUnencrypted(_ device: Device, _ snapshot: Snapshot, _ chat: ConversationID?) async throws
  {
    let index = try device.timelineIndex()
    let message = try #require(try device.imported())
    #expect(message.protection == .unencrypted(.sms))
    let reference = try #require(index.reference(to: message.id))
    #expect(try device.messages([reference], of: index).map(\.protection) == [.unencrypted(.sms)])
    #expect(
      try device.versions(of: reference, of: index).map(\.message.protection).allSatisfy(\.isUnencrypted))
    var found: [Protection] = []
    try device.search("look") { message, _ in
      found.append(message.protection)
      return true
    }
    #expect(found == [.unencrypted(.sms)])
    let then = try device.timelineIndex(at: snapshot)
    let old = try device.messages(then.references, of: then).first { $0.origin != nil }
    #expect(old?.protection == .unencrypted(.sms))
    guard let chat else { return }
    let window = try await device.newestMessages(in: chat)
    #expect(window.messages.first { $0.origin != nil }?.protection == .unencrypted(.sms))
  }

  @Test func `a message that fell back in another chat is the same message`() async throws {
    let house = try await Household()
    try house.phone.importing([ImportedSample.message(in: house.chat)])
    let fallenBack = ImportedSample.message(
      "look there", .carrier(.sms), edited: 2000, in: ConversationID())
    let photo = ImportedSample.file("late.jpg", [1, 2, 3])
    let outcomes = try house.phone.importing([fallenBack], with: [photo])
    #expect(outcomes.map(\.action) == [.revised([.text, .protection, .files])])
    #expect(try house.phone.importing([fallenBack], with: [photo]).map(\.action) == [.unchanged])
    let all = try house.phone.timeline().messages.filter { $0.origin != nil }
    #expect(all.map(\.protection) == [.unencrypted(.sms)])
    #expect(all.map(\.text) == ["look there"] && all.map(\.attachments.count) == [1])
    #expect(all.map(\.conversation) == [house.chat])
  }

  @Test func `what a source gives under another sender counts for how the message travelled alone`()
    async throws
  {
    let house = try await Household()
    let photo = ImportedSample.file("late.jpg", [1, 2, 3])
    try house.phone.importing([ImportedSample.message("mine", in: house.chat)])
    try house.phone.importing(
      [ImportedSample.message("mine, edited", edited: 5, in: house.chat)], with: [photo])
    let other = ImportedSample.message(
      "another's", .carrier(.sms), edited: 2000, in: ConversationID(), from: .other("15550100"))
    #expect(try house.phone.importing([other], with: [photo]).map(\.action) == [.revised([.protection])])
    #expect(try house.phone.importing([other], with: [photo]).map(\.action) == [.unchanged])
    let all = try house.phone.timeline().messages.filter { $0.origin != nil }
    #expect(all.map(\.protection) == [.unencrypted(.sms)])
    #expect(all.map(\.text) == ["mine, edited"] && all.map(\.attachments.count) == [1])
    #expect(all.map(\.conversation) == [house.chat] && all.map(\.sender) == [.other("+15550100")])
  }

  @Test(arguments: [true, false])
  func `what one device imported as SMS is unencrypted, though another imported it as an iMessage before`(
    isSameChat: Bool
  ) async throws {
    let house = try await Household()
    let (phone, mac) = (house.phone, house.mac)
    try phone.importing([ImportedSample.message(in: house.chat)])
    // The other device knows nothing of it yet, and its source says more.
    let chat = isSameChat ? house.chat : ConversationID()
    try mac.importing([ImportedSample.message("look", .carrier(.sms), in: chat)])
    try await phone.sync()
    let snapshot = try await phone.createSnapshot(named: "before")
    for device in [mac, phone] { try await device.sync() }
    for device in [mac, phone] {
      #expect(try device.timeline().messages.filter { $0.origin != nil }.count == 1)
      // A window of one conversation knows nothing of another one.
      try await expectUnencrypted(device, snapshot, isSameChat ? house.chat : nil)
      let window = try await device.newestMessages(in: house.chat)
      #expect(
        window.messages.first { $0.origin != nil }?.protection != .importedEndToEnd(service: "iMessage"))
    }
    // The other way round: a claim that comes later raises nothing.
    try mac.importing([ImportedSample.message("two", .carrier(.sms), in: house.chat, identifier: "G-2")])
    try phone.importing([ImportedSample.message("two", in: house.chat, identifier: "G-2")])
    for device in [mac, phone, mac] { try await device.sync() }
    for device in [mac, phone] {
      let second = try device.timeline().messages.filter { $0.text == "two" }
      #expect(second.map(\.protection) == [.unencrypted(.sms)])
    }
  }

  @Test func `a message without a source is lowered by no other of its identifier`() async throws {
    let house = try await Household()
    let evidence = EndToEndEvidence(service: "MLS", isSenderVerified: true)
    let message = Message(
      conversation: house.chat, sender: .me, carriage: .endToEnd(service: "MLS"), body: .text("mine")
    ).markedVerified(by: .conversation(evidence))
    try house.phone.enqueue([.message(message)])
    var copy = ImportedSample.message("mine", .carrier(.sms), in: house.chat)
    copy = Message(
      id: message.id, conversation: house.chat, sender: .me, carriage: .carrier(.sms), body: .text("mine"),
      origin: copy.origin)
    try house.phone.enqueue([.message(copy)])
    let shown = try house.phone.timeline().messages.filter { $0.text == "mine" }
    #expect(shown.map(\.protection.isUnencrypted) == [false])
  }

  @Test func `earlier versions are there with their device and their source, where the message stands`()
    async throws
  {
    let house = try await Household()
    try house.phone.importing([ImportedSample.message("first words", in: house.chat)])
    try house.phone.append(Household.text("after"), to: house.chat)
    try await house.phone.sync()
    try await house.mac.sync()
    let before = try house.mac.timeline().messages.map(\.id)
    try house.mac.importing([ImportedSample.message("last words", edited: 2000, in: house.chat)])
    try await house.mac.sync()
    let index = try house.mac.timelineIndex()
    let message = try #require(try house.mac.imported())
    #expect(message.text == "last words")
    #expect(try house.mac.timeline().messages.map(\.id) == before)
    let reference = try #require(index.reference(to: message.id))
    let versions = try house.mac.versions(of: reference, of: index)
    #expect(versions.map(\.message.text) == ["first words", "last words"])
    #expect(versions.map(\.device) == [house.phone.id, house.mac.id])
    #expect(versions.map(\.source?.source) == ["chat.db", "chat.db"])
    var found: [String] = []
    try house.mac.search("words") { message, _ in
      found.append(message.text)
      return true
    }
    #expect(found == ["last words"])
    try house.mac.search("first words") { _, _ in
      Issue.record("an earlier version was found")
      return true
    }
  }

  @Test func `64 revisions count, and a later one for the protection alone`() async throws {
    let house = try await Household()
    let versions = (0...Revision.maximumCount + 1).map {
      ImportedSample.message("v\($0)", edited: Int64($0 + 1), in: house.chat)
    }
    try house.phone.enqueue([.message(versions[0])] + versions.dropFirst().map(revision))
    #expect(try house.phone.imported()?.text == "v\(Revision.maximumCount)")
    #expect(
      try house.phone.importing([ImportedSample.message("more", edited: 9000, in: house.chat)]).map(\.action)
        == [.full])
    let lower = ImportedSample.message("lower", .carrier(.sms), edited: 9001, in: house.chat)
    #expect(try house.phone.importing([lower]).map(\.action) == [.revised([.text, .protection])])
    #expect(try house.phone.imported()?.text == "v\(Revision.maximumCount)")
    #expect(try house.phone.imported()?.protection == .unencrypted(.sms))
    #expect(try house.phone.importing([lower]).map(\.action) == [.full])
  }

  @Test func `a search shows an edited message no better protected than its edit, and than the message`()
    async throws
  {
    let house = try await Household()
    let message = Household.text("in the clear")
    let edit = Message(
      sender: message.sender, carriage: .endToEnd(service: "iMessage"),
      body: .edit(Message.Edit(target: message.id, newText: "edited in the clear")))
    // One more of the same identifier: the first stands.
    let later = Message(
      id: message.id, sender: message.sender, carriage: .endToEnd(service: "iMessage"),
      body: .text("the clear"))
    for message in [message, edit, later] { try house.phone.append(message, to: house.chat) }
    var found: [Message] = []
    try house.phone.search("clear") { message, _ in
      found.append(message)
      return true
    }
    #expect(found.map(\.text) == ["edited in the clear"])
    #expect(found.map(\.protection) == [.unencrypted(.sms)])
  }
}
