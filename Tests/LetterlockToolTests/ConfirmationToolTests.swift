#if Tool
import Foundation
import Testing

@Suite("What revokes, removes or erases asks first")
struct ConfirmationToolTests {
  private let folder: ToolFolder
  private let other: String

  /// `A` with a second device `B`, a conversation, and one that is recently deleted.
  init() throws {
    folder = try ToolFolder()
    let messages = ["+15550101", "+15550102"].map {
      "<sms address=\"\($0)\" date=\"1700000000000\" type=\"1\" body=\"kept\" />"
    }
    try folder.write("<?xml version=\"1.0\"?><smses>\(messages.joined())</smses>", to: "some.xml")
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("import", "some.xml", "--archive", "A")
    let code = try folder.succeed("join", "B", "--relay", "A").output.trimmingCharacters(in: .newlines)
    let added = try folder.succeed("device", "add", "A", code).output
    other = String(try #require(added.firstMatch(of: /Added device ([0-9a-f]+)/)?.1))
    try folder.succeed("sync", "B")
    try folder.succeed("delete", "A", "+15550102", "--yes")
  }

  /// Commands that take something away, and a word of what they say before.
  private func commands() -> [([String], String)] {
    [
      (["recovery", "replace", "A", "--old-key-file", "key", "--recovery-key-file", "new"], "recovery key"),
      (["device", "remove", "A", other], "removed from the account"),
      (["delete", "A", "+15550101"], "1 messages of “+15550101”"),
      (["storage", "A", "--collect"], "erased for good"),
      (["sync", "A", "--keep-deleted", "0"], "erased for good"),
      (["sync", "A", "--keep-deleted", "0", "--erase-everything"], "even if no message"),
      (["settings", "A", "--keep-deleted", "1"], "erased for good"),
    ]
  }

  private func state() throws -> [String] {
    try folder.succeed("sync", "A")
    try folder.succeed("verify", "A", "--recovery-key-file", "key")
    let devices = try folder.succeed("device", "list", "A").output.split(separator: "\n")
    return try devices.map { $0.prefix(26).description }
      + [["conversations", "A"], ["settings", "A"]].map { try folder.start($0).outcome().output }
  }

  @Test func `without a terminal and without --yes nothing is done`() throws {
    let before = try state()
    for (command, words) in commands() {
      let outcome = try folder.start(command).outcome()
      #expect(outcome.exitCode == 1, "\(command)")
      #expect(outcome.errors.contains(words), "\(command): \(outcome.errors)")
      #expect(
        outcome.errors.hasSuffix("letterlock: Nothing was changed. Say it again with --yes.\n"), "\(command)")
      #expect(outcome.output.isEmpty, "\(command): \(outcome.output)")
    }
    #expect(try state() == before)
    #expect(!folder.exists("new"))
  }

  @Test(
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "script makes a terminal on Linux."
    ))
  func `in a terminal it asks, and does nothing unless the answer is yes`() throws {
    func answer(_ words: String) throws -> ToolOutcome {
      try folder.shell("echo \(words) | script -qec '\"$LETTERLOCK\" delete A +15550101' /dev/null")
    }
    for words in ["no", "y", "''"] {
      let outcome = try answer(words)
      #expect(outcome.output.contains("Type yes to go on:"), "\(outcome.output)")
      #expect(outcome.output.contains("Nothing was changed."), "\(outcome.output)")
    }
    #expect(try answer("yes").output.contains("Moved 1 messages"))
  }

  @Test func `with --yes it is done`() throws {
    for (command, _) in commands() {
      let outcome = try folder.start(command + ["--yes"]).outcome()
      #expect(outcome.exitCode == 0, "\(command): \(outcome.errors)")
    }
  }

  @Test func `what takes nothing away asks nothing`() throws {
    let commands = [
      ["device", "stop", "A"], ["device", "start", "A"], ["device", "rename", "A", "Study"],
      ["device", "rotate", "A"], ["recover", "A", "+15550102"], ["storage", "A", "--optimize"],
      ["sync", "A"],
      ["sync", "A", "--keep-deleted", "30"], ["settings", "A", "--keep-deleted", "60"],
      ["snapshots", "A", "--create", "now"],
    ]
    for command in commands {
      let outcome = try folder.start(command).outcome()
      #expect(outcome.exitCode == 0, "\(command): \(outcome.errors)")
    }
  }
}
#endif
