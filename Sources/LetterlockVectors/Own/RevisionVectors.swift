import CryptoCore
import Letterlock
import TLSCodec

/// What a message and its revisions show as.
enum RevisionVectors: OwnVectorKind {
  static let name = "revision"
  static let about =
    "A message and its revisions in the tree's order, and what they show as, from these bytes alone. SPEC.md section 10.12, and appendix A."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let cases = try VersionSamples().all().map { name, versions in
      let bytes = try versions.map { try $0.padded() }
      return try view(of: bytes).merging(["name": name, "versions": bytes.map(\.hex)]) { $1 }
    }
    return ([:], cases)
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let view = JSONCase(try view(of: test.texts("versions").compactMap(Hex.decode)))
    let keys = ["text", "body", "edited_at", "delivery", "protection", "service"]
    return keys.allSatisfy { view.text($0) == test.text($0) } && view.texts("files") == test.texts("files")
      && view.texts("absent") == test.texts("absent")
      && view.number("unsent_parts") == test.number("unsent_parts")
  }

  private static func view(of versions: [[UInt8]]) throws -> [String: Any] {
    let entries = try versions.map { try ArchiveEntry(decodingArchiveEntry: $0) }
    guard case .message(let first)? = entries.first else { throw TLSError.invalidValue }
    let revisions = entries.compactMap { entry -> Revision? in
      if case .revision(let revision) = entry { revision } else { nil }
    }
    let fitting = revisions.filter { $0.fits(first) }
    var message = first.revised(by: fitting.prefix(Revision.maximumCount))
    for further in fitting.dropFirst(Revision.maximumCount) { message.lower(to: further.message) }
    return [
      "text": message.text, "body": MessageVectors.body(of: message),
      "edited_at": message.editedAt.map { "\($0.nanosecondsSince1970)" } ?? "",
      "delivery": message.delivery.map { "\($0)" } ?? "", "protection": "\(message.protection)",
      "service": message.origin?.service ?? "", "files": message.attachments.map { $0.name ?? "" },
      "absent": message.absentFiles.map { $0.name ?? "" }, "unsent_parts": Int(message.unsentPartCount),
    ]
  }
}

/// Versions of one message.
private struct VersionSamples {
  private let chat: ConversationID
  private let id: MessageID
  private let base: Message

  init() throws {
    chat = try ConversationID(bytes: Array(VectorSeed.bytes("c")[..<16]))
    id = try MessageID(bytes: Array(VectorSeed.bytes("message")[..<16]))
    base = Self.version(id, chat, "first", .endToEnd(service: "iMessage"), edited: nil)
  }

  private static func version(
    _ id: MessageID, _ chat: ConversationID, _ text: String, _ carriage: Carriage, edited: Int64?
  ) -> Message {
    Message(
      id: id, conversation: chat, sender: .other("+15550100"), sentAt: Timestamp(nanosecondsSince1970: 1),
      carriage: carriage, body: .text(RichText(text)),
      editedAt: edited.map { Timestamp(nanosecondsSince1970: $0) },
      origin: Message.Origin(
        source: "chat.db", identifier: "GUID",
        service: carriage == .endToEnd(service: "iMessage") ? "iMessage" : "\(carriage)"))
  }

  private func version(
    _ text: String, _ carriage: Carriage = .endToEnd(service: "iMessage"), edited: Int64? = nil,
    files: [String] = [], _ change: (inout Message) -> Void = { _ in }
  ) throws -> Message {
    var message = Self.version(id, chat, text, carriage, edited: edited)
    message.attachments = try files.map { name in
      try Attachment(
        blob: BlobID(bytes: Array(VectorSeed.bytes("blob \(text) \(name)")[..<16])),
        key: VectorSeed.key("attachment"),
        name: name, mediaType: "image/jpeg", byteCount: 5, digest: VectorSeed.bytes("hash"))
    }
    change(&message)
    return message
  }

  private func entries(_ first: Message, _ others: [Message]) throws -> [ArchiveEntry] {
    try [.message(first)]
      + others.map { message in
        guard let revision = Revision(message) else { throw TLSError.invalidValue }
        return .revision(revision)
      }
  }

  func all() throws -> [(String, [ArchiveEntry])] {
    let samples = try newest() + protections() + files() + absences() + strangers() + limits()
    return try samples.map { ($0.0, try entries($0.1, $0.2)) }
  }

  private func newest() throws -> [(String, Message, [Message])] {
    let unsent = try version("", edited: 9) { $0.body = .retraction(target: nil) }
    let failed = try version("first") { $0.delivery = .failed }
    return [
      ("no revision", base, []),
      ("a newer text", base, [try version("second", edited: 5)]),
      ("an old backup after an edit", try version("edited", edited: 5), [try version("before")]),
      ("equal edit times", base, [try version("second"), try version("third")]),
      (
        "the latest edit is not the last", base,
        [try version("new", edited: 7), try version("between", edited: 6)]
      ),
      ("a time before 1970", base, [try version("old", edited: -5), try version("none")]),
      ("unsent", try version("first", files: ["a"]), [unsent]),
      (
        "unsent, and an old backup", try version("first", files: ["a"]),
        [unsent, try version("old", edited: 3)]
      ),
      ("sent at the second try", failed, [base]),
      ("failed after all", base, [failed]),
    ]
  }

  private func protections() throws -> [(String, Message, [Message])] {
    let (sms, rcs) = (try version("sms", .carrier(.sms)), try version("rcs", .carrier(.rcs), edited: 3))
    return [
      ("fell back to SMS", base, [sms]),
      ("SMS, and then said to be encrypted", sms, [try version("claimed", edited: 8)]),
      ("SMS between two claims", base, [sms, try version("claimed", edited: 8)]),
      ("two unencrypted carriages, the newest shown", sms, [rcs]),
      (
        "two unencrypted carriages under a claim, the first shown", base,
        [rcs, sms, try version("claimed", edited: 8)]
      ),
      ("a carriage of a newer version", base, [try version("newer", .unknown(77))]),
      ("another service", base, [try version("lite", .endToEnd(service: "iMessageLite"), edited: 2)]),
    ]
  }

  private func files() throws -> [(String, Message, [Message])] {
    let one = try version("one", files: ["a"])
    return [
      ("a file that came later", base, [one]),
      ("a file that the source has lost", one, [try version("lost", edited: 2)]),
      ("another file", one, [try version("two", edited: 2, files: ["b"])]),
      ("the same file, sealed twice", one, [try version("again", edited: 2, files: ["a"])]),
      (
        "two files alike", one,
        [try version("twice", files: ["a", "a"]), try version("once", edited: 2, files: ["a"])]
      ),
      (
        "the order of the newest", try version("ab", files: ["a", "b"]),
        [try version("b", edited: 2, files: ["b"])]
      ),
    ]
  }

  private func absences() throws -> [(String, Message, [Message])] {
    func absent(_ text: String, edited: Int64? = nil, files: [String] = [], _ names: [String]) throws
      -> Message
    {
      try version(text, edited: edited, files: files) { message in
        message.absentFiles = names.map {
          Message.AbsentFile(name: $0, mediaType: "image/jpeg", cause: .notFound)
        }
      }
    }
    let first = try absent("first", ["a", "b"])
    return [
      ("two files that are absent", first, []),
      ("one of them came", first, [try absent("first", files: ["a"], ["b"])]),
      (
        "an edit without the file that came", try version("one", files: ["a"]),
        [try absent("two", edited: 2, ["a"])]
      ),
      (
        "an edit without two of a name, of which one came", try version("one", files: ["a"]),
        [try absent("two", edited: 2, ["a", "a"])]
      ),
      (
        "unsent, and a file that was absent", first,
        [try version("", edited: 9) { $0.body = .retraction(target: nil) }]
      ),
      ("a part was unsent", base, [try version("rest", edited: 2) { $0.unsentPartCount = 1 }]),
    ]
  }

  private func strangers() throws -> [(String, Message, [Message])] {
    [
      ("another source", base, [try version("x") { $0.origin?.source = "sms.xml" }]),
      ("another identifier", base, [try version("x") { $0.origin?.identifier = "OTHER" }]),
      ("another sender", base, [try version("x") { $0.sender = .me }]),
      ("another conversation", base, [try version("x") { $0.conversation = nil }]),
      ("a message that never travelled", try version("local", .local), [try version("x", .carrier(.sms))]),
      (
        "a message that was not imported", try version("own") { $0.origin = nil },
        [try version("x", .carrier(.sms))]
      ),
      (
        "a message opened from a conversation",
        base.markedVerified(by: .conversation(EndToEndEvidence(service: "x", isSenderVerified: true))),
        [try version("x", .carrier(.sms))]
      ),
    ]
  }

  private func limits() throws -> [(String, Message, [Message])] {
    let many = try (1...65).map { try version("v\($0)", edited: Int64($0)) }
    return [
      ("65 revisions", base, many),
      (
        "65 revisions, the last by SMS", base,
        Array(many.dropLast()) + [try version("sms", .carrier(.sms), edited: 99)]
      ),
    ]
  }
}
