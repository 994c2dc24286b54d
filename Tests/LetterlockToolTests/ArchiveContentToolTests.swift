#if Tool
import Letterlock
import LetterlockFormat
import LetterlockSQLite
import Testing

extension ToolFolder {
  /// The device of an archive, as a program of its own opens it.
  func device(of archive: String) throws -> Device {
    try Device(
      vault: FileKeyVault(path: file(archive + "/device/keys"), passphrase: nil),
      store: try SQLiteDeviceStore(path: file(archive + "/device/store.sqlite")),
      relay: try SQLiteRelay(existing: file(archive + "/relay.sqlite")))
  }
}

@Suite("The tool: what comes along when an archive is imported in another one")
struct ArchiveContentToolTests {
  private struct Line: Decodable, Equatable {
    struct Reaction: Decodable, Equatable {
      var target: String
      var kind: String
      var removed: Bool
    }

    var source: String?
    var id: String
    var message: String
    var text: String
    var kind: String
    var carriage: String
    var protection: String
    var encrypted: Bool?
    var saidBy: String?
    var sentAt: String
    var editedAt: String?
    var replyTo: String?
    var reaction: Reaction?

    /// The same without what says where it came from.
    var content: Line {
      var line = self
      (line.source, line.id) = (nil, "")
      return line
    }
  }

  private struct Page: Decodable { var messages: [Line] }

  private struct Summary: Decodable {
    var sealed: Int
    var alreadyThere: Int
  }

  private let folder: ToolFolder
  private let chat = ConversationID()

  init() throws { folder = try ToolFolder.withArchive() }

  private func add(_ entries: [ArchiveEntry]) async throws -> DeviceID {
    let device = try folder.device(of: "A")
    try device.enqueue([.conversation(ConversationProfile(id: chat, name: "Chat"))] + entries)
    #expect(try await device.sync().verdict.isComplete)
    return device.id
  }

  private func imported() throws -> Summary {
    if !folder.exists("N") { try folder.succeed("init", "N", "--recovery-key-file", "new") }
    return try folder.succeed("import", "A", "--archive", "N", "--json").json()
  }

  private func lines(of archive: String) throws -> [Line] {
    try folder.succeed("show", archive, "Chat", "--json").json(Page.self).messages
  }

  private func message(_ body: Message.Body, sender: Sender = .other("+15550100")) -> Message {
    Message(conversation: chat, sender: sender, carriage: .carrier(.sms), body: body)
  }

  @Test(arguments: [true, false])
  func `a message that a device opened is shown as encrypted when it was imported, and no more`(
    isSenderVerified: Bool
  ) async throws {
    let opened = Message(
      conversation: chat, sender: .other("+15550100"), carriage: .endToEnd(service: "x"),
      body: .text("opened")
    ).markedVerified(
      by: .conversation(EndToEndEvidence(service: "x", isSenderVerified: isSenderVerified)))
    let device = try await add([.message(opened)])
    let before = try #require(try lines(of: "A").first)
    #expect(before.protection == "endToEnd" && before.encrypted == true)
    _ = try imported()
    let after = try lines(of: "N")
    let line = try #require(after.first)
    #expect(after.count == 1)
    #expect(line.protection == "importedEndToEnd" && line.carriage == "importedEndToEnd")
    #expect(line.encrypted == nil && line.saidBy != nil)
    #expect(line.message == opened.id.description)
    // It says which device sealed it, and its number there.
    #expect(line.source == "letterlock archive" && line.id == "\(device)/\(opened.id)")
    let shown = try folder.succeed("show", "N", "Chat").output
    #expect(shown.contains("said to be end-to-end encrypted"), "\(shown)")
  }

  @Test func `edits, replies, reactions and what was taken back come along, once`() async throws {
    let first = message(.text("before"))
    let second = message(.text("taken back"), sender: .me)
    var reply = message(.text("the answer"), sender: .me)
    reply.replyTo = first.id
    _ = try await add([
      .message(first), .message(second), .message(reply),
      .message(message(.edit(Message.Edit(target: first.id, newText: "after")))),
      .message(message(.retraction(target: second.id), sender: .me)),
      .message(message(.reaction(Reaction(target: first.id, kind: .love)), sender: .me)),
      .message(message(.reaction(Reaction(target: reply.id, kind: .emoji("🍅"))))),
      .message(message(.reaction(Reaction(target: reply.id, kind: .emoji("🍅"), change: .removed)))),
    ])
    let old = try lines(of: "A")
    let edited = try #require(old.first { $0.message == first.id.description })
    #expect(edited.text == "after" && edited.editedAt != nil)
    #expect(old.contains { $0.message == second.id.description && $0.kind == "retracted" && $0.text.isEmpty })
    #expect(old.contains { $0.reaction?.target == first.id.description && $0.reaction?.kind == "love" })
    #expect(old.contains { $0.replyTo == first.id.description })
    let summary = try imported()
    #expect(summary.sealed > 0)
    #expect(try lines(of: "N").map(\.content) == old.map(\.content))
    let again = try imported()
    #expect(again.sealed == 0 && again.alreadyThere == summary.sealed)
    #expect(try lines(of: "N").map(\.content) == old.map(\.content))
    try folder.succeed("verify", "N")
  }

  /// Erases a message after another device sealed something of it, which comes in then. Returns the texts of all messages
  /// that the archive's records hold.
  private func erase(_ erased: Message, _ late: [ArchiveEntry]) async throws -> Set<String> {
    let phone = try folder.device(of: "A")
    let relay = try SQLiteRelay(existing: folder.file("A/relay.sqlite"))
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await phone.approve(request.code)
    let tablet = try await request.approved()
    try await tablet.sync()
    try tablet.enqueue(late)
    try phone.delete([erased.id], in: chat)
    #expect(try await phone.eraseDeleted(before: Timestamp(nanosecondsSince1970: .max)) == 1)
    try await tablet.sync()
    #expect(try await phone.sync().verdict.isComplete)
    return try texts(in: phone)
  }

  private func texts(in device: Device) throws -> Set<String> {
    var texts: Set<String> = []
    try device.forEachEntry { read in
      if case .success(.message(let message)) = read.entry { texts.insert(message.text) }
    }
    return texts
  }

  @Test func `what was erased stays away, also what another device sealed of it meanwhile`() async throws {
    let erased = message(.text("erased words"))
    let kept = message(.text("kept words"))
    _ = try await add([.message(erased), .message(kept)])
    let late = message(.edit(Message.Edit(target: erased.id, newText: "late words")))
    let records = try await erase(erased, [.message(erased), .message(late)])
    // There is something that could come.
    #expect(records == ["erased words", "late words", "kept words"])
    #expect(try lines(of: "A").map(\.text) == ["kept words"])
    #expect(try imported().sealed == 1)
    #expect(try lines(of: "N").map(\.text) == ["kept words"])
    #expect(try texts(in: folder.device(of: "N")) == ["kept words"])
    for word in ["erased", "late"] {
      #expect(try folder.succeed("search", "N", word).output == "0 messages.\n")
    }
    try folder.succeed("verify", "N")
  }

  @Test func `a sealed archive is imported with its own passphrase and no other`() throws {
    try folder.write("the words of the old one\n", to: "old.txt")
    try folder.write("the words of the new one\n", to: "new.txt")
    try folder.succeed("init", "S", "--recovery-key-file", "other", "--passphrase-file", "old.txt")
    try folder.succeed("import", "one.xml", "--archive", "S", "--passphrase-file", "old.txt")
    try folder.succeed("init", "N", "--recovery-key-file", "new", "--passphrase-file", "new.txt")
    for option in [[], ["--source-passphrase-file", "new.txt"]] {
      let refused = try folder.start(
        ["import", "S", "--archive", "N", "--passphrase-file", "new.txt", "--json"] + option
      ).outcome()
      #expect(refused.exitCode == 1 && refused.errors.contains("Cannot import S: "), "\(refused.errors)")
      #expect(try refused.json(Summary.self).sealed == 0)
    }
    let summary: Summary = try folder.succeed(
      "import", "S", "--archive", "N", "--passphrase-file", "new.txt", "--source-passphrase-file", "old.txt",
      "--json"
    ).json()
    #expect(summary.sealed == 1)
    #expect(try folder.export("N", "--passphrase-file", "new.txt").contains("kept"))
  }
}
#endif
