#if Tool
import Foundation
import Testing

@Suite("The tool: points in a history, and its newest page")
struct HistoryToolTests {
  private struct Listing: Decodable {
    struct Snapshot: Decodable {
      var name: String
      var messages: Int
      var verified: Bool
    }

    var snapshots: [Snapshot]
  }

  private struct Page: Decodable {
    struct Message: Decodable {
      var text: String
      var dateDoubtful: Bool
    }

    var messages: [Message]
  }

  private let folder: ToolFolder

  /// Twenty messages by one sender, named, and then one more.
  init() throws {
    folder = try ToolFolder()
    try folder.write(Self.backup(0..<20), to: "first.xml")
    try folder.write(Self.backup(0..<21), to: "more.xml")
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("import", "first.xml", "--archive", "A")
    try folder.succeed("snapshots", "A", "--create", "before")
    try folder.succeed("import", "more.xml", "--archive", "A")
    try folder.succeed("sync", "A")
  }

  private static func backup(_ numbers: Range<Int>) -> String {
    let messages = numbers.map {
      "<sms address=\"+15550101\" date=\"\(1_700_000_000_000 + $0 * 60_000)\" type=\"1\" body=\"m\($0)\" />"
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><smses>\(messages.joined())</smses>"
  }

  @Test func `a condition that the command cannot see is asked for, and taken from its caller`() throws {
    let folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    let set = try folder.succeed("settings", "A", "--require", "unmetered,idle")
    #expect(set.errors.contains("`letterlock sync A --unmetered`"))
    #expect(set.errors.contains("`letterlock sync A --idle`"))
    #expect(try folder.succeed("settings", "A").errors.isEmpty)
    for said in [[], ["--unmetered"], ["--idle"]] {
      let held = try folder.start(["sync", "A"] + said).outcome()
      #expect(held.errors.contains("Not all holds that a sync needs"))
    }
    let free = try folder.succeed("sync", "A", "--unmetered", "--idle")
    #expect(!free.errors.contains("Not all holds"))
  }

  @Test func `an export at a snapshot holds what stood there then`() throws {
    let listed = try folder.succeed("snapshots", "A", "--json").json(Listing.self).snapshots
    #expect(listed.map(\.name) == ["before"])
    #expect(listed.map(\.messages) == [20])
    #expect(listed.map(\.verified) == [true])
    try folder.succeed("export", "A", "--format", "text", "--output", "then", "--snapshot", "before")
    try folder.succeed("export", "A", "--format", "text", "--output", "now")
    #expect(try !folder.text(of: "then").contains("m20 "))
    #expect(try folder.text(of: "now").contains("m20 "))
    let unknown = try folder.run(
      "export", "A", "--format", "text", "--output", "x", "--snapshot", "never")
    #expect(unknown.exitCode == 1)
    #expect(!folder.exists("x"))
  }

  @Test func `a restore overwrites nothing, and goes back to a snapshot`() throws {
    let restored = try folder.succeed(
      "restore", "C", "--relay", "A", "--recovery-key-file", "key", "--keep-none", "--snapshot", "before")
    #expect(restored.output.contains("before: 20 messages, proven."))
    let restore = ["--relay", "A", "--recovery-key-file", "key", "--keep-none"]
    let devices = try folder.succeed("device", "list", "C").output
    // The same command goes on with the device that it made; a device that was made otherwise is in the way.
    #expect(try folder.start(["restore", "C"] + restore).outcome().exitCode == 0)
    #expect(try folder.succeed("device", "list", "C").output == devices)
    // It decides nothing again: another device has joined since.
    let code = try folder.succeed("join", "D", "--relay", "A").output.trimmingCharacters(in: .newlines)
    try folder.succeed("device", "add", "C", code)
    let again = try folder.start(["restore", "C"] + restore).outcome()
    #expect(again.exitCode == 1 && again.errors.contains("was restored before"), "\(again.errors)")
    try folder.succeed("sync", "D")
    let other = try folder.start(["restore", "D"] + restore).outcome()
    #expect(other.exitCode == 1 && other.errors.contains("There is a device in D already"), "\(other.errors)")
    #expect(try folder.start(["restore", "C", "--replace"] + restore).outcome().exitCode == 0)
    #expect(folder.exists("C.replaced-1/device/keys"))
    // A restore that fails puts back what it moved away.
    let keys = try folder.contents(of: "C/device")["keys"]
    let begun = ["restore", "C", "--replace", "--relay", "A", "--keep", "ffff", "--recovery-key-file", "key"]
    let failed = try folder.start(begun).outcome()
    #expect(
      failed.exitCode == 1 && failed.errors.contains("What was in C is there again"), "\(failed.errors)")
    #expect(try folder.contents(of: "C/device")["keys"] == keys)
    #expect(!folder.exists("C.replaced-2"))
    let itself = try folder.start(["restore", "A", "--replace"] + restore).outcome()
    #expect(itself.exitCode == 1)
    #expect(folder.exists("A/device/keys"))
  }

  @Test func `the newest page is shown by the relay's answer alone`() throws {
    let page = try folder.succeed("show", "A", "+15550101", "--newest", "3", "--json").json(Page.self)
    #expect(page.messages.map(\.text) == ["m18", "m19", "m20"])
    #expect(page.messages.allSatisfy { !$0.dateDoubtful })
    #expect(try folder.run("show", "A", "nobody", "--newest", "3").exitCode == 1)
  }
}
#endif
