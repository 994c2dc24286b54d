import CryptoCore
import Letterlock
import TLSCodec

/// Entries of every kind, and bytes that are none.
enum MessageSamples {
  private static func id(_ name: String) throws -> MessageID {
    try MessageID(bytes: Array(VectorSeed.bytes(name)[..<16]))
  }

  private static let sentAt = Timestamp(nanosecondsSince1970: 1_700_000_000_000_000_001)

  private static func message(
    _ carriage: Carriage, _ body: Message.Body, from sender: Sender = .me
  ) throws -> Message {
    Message(
      id: try id("message"), conversation: try ConversationID(bytes: Array(VectorSeed.bytes("c")[..<16])),
      sender: sender, sentAt: sentAt, carriage: carriage, body: body)
  }

  static func all() throws -> [(String, ArchiveEntry)] {
    let bodies = try bodies()
    var full = try message(.endToEnd(service: "iMessage"), .text("Look"), from: .other("ann@example.org"))
    full.attachments = [
      try Attachment(
        blob: BlobID(bytes: Array(VectorSeed.bytes("blob")[..<16])), key: VectorSeed.key("attachment"),
        name: "Foto.jpg", mediaType: "image/jpeg", byteCount: 12_345, digest: VectorSeed.bytes("hash"),
        role: .sticker)
    ]
    full.replyTo = try id("earlier")
    full.subject = "Subject"
    full.editedAt = sentAt
    full.recentlyDeletedAt = sentAt
    full.recipients = ["+15550101", "+15550102"]
    full.origin = Message.Origin(source: "chat.db", identifier: "GUID", service: "iMessage")
    let profile = ConversationProfile(
      id: try ConversationID(bytes: Array(VectorSeed.bytes("c")[..<16])), name: "Climbing",
      participants: ["+15550101", "ann@example.org"], service: "iMessage", isGroup: true)
    var entries: [(String, ArchiveEntry)] = [
      ("SMS", .message(try message(.carrier(.sms), .text("Dinner at 7?"), from: .other("+15550100")))),
      ("MMS", .message(try message(.carrier(.mms), .text("")))),
      ("RCS", .message(try message(.carrier(.rcs), .text("Fähre 🛳️")))),
      ("a note", .message(try message(.local, .text("milk")))),
      ("a carriage of a newer version", .message(try message(.unknown(77), .text("?")))),
      ("every field", .message(full)),
      ("a conversation", .conversation(profile)),
      ("a device", .device(DeviceProfile(name: "Ann's phone"))),
      ("messages deleted", .deletion(try deletion(.deleted, [id("a"), id("b")]))),
      ("a conversation recovered", .deletion(try deletion(.recovered, []))),
      ("a message erased", .deletion(try deletion(.erased, [id("a")]))),
      ("a snapshot", .snapshot(snapshot)),
      (
        "a device that says when it was there",
        .device(
          DeviceProfile(
            name: "Mac", seenAt: Timestamp(nanosecondsSince1970: 1_700_000_000_123_456_789)))
      ),
      ("an entry of a newer version", .unknown(UnknownValue(code: 900, bytes: [1, 2, 3]))),
      (
        "a text that fills its padding",
        .message(try message(.carrier(.sms), .text(RichText(String(repeating: "x", count: 1000)))))
      ),
    ]
    entries += try revisions(of: full) + SendSamples.all()
    for (name, body) in bodies { entries.append((name, .message(try message(.local, body)))) }
    return entries
  }

  private static func revisions(of full: Message) throws -> [(String, ArchiveEntry)] {
    func revision(_ carriage: Carriage, _ body: Message.Body, service: String) throws -> ArchiveEntry {
      var made = try message(carriage, body, from: .other("ann@example.org"))
      made.origin = Message.Origin(source: "chat.db", identifier: "GUID", service: service)
      made.editedAt = sentAt
      guard let revision = Revision(made) else { throw TLSError.invalidValue }
      return .revision(revision)
    }
    var (whole, failed, newer, large) = (full, full, full, full)
    whole.origin?.service = "iMessageLite"
    failed.delivery = .failed
    newer.delivery = .unknown(77)
    large.attachments = [
      try Attachment(
        blob: BlobID(bytes: Array(VectorSeed.bytes("blob")[..<16])), key: VectorSeed.key("attachment"),
        mediaType: "image/jpeg", byteCount: Attachment.maximumByteCount, digest: VectorSeed.bytes("hash"))
    ]
    var absent = full
    absent.absentFiles = [
      .init(name: "gone.jpg", mediaType: "image/jpeg", cause: .notFound),
      .init(name: nil, mediaType: "video/mp4", cause: .damaged),
      .init(name: nil, mediaType: "a/b", cause: .unknown(77)),
    ]
    absent.unsentPartCount = 2
    guard let all = Revision(whole) else { throw TLSError.invalidValue }
    return [
      ("a revision", try revision(.endToEnd(service: "iMessage"), .text("Look!"), service: "iMessage")),
      ("a revision that fell back to SMS", try revision(.carrier(.sms), .text("Look"), service: "SMS")),
      (
        "a revision that was unsent",
        try revision(.endToEnd(service: "iMessage"), .retraction(target: nil), service: "iMessage")
      ),
      ("a revision of a carriage of a newer version", try revision(.unknown(77), .text("?"), service: "new")),
      ("a revision with every field", .revision(all)),
      ("a message that was not sent", .message(failed)),
      ("a delivery of a newer version", .message(newer)),
      ("an attachment of 2^52 bytes", .message(large)),
      ("a message with files that are absent, and a part that was unsent", .message(absent)),
    ]
  }

  private static func deletion(_ action: Deletion.Action, _ messages: [MessageID]) throws -> Deletion {
    Deletion(
      action, at: sentAt, conversation: try ConversationID(bytes: Array(VectorSeed.bytes("c")[..<16])),
      messages: messages)
  }

  private static let snapshot = Snapshot(
    identifier: Bytes16(high: 1, low: 2), name: "Before the journey", at: sentAt, treeSize: 300,
    treeRoot: VectorSeed.bytes("root"), messageCount: 280, conversationCount: 12, attachmentCount: 31)

  private static func bodies() throws -> [(String, Message.Body)] {
    let target = try id("target")
    return [
      (
        "styles",
        .text(
          RichText(
            "bold and linked",
            styles: [
              .init(utf8Range: 0..<4, style: .bold),
              .init(utf8Range: 9..<15, style: .link("https://example.org")),
              .init(utf8Range: 9..<15, style: .unknown(UnknownValue(code: 99, bytes: [7]))),
            ]))
      ),
      ("a reaction", .reaction(Reaction(target: target, part: 1, kind: .love, change: .added))),
      (
        "an emoji taken back",
        .reaction(Reaction(target: target, part: 0, kind: .emoji("🎉"), change: .removed))
      ),
      ("an edit", .edit(Message.Edit(target: target, newText: "Dinner at 8?"))),
      ("a retraction", .retraction(target: target)),
      ("retracted already", .retraction(target: nil)),
      ("a sticker", .sticker(Message.Sticker(target: target, attachment: 0))),
      ("a group's new name", .groupEvent(.nameChanged("Climbing"))),
      ("a member leaves", .groupEvent(.memberLeft("+15550101"))),
      (
        "app content",
        .app(AppContent(mediaType: "application/x-poll", bytes: [1, 2], summary: "A poll"))
      ),
      ("a body of a newer version", .unknown(UnknownValue(code: 300, bytes: [9, 9]))),
    ]
  }

  /// An entry of raw fields, padded.
  static func entry(_ fields: [(UInt16, [UInt8])], type: UInt16 = 1) -> [UInt8] {
    var writer = TLSWriter()
    writer.write(type)
    writer.write(opaque: encoded(fields))
    return Padding.padded(writer.bytes)
  }

  static func encoded(_ fields: [(UInt16, [UInt8])]) -> [UInt8] {
    var writer = TLSWriter()
    for (number, value) in fields {
      writer.write(number)
      writer.write(opaque: value)
    }
    return writer.bytes
  }

  static func refused() throws -> [(String, [UInt8])] {
    try refusedEntries() + refusedRevisions() + SendSamples.refused()
  }

  private static func refusedRevisions() -> [(String, [UInt8])] {
    let id = Array(VectorSeed.bytes("message")[..<16])
    let good: [(UInt16, [UInt8])] = [
      (1, id), (4, [0, 0, 0, 0, 0, 0, 0, 1]), (6, [17]), (8, [0, 1, 1, 0x61]), (16, [1, 0x61, 1, 0x62, 0]),
    ]
    func with(_ changes: [(UInt16, [UInt8])]) -> [UInt8] {
      let kept = good.filter { field in !changes.contains { $0.0 == field.0 } }
      return entry((kept + changes).sorted { $0.0 < $1.0 }, type: 6)
    }
    let service: (UInt16, [UInt8]) = (7, [0x78])
    return [
      ("a revision without an origin", entry(good.filter { $0.0 != 16 }, type: 6)),
      ("a revision that never travelled", with([(6, [0])])),
      ("a revision with the mark of a conversation", with([(6, [2]), service])),
      ("a revision with the mark of a verified sender", with([(6, [3]), service])),
      ("a revision of carriage 16", with([(6, [16])])),
      ("a revision that is an edit", with([(8, [0, 3] + id + [1, 0x61])])),
      ("a revision that takes back another message", with([(8, [0, 4] + id)])),
    ]
  }

  private static func refusedEntries() throws -> [(String, [UInt8])] {
    let id = VectorSeed.bytes("message")[..<16]
    let time: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1]
    let text: [UInt8] = [0, 1, 1, 0x61]
    let good: [(UInt16, [UInt8])] = [(1, Array(id)), (4, time), (6, [17]), (8, text)]
    let bytes = entry(good)
    func without(_ number: UInt16) -> [UInt8] { entry(good.filter { $0.0 != number }) }
    func with(_ number: UInt16, _ value: [UInt8]) -> [UInt8] {
      entry((good.filter { $0.0 != number } + [(number, value)]).sorted { $0.0 < $1.0 })
    }
    let attachment = encoded([(1, Array(id)), (2, VectorSeed.bytes("key")), (4, [0x61]), (5, time)])
    let whole = attachment + encoded([(6, VectorSeed.bytes("digest"))])
    let tooLong =
      encoded([(1, Array(id)), (2, VectorSeed.bytes("key")), (4, [0x61]), (5, [0, 0x10, 0, 0, 0, 0, 0, 1])])
      + encoded([(6, VectorSeed.bytes("digest"))])
    var dirty = bytes
    dirty[255] = 1
    return [
      ("no id", without(1)), ("no time", without(4)), ("no carriage", without(6)), ("no body", without(8)),
      ("fields out of order", entry([good[1], good[0], good[2], good[3]])),
      ("a field twice", entry([good[0], good[0], good[1], good[2], good[3]])),
      ("an id of 15 bytes", with(1, Array(id.dropLast()))),
      ("a time of 9 bytes", with(4, time + [0])),
      ("a sender that is not UTF-8", with(3, [0xff])),
      ("a text that is not UTF-8", with(8, [0, 1, 1, 0xc0])),
      ("a service with SMS", with(7, Array("x".utf8))),
      ("end-to-end without a service", with(6, [1])),
      ("an empty list of recipients", with(15, [])),
      ("a style past the text", with(8, text + [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0])),
      ("a retraction of half an id", with(8, [0, 4, 1, 2, 3])),
      ("a sticker of half an id", with(8, [0, 5, 0, 0, 0, 0, 1])),
      ("a reaction with an unknown change", with(8, [0, 2] + id + [0, 0, 0, 0, 2, 0, 1])),
      ("a reaction of love with a value", with(8, [0, 2] + id + [0, 0, 0, 0, 0, 0, 1, 0x61])),
      ("a photo changed, with a value", with(8, [0, 6, 0, 6, 0x61])),
      ("an app's summary that is neither there nor not", with(8, [0, 7, 1, 0x61, 0, 2, 1, 0x61])),
      ("bold with a value", with(8, text + [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0x61])),
      ("an attachment without a digest", with(9, Opaque(attachment).encoded)),
      ("an attachment that says it is a file", with(9, Opaque(whole + [0, 7, 1, 0]).encoded)),
      ("an attachment of more than 2^52 bytes", with(9, Opaque(tooLong).encoded)),
      ("a delivery of 0", with(17, [0])),
      ("an empty list of absent files", with(18, [])),
      ("an absent file without a media type", with(18, Opaque(encoded([(1, [0x61]), (3, [1])])).encoded)),
      ("an absent file without a cause", with(18, Opaque(encoded([(2, [0x61])])).encoded)),
      ("no unsent parts", with(19, [0, 0, 0, 0])),
      ("an origin of two parts", with(16, [1, 0x61, 1, 0x62])),
      ("an origin of four parts", with(16, [0, 0, 0, 0])),
      ("a length that is not in its shortest form", [0, 1, 0x40, 0x05] + bytes[3...].dropLast()),
      ("padding that is not zero", dirty),
      ("no padding", Array(bytes[..<100])), ("too much padding", bytes + [0]), ("nothing", []),
      ("a conversation without an id", entry([(2, Array("n".utf8))], type: 2)),
      ("a conversation with an empty list of participants", entry([(1, Array(id)), (3, [])], type: 2)),
      ("a conversation that says it is no group", entry([(1, Array(id)), (5, [0])], type: 2)),
      ("a device without a name", entry([], type: 3)),
      ("a deletion without a time", entry([(1, [1]), (3, Array(id))], type: 4)),
      ("a deletion of half a message", entry([(1, [1]), (2, time), (3, Array(id)), (4, [1, 2])], type: 4)),
      ("a deletion of an empty list", entry([(1, [1]), (2, time), (3, Array(id)), (4, [])], type: 4)),
      ("a snapshot without a root", entry([(1, Array(id)), (2, [0x61]), (3, time), (4, time)], type: 5)),
    ]
  }
}
