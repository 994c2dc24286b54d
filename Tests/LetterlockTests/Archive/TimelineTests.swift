import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// Records in any order, of few messages, few people and few moments, so that everything meets everything.
private struct RandomHistory {
  var random: RandomMessages
  let chats = [ConversationID(), ConversationID()]
  let ids = (0..<40).map { _ in MessageID() }
  let senders: [Sender] = [.me, .other(Address("+15550100"))]

  mutating func time() -> Timestamp {
    Timestamp(nanosecondsSince1970: Int64(random.number(below: 20)))
  }

  mutating func id() -> MessageID { ids[random.number(below: ids.count)] }

  mutating func body() throws -> Message.Body {
    switch random.number(below: 8) {
    case 0, 1: .edit(Message.Edit(target: id(), newText: random.richText()))
    case 2: .retraction(target: id())
    case 3: .reaction(Reaction(target: id(), kind: .love))
    case 4: .retraction(target: nil)
    default: .text(random.richText())
    }
  }

  mutating func entry() throws -> ArchiveEntry {
    let chat = chats[random.number(below: 2)]
    let action = random.number(below: 12)
    if action < 2 {
      let named = (0..<random.number(below: 3)).map { _ in id() }
      let done: Deletion.Action = random.number(below: 4) == 0 ? .erased : action == 0 ? .deleted : .recovered
      return .deletion(Deletion(done, at: time(), conversation: chat, messages: named))
    }
    if action == 2 { return .unknown(UnknownValue(code: 99, bytes: [1])) }
    let named = id()
    let message = Message(
      id: named, conversation: random.number(below: 20) == 0 ? nil : chat,
      sender: senders[random.number(below: 2)], sentAt: time(), carriage: random.carriage(),
      body: try body(), editedAt: action < 6 ? time() : nil,
      recentlyDeletedAt: random.maybe { Timestamp(nanosecondsSince1970: Int64($0.number(below: 9))) },
      origin: action < 7 ? Message.Origin(source: "s", identifier: "\(named)", service: "\(action)") : nil)
    if action < 5, let revision = Revision(message) { return .revision(revision) }
    return .message(message)
  }
}

@Suite("A history as people see it")
struct TimelineTests {
  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func `is the same as when all of it is held in memory`(seed: UInt64) async throws {
    let device = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: try InMemoryRelay()
    ).device
    var history = RandomHistory(random: RandomMessages(seed: seed))
    for _ in 0..<4 {
      try device.enqueue(try (0..<150).map { _ in try history.entry() })
      // The last of them wait in the outbox.
      if history.random.number(below: 3) > 0 { try await device.sync() }
    }
    var plain = PlainTimeline()
    try device.forEachEntry { plain.add($0) }
    plain.settle()
    let timeline = try device.timeline()
    #expect(timeline.messages == plain.messages)
    #expect(timeline.messages.count > 20)
    #expect(timeline.messages.contains { $0.editedAt != nil })
    #expect(timeline.conversations == plain.conversations)
    #expect(timeline.recordCount == plain.recordCount)
  }

  // That it takes no longer than messages and deletions is what the benchmark holds.
  @Test func `a conversation that is deleted again and again ends as its last deletion says`() {
    let (chat, count) = (ConversationID(), 40_000)
    let author = DeviceID(unchecked: [UInt8](repeating: 1, count: DeviceID.byteCount))
    var index = TimelineIndex(reserving: count)
    func add(_ entry: ArchiveEntry, _ leaf: Int) {
      index.add(HistoryEntry(position: .leaf(UInt64(leaf)), author: author, entry: .success(entry)))
    }
    for number in 0..<count {
      let message = Message(conversation: chat, sender: .me, carriage: .local, body: .text(""))
      add(.message(message), 2 * number)
      let action = number.isMultiple(of: 2) ? Deletion.Action.recovered : .deleted
      add(.deletion(Deletion(action, at: .now, conversation: chat, messages: [])), 2 * number + 1)
    }
    index.settle()
    #expect(index.references.count == count)
    #expect(index.references.allSatisfy { index.deletedAt($0) != nil })
  }

  @Test func `is read a page at a time, and message by message`() async throws {
    let house = try await Household()
    for number in 0..<5 { try house.phone.append(Household.text("\(number)"), to: house.chat) }
    let index = try house.phone.timelineIndex()
    #expect(try house.phone.messages(index.references.suffix(2), of: index).map(\.text) == ["3", "4"])
    let second = try #require(index.references.dropFirst(2).first)
    #expect(index.reference(to: index.id(of: second)) == second)
    #expect(index.references(in: house.chat) == index.references)
    #expect(index.references(in: ConversationID()) == [])
    var texts: [String] = []
    try house.phone.forEachMessage(of: index) { texts += $0.map(\.text) }
    #expect(texts == ["first", "0", "1", "2", "3", "4"])
  }

  @Test func `says so when what it refers to has moved`() async throws {
    let house = try await Household()
    try house.phone.append(Household.text("waits"), to: house.chat)
    let index = try house.phone.timelineIndex()
    try await house.phone.sync()
    #expect(throws: DeviceError.historyChanged) {
      try house.phone.messages(index.references, of: index)
    }
    let again = try house.phone.timelineIndex()
    #expect(try house.phone.messages(again.references, of: again).map(\.text) == ["first", "waits"])
  }

  @Test func `finds every message by its identifier while it grows`() {
    var index = TimelineIndex()
    let ids = (0..<3000).map { _ in MessageID() }
    for (number, id) in (ids + ids).enumerated() {
      let message = Message(
        id: id, sender: .me, sentAt: Timestamp(nanosecondsSince1970: Int64(number)), carriage: .local,
        body: .text("x"))
      index.add(
        HistoryEntry(
          position: .leaf(UInt64(number)), author: DeviceID(unchecked: []), entry: .success(.message(message))
        ))
    }
    index.settle()
    #expect(index.references.map { index.id(of: $0) } == ids)
    #expect(ids.allSatisfy { id in index.reference(to: id).map { index.id(of: $0) == id } ?? false })
    #expect(index.reference(to: MessageID()) == nil)
  }
}

@Suite("Sealing and opening many at once")
struct BulkTests {
  @Test func `gives what one after another gives, in order`() throws {
    let archive = try Device.createAccount(named: "A", vault: .inMemory).device.archive
    let chats = [archive.conversation(ConversationID()), archive.conversation(ConversationID())]
    let messages = (0..<1500).map { Message.note("\($0)") }
    let records = try chats.map { try $0.seal(contentsOf: messages) }
    let mixed = zip(records[0], records[1]).flatMap { [$0, $1] }
    let opened = archive.open(contentsOf: mixed)
    #expect(try opened.map { try $0.get().text } == messages.flatMap { [$0.text, $0.text] })
    #expect(try opened.map { try $0.get().conversation } == messages.flatMap { _ in chats.map(\.id) })
    #expect(try records[0].map { try archive.open($0).id } == messages.map(\.id))
  }

  @Test func `names each record that does not open, and opens the others`() throws {
    let archive = try Device.createAccount(named: "A", vault: .inMemory).device.archive
    let chat = archive.conversation(ConversationID())
    var records = try chat.seal(contentsOf: (0..<1100).map { .note("\($0)") })
    var bytes = records[700].bytes
    bytes[bytes.count - 1] ^= 1
    records[700] = try SealedRecord(decoding: bytes)
    let opened = archive.open(contentsOf: records)
    let failed = opened.indices.filter { if case .failure = opened[$0] { true } else { false } }
    #expect(failed == [700])
    #expect(opened[700] == .failure(.authenticationFailed))
  }

  @Test func `seals nothing if one message is too long`() throws {
    let archive = try Device.createAccount(named: "A", vault: .inMemory).device.archive
    var messages = (0..<600).map { Message.note("\($0)") }
    messages[550] = .note(String(repeating: "x", count: 1 << 24))
    #expect(throws: ArchiveError.messageTooLong) {
      try archive.conversation(ConversationID()).seal(contentsOf: messages)
    }
  }
}
