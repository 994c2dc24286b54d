#if Tool
import Foundation
import Testing

@Suite("The tool: what is done and not sent")
struct NotSentToolTests {
  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.succeed("import", "one.xml", "--archive", "A")
    try folder.write("text of the file", to: "note.txt")
  }

  private func expectDone(_ command: [String], _ done: String, _ reason: String) throws {
    let outcome = try folder.start(command).outcome()
    #expect(outcome.exitCode == 1, "\(command): \(outcome.errors)")
    #expect(outcome.output.contains(done), "\(command): \(outcome.output)\(outcome.errors)")
    #expect(outcome.errors.contains(reason), "\(command): \(outcome.errors)")
    #expect(
      outcome.errors.hasSuffix("What was done is kept on this device, and not sent yet.\n"),
      "\(command): \(outcome.errors)")
  }

  @Test(arguments: [true, false])
  func `a device that may not synchronise says what was done first`(isStopped: Bool) throws {
    if isStopped {
      try folder.succeed("device", "stop", "A")
    } else {
      try folder.succeed("settings", "A", "--require", "unmetered")
    }
    let reason = "Not synchronised. "
    try expectDone(["delete", "A", "+15550101", "--yes"], "Moved 1 messages to recently deleted", reason)
    try expectDone(["recover", "A", "+15550101"], "Recovered 1 messages.", reason)
    try expectDone(["attachment", "add", "A", "note.txt"], "Sealed 1 file.", reason)
    // Everything is sealed, not only what is read at first.
    let lines = (0..<5).map {
      "<sms address=\"+15550101\" date=\"\(1_700_000_060_000 + $0)\" type=\"1\" body=\"m\($0)\" />"
    }
    try folder.write("<?xml version=\"1.0\"?><smses>\(lines.joined())</smses>", to: "five.xml")
    try folder.write("<smses></smses>", to: "none.xml")
    try expectDone(
      ["import", "five.xml", "none.xml", "--archive", "A", "--at-once", "1"], "five.xml: 5 read, 5 sealed",
      reason)
    let code = try folder.succeed("join", "B", "--relay", "A").output.trimmingCharacters(in: .newlines)
    let added = try folder.succeed("device", "add", "A", code)
    #expect(added.output.hasPrefix("Added device ") && added.errors.contains(reason), "\(added.errors)")
    try folder.succeed("sync", "B")
    _ = try folder.run("device", "start", "A")
    try folder.succeed("sync", "A", "--ignore-conditions")
    try folder.succeed("sync", "B")
    #expect(try folder.export("B").contains("m4"))
  }

  @Test func `a relay that is full is named after what was done`() throws {
    try folder.succeed("init", "S", "--recovery-key-file", "other", "--quota", "60000")
    try folder.write(String(repeating: "x", count: 100_000), to: "large.txt")
    let full = try folder.run("attachment", "add", "S", "large.txt")
    #expect(full.exitCode == 2 && full.output == "Sealed 1 file.\n", "\(full.output)\(full.errors)")
    #expect(full.errors.contains("Not sent: large.txt"), "\(full.errors)")
    let verified = try folder.run("verify", "S", "--as-new-device", "--recovery-key-file", "other")
    #expect(verified.exitCode == 2 && !verified.output.contains("Backed up"), "\(verified.output)")
    #expect(verified.errors.contains("1 file is only here: run `letterlock sync S`"), "\(verified.errors)")
  }
}
#endif
