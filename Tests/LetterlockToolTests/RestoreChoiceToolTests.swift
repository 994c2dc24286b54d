#if Tool
import Foundation
import Testing

@Suite("The tool: what a restore decides, and when")
struct RestoreChoiceToolTests {
  private let folder: ToolFolder
  /// The device of A, which can read the account.
  private let device: String

  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.succeed("import", "one.xml", "--archive", "A")
    try folder.succeed("snapshots", "A", "--create", "before the journey")
    let list = try folder.succeed("device", "list", "A").output
    let line = try #require(list.split(separator: "\n").first { $0.contains("this device") })
    device = String(try #require(line.firstMatch(of: /[0-9a-f]{16}/)).output)
  }

  private func restore(_ options: String...) throws -> ToolOutcome {
    try folder.start(["restore", "R", "--relay", "A", "--recovery-key-file", "key"] + options).outcome()
  }

  @Test func `a snapshot that is not there is refused before anything is changed`() throws {
    let mistyped = try restore("--keep-none", "--snapshot", "before the jurney")
    #expect(mistyped.exitCode == 1)
    #expect(mistyped.errors.contains("nothing was changed"), "\(mistyped.errors)")
    #expect(mistyped.errors.contains("before the journey"), "\(mistyped.errors)")
    #expect(!folder.exists("R"))
    try folder.succeed("sync", "A")
    #expect(try folder.succeed("device", "list", "A").output.contains(device))
    let right = try restore("--keep", device, "--snapshot", "before the journey")
    #expect(right.exitCode == 0 && right.output.contains("1 messages, proven"), "\(right.errors)")
    try folder.succeed("sync", "A")
    // The account is restored by now: only the snapshot is wrong.
    let again = try restore("--keep", device, "--snapshot", "before the jurney")
    #expect(again.exitCode == 2, "\(again.errors)")
    #expect(again.errors.contains("The account is restored. Only the snapshot"), "\(again.errors)")
  }

  private struct Status: Decodable {
    var logEntries: Int
    var devices: Int
  }

  /// The account's log, after a synchronisation of A.
  private func logEntries() throws -> Int {
    try folder.succeed("sync", "A")
    return try folder.succeed("status", "A", "--json").json(Status.self).logEntries
  }

  @Test func `without a choice and without a terminal it lists the devices, and nothing is changed`() throws {
    let before = try logEntries()
    for options in [[], ["--snapshot", "before the journey"]] {
      let refused = try folder.start(
        ["restore", "R", "--relay", "A", "--recovery-key-file", "key"] + options
      ).outcome()
      #expect(refused.exitCode == 1 && refused.output.isEmpty, "\(refused.output)")
      #expect(refused.errors.contains("1. \(device)"), "\(refused.errors)")
      #expect(
        refused.errors.hasSuffix(
          "letterlock: Say which devices stay, with --keep ID or --keep-none: nothing was changed.\n"),
        "\(refused.errors)")
      #expect(!folder.exists("R"))
    }
    #expect(try logEntries() == before)
    #expect(try restore("--keep", device).exitCode == 0)
  }

  /// Restores in a terminal, where a person types these lines.
  private func restore(typing lines: String) throws -> ToolOutcome {
    try folder.runInTerminal("restore R --relay A --recovery-key-file key", typing: lines)
  }

  @Test(.enabled(if: ToolFolder.hasTerminal, "script makes a terminal on Linux."))
  func `in a terminal it lists the devices, and asks until the answer names some`() throws {
    let asked = try restore(typing: "perhaps\\n2\\n\\n1\\n")
    #expect(asked.exitCode == 0, "\(asked.output)")
    #expect(asked.output.contains("1. \(device)"), "\(asked.output)")
    #expect(asked.output.components(separatedBy: "Which devices stay?").count == 5, "\(asked.output)")
    #expect(asked.output.contains("Restored "), "\(asked.output)")
    // The device stays.
    try folder.succeed("sync", "A")
  }

  @Test(.enabled(if: ToolFolder.hasTerminal, "script makes a terminal on Linux."))
  func `in a terminal the answer none removes the other devices`() throws {
    let asked = try restore(typing: "none\\n")
    #expect(asked.exitCode == 0 && asked.output.contains("Restored "), "\(asked.output)")
    let removed = try folder.run("sync", "A")
    #expect(removed.exitCode == 2 && removed.errors.contains("removed this one"), "\(removed.errors)")
  }

  @Test func `a second run that would keep a removed device says that it is removed`() throws {
    #expect(try restore("--keep-none").exitCode == 0)
    let other = try restore("--keep", device)
    #expect(other.exitCode == 1)
    #expect(other.errors.contains("that removed device \(device)"), "\(other.errors)")
    #expect(!other.output.contains("Restored"))
    let unknown = try restore("--keep", "zz")
    #expect(unknown.exitCode == 1 && unknown.errors.contains("No device begins with"), "\(unknown.errors)")
    // The same decision goes on.
    #expect(try restore("--keep-none").exitCode == 0)
    #expect(try restore().exitCode == 0)
  }

  @Test func `a second run that would not keep a device names it`() throws {
    #expect(try restore("--keep", device).exitCode == 0)
    let other = try restore("--keep-none")
    #expect(other.exitCode == 1)
    #expect(other.errors.contains("device \(device), which you would not keep"), "\(other.errors)")
    #expect(try restore("--keep", device).exitCode == 0)
  }
}
#endif
