#if Tool
import Foundation
import Letterlock
import LetterlockFormat
import Testing

@Suite("The fields of JSON that docs/tool.md lists are those that the commands print")
struct DocumentedFieldsToolTests {
  private typealias Object = [String: Any]

  /// Fields whose own fields are what they count: reasons, services and the like.
  private static let counts: Set<String> = [
    "byCarriage", "byProtection", "byService", "byKind", "sendRequests", "skipped", "lost", "services",
    "carriages", "kinds",
  ]

  private let folder: ToolFolder
  private let documented: DocumentedFields

  init() throws {
    folder = try ToolFolder.withArchive()
    documented = try DocumentedFields()
    #expect(documented.commands.count == 13 && documented.message.count == 30)
  }

  /// What a command prints, whether it does all that it is told or not.
  private func objects(_ arguments: [String]) throws -> [Object] {
    try folder.start(arguments + ["--json"]).outcome().output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? Object)
    }
  }

  /// The names of all fields that a value holds.
  private func names(in value: Any) -> Set<String> {
    if let values = value as? [Any] { return values.reduce(into: []) { $0.formUnion(names(in: $1)) } }
    guard let object = value as? Object else { return [] }
    return object.values.reduce(into: Set(object.keys)) { $0.formUnion(names(in: $1)) }
  }

  /// Compares everything that was printed of one kind with what is documented of it.
  private func expect(
    _ printed: [Object], are fields: DocumentedFields.Names, _ kind: String,
    at place: SourceLocation = #_sourceLocation
  ) {
    let keys = printed.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
    #expect(keys == Set(fields.keys), "\(kind)", sourceLocation: place)
    for (field, holds) in fields where !Self.counts.contains(field) {
      let found = names(in: printed.compactMap { $0[field] })
      // `settings`, for one, holds what the command of that name prints.
      let expected = holds.isEmpty ? Set(documented.commands[field, default: [:]].keys) : holds
      #expect(found.isSubset(of: expected), "\(kind): \(field)", sourceLocation: place)
    }
  }

  private func expect(
    _ command: String, prints objects: [Object], at place: SourceLocation = #_sourceLocation
  )
    throws
  {
    let fields = try #require(documented.commands[command], "\(command)", sourceLocation: place)
    expect(objects, are: fields, command, at: place)
    // Each of those that a field is said to hold is there.
    for (field, holds) in fields
    where !Self.counts.contains(field) && !["changes", "undecryptable"].contains(field) {
      let found = names(in: objects.compactMap { $0[field] })
      #expect(holds.subtracting(found).isEmpty, "\(command): \(field)", sourceLocation: place)
    }
  }

  @Test func `those of an import`() throws {
    try folder.write(
      """
      <smses><mms date="1700000000000" msg_box="1" address="+15550101"><parts>\
      <part seq="0" ct="text/plain" text="words" /><part seq="1" ct="image/jpeg" cl="a.jpg" data="AAAA!AAA" />\
      </parts></mms></smses>
      """, to: "damaged.xml")
    try expect(
      "import",
      prints: try objects(["import", "damaged.xml", "none.xml", "one.xml", "--archive", "A"]))
  }

  @Test func `those of what an archive holds`() async throws {
    try folder.succeed("import", "one.xml", "--archive", "A")
    try folder.write("a file", to: "note.txt")
    try folder.succeed("attachment", "add", "A", "note.txt")
    try folder.succeed("settings", "A", "--download-limit", "1000")
    for (command, options) in [
      ("settings", []), ("conversations", []), ("snapshots", ["--create", "now"]), ("attachment list", []),
      ("device list", []), ("sync", []), ("verify --as-new-device", ["--recovery-key-file", "key"]),
    ] {
      let words = command.split(separator: " ").map(String.init)
      try expect(command, prints: try objects(words + ["A"] + options))
    }
  }

  @Test func `those of the room that files take`() throws {
    try folder.write("a file", to: "note.txt")
    try folder.succeed("attachment", "add", "A", "note.txt")
    try expect(
      "storage", prints: try objects(["storage", "A", "--optimize", "--collect", "--yes"]))
  }

  @Test func `those of the state, with everything that may stand in it`() throws {
    try folder.succeed("import", "one.xml", "--archive", "A")
    try folder.succeed("recovery", "replace", "A", "--recovery-key-file", "second", "--yes")
    try folder.succeed("sync", "A")
    let code = try #require(try folder.run("erase", "A").errors.split(separator: " ").last)
    try folder.succeed("erase", "A", "--confirm", code.trimmingCharacters(in: ["\n", "."]))
    try folder.succeed("sync", "A")
    try folder.succeed("device", "stop", "A")
    try expect("status", prints: try objects(["status", "A"]))
  }

  @Test func `those of a verification that fails`() throws {
    try folder.succeed("import", "one.xml", "--archive", "A")
    try folder.succeed("init", "B", "--recovery-key-file", "other")
    try folder.remove("A/relay.sqlite")
    try folder.copy("B/relay.sqlite", to: "A/relay.sqlite")
    try expect("verify", prints: try objects(["verify", "A"]))
  }

  /// A conversation in which each field of a message is there at least once.
  private func makeMessages() async throws {
    let (device, chat) = (try folder.device(of: "A"), ConversationID())
    var full = Message(
      conversation: chat, sender: .other("+15550100"), receivedAt: .now,
      carriage: .endToEnd(service: "iMessage"), body: .text("words"), effect: "an effect",
      subject: "a subject",
      origin: Message.Origin(source: "chat.db", identifier: "1", service: "iMessage"))
    full.absentFiles = [Message.AbsentFile(name: "a.jpg", mediaType: "image/jpeg", cause: .notFound)]
    var edited = full
    (edited.body, edited.editedAt, edited.unsentPartCount) = (.text("other words"), .now, 1)
    let revision = try #require(Revision(edited))
    let sms = Carriage.carrier(.sms)
    try device.enqueue([
      .conversation(ConversationProfile(id: chat, name: "Chat")), .message(full), .revision(revision),
      .message(Message(conversation: chat, sender: .me, carriage: sms, body: .text("re"), replyTo: full.id)),
      .message(
        Message(
          conversation: chat, sender: .me, carriage: sms,
          body: .reaction(Reaction(target: full.id, kind: .love)))),
      .message(Message(conversation: chat, sender: .me, carriage: sms, body: .groupEvent(.photoChanged))),
    ])
    let request = try device.requestSend(
      "words to send", to: ["+15550100"], in: chat, through: device.id,
      expiresAt: Timestamp(nanosecondsSince1970: .max))
    try await device.claim(request).failed("no signal")
    #expect(try await device.sync().verdict.isComplete)
    try folder.write("words of a file", to: "words.txt")
    try folder.succeed("attachment", "add", "A", "words.txt", "--to", "Chat")
  }

  @Test func `those of a message, in each command that shows some`() async throws {
    try await makeMessages()
    let shown = try objects(["show", "A", "Chat", "--versions"])
    let exported = try folder.export("A").split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? Object)
    }
    let found = try objects(["search", "A", "words"])
    let newest = try objects(["show", "A", "Chat", "--newest", "20"])
    let listed = try (shown + newest).flatMap { try #require($0["messages"] as? [Object]) }
    expect(listed + exported + found, are: documented.message, "a message")
    for object in shown + newest + exported + found { #expect(!object.isEmpty) }
    #expect([shown.count, newest.count] == [1, 1] && exported.count > 4 && found.count > 2)
    // A list of its own says what else `show` prints.
    for object in shown + newest {
      let fields = try #require(documented.commands["show"])
      #expect(Set(object.keys).isSubset(of: fields.keys))
    }
    #expect(shown.first.map { Set($0.keys) } == documented.commands["show"].map { Set($0.keys) })
    #expect(documented.commands["search"]?.isEmpty == true)
  }
}
#endif
