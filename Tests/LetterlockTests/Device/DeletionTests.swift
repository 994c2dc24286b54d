import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Deleting, recovering and erasing")
struct DeletionTests {
  private func recentlyDeleted(_ device: Device) throws -> [String] {
    try device.timeline().messages.filter { $0.recentlyDeletedAt != nil }.map(\.text)
  }

  private func household(_ texts: [String]) async throws -> (Household, [Message]) {
    let house = try await Household()
    let messages = texts.map(Household.text)
    for message in messages { try house.phone.append(message, to: house.chat) }
    try await house.phone.sync()
    try await house.mac.sync()
    return (house, messages)
  }

  @Test func `a deleted message is in recently deleted everywhere, and comes back`() async throws {
    let (house, messages) = try await household(["a", "b"])
    try house.phone.delete([messages[0].id], in: house.chat)
    #expect(try recentlyDeleted(house.phone) == ["a"])
    try await house.phone.sync()
    try await house.mac.sync()
    #expect(try recentlyDeleted(house.mac) == ["a"])
    var found: [String] = []
    try house.mac.search("a") { message, _ in found.append(message.text) == () }
    #expect(found == [])
    try house.mac.recover([messages[0].id], in: house.chat)
    try await house.mac.sync()
    try await house.phone.sync()
    #expect(try recentlyDeleted(house.phone) == [])
  }

  @Test func `a conversation is deleted as far as it goes, and no other`() async throws {
    let (house, _) = try await household(["a", "b"])
    let other = ConversationID()
    try house.phone.append(Household.text("other"), to: other)
    try house.phone.delete(in: house.chat)
    try house.phone.append(Household.text("later"), to: house.chat)
    try await house.phone.sync()
    try await house.mac.sync()
    #expect(try recentlyDeleted(house.mac) == ["first", "a", "b"])
  }

  @Test func `what was erased is gone everywhere, and nobody takes it for a loss`() async throws {
    let (house, messages) = try await household(["secret", "stays"])
    let edit = Message(
      sender: messages[0].sender, carriage: .carrier(.sms),
      body: .edit(Message.Edit(target: messages[0].id, newText: RichText("still secret"))))
    try house.phone.append(edit, to: house.chat)
    try house.phone.delete([messages[0].id], in: house.chat)
    let cutoff = Timestamp.now
    #expect(try await house.phone.eraseDeleted(before: Timestamp(nanosecondsSince1970: 0)) == 0)
    #expect(try await house.phone.eraseDeleted(before: cutoff) == 1)
    #expect(try await house.phone.eraseDeleted(before: cutoff) == 0)
    #expect(try Household.texts(of: house.phone) == ["first", "stays"])
    #expect(try await house.mac.sync().verdict.isComplete)
    #expect(try Household.texts(of: house.mac) == ["first", "stays"])
    let page = try await house.relay.history(
      of: house.phone.account, from: 0, maximumByteCount: .max, as: house.phone.caller)
    #expect(page.batches.flatMap(\.records).filter { $0 == nil }.count == 2)
    for device in [house.phone, house.mac] {
      let findings = try await ArchiveVerification.run(device).findings
      #expect(findings == [])
    }
    let restored = try await house.restore()
    let report = try restored.restoreReport()
    #expect(report.isComplete)
    #expect(report.erased == 2)
    #expect(try Household.texts(of: restored) == ["first", "stays"])
  }

  @Test func `nothing erases everything without a second word`() async throws {
    let (house, _) = try await household(["a"])
    try house.phone.delete(in: house.chat)
    await #expect(throws: DeviceError.wouldEraseEverything(messages: 2)) {
      try await house.phone.eraseDeleted(before: .now)
    }
    #expect(try Household.texts(of: house.phone) == ["first", "a"])
    #expect(try await house.phone.eraseDeleted(before: .now, confirmingEverything: true) == 2)
    #expect(try Household.texts(of: house.phone) == [])
  }

  @Test
  func `a record that the relay lacks without an erasure is missing, by its leaf index, until it is there`()
    async throws
  {
    let house = try await Household()
    for text in ["lost", "second"] {
      try house.mac.append(Household.text(text), to: house.chat)
      try await house.mac.sync()
    }
    let leaf = try house.phone.progress().history.tree.size
    await house.relay.alter { page in
      HistoryPage(batches: page.batches.map { $0.putting(nil, at: leaf) }, checkpoint: page.checkpoint)
    }
    for _ in 0..<2 {
      #expect(try await house.phone.sync().verdict == .missing(leaves: [leaf]))
      #expect(try Household.texts(of: house.phone) == ["first", "second"])
    }
    let findings = try await ArchiveVerification.run(house.phone).findings
    #expect(findings.contains { $0.thing == "record \(leaf)" && $0.place == .device })
    // Another record in its place is not taken.
    await house.relay.alter { page in
      HistoryPage(
        batches: page.batches.map { $0.putting([UInt8](repeating: 1, count: 400), at: leaf) },
        checkpoint: page.checkpoint)
    }
    #expect(try await house.phone.sync().verdict == .missing(leaves: [leaf]))
    await house.relay.behave()
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(try Household.texts(of: house.phone) == ["first", "lost", "second"])
  }

  private func erasedCount(at house: Household) async throws -> Int {
    let page = try await house.relay.history(
      of: house.phone.account, from: 0, maximumByteCount: .max, as: house.phone.caller)
    return page.batches.flatMap(\.records).filter { $0 == nil }.count
  }

  @Test(arguments: [false, true])
  func `an entry that waits to be sent erases what it names, though the process ended`(afterOthers: Bool)
    async throws
  {
    let (house, messages) = try await household(["secret", "stays"])
    try house.phone.delete([messages[0].id], in: house.chat)
    try await house.phone.sync()
    // More than one signed batch may come before it.
    if afterOthers {
      for number in 0..<1001 { try house.phone.append(Household.text("\(number)"), to: house.chat) }
    }
    // The process ended before it sent the entry.
    try house.phone.parts.writing.outbox.enqueue([
      .deletion(Deletion(.erased, at: .now, conversation: house.chat, messages: [messages[0].id]))
    ])
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(try await again.sync().verdict.isComplete)
    #expect(try await erasedCount(at: house) == 1)
    #expect(try !Household.texts(of: again).contains("secret"))
    #expect(try await house.mac.sync().verdict.isComplete)
    #expect(try !Household.texts(of: house.mac).contains("secret"))
    let findings = try await ArchiveVerification.run(again).findings
    #expect(findings == [])
  }

  /// The phone erases all of `messages`; the Mac takes the first one back before that comes to the relay.
  private func expectTakenBack(
    _ messages: [Message], in house: Household, erasing count: Int,
    at place: SourceLocation = #_sourceLocation
  ) async throws {
    let (mac, chat, id) = (house.mac, house.chat, messages[0].id)
    try house.phone.delete(messages.map(\.id), in: chat)
    try await house.phone.sync()
    try await mac.sync()
    await house.relay.beforeErasing {
      try mac.recover([id], in: chat)
      try await mac.sync()
    }
    #expect(try await house.phone.eraseDeleted(before: .now) == count, sourceLocation: place)
    for device in [house.phone, mac] {
      #expect(try await device.sync().verdict.isComplete, sourceLocation: place)
      #expect(try Household.texts(of: device) == ["first", "taken back"], sourceLocation: place)
      #expect(try recentlyDeleted(device) == [], sourceLocation: place)
    }
    #expect(try await erasedCount(at: house) == count, sourceLocation: place)
  }

  @Test func `a message that another device takes back is not erased, however late that comes`() async throws
  {
    let (house, messages) = try await household(["taken back", "goes"])
    try await expectTakenBack(messages, in: house, erasing: 1)
  }

  @Test func `where every message was taken back, nothing is erased`() async throws {
    let (house, messages) = try await household(["taken back"])
    try await expectTakenBack(messages, in: house, erasing: 0)
  }

  @Test func `erasures of what is not there are refused`() async throws {
    let house = try await Household()
    let (keys, log, _) = house.phone.secrets
    let progress = try house.phone.progress()
    let record = try house.phone.archive.conversation(house.chat).seal(Household.text("x")).bytes
    for erasures in [[progress.history.tree.size], [1, 1], [1, 0], [.max]] {
      let signedBatch = try SignedBatch(
        of: [record], erasing: erasures, by: keys, account: log.account, logHead: log.head,
        counter: progress.counter + 1, previous: progress.history.author(keys.deviceID)?.batchHash ?? .zero,
        knownCheckpoint: progress.checkpoint)
      await #expect(throws: RelayError.batchRefused(.badErasure(keys.deviceID))) {
        try await house.relay.append(signedBatch, records: [record], erasing: erasures, to: log.account)
      }
    }
    let signed = try SignedBatch(
      of: [record], erasing: [0], by: keys, account: log.account, logHead: log.head,
      counter: progress.counter + 1, previous: progress.history.author(keys.deviceID)?.batchHash ?? .zero,
      knownCheckpoint: progress.checkpoint)
    for others in [[], [1], [0, 1]] as [[UInt64]] {
      await #expect(throws: RelayError.batchRefused(.badErasure(keys.deviceID))) {
        try await house.relay.append(signed, records: [record], erasing: others, to: log.account)
      }
    }
  }

  @Test func `an erasure comes back as it was written`() throws {
    let deletion = Deletion(
      .erased, at: .now, conversation: ConversationID(), messages: [MessageID(), MessageID()])
    let bytes = try ArchiveEntry.deletion(deletion).padded()
    #expect(try ArchiveEntry(decodingArchiveEntry: bytes) == .deletion(deletion))
  }
}
