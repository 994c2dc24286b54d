#if Tool
import Foundation
import Letterlock
import LetterlockSQLite
import Testing

@Suite("The tool: what a name or the beginning of a number means")
struct ChoiceToolTests {
  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.succeed("import", "one.xml", "--archive", "A")
  }

  @Test(arguments: [
    ["delete", "A", "", "--yes"], ["recover", "A", ""], ["show", "A", ""],
    ["show", "A", "", "--newest", "1"],
    ["delete", "A", "+15550101", "--message", "", "--yes"], ["attachment", "get", "A", "", "--output", "o"],
    ["export", "A", "--format", "json", "--output", "o", "--snapshot", ""], ["device", "remove", "A", ""],
  ])
  func `an empty name chooses nothing`(command: [String]) throws {
    try folder.succeed("snapshots", "A", "--create", "one")
    let outcome = try folder.start(command).outcome()
    #expect(outcome.exitCode == 1, "\(outcome.output)\(outcome.errors)")
    #expect(!folder.exists("o"))
    #expect(try folder.succeed("show", "A", "+1555").output.contains("kept"))
    #expect(!(try folder.succeed("show", "A", "+1555").output.contains("recently deleted")))
  }

  @Test func `a snapshot needs a name`() throws {
    #expect(try folder.run("snapshots", "A", "--create", "").exitCode == 1)
  }

  @Test func `the exact name of a snapshot counts before the beginning of another one's number`() async throws
  {
    struct Listing: Decodable {
      struct Row: Decodable { var id, name: String }
      var snapshots: [Row]
    }
    try folder.succeed("snapshots", "A", "--create", "first")
    let first: Listing = try folder.succeed("snapshots", "A", "--json").json()
    let beginning = try #require(first.snapshots.first?.id.prefix(1))
    try folder.write(
      "<?xml version=\"1.0\"?><smses><sms address=\"+15550101\" date=\"1800000000000\" type=\"1\" body=\"more\" /></smses>",
      to: "two.xml")
    try folder.succeed("import", "two.xml", "--archive", "A")
    try folder.succeed("snapshots", "A", "--create", String(beginning))
    try folder.succeed(
      "export", "A", "--format", "text", "--output", "named", "--snapshot", String(beginning))
    #expect(try folder.text(of: "named").contains("more"))
    let number = try #require(first.snapshots.first?.id)
    try folder.succeed("export", "A", "--format", "text", "--output", "numbered", "--snapshot", number)
    #expect(!(try folder.text(of: "numbered").contains("more")))
    #expect(
      try folder.run("export", "A", "--format", "text", "--output", "none", "--snapshot", "nothing").exitCode
        == 1)
  }

  @Test func `the exact title of a conversation counts before a longer one`() async throws {
    let device = try Device(
      vault: FileKeyVault(path: folder.file("A/device/keys"), passphrase: nil),
      store: try SQLiteDeviceStore(path: folder.file("A/device/store.sqlite")),
      relay: try SQLiteRelay(existing: folder.file("A/relay.sqlite")))
    for name in ["Ann", "Ann and Bob"] {
      let id = ConversationID()
      var message = Message.carrier(.sms, from: "+15550100", text: "in \(name).")
      message.conversation = id
      try device.enqueue([.conversation(ConversationProfile(id: id, name: name)), .message(message)])
    }
    try await device.sync()
    #expect(try folder.succeed("show", "A", "Ann").output.contains("in Ann."))
    #expect(try folder.run("show", "A", "An").exitCode == 1)
  }

  @Test func `a message of JSON can be deleted by the number that it names`() throws {
    struct Page: Decodable {
      struct Line: Decodable { var id, message: String }
      var messages: [Line]
    }
    let page: Page = try folder.succeed("show", "A", "+1555", "--json").json()
    let number = try #require(page.messages.first?.message)
    try folder.succeed("delete", "A", "+1555", "--message", number, "--yes")
    #expect(try folder.succeed("show", "A", "+1555").output.contains("(recently deleted)"))
  }

  @Test func `a wrong code of an erasure does not bring the right one`() throws {
    let shown = try folder.run("erase", "A").errors
    let code = try #require(shown.split(separator: " ").last.map { $0.filter(\.isNumber) })
    let wrong = try folder.run("erase", "A", "--confirm", code == "00000" ? "11111" : "00000")
    #expect(wrong.exitCode == 1 && !code.isEmpty)
    #expect(!wrong.errors.contains(code) && !wrong.output.contains(code))
  }

  @Test(arguments: [SIGHUP, SIGTERM, SIGINT, SIGQUIT])
  func `nothing readable stays when the terminal is closed`(signal: Int32) throws {
    var lines = ""
    for number in 0..<20_000 {
      lines +=
        "<sms address=\"+15550101\" date=\"\(1_700_000_000_000 + number)\" type=\"1\" body=\"m\(number)\" />"
    }
    try folder.write("<?xml version=\"1.0\"?><smses>\(lines)</smses>", to: "many.xml")
    try folder.succeed("import", "many.xml", "--archive", "A")
    let watch = try FolderWatch(folder.path)
    let export = try folder.start(["export", "A", "--format", "json", "--output", "out"])
    try watch.wait { $0.hasSuffix(".part") }
    export.send(signal)
    _ = try export.outcome()
    #expect(!hasPart())
  }

  private func hasPart() -> Bool {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).contains {
      $0.hasSuffix(".part")
    }
  }
}

#endif
