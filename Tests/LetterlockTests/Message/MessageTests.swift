import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md: message")
struct MessageTests {
  @Test func `an identifier is 16 bytes, shown in hexadecimal, ordered by bytes`() throws {
    let id = try MessageID(bytes: Array(0..<16))
    #expect(id.bytes == Array(0..<16))
    #expect("\(id)" == "000102030405060708090a0b0c0d0e0f")
    #expect(throws: IdentifierError.wrongByteCount) { try MessageID(bytes: Array(0..<15)) }
    #expect(throws: IdentifierError.wrongByteCount) { try ConversationID(bytes: Array(0..<17)) }
    let later = try MessageID(bytes: Array(0..<15) + [16])
    #expect(id < later)
    #expect(
      try ConversationID(bytes: [1] + [UInt8](repeating: 0, count: 15))
        > ConversationID(bytes: [0] + [UInt8](repeating: 255, count: 15)))
    #expect(MessageID() != MessageID())
  }

  @Test func `an imported identifier depends on source, identifier and kind, unambiguously`() {
    let id = MessageID.imported(source: "chat.db", identifier: "guid")
    #expect(id == .imported(source: "chat.db", identifier: "guid"))
    #expect("\(id)" == "11cf36e5653feafb2c6f6ab8e6c23d57")
    #expect(
      "\(ConversationID.imported(source: "chat.db", identifier: "guid"))"
        == "ae7fc1b73364d69d570647f27a562b7f")
    #expect(id != .imported(source: "chat.dbg", identifier: "uid"))
    #expect(id.bytes != ConversationID.imported(source: "chat.db", identifier: "guid").bytes)
  }

  @Test func `styles outside the text or inside a character are left out, the rest sorted`() {
    let text = RichText(
      "aé😀",
      styles: [
        .init(utf8Range: 3..<7, style: .bold), .init(utf8Range: 0..<1, style: .italic),
        .init(utf8Range: 0..<2, style: .italic), .init(utf8Range: 3..<8, style: .bold),
        .init(utf8Range: 1..<1, style: .bold), .init(utf8Range: -1..<1, style: .bold),
        .init(utf8Range: 0..<1, style: .underline),
      ])
    #expect(
      text.styles == [
        .init(utf8Range: 0..<1, style: .italic), .init(utf8Range: 0..<1, style: .underline),
        .init(utf8Range: 3..<7, style: .bold),
      ])
  }

  @Test func `ranges in UTF-16 units become ranges in bytes`() {
    let text = RichText(
      "é😀b",
      utf16Styles: [(0..<1, .bold), (1..<3, .italic), (3..<4, .underline), (1..<2, .bold), (3..<9, .bold)])
    #expect(
      text.styles == [
        .init(utf8Range: 0..<2, style: .bold), .init(utf8Range: 2..<6, style: .italic),
        .init(utf8Range: 6..<7, style: .underline),
      ])
  }

  @Test func `a file that is said to be longer than any file is refused`() throws {
    func entry(_ byteCount: UInt64) throws -> ArchiveEntry {
      let file = try Letterlock.Attachment(
        blob: BlobID(), key: SecretKey(copying: [UInt8](repeating: 1, count: 32)), mediaType: "image/png",
        byteCount: byteCount, digest: [UInt8](repeating: 7, count: 32))
      return .message(Message(sender: .me, carriage: .local, body: .text(""), attachments: [file]))
    }
    let longest = try entry(1 << 52)
    #expect(try ArchiveEntry(decodingArchiveEntry: longest.padded()) == longest)
    for byteCount: UInt64 in [(1 << 52) + 1, .max] {
      let padded = try entry(byteCount).padded()
      #expect(throws: TLSError.invalidValue) { try ArchiveEntry(decodingArchiveEntry: padded) }
    }
  }

  @Test func `an attachment shows no key and compares it`() throws {
    let hash = [UInt8](repeating: 7, count: 32)
    func attachment(_ key: UInt8) throws -> Letterlock.Attachment {
      try Letterlock.Attachment(
        blob: BlobID(bytes: Array(0..<16)), key: SecretKey(copying: [UInt8](repeating: key, count: 32)),
        mediaType: "image/png", byteCount: 3, digest: hash)
    }
    #expect(try attachment(0xab) == attachment(0xab))
    #expect(try attachment(0xab) != attachment(0xac))
    // Identifiers that are drawn could have the same digits.
    let message = Message(
      id: try MessageID(bytes: Array(0..<16)), sender: .me, sentAt: Timestamp(nanosecondsSince1970: 0),
      carriage: .local, body: .text(""), attachments: [try attachment(0xab)])
    for text in [
      String(describing: try attachment(0xab)), String(reflecting: try attachment(0xab)), "\(message)",
    ] {
      #expect(!text.contains("171") && !text.lowercased().contains("abab"))
    }
    #expect(throws: IdentifierError.wrongByteCount) {
      try Letterlock.Attachment(
        blob: BlobID(), key: SecretKey(copying: [1]), mediaType: "", byteCount: 0, digest: hash)
    }
  }

  @Test func `the short forms say what they are`() {
    let received = Message.carrier(.sms, from: "+15550100", text: "Dinner at 7?")
    #expect(received.text == "Dinner at 7?" && received.sender == .other("+15550100"))
    #expect("\(received.protection)" == "unencrypted(sms)")
    let sent = Message.carrier(.mms, to: "a", "b", text: "hi")
    #expect(sent.sender == .me && sent.recipients == ["a", "b"] && sent.carriage == .carrier(.mms))
    #expect(Message.note("x").protection == .local)
    #expect(Message(sender: .me, carriage: .local, body: .retraction(target: nil)).text == "")
  }
}

@Suite("RFC 3339: timestamps")
struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000000000Z"), (1, "1970-01-01T00:00:00.000000001Z"),
    (-1, "1969-12-31T23:59:59.999999999Z"), (1_709_164_800_123_456_789, "2024-02-29T00:00:00.123456789Z"),
    (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
    (Int64.max, "2262-04-11T23:47:16.854775807Z"), (Int64.min, "1677-09-21T00:12:43.145224192Z"),
  ])
  func `a moment and its text are one`(nanoseconds: Int64, text: String) {
    #expect(Timestamp(nanosecondsSince1970: nanoseconds).rfc3339 == text)
    #expect(Timestamp(rfc3339: text)?.nanosecondsSince1970 == nanoseconds)
  }

  @Test func `random moments survive their text`() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<2_000 {
      let time = Timestamp(nanosecondsSince1970: Int64(bitPattern: generator.next()))
      #expect(Timestamp(rfc3339: time.rfc3339) == time)
    }
  }

  @Test func `offsets and short fractions are understood`() {
    let time = Timestamp(rfc3339: "2026-03-01T09:08:07.5Z")
    #expect(time?.rfc3339 == "2026-03-01T09:08:07.500000000Z")
    #expect(Timestamp(rfc3339: "2026-03-01t10:38:07.500+01:30") == time)
    #expect(Timestamp(rfc3339: "2026-02-28T23:08:07.50-10:00") == time)
    #expect(Timestamp(rfc3339: "2026-03-01T09:08:07Z")?.rfc3339 == "2026-03-01T09:08:07.000000000Z")
  }

  @Test(arguments: [
    "", "2026-03-01", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z",
    "2026-01-01T00:00:00Z ", "2026-01-01T00:00:00+24:00", "2262-04-11T23:47:16.854775808Z",
    "1677-09-21T00:12:43.145224191Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "٢٠٢٦-01-01T00:00:00Z",
  ])
  func `what is no time is refused`(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test func `now is after this was written and before Int64 ends`() {
    #expect(Timestamp.now > Timestamp(nanosecondsSince1970: 1_700_000_000_000_000_000))
  }
}
