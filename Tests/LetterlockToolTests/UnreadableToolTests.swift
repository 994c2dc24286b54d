#if Tool
import Foundation
import GRDB
import Letterlock
import LetterlockSQLite
import Testing

@Suite("The tool: what cannot be read is said, wherever it might have counted")
struct UnreadableToolTests {
  private struct Listing: Decodable { var unreadableRecords: Int }

  private let folder: ToolFolder
  private let chat = ConversationID()

  init() async throws {
    folder = try ToolFolder.withArchive()
    let device = try device()
    var message = Message(
      conversation: chat, sender: .other("+15550100"), carriage: .endToEnd(service: "iMessage"),
      body: .text("a claim"), origin: Message.Origin(source: "chat.db", identifier: "1", service: "iMessage"))
    message.subject = "the subject of it"
    try device.enqueue([
      .conversation(ConversationProfile(id: chat, name: "Chat")), .message(message),
      .message(Message.carrier(.sms, from: "+15550100", text: "another")),
    ])
    try await device.sync()
  }

  private func device() throws -> Device {
    try Device(
      vault: FileKeyVault(path: folder.file("A/device/keys"), passphrase: nil),
      store: try SQLiteDeviceStore(path: folder.file("A/device/store.sqlite")),
      relay: try SQLiteRelay(existing: folder.file("A/relay.sqlite")))
  }

  /// Zeros in place of the newest record.
  private func damage() throws {
    let store = try DatabaseQueue(path: folder.file("A/device/store.sqlite"))
    try store.write {
      try $0.execute(
        sql: "UPDATE record SET bytes = zeroblob(length(bytes)) WHERE leaf = (SELECT max(leaf) FROM record)")
    }
    try store.close()
  }

  @Test(arguments: [
    ["conversations", "A"], ["show", "A", "Chat"], ["show", "A", "Chat", "--json"], ["search", "A", "claim"],
    ["attachment", "list", "A"], ["status", "A"], ["conversations", "A", "--json"],
    ["export", "A", "--format", "json", "--output", "out"], ["delete", "A", "Chat", "--yes"],
  ])
  func `a command that passes over a damaged record says so and exits with 2`(command: [String]) throws {
    try damage()
    let outcome = try folder.start(command).outcome()
    #expect(outcome.exitCode == 2, "\(outcome.errors)")
    #expect(outcome.errors.contains("1 record cannot be read"), "\(outcome.errors)")
    guard command.last == "--json" else { return }
    #expect(try outcome.json(Listing.self).unreadableRecords == 1)
  }

  @Test func `where everything can be read nothing is said of it`() throws {
    let outcome = try folder.succeed("show", "A", "Chat", "--json")
    #expect(outcome.errors.isEmpty)
    #expect(try outcome.json(Listing.self).unreadableRecords == 0)
  }

  @Test func `a damaged file is named by each export, and ends it with 2`() throws {
    try folder.write("the file", to: "a.txt")
    try folder.succeed("attachment", "add", "A", "a.txt")
    let store = try DatabaseQueue(path: folder.file("A/device/store.sqlite"))
    let table = try store.read { database in
      try String.fetchOne(
        database,
        sql: "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND "
          + "m.name LIKE 'blob%' AND p.name = 'bytes'")
    }
    let name = try #require(table)
    try store.write { try $0.execute(sql: "UPDATE \(name) SET bytes = zeroblob(length(bytes))") }
    try store.close()
    for format in ["html", "json"] {
      let outcome = try folder.run("export", "A", "--format", format, "--output", "out-\(format)")
      #expect(outcome.exitCode == 2)
      #expect(outcome.errors.contains("a.txt") && outcome.errors.contains("damaged"), "\(outcome.errors)")
      #expect(folder.exists("out-\(format)"))
    }
  }

  @Test func `a subject is shown, exported and found`() throws {
    #expect(try folder.succeed("show", "A", "Chat").output.contains("(the subject of it) a claim"))
    #expect(try folder.succeed("search", "A", "subject").output.contains("1 messages."))
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
    #expect(try folder.text(of: "page/conversation-1.html").contains("the subject of it"))
    try folder.succeed("export", "A", "--format", "text", "--output", "text")
    #expect(try folder.text(of: "text").contains("the subject of it"))
  }

  @Test func `people read times of their own zone, and programs those of UTC`() async throws {
    let device = try device()
    var message = Message.carrier(
      .sms, from: "+15550199", text: "late", at: Timestamp(nanosecondsSince1970: 1_599_998_400_000_000_000))
    message.conversation = chat
    try device.enqueue([.message(message)])
    try await device.sync()
    let zone = "TZ=America/New_York "
    let shown = try folder.shell(zone + "$LETTERLOCK show A Chat").output
    #expect(shown.contains("2020-09-13 08:00:00-04:00 +15550199: late"), "\(shown)")
    #expect(try folder.shell(zone + "$LETTERLOCK search A late").output.contains("08:00:00-04:00"))
    #expect(try folder.shell(zone + "$LETTERLOCK show A Chat --json").output.contains("2020-09-13T12:00:00"))
    // These two never have the same day.
    try folder.succeed("snapshots", "A", "--create", "now")
    try folder.succeed("sync", "A")
    for command in ["snapshots A", "status A", "device list A"] {
      let east = try folder.shell("TZ=Pacific/Kiritimati $LETTERLOCK \(command)").output
      let west = try folder.shell("TZ=Pacific/Niue $LETTERLOCK \(command)").output
      #expect(east != west, "\(command): \(east)")
      let json = ["TZ=Pacific/Kiritimati", "TZ=Pacific/Niue"].map { "\($0) $LETTERLOCK \(command) --json" }
      #expect(try folder.shell(json[0]).output == folder.shell(json[1]).output, "\(command)")
    }
    _ = try folder.shell("TZ=Pacific/Auckland $LETTERLOCK export A --format html --output page")
    let page = try folder.text(of: "page/conversation-1.html")
    #expect(page.contains(">2020-09-14<") && page.contains("00:00 +12:00"), "\(page)")
  }
}
#endif
