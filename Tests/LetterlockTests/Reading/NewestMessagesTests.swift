import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("The newest page of a conversation first, SPEC.md section 6.9")
struct NewestMessagesTests {
  private let house: Household

  /// Three conversations in four epochs; `house.chat` sleeps in the second and third.
  init() async throws {
    house = try await Household()
    let others = [ConversationID(), ConversationID()]
    for epoch in 0..<4 {
      if epoch > 0 { try await house.phone.beginEpoch() }
      for index in 0..<6 {
        let device = index % 2 == 0 ? house.phone : house.mac
        let chat = index < 3 && (epoch == 0 || epoch == 3) ? house.chat : others[index % 2]
        try device.append(Household.text("\(epoch).\(index)"), to: chat)
        try await device.sync()
      }
    }
    try await house.phone.sync()
    try await house.mac.sync()
  }

  /// A device that has the account's keys and nothing of its history.
  private func fresh() throws -> Device {
    let vault = MemoryKeyVault()
    if let contents = try house.phoneVault.load() { try vault.save(contents, replacing: nil) }
    return try Device(vault: vault, store: MemoryDeviceStore(), relay: house.relay)
  }

  @Test func `holds the messages that the whole history ends with, and older ones on demand`() async throws {
    let whole = try house.phone.timeline().messages(in: house.chat).map(\.text)
    #expect(whole == ["first", "0.0", "0.1", "0.2", "3.0", "3.1", "3.2"])
    let device = try fresh()
    var window = try await device.newestMessages(in: house.chat, count: 2)
    #expect(window.messages.map(\.text) == ["3.1", "3.2"])
    #expect(window.hasOlder)
    #expect(window.historySize == (try house.phone.progress().history.tree.size))
    #expect(try device.timeline().recordCount == 0)
    try await device.extend(&window, by: 2)
    #expect(window.messages.suffix(3).map(\.text) == ["3.0", "3.1", "3.2"])
    #expect(window.messages.count >= 4)
    try await device.extend(&window, by: 100)
    #expect(window.messages.map(\.text) == whole)
    #expect(!window.hasOlder)
    #expect(window.messages == (try house.phone.timeline().messages(in: house.chat)))
    #expect(try await device.newestMessages(in: ConversationID()).messages.isEmpty)
  }

  @Test func `shows edits, retractions and deletions that stand in it`() async throws {
    let messages = try house.phone.timeline().messages(in: house.chat)
    let (edited, retracted, deleted) = (messages[4], messages[5], messages[6])
    var edit = Household.text("")
    edit.body = .edit(.init(target: edited.id, newText: RichText("better")))
    var retraction = Household.text("")
    retraction.body = .retraction(target: retracted.id)
    try house.phone.append(edit, to: house.chat)
    try house.phone.append(retraction, to: house.chat)
    try house.phone.delete([deleted.id], in: house.chat)
    try await house.phone.sync()
    let window = try await fresh().newestMessages(in: house.chat, count: 3)
    #expect(
      window.messages == (try house.phone.timeline().messages(in: house.chat)).suffix(window.messages.count))
    #expect(window.messages.contains { $0.text == "better" })
    #expect(window.messages.last?.recentlyDeletedAt != nil)
  }

  @Test func `is what a full synchronisation arrives at, wherever that is interrupted`() async throws {
    let device = try fresh()
    let window = try await device.newestMessages(in: house.chat, count: 2)
    for pages in 1...6 {
      let before = try device.progress().history.tree.size
      await house.relay.interrupt(after: pages)
      await #expect(throws: DeviceError.relay(.unavailable("interrupted"))) { try await device.sync() }
      #expect(try device.progress().history.tree.size >= before + UInt64(pages))
    }
    await house.relay.behave()
    #expect(try await device.sync().verdict.isComplete)
    // The device may have had something to say of itself.
    try await house.phone.sync()
    #expect(try device.progress().history.tree == house.phone.progress().history.tree)
    #expect(try device.progress().promised == nil)
    let messages = try device.timeline().messages(in: house.chat)
    #expect(messages == (try house.phone.timeline().messages(in: house.chat)))
    #expect(messages.suffix(window.messages.count) == window.messages[...])
  }

  @Test func `conversations are found without the history, the newest first`() async throws {
    let found = try await fresh().newestConversations()
    #expect(found.map(\.id) == (try house.phone.timeline().conversations))
    #expect(found.map(\.newest?.text) == ["3.5", "3.4", "3.2"])
    #expect(found.allSatisfy { $0.recordCount > 0 })
    #expect(try await fresh().newestConversations(count: 1).first?.newest?.text == "3.5")
  }

  @Test func `a history that is shorter than the one a page was proven in is rolled back`() async throws {
    let device = try fresh()
    let before = await house.relay.honest.fork()
    try house.phone.append(Household.text("newer"), to: house.chat)
    try await house.phone.sync()
    let size = try house.phone.progress().history.tree.size
    #expect(try await device.newestMessages(in: house.chat, count: 1).messages.last?.text == "newer")
    await house.relay.turn(to: before)
    #expect(try await device.sync().verdict == .rolledBack(from: size, to: size - 1))
    await #expect(throws: DeviceError.historyRefused(.rolledBack(from: size, to: size - 1))) {
      try await device.newestMessages(in: house.chat)
    }
  }

  @Test func `a history other than the one a page was proven in is a fork, with evidence`() async throws {
    let device = try fresh()
    let other = await house.relay.honest.fork()
    try house.phone.append(Household.text("shown first"), to: house.chat)
    try await house.phone.sync()
    _ = try await device.newestMessages(in: house.chat, count: 1)
    await house.relay.turn(to: other)
    for text in ["shown later", "and more"] {
      try house.mac.append(Household.text(text), to: house.chat)
      try await house.mac.sync()
    }
    await #expect(throws: DeviceError.historyRefused(.forked(evidence: nil))) {
      try await device.newestMessages(in: house.chat)
    }
    guard case .forked(let evidence) = try await device.sync().verdict else {
      Issue.record("not a fork")
      return
    }
    try #require(evidence).check()
  }
}
