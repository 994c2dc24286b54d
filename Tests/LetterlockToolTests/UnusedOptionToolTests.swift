#if Tool
import Foundation
import Testing

@Suite("Options that would do nothing")
struct UnusedOptionToolTests {
  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder()
    try folder.write("words of the owner\n", to: "words")
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("init", "B", "--recovery-key-file", "other-key")
  }

  @Test func `verify checks a recovery key that it is given`() throws {
    try folder.succeed("verify", "A", "--recovery-key-file", "key")
    for options in [[], ["--json"], ["--as-new-device"]] {
      let outcome = try folder.start(["verify", "A", "--recovery-key-file", "other-key"] + options).outcome()
      #expect(outcome.exitCode == 2, "\(outcome.output)")
      #expect(
        outcome.errors.hasPrefix("letterlock: other-key holds another recovery key than this account's"),
        "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
    let replaced = [
      "recovery", "replace", "A", "--old-key-file", "key", "--recovery-key-file", "new", "--yes",
    ]
    #expect(try folder.start(replaced).outcome().exitCode == 0)
    #expect(try folder.run("verify", "A", "--recovery-key-file", "key").exitCode == 2)
    try folder.succeed("verify", "A", "--recovery-key-file", "new")
  }

  /// A command line with an option that nothing would come of.
  private static let lines: [[String]] = [
    ["verify", "A", "--evidence", "key"], ["verify", "--evidence", "key", "--json"],
    ["verify", "--evidence", "key", "--as-new-device"],
    ["verify", "--evidence", "key", "--recovery-key-file", "key"],
    ["verify", "--evidence", "key", "--passphrase-file", "words"], ["verify", "A", "--as-new-device"],
    ["erase", "A", "--relay", "B"], ["erase", "A", "--recovery-key-file", "key"],
    ["erase", "--relay", "A", "--recovery-key-file", "key", "--passphrase-file", "words"],
    ["show", "A", "x", "--last", "3", "--newest", "3"], ["show", "A", "x", "--last", "0"],
    ["show", "A", "x", "--newest", "-1"], ["storage", "A", "--larger-than", "5"], ["storage", "A", "--yes"],
    ["storage", "A", "--optimize", "--yes"], ["sync", "A", "--ignore-conditions", "--idle"],
    ["sync", "A", "--ignore-conditions", "--unmetered"], ["device", "stop", "A", "--yes"],
    ["recovery", "replace", "A", "--old-key-file", "key", "--vote", "v"],
    ["recovery", "replace", "A", "--old-key-file", "key", "--proposal", "p"],
    ["recovery", "replace", "A", "--proposal", "p", "--approver", "0123456789abcdef"],
    ["settings", "A", "--interval", "4000000000"], ["settings", "A", "--yes"], ["sync", "A", "--yes"],
    ["join", "A", "--yes"], ["join", "A", "--cancel", "--relay", "B"], ["join", "A", "--cancel", "--wait"],
    ["join", "A", "--cancel", "--name", "x"],
    ["export", "A", "--format", "html", "--output", "-"],
    ["export", "A", "--format", "json", "--output", "-", "--force"],
  ]

  @Test func `each is an error, and nothing is done`() throws {
    let before = try folder.contents()
    for line in Self.lines {
      let outcome = try folder.start(line).outcome()
      #expect(outcome.exitCode == 64, "\(line): \(outcome.output) \(outcome.errors)")
      #expect(outcome.output.isEmpty && !outcome.errors.isEmpty, "\(line)")
    }
    #expect(try folder.contents().keys.sorted() == before.keys.sorted())
  }

  @Test func `an option that does not fit the state of the account is an error, too`() throws {
    let despite = try folder.run("sync", "A", "--despite-evidence")
    #expect(despite.exitCode == 1)
    #expect(
      despite.errors == "letterlock: There is no evidence against this relay: leave --despite-evidence out.\n"
    )
    // Nothing is announced that a recovery key could make void.
    let unused = "leave --key-file out"
    for (file, words) in [("key", unused), ("other-key", unused), ("nowhere", "nowhere")] {
      let cancelling = try folder.run("recovery", "cancel", "A", "--key-file", file)
      #expect(cancelling.exitCode == 1 && cancelling.output.isEmpty, "\(cancelling.output)")
      #expect(cancelling.errors.contains(words), "\(cancelling.errors)")
    }
    try folder.succeed("restore", "R", "--relay", "A", "--recovery-key-file", "key", "--keep-none")
    // The restore removed `A`, which learns of it.
    #expect(try folder.run("sync", "A").exitCode == 2)
    let erasing = try folder.run("sync", "A", "--keep-deleted", "0", "--yes")
    #expect(erasing.exitCode == 2)
    #expect(erasing.errors.contains("This device erases nothing"), "\(erasing.errors)")
    #expect(erasing.errors.contains("removed this one"), "\(erasing.errors)")
    // A passphrase for keys that are not sealed.
    for command in [["status", "B"], ["sync", "B"], ["export", "B", "--format", "text", "--output", "-"]] {
      let outcome = try folder.start(command + ["--passphrase-file", "words"]).outcome()
      #expect(outcome.exitCode == 2, "\(command): \(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
  }
}
#endif
