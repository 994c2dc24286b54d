import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md: archive entry")
struct ArchiveEntryCodingTests {
  @Test(arguments: 0...12)
  func `every kind of entry comes back as it was`(kind: Int) throws {
    var random = RandomMessages(seed: UInt64(kind))
    for _ in 0..<200 {
      let entry = try random.entry(kind)
      let bytes = try entry.padded()
      #expect(bytes.count == Padding.paddedByteCount(entry.encodedByteCount))
      #expect(try ArchiveEntry(decodingArchiveEntry: bytes) == entry)
    }
  }

  @Test(arguments: 0...7)
  func `the bytes are those of the declared form`(kind: Int) throws {
    var random = RandomMessages(seed: UInt64(100 + kind))
    for _ in 0..<100 {
      let message = try random.message(kind)
      let bytes = try ArchiveEntry.message(message).padded()
      #expect(bytes == Padding.padded(DeclaredForm.entry(message)))
    }
  }

  @Test(arguments: 0...12)
  func `every truncation is refused`(kind: Int) throws {
    var random = RandomMessages(seed: UInt64(200 + kind))
    let bytes = try random.entry(kind).padded()
    for count in 0..<bytes.count {
      #expect(throws: TLSError.self) { try ArchiveEntry(decodingArchiveEntry: Array(bytes[..<count])) }
    }
    // Nor does padding to the right size save a shortened entry.
    #expect(throws: TLSError.self) {
      try ArchiveEntry(decodingArchiveEntry: Array(bytes.dropFirst()) + [0])
    }
  }

  @Test(arguments: 0...12)
  func `a flipped bit is refused or decodes to a value with exactly these bytes`(kind: Int) throws {
    var random = RandomMessages(seed: UInt64(300 + kind))
    for _ in 0..<2 {
      let bytes = try random.entry(kind).padded()
      for bit in 0..<bytes.count * 8 {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << (bit % 8)
        guard let entry = try? ArchiveEntry(decodingArchiveEntry: flipped) else { continue }
        #expect(try entry.padded() == flipped)
      }
    }
  }

  @Test func `random bytes are refused or decode to a value with exactly these bytes`() throws {
    var generator = SeededGenerator(seed: 400)
    var decoded = 0
    for _ in 0..<20_000 {
      let body = generator.bytes(Int(generator.next() % 40))
      var writer = TLSWriter()
      writer.write(UInt16(generator.next() % 4))
      writer.write(opaque: body)
      let bytes = Padding.padded(writer.bytes)
      guard let entry = try? ArchiveEntry(decodingArchiveEntry: bytes) else { continue }
      decoded += 1
      #expect(try entry.padded() == bytes)
    }
    #expect(decoded > 1_000)
  }

  @Test func `padding must be zeros and of the right length`() throws {
    let entry = ArchiveEntry.device(DeviceProfile(name: "Mac"))
    let bytes = try entry.padded()
    for index in entry.encodedByteCount..<bytes.count {
      var dirty = bytes
      dirty[index] = 1
      #expect(throws: TLSError.invalidValue) { try ArchiveEntry(decodingArchiveEntry: dirty) }
    }
    #expect(throws: TLSError.trailingBytes) { try ArchiveEntry(decodingArchiveEntry: bytes + [0]) }
    #expect(throws: TLSError.trailingBytes) {
      try ArchiveEntry(decodingArchiveEntry: bytes + [UInt8](repeating: 0, count: 16))
    }
  }

  @Test func `encoding touches its own bytes only`() throws {
    let entry = ArchiveEntry.message(.note("x"))
    let measure = try entry.measured()
    var bytes = [UInt8](repeating: 0xaa, count: 40 + measure.paddedByteCount + 16)
    bytes.withMutableRawSpan { entry.encode(measure, into: &$0, at: 40) }
    #expect(bytes[..<40].allSatisfy { $0 == 0xaa })
    #expect(try Array(bytes[40..<40 + measure.paddedByteCount]) == entry.padded())
    #expect(bytes[(40 + measure.paddedByteCount)...].allSatisfy { $0 == 0xaa })
  }

  @Test func `an entry past the limit is refused before it is written`() throws {
    let limit = ArchiveEntry.maximumByteCount
    func entry(_ count: Int) -> ArchiveEntry {
      .unknown(UnknownValue(code: 9, bytes: [UInt8](repeating: 1, count: count)))
    }
    #expect(entry(limit - 6).encodedByteCount == limit)
    #expect(try ArchiveEntry(decodingArchiveEntry: entry(limit - 6).padded()) == entry(limit - 6))
    #expect(throws: TLSError.lengthTooLong) { try entry(limit - 5).padded() }
  }

  @Test func `an entry of one byte past the limit is refused when it is read`() throws {
    let limit = ArchiveEntry.maximumByteCount
    var writer = TLSWriter()
    writer.write(UInt16(9))
    writer.write(opaque: [UInt8](repeating: 1, count: limit - 5))
    #expect(writer.bytes.count == limit + 1)
    let padded = Padding.padded(writer.bytes)
    #expect(throws: TLSError.lengthTooLong) { try ArchiveEntry(decodingArchiveEntry: padded) }
  }
}

/// The format as `TLSWriter` gives it, written from SPEC.md's tables.
private enum DeclaredForm {
  static func entry(_ message: Message) -> [UInt8] {
    var writer = TLSWriter()
    writer.write(UInt16(1))
    writer.write(opaque: fields(message))
    return writer.bytes
  }

  private static func fields(_ message: Message) -> [UInt8] {
    var fields: [(UInt16, [UInt8]?)] = message.unknownFields.map { ($0.code, $0.bytes) }
    fields += [
      (1, message.id.bytes), (2, message.conversation?.bytes), (4, integer(message.sentAt)),
      (5, message.receivedAt.map(integer)), (8, body(message.body)), (10, message.replyTo?.bytes),
      (11, message.effect.map { Array($0.name.utf8) }), (12, message.subject.map { Array($0.utf8) }),
      (13, message.editedAt.map(integer)), (14, message.recentlyDeletedAt.map(integer)),
    ]
    if case .other(let address) = message.sender { fields.append((3, Array(address.rawValue.utf8))) }
    if case .endToEnd(let service) = message.carriage { fields.append((7, Array(service.utf8))) }
    fields.append((6, [carriage(message.carriage)]))
    if !message.attachments.isEmpty {
      fields.append((9, message.attachments.flatMap { vector(attachment($0)) }))
    }
    if !message.recipients.isEmpty { fields.append((15, message.recipients.flatMap { vector($0.rawValue) })) }
    if !message.absentFiles.isEmpty {
      fields.append((18, message.absentFiles.flatMap { vector(absentFile($0)) }))
    }
    if message.unsentPartCount > 0 { fields.append((19, message.unsentPartCount.encoded)) }
    if let origin = message.origin {
      fields.append((16, vector(origin.source) + vector(origin.identifier) + vector(origin.service)))
    }
    return encoded(fields)
  }

  private static func encoded(_ fields: [(UInt16, [UInt8]?)]) -> [UInt8] {
    var writer = TLSWriter()
    for (number, value) in fields.sorted(by: { $0.0 < $1.0 }) {
      guard let value else { continue }
      writer.write(number)
      writer.write(opaque: value)
    }
    return writer.bytes
  }

  private static func integer(_ time: Timestamp) -> [UInt8] {
    UInt64(bitPattern: time.nanosecondsSince1970).encoded
  }

  private static func vector(_ bytes: [UInt8]) -> [UInt8] { Opaque(bytes).encoded }

  private static func vector(_ text: String) -> [UInt8] { vector(Array(text.utf8)) }

  private static func carriage(_ carriage: Carriage) -> UInt8 {
    switch carriage {
    case .local: 0
    case .endToEnd: 1
    case .carrier(.sms): 17
    case .carrier(.mms): 18
    case .carrier(.rcs): 19
    case .unknown(let code), .carrier(.unknown(let code)): code
    }
  }

  private static func absentFile(_ file: Message.AbsentFile) -> [UInt8] {
    let cause: UInt8 =
      switch file.cause {
      case .notFound: 1
      case .damaged: 2
      case .unknown(let code): code
      }
    return encoded([(1, file.name.map { Array($0.utf8) }), (2, Array(file.mediaType.utf8)), (3, [cause])])
  }

  private static func attachment(_ attachment: Letterlock.Attachment) -> [UInt8] {
    var fields: [(UInt16, [UInt8]?)] = attachment.unknownFields.map { ($0.code, $0.bytes) }
    fields += [
      (1, attachment.blob.bytes), (2, attachment.key.exportRawBytes()),
      (3, attachment.name.map { Array($0.utf8) }), (4, Array(attachment.mediaType.utf8)),
      (5, attachment.byteCount.encoded), (6, attachment.digest),
    ]
    switch attachment.role {
    case .file: break
    case .preview: fields.append((7, [1]))
    case .sticker: fields.append((7, [2]))
    case .voice: fields.append((7, [3]))
    case .unknown(let code): fields.append((7, [code]))
    }
    return encoded(fields)
  }

  private static func text(_ text: RichText) -> [UInt8] {
    vector(text.text)
      + text.styles.flatMap { style in
        UInt32(style.utf8Range.lowerBound).encoded + UInt32(style.utf8Range.upperBound).encoded
          + self.style(style.style)
      }
  }

  private static func style(_ style: RichText.Style) -> [UInt8] {
    switch style {
    case .bold: coded(1)
    case .italic: coded(2)
    case .underline: coded(3)
    case .strikethrough: coded(4)
    case .link(let address): coded(5, Array(address.utf8))
    case .mention(let address): coded(6, Array(address.rawValue.utf8))
    case .effect(let name): coded(7, Array(name.utf8))
    case .unknown(let unknown): coded(unknown.code, unknown.bytes)
    }
  }

  private static func coded(_ code: UInt16, _ value: [UInt8] = []) -> [UInt8] { code.encoded + vector(value) }

  private static func body(_ body: Message.Body) -> [UInt8] {
    switch body {
    case .text(let text): [0, 1] + self.text(text)
    case .reaction(let reaction): [0, 2] + self.reaction(reaction)
    case .edit(let edit): [0, 3] + edit.target.bytes + text(edit.newText)
    case .retraction(let target): [0, 4] + (target?.bytes ?? [])
    case .sticker(let sticker): [0, 5] + sticker.attachment.encoded + (sticker.target?.bytes ?? [])
    case .groupEvent(let event): [0, 6] + groupEvent(event)
    case .app(let content):
      [0, 7] + vector(content.mediaType) + vector(content.bytes)
        + content.summary.map { Opaque(Array($0.utf8)) }.encoded
    case .unknown(let unknown): unknown.code.encoded + unknown.bytes
    }
  }

  private static func reaction(_ reaction: Reaction) -> [UInt8] {
    let head = reaction.target.bytes + reaction.part.encoded + [reaction.change == .added ? 0 : 1]
    let plain: [Reaction.Kind] = [.love, .like, .dislike, .laugh, .emphasize, .question]
    switch reaction.kind {
    case .emoji(let emoji): return head + [0, 7] + Array(emoji.utf8)
    case .unknown(let unknown): return head + unknown.code.encoded + unknown.bytes
    default: return head + [0, UInt8((plain.firstIndex(of: reaction.kind) ?? 0) + 1)]
    }
  }

  private static func groupEvent(_ event: GroupEvent) -> [UInt8] {
    switch event {
    case .nameChanged(let name?): [0, 1] + Array(name.utf8)
    case .nameChanged(nil): [0, 2]
    case .memberAdded(let address): [0, 3] + Array(address.rawValue.utf8)
    case .memberRemoved(let address): [0, 4] + Array(address.rawValue.utf8)
    case .memberLeft(let address): [0, 5] + Array(address.rawValue.utf8)
    case .photoChanged: [0, 6]
    case .other(let words): [0, 7] + Array(words.utf8)
    case .unknown(let unknown): unknown.code.encoded + unknown.bytes
    }
  }
}
