import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 6.10: snapshots")
struct SnapshotTests {
  @Test func `a snapshot is on every device, and shows the history as it was`() async throws {
    let house = try await Household()
    try house.phone.append(Household.text("second"), to: house.chat)
    let snapshot = try await house.phone.createSnapshot(named: "before the journey")
    #expect(snapshot.messageCount == 2)
    #expect(snapshot.conversationCount == 1)
    try house.mac.append(Household.text("later"), to: house.chat)
    try house.mac.delete(in: house.chat)
    try await house.mac.sync()
    let listed = try #require(try house.mac.snapshots().first)
    #expect(listed.snapshot == snapshot)
    #expect(listed.author == house.phone.id)
    #expect(listed.isVerified)
    let index = try house.mac.timelineIndex(at: snapshot)
    let then = try house.mac.messages(index.references, of: index)
    #expect(then.map(\.text) == ["first", "second"])
    #expect(then.allSatisfy { $0.recentlyDeletedAt == nil })
    #expect(try house.mac.timeline().messages.count == 3)
    let restored = try await house.restore()
    #expect(try restored.snapshots() == house.mac.snapshots())
    #expect(try restored.timelineIndex(at: snapshot).references.count == 2)
  }

  @Test func `a snapshot of another history is not verified, and shows nothing`() async throws {
    let house = try await Household()
    let size = try house.phone.progress().history.tree.size
    for (root, at) in [([UInt8](repeating: 7, count: 32), size), (HistoryTree().root.bytes, size + 1000)] {
      let wrong = Snapshot(
        identifier: .random(), name: "wrong", at: .now, treeSize: at, treeRoot: root, messageCount: 0,
        conversationCount: 0, attachmentCount: 0)
      try house.phone.enqueue([.snapshot(wrong)])
      try await house.phone.sync()
      #expect(try house.phone.snapshots().last?.isVerified == false)
      #expect(throws: DeviceError.historyRefused(.forked(evidence: nil))) {
        try house.phone.timelineIndex(at: wrong)
      }
    }
  }

  @Test func `a snapshot comes back as it was written, fields of a newer version included`() throws {
    var snapshot = Snapshot(
      identifier: .random(), name: "Zürich", at: .now, treeSize: 1 << 40, treeRoot: SecureRandom.bytes(32),
      messageCount: 3, conversationCount: 2, attachmentCount: 1)
    snapshot.unknownFields = [UnknownValue(code: 9, bytes: [1, 2])]
    let bytes = try ArchiveEntry.snapshot(snapshot).padded()
    #expect(try ArchiveEntry(decodingArchiveEntry: bytes) == .snapshot(snapshot))
  }
}

@Suite("SPEC.md section 6.11: clocks")
struct ClockOrderTests {
  private static let day: Int64 = 86_400_000_000_000

  /// Messages dated so many hours after a moment, in the history's order.
  private static func messages(_ hours: [Int64]) -> [Message] {
    hours.map { message(dated: Timestamp(nanosecondsSince1970: day * 20_000 + $0 * day / 24), "\($0)") }
  }

  private static func message(dated sentAt: Timestamp, _ text: String) -> Message {
    var message = Message.carrier(.sms, from: "+15550100", text: text)
    message.sentAt = sentAt
    return message
  }

  private static func order(of messages: [Message]) -> ClockOrder {
    ClockOrder(messages.map(\.sentAt)) { messages[$0].origin == nil }
  }

  private static func order(_ messages: [Message]) -> [Int] {
    let order = order(of: messages)
    return messages.indices.sorted { (order.keys[$0], $0) < (order.keys[$1], $1) }
  }

  @Test func `messages stand in the history's order, whatever their dates`() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      let hours = (0..<30).map { _ in Int64.random(in: -100_000...100_000, using: &generator) }
      #expect(Self.order(Self.messages(hours)) == Array(0..<30))
    }
  }

  @Test func `a date more than a day off its neighbours is doubtful, and no other`() {
    for (hours, doubtful) in [
      ([0, 1, 2, 3], []), ([0, 1, 9000, 2, 3], [2]), ([0, 1, -9000, 2, 3], [2]), ([0, 10, 5, 20], []),
      ([0, 1, 27, 2, 3], [2]), ([0, 1, 25, 2, 3], []), ([9000, 1, 2], [0]), ([0, 1, 2, -25], [3]), ([], []),
      ([5], []),
    ] as [([Int64], [Int])] {
      #expect(Self.order(of: Self.messages(hours)).doubtful.keys.sorted() == doubtful, "\(hours)")
    }
    let extremes = [Int64.min, 0, .max].map {
      Self.message(dated: Timestamp(nanosecondsSince1970: $0), "")
    }
    #expect(Self.order(of: extremes).doubtful.isEmpty)
    #expect(!Self.order(of: extremes.reversed()).doubtful.isEmpty)
  }

  @Test func `what was brought in from elsewhere stands by its dates`() {
    var messages = Self.messages([100, -500, 101, -400])
    for index in [1, 3] {
      messages[index].origin = Message.Origin(source: "test", identifier: "\(index)", service: "SMS")
    }
    #expect(Self.order(messages) == [1, 3, 0, 2])
    #expect(Self.order(of: messages).doubtful.isEmpty)
  }

  @Test func `a timeline marks what is dated by a wrong clock, and keeps it in its place`() async throws {
    let house = try await Household()
    let sent = Self.messages([0, 1, 9000, 2, 3])
    for message in sent { try house.phone.append(message, to: ConversationID()) }
    let timeline = try house.phone.timeline()
    let shown = timeline.messages.filter { $0.text != "first" }
    #expect(shown.map(\.text) == ["0", "1", "9000", "2", "3"])
    #expect(shown.map { timeline.isDateDoubtful($0) } == [false, false, true, false, false])
    #expect(timeline.impliedDate(of: shown[2]) == shown[1].sentAt)
  }
}
