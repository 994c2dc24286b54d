#if Tool
import Foundation
import Testing

@Suite("The tool: whether what is here is at the relay")
struct BackupToolTests {
  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.succeed("import", "one.xml", "--archive", "A")
  }

  private struct Waiting: Decodable {
    var messages: Int
    var otherRecords: Int
    var attachments: Int
  }

  private struct Report: Decodable {
    var waiting: Waiting
    var complete: Bool
  }

  private func sms(_ texts: [String], _ file: String) throws {
    let lines = texts.enumerated().map { number, text in
      "<sms address=\"+15550101\" date=\"\(1_700_000_060_000 + number)\" type=\"1\" body=\"\(text)\" />"
    }
    try folder.write("<?xml version=\"1.0\"?><smses>\(lines.joined())</smses>", to: file)
  }

  private func verifyAsNewDevice(_ options: String...) throws -> ToolOutcome {
    try folder.start(["verify", "A", "--as-new-device", "--recovery-key-file", "key"] + options).outcome()
  }

  @Test func `messages and files that only wait here are not called backed up`() throws {
    #expect(try verifyAsNewDevice().output.contains("Backed up"))
    try folder.succeed("device", "stop", "A")
    try sms((0..<3).map { "m\($0)" }, "three.xml")
    #expect(try folder.run("import", "three.xml", "--archive", "A").exitCode == 1)
    try folder.write("text of the file", to: "note.txt")
    try folder.succeed("attachment", "add", "A", "note.txt", "--later")
    let outcome = try verifyAsNewDevice()
    #expect(outcome.exitCode == 2, "\(outcome.output)\(outcome.errors)")
    #expect(!outcome.output.contains("Backed up"))
    #expect(outcome.errors.contains("4 messages, "), "\(outcome.errors)")
    #expect(
      outcome.errors.contains(" and 1 file are only here: run `letterlock sync A`"), "\(outcome.errors)")
    let json = try verifyAsNewDevice("--json")
    #expect(json.exitCode == 2)
    let report: Report = try json.json()
    #expect(!report.complete)
    #expect(report.waiting.messages == 4 && report.waiting.attachments == 1)
    try folder.succeed("device", "start", "A")
    try folder.succeed("sync", "A")
    let whole: Report = try verifyAsNewDevice("--json").json()
    #expect(whole.complete && whole.waiting.messages == 0 && whole.waiting.attachments == 0)
    #expect(try verifyAsNewDevice().output.contains("Backed up"))
  }

  private func putBack(_ backup: String) throws {
    for name in ["relay.sqlite", "relay.sqlite-wal", "relay.sqlite-shm"] where folder.exists("A/" + name) {
      try folder.remove("A/" + name)
    }
    try folder.copy(backup, to: "A/relay.sqlite")
  }

  private static let giveBack = "`letterlock sync A --give-back`"

  @Test func `a relay that lost the newest records fails, and the way on is named`() throws {
    try folder.copy("A/relay.sqlite", to: "backup")
    try sms(["later"], "two.xml")
    try folder.succeed("import", "two.xml", "--archive", "A")
    try putBack("backup")
    let verified = try folder.run("verify", "A")
    #expect(verified.exitCode == 2)
    #expect(verified.output.contains("FAILED relay: history: it has "), "\(verified.output)")
    #expect(verified.errors.contains(Self.giveBack), "\(verified.errors)")
    let synced = try folder.run("sync", "A")
    #expect(synced.exitCode == 2)
    #expect(
      synced.errors.contains("older history") && synced.errors.contains(Self.giveBack), "\(synced.errors)")
    try folder.succeed("sync", "A", "--give-back")
    try folder.succeed("verify", "A")
  }

  @Test func `a relay that lost the newest changes of the account fails, and the way on is named`() throws {
    try folder.copy("A/relay.sqlite", to: "backup")
    try folder.succeed("device", "rotate", "A")
    try putBack("backup")
    let verified = try folder.run("verify", "A")
    #expect(verified.exitCode == 2)
    #expect(verified.output.contains("FAILED relay: account log: it has "), "\(verified.output)")
    #expect(verified.errors.contains(Self.giveBack), "\(verified.errors)")
  }

  @Test func `a device that joined after the backup is told the same`() throws {
    try folder.copy("A/relay.sqlite", to: "backup")
    let code = try folder.succeed("join", "B", "--relay", "A").output.trimmingCharacters(in: .newlines)
    try folder.succeed("device", "add", "A", code)
    try folder.succeed("sync", "B")
    try putBack("backup")
    for command in ["verify", "sync"] {
      let outcome = try folder.run(command, "B")
      #expect(outcome.exitCode != 0)
      #expect(outcome.errors.contains("`letterlock sync B --give-back`"), "\(command): \(outcome.errors)")
    }
  }

  @Test func `a relay that shows another history from some record on fails`() throws {
    let code = try folder.succeed("join", "B", "--relay", "A").output.trimmingCharacters(in: .newlines)
    try folder.succeed("device", "add", "A", code)
    try folder.succeed("sync", "B")
    try folder.succeed("sync", "A")
    try folder.copy("A/relay.sqlite", to: "backup")
    try sms(["one way"], "two.xml")
    try folder.succeed("import", "two.xml", "--archive", "A")
    try putBack("backup")
    try sms(["the other way", "and on", "and on again"], "three.xml")
    try folder.succeed("import", "three.xml", "--archive", "B")
    let verified = try folder.run("verify", "A")
    #expect(verified.exitCode == 2)
    #expect(
      verified.output.contains("FAILED relay: history: it is another one than this device has seen"),
      "\(verified.output)")
    #expect(try folder.run("sync", "A").exitCode == 2)
    // What B has seen, the relay has.
    try folder.succeed("verify", "B")
  }

  /// The relay's file as it was before many messages that the device has, so that it has much to take back.
  private func loseMuch() throws {
    try folder.copy("A/relay.sqlite", to: "backup")
    try sms((0..<400).map { "message \($0) \(String(repeating: "x", count: 900))" }, "many.xml")
    try folder.succeed("import", "many.xml", "--archive", "A")
    try putBack("backup")
  }

  @Test func `what keeps a relay from taking back what it lost is named, and nothing is lost`() throws {
    try loseMuch()
    // Blocks of 512 bytes, or of 1024: the relay's file cannot grow.
    let full = try folder.shell("ulimit -f 150; exec \"$LETTERLOCK\" sync A --give-back")
    #expect(full.exitCode != 0, "\(full.output)")
    #expect(!full.output.contains("took back") && !full.output.contains("has everything"), "\(full.output)")
    #expect(full.errors.hasPrefix("letterlock: "), "\(full.errors)")
    #expect(full.errors.contains("The relay cannot be used: "), "\(full.errors)")
    #expect(try folder.succeed("sync", "A", "--give-back").output.contains("The relay took back 40"))
    try folder.succeed("sync", "A")
    try folder.succeed("verify", "A")
  }

  @Test(arguments: [false, true])
  func `a relay that cannot be used takes nothing back, and that is named`(isDamaged: Bool) throws {
    try loseMuch()
    for name in ["relay.sqlite", "relay.sqlite-wal", "relay.sqlite-shm"] where folder.exists("A/" + name) {
      try folder.remove("A/" + name)
    }
    if isDamaged { try folder.write("no database at all", to: "A/relay.sqlite") }
    let outcome = try folder.run("sync", "A", "--give-back")
    #expect(outcome.exitCode != 0)
    #expect(outcome.errors.contains("There is no usable relay at "), "\(outcome.errors)")
    try putBack("backup")
    try folder.succeed("sync", "A", "--give-back")
    try folder.succeed("verify", "A")
  }

  @Test func `a removed device gives nothing back, and is told that it was removed`() throws {
    try folder.makeRemovedDevice()
    let outcome = try folder.run("sync", "B", "--give-back")
    #expect(outcome.exitCode == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("removed this one"), "\(outcome.errors)")
  }

  @Test func `a relay that shows another history takes nothing back, and is named`() throws {
    try folder.join("B", "--relay", "A")
    try folder.succeed("sync", "B")
    try folder.succeed("sync", "A")
    try folder.copy("A/relay.sqlite", to: "backup")
    try sms(["one way"], "two.xml")
    try folder.succeed("import", "two.xml", "--archive", "A")
    try putBack("backup")
    try sms(["the other way"], "three.xml")
    try folder.succeed("import", "three.xml", "--archive", "B")
    let outcome = try folder.run("sync", "A", "--give-back")
    #expect(outcome.exitCode == 2, "\(outcome.output)")
    #expect(!outcome.output.contains("took back"))
    #expect(
      outcome.errors.contains("The relay signed two histories that contradict each other."),
      "\(outcome.errors)")
  }
}
#endif
