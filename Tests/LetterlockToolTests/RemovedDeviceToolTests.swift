#if Tool
import Foundation
import Testing

@Suite("The tool: every command on a device that was removed, and knows it")
struct RemovedDeviceToolTests {
  private let folder: ToolFolder
  /// The beginning of the number of a file that B has.
  private let file: String
  /// The device that removed B's.
  private let remover: String

  init() throws {
    let made = try ToolFolder.withFile()
    (folder, file) = (made.0, made.file)
    try folder.writeSMS("kept", to: "one.xml")
    try folder.succeed("import", "one.xml", "--archive", "A")
    try folder.succeed("snapshots", "A", "--create", "before")
    remover = try folder.deviceNumber(of: "A")
    try folder.join("B", "--relay", "A")
    try folder.succeed("sync", "B")
    try folder.succeed("settings", "B", "--downloads", "all")
    try folder.succeed("sync", "B")
    try folder.removeSecondDevice()
  }

  /// What only looks. Those that write a file write it elsewhere, and say nothing on standard output.
  private var reading: [[String]] {
    [
      ["status", "B"], ["status", "B", "--json"], ["conversations", "B"], ["conversations", "B", "--json"],
      ["show", "B", "+15550101"], ["show", "B", "+15550101", "--last", "1"],
      ["show", "B", "+15550101", "--versions"], ["show", "B", "+15550101", "--json"],
      ["search", "B", "kept"], ["search", "B", "kept", "--json"],
      ["export", "B", "--format", "text", "--output", "-"],
      ["export", "B", "--format", "json", "--output", "-"],
      ["export", "B", "--format", "json", "--output", "-", "--snapshot", "before"],
      ["export", "B", "--format", "html", "--output", "page"],
      ["snapshots", "B"], ["snapshots", "B", "--json"],
      ["device", "list", "B"], ["device", "list", "B", "--json"],
      ["attachment", "list", "B"], ["attachment", "list", "B", "--json"],
      ["attachment", "get", "B", file, "--output", "-"], ["attachment", "get", "B", file, "--output", "got"],
      ["storage", "B"], ["storage", "B", "--json"], ["settings", "B"], ["settings", "B", "--json"],
    ]
  }

  /// What changes something, or asks the relay.
  private func changing(approving code: String = "") -> [[String]] {
    [
      ["sync", "B"], ["sync", "B", "--give-back"], ["sync", "B", "--keep-deleted", "0", "--yes"],
      ["import", "one.xml", "--archive", "B"], ["import", "A", "--archive", "B"],
      ["delete", "B", "+15550101"], ["delete", "B", "+15550101", "--yes"], ["recover", "B", "+15550101"],
      ["snapshots", "B", "--create", "now"], ["show", "B", "+15550101", "--newest", "1"],
      ["attachment", "add", "B", "note.txt"], ["attachment", "add", "B", "note.txt", "--later"],
      ["device", "add", "B", code], ["device", "rename", "B", "Study"], ["device", "rotate", "B"],
      ["device", "remove", "B", remover, "--yes"], ["device", "stop", "B"], ["device", "start", "B"],
      ["recovery", "show", "B"], ["recovery", "show", "B", "--recovery-key-file", "new"],
      ["recovery", "replace", "B", "--old-key-file", "key", "--recovery-key-file", "new", "--yes"],
      ["recovery", "propose", "B", "proposal"], ["recovery", "vote", "B", "key", "vote"],
      ["recovery", "cancel", "B", "--yes"], ["recovery", "cancel", "B", "--key-file", "key", "--yes"],
      ["recovery", "acknowledge", "B"], ["settings", "B", "--downloads", "off"],
      ["storage", "B", "--optimize"], ["storage", "B", "--collect"], ["storage", "B", "--collect", "--yes"],
      ["erase", "B"], ["erase", "B", "--confirm", "12345678"], ["erase", "B", "--cancel"],
      ["verify", "B", "--as-new-device", "--recovery-key-file", "key"],
    ]
  }

  /// The last line on standard error says it, and no other does.
  private func expectSaid(_ outcome: ToolOutcome, _ command: [String]) {
    #expect(outcome.exitCode == 2 && !outcome.wasKilled, "\(command): \(outcome.errors)")
    #expect(
      outcome.errors.components(separatedBy: "Device \(remover) removed this one, by entry ").count == 2,
      "\(command): \(outcome.errors)")
    let last = outcome.errors.split(separator: "\n").last ?? ""
    #expect(
      last.hasPrefix("letterlock: ") && last.contains("removed this one, by entry "),
      "\(command): \(outcome.errors)")
  }

  /// What B keeps; what SQLite lays beside a file while it is open holds nothing then.
  private func kept() throws -> [String: String] {
    try folder.contents(of: "B").filter { !$0.key.hasSuffix("-shm") && !$0.key.hasSuffix("-wal") }
  }

  @Test func `what reads does so, and then says who removed the device, and when`() throws {
    let before = try kept()
    for command in reading {
      let outcome = try folder.start(command).outcome()
      expectSaid(outcome, command)
      let isToFile = command.contains("page") || command.contains("got")
      #expect(outcome.output.isEmpty == isToFile, "\(command): \(outcome.output)")
      guard command.contains("--json") || command.contains("json") else { continue }
      for line in outcome.output.split(separator: "\n") {
        #expect(
          (try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "\(command): \(line)")
      }
    }
    #expect(try kept() == before)
    #expect(try folder.text(of: "got") == "content of the file\n")
    #expect(try folder.text(of: "page/index.html").contains("+15550101"))
    #expect(try folder.run("show", "B", "+15550101").output.contains("waits"))
  }

  @Test(arguments: [[], ["--json"], ["--recovery-key-file", "key"]] as [[String]])
  func `verify says what it finds, and then who removed the device`(options: [String]) throws {
    let outcome = try folder.start(["verify", "B"] + options).outcome()
    expectSaid(outcome, ["verify", "B"] + options)
    #expect(outcome.output.contains("secret of epoch"), "\(outcome.output)")
  }

  /// What would show that a command changed something.
  private func state() throws -> [String] {
    let status = try folder.run("status", "B").output.split(separator: "\n")
      .filter { !$0.contains("on this device") }.joined(separator: "\n")
    return [
      status, try folder.run("settings", "B").output, try folder.run("attachment", "list", "B").output,
      try folder.run("device", "list", "B").output, try folder.export("B", exitCode: 2),
      try kept()["device/keys"] ?? "",
    ]
  }

  @Test func `what changes something does nothing, and says who removed the device`() throws {
    let code = try folder.askToJoin("C", "--relay", "A")
    let before = try state()
    for command in changing(approving: code) {
      let outcome = try folder.start(command).outcome()
      expectSaid(outcome, command)
      #expect(outcome.output.isEmpty, "\(command): \(outcome.output)")
    }
    #expect(try state() == before)
    for name in ["new", "proposal", "vote"] { #expect(!folder.exists(name), "\(name)") }
  }

  @Test func `every command that opens an archive is tried`() throws {
    let tried = reading + changing() + [["verify", "B"]]
    // They make a device, or open none.
    let others: Set = ["init", "join", "restore", "vectors", "demo"]
    for command in try folder.subcommands() where !others.contains(command.first ?? "") {
      #expect(tried.contains { $0.starts(with: command) }, "\(command)")
    }
  }

  @Test func `what cannot be done for another reason says both`() throws {
    let unknown = ["show", "B", "nobody"]
    let outcome = try folder.start(unknown).outcome()
    expectSaid(outcome, unknown)
    #expect(outcome.errors.split(separator: "\n").count == 2, "\(outcome.errors)")
    #expect(try folder.run("show", "B", "+15550101", "--last", "0").exitCode == 64)
    #expect(
      try folder.run("attachment", "get", "B", file, "--output", "part", "--range", "9-1").exitCode == 64)
  }

  @Test func `its archive is a source as any other`() throws {
    try folder.succeed("init", "N", "--recovery-key-file", "other")
    let imported = try folder.succeed("import", "B", "--archive", "N")
    #expect(!imported.errors.contains("removed this one"), "\(imported.errors)")
    #expect(try folder.export("N").contains("waits"))
  }
}
#endif
