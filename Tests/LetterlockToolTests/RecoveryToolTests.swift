#if Tool
import Foundation
import Testing

@Suite("The tool: the recovery key's life")
struct RecoveryToolTests {
  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.succeed("import", "one.xml", "--archive", "A")
    try folder.succeed("sync", "A")
  }

  @Test func `a replaced key restores, and the old one does not`() throws {
    #expect(try folder.run("recovery", "show", "A").exitCode == 1)
    try folder.succeed(
      "recovery", "replace", "A", "--old-key-file", "key", "--recovery-key-file", "new", "--yes")
    // No new key is made, nor written, for whoever gives a wrong old one.
    let wrong = try folder.run(
      "recovery", "replace", "A", "--old-key-file", "key", "--recovery-key-file", "third", "--yes")
    #expect(wrong.exitCode == 1)
    #expect(!folder.exists("third"))
    #expect(
      try folder.run("restore", "B", "--relay", "A", "--recovery-key-file", "key", "--keep-none").exitCode
        == 1)
    #expect(!folder.exists("B"))
    let restored = try folder.succeed(
      "restore", "B", "--relay", "A", "--recovery-key-file", "new", "--keep-none")
    #expect(restored.output.contains("0 missing"))
  }

  @Test func `devices that were there announce a key for a lost one, and make it void again`() throws {
    let code = try folder.succeed("join", "B", "--relay", "A").output.trimmingCharacters(in: .newlines)
    let added = try folder.succeed("device", "add", "A", code).output
    let number = try #require(added.firstMatch(of: /Added device ([0-9a-f]+)/)?.1)
    #expect(added.contains("--approver \(number.prefix(16))"))
    try folder.succeed("sync", "B")
    // Both devices are recovery approvers from now on.
    try folder.succeed(
      "recovery", "replace", "A", "--old-key-file", "key", "--recovery-key-file", "second", "--approver",
      String(number.prefix(16)), "--yes")
    // The other device names that until its person says that they know of it.
    for _ in 0..<2 {
      #expect(
        try folder.run("sync", "B").errors.contains(
          "The recovery key was replaced by somebody who had the old"))
    }
    #expect(try folder.succeed("status", "B").output.contains("The recovery key was replaced"))
    #expect(
      try folder.succeed("recovery", "acknowledge", "B").output.contains("by the old key: named no more"))
    #expect(try !folder.succeed("status", "B").output.contains("The recovery key was replaced"))
    let alone = try folder.run("recovery", "replace", "B", "--recovery-key-file", "third", "--yes")
    #expect(alone.exitCode == 1)
    #expect(!folder.exists("third"))
    let proposed = try folder.succeed("recovery", "propose", "B", "proposal").output
    let shown = try #require(proposed.firstMatch(of: /ask for: ([0-9 ]+)/)?.1)
    let asked = try folder.run("recovery", "vote", "A", "proposal", "vote")
    #expect(asked.exitCode == 1)
    let wrong = try folder.run(
      "recovery", "vote", "A", "proposal", "vote", "--code", "00000 00000 00000 00000")
    #expect(wrong.exitCode == 2)
    #expect(!folder.exists("vote"))
    try folder.succeed("recovery", "vote", "A", "proposal", "vote", "--code", String(shown))
    let announced = try folder.succeed(
      "recovery", "replace", "B", "--proposal", "proposal", "--vote", "vote", "--recovery-key-file", "third",
      "--yes")
    #expect(announced.output.contains("3 days"))
    // It does not count yet, and every device shows it.
    try folder.succeed("sync", "A")
    let status = try folder.succeed("status", "A").output
    let announcer = number.prefix(16)
    #expect(
      status.contains(
        "device \(announcer) (Another device) announced a new recovery key, which can count from 20"))
    #expect(
      status.contains(
        "if that was not you: letterlock recovery cancel A, then letterlock device remove A \(announcer)"))
    #expect(
      try folder.succeed("status", "A", "--json").output.contains(#""recoveryAnnouncement":{"cancel":"#))
    #expect(
      try folder.run("restore", "C", "--relay", "A", "--recovery-key-file", "third", "--keep-none").exitCode
        == 1)
    try folder.succeed("recovery", "cancel", "A", "--yes")
    #expect(try !folder.succeed("status", "A").output.contains("announced a new recovery key"))
    let restored = try folder.succeed(
      "restore", "C", "--relay", "A", "--recovery-key-file", "second", "--keep-none")
    #expect(restored.output.contains("0 missing"))
  }

  @Test func `a recovery approver is named by 16 characters of its number, or more`() throws {
    let code = try folder.succeed("join", "B", "--relay", "A").output.trimmingCharacters(in: .newlines)
    let added = try folder.succeed("device", "add", "A", code).output
    let number = try #require(added.firstMatch(of: /Added device ([0-9a-f]+)/)?.1)
    // A thief can make a device whose number begins as another's, if only a little of it is looked at.
    for approvers in [[number.prefix(15)], [number.prefix(16), number.prefix(8)], [number.prefix(1)]] {
      let names = approvers.flatMap { ["--approver", String($0)] }
      for command in [
        ["recovery", "replace", "A", "--old-key-file", "key", "--recovery-key-file", "second", "--yes"],
        ["recovery", "propose", "A", "proposal"],
      ] {
        let refused = try folder.start(command + names).outcome()
        #expect(refused.exitCode == 1, "\(approvers)")
        #expect(refused.errors.contains("--approver takes 16 characters"), "\(refused.errors)")
      }
    }
    #expect(!folder.exists("second") && !folder.exists("proposal"))
    try folder.succeed("verify", "A", "--recovery-key-file", "key")
    let replaced = try folder.succeed(
      "recovery", "replace", "A", "--old-key-file", "key", "--recovery-key-file", "second", "--approver",
      String(number.prefix(16)), "--yes")
    #expect(replaced.output.contains("\(number.prefix(16))"), "\(replaced.output)")
  }

  @Test func `every device shows an order to erase that waits, and can make it void`() throws {
    let code = try folder.succeed("join", "B", "--relay", "A").output.trimmingCharacters(in: .newlines)
    let added = try folder.succeed("device", "add", "A", code).output
    let number = try #require(added.firstMatch(of: /Added device ([0-9a-f]+)/)?.1).prefix(16)
    try folder.succeed("sync", "B")
    let shown = try folder.run("erase", "B")
    let confirmed = try #require(shown.errors.split(separator: " ").last).trimmingCharacters(in: ["\n", "."])
    #expect(try folder.succeed("erase", "B", "--confirm", confirmed).output.contains("erase DIR --cancel"))
    #expect(try folder.succeed("sync", "A").errors.contains("Device \(number) ordered that the server erase"))
    let status = try folder.succeed("status", "A").output
    #expect(
      status.contains(
        "device \(number) (Another device) ordered that the server erase its copy of everything, on 20"))
    #expect(
      status.contains(
        "if that was not you: letterlock erase A --cancel, then letterlock device remove A \(number)"))
    #expect(
      try folder.succeed("status", "A", "--json").output.contains(
        #""pendingErasure":{"cancel":"letterlock erase A --cancel","device":"\#(number)"#))
    // Its own device is not told to remove itself.
    #expect(try folder.succeed("status", "B").output.contains("not you: letterlock erase B --cancel\n"))
    #expect(try folder.succeed("erase", "A", "--cancel").output.contains("device remove A \(number)"))
    #expect(try !folder.succeed("status", "A").output.contains("ordered that"))
    #expect(try folder.succeed("erase", "B", "--cancel").output == "No order to erase waits.\n")
    #expect(try folder.run("erase", "A", "--cancel", "--confirm", "12345678").exitCode == 64)
    #expect(try folder.run("erase", "--relay", "A", "--recovery-key-file", "key", "--cancel").exitCode == 64)
  }
}
#endif
