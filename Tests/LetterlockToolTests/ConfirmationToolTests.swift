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

  @Test(.enabled(if: ToolFolder.hasTerminal, "script makes a terminal on Linux."))
  func `in a terminal it asks, and does nothing unless the answer is yes`() throws {
    func answer(_ words: String) throws -> ToolOutcome {
      try folder.runInTerminal("delete A +15550101", typing: words + "\\n")
    }
    for words in ["no", "y", ""] {
      let outcome = try answer(words)
      #expect(outcome.output.contains("Type yes to go on:"), "\(outcome.output)")
      #expect(outcome.output.contains("Nothing was changed."), "\(outcome.output)")
    }
    #expect(try answer("yes").output.contains("Moved 1 messages"))
  }

  /// A recovery key in `new` that A has announced.
  private func announce() throws {
    try folder.succeed("recovery", "replace", "A", "--recovery-key-file", "new", "--yes")
    #expect(try folder.succeed("status", "A").output.contains("announced a new recovery key"))
  }

  @Test func `recovery cancel does nothing either without a terminal and without --yes`() throws {
    try announce()
    for options in [[], ["--key-file", "key"]] {
      let outcome = try folder.start(["recovery", "cancel", "A"] + options).outcome()
      #expect(outcome.exitCode == 1 && outcome.output.isEmpty, "\(outcome.output)")
      #expect(outcome.errors.contains("this device announced would be void"), "\(outcome.errors)")
      #expect(
        outcome.errors.hasSuffix("letterlock: Nothing was changed. Say it again with --yes.\n"),
        "\(outcome.errors)")
    }
    // Neither a wrong key nor none needs an answer.
    for file in ["new", "nowhere"] {
      let outcome = try folder.run("recovery", "cancel", "A", "--key-file", file)
      #expect(outcome.exitCode == 1 && !outcome.errors.contains("--yes"), "\(outcome.errors)")
    }
    #expect(try folder.succeed("status", "A").output.contains("announced a new recovery key"))
    let done = try folder.succeed("recovery", "cancel", "A", "--key-file", "key", "--yes")
    #expect(done.output == "The announced recovery key is void.\n")
    #expect(try !folder.succeed("status", "A").output.contains("announced a new recovery key"))
  }

  @Test(.enabled(if: ToolFolder.hasTerminal, "script makes a terminal on Linux."))
  func `recovery cancel asks in a terminal`() throws {
    try announce()
    for (answer, words) in [("no", "Nothing was changed."), ("yes", "The announced recovery key is void.")] {
      let outcome = try folder.runInTerminal("recovery cancel A", typing: answer + "\\n")
      #expect(outcome.output.contains("Type yes to go on:"), "\(outcome.output)")
      #expect(outcome.output.contains(words), "\(outcome.output)")
    }
    #expect(try folder.succeed("recovery", "cancel", "A").output == "No recovery key is announced.\n")
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
