#if Tool
import Foundation
import Testing

/// Two processes at once on one archive: the second waits or is refused, and nothing is lost.
@Suite("Two commands at once on one archive")
struct HostileProcessPairTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil

  /// Every command that can change an archive, and whether it may be told that there is nothing to do.
  private static let commands: [[String]] = [
    ["device", "rotate", "A"],
    ["device", "rename", "A", "Study"],
    ["sync", "A"],
    ["import", "messages.xml", "--archive", "A"],
    ["attachment", "add", "A", "file.bin"],
    ["snapshots", "A", "--create", "before"],
    ["storage", "A", "--optimize"],
    ["storage", "A", "--collect", "--yes"],
    ["delete", "A", "+15550100", "--yes"],
    ["recover", "A", "+15550100"],
    ["settings", "A", "--downloads", "previews"],
    ["show", "A", "+15550100", "--newest", "5"],
    ["verify", "A", "--as-new-device", "--recovery-key-file", "key"],
  ]

  /// How many pairs, or rounds of them, one archive takes: a relay takes few changes of an account in a short time.
  private static let pairsPerArchive = 4

  private static let pairs = commands.indices.flatMap { first in
    commands.indices.filter { $0 >= first }.map { [first, $0] }
  }

  /// All pairs where there is time; else every pair that rotates keys, and some of the rest.
  private static var chosenPairs: [[Int]] {
    isHostile ? pairs : pairs.enumerated().filter { $1.contains(0) || $0 % 7 == 3 }.map(\.element)
  }

  private func household(fileByteCount: Int) throws -> ToolFolder {
    let folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.write(Self.messages(count: 3, from: "+15550100"), to: "messages.xml")
    try folder.succeed("import", "messages.xml", "--archive", "A")
    try Data(repeating: 7, count: fileByteCount).write(to: URL(fileURLWithPath: folder.file("file.bin")))
    let join = try folder.start(["join", "B", "--relay", "A"])
    // The code is in the vault before it is printed, and `join` again prints the same one.
    let again = try join.outcome().output
    let code = try #require(again.split(separator: "\n").first)
    try folder.succeed("device", "add", "A", String(code))
    try folder.succeed("sync", "B")
    try folder.succeed("sync", "A")
    return folder
  }

  private static func messages(count: Int, from address: String) -> String {
    let messages = (0..<count).map {
      "<sms address=\"\(address)\" date=\"\(1_767_270_000_000 + $0 * 1000)\" type=\"1\" body=\"message \($0)\" />"
    }
    return "<?xml version='1.0' ?><smses count=\"\(count)\">\(messages.joined())</smses>"
  }

  /// Whether a command did what it says, or says what is so by another command before it.
  private static func isTrue(_ outcome: ToolOutcome, of command: String) -> Bool {
    switch command {
    // What another command left waiting is only here.
    case "verify" where outcome.exitCode == 2: outcome.output.contains("only on this device")
    // The conversation was moved to recently deleted.
    case "show" where outcome.exitCode == 1: outcome.errors.contains("No conversation among the newest")
    default: outcome.exitCode == 0
    }
  }

  /// Starts both, and takes no other refusal than that the other one is at work.
  private func run(_ first: [String], _ second: [String], in folder: ToolFolder) throws -> Int {
    let running = [try folder.start(first), try folder.start(second)]
    let outcomes = try running.map { try $0.outcome() }
    var done = 0
    for (command, outcome) in zip([first, second], outcomes) {
      if Self.isTrue(outcome, of: command[0]) {
        done += 1
        continue
      }
      #expect(
        outcome.exitCode == 1 && outcome.errors.contains("Another letterlock is at work"),
        "\(command): \(outcome.exitCode) \(outcome.output) \(outcome.errors)")
    }
    return done
  }

  /// Whether what the other device seals now opens here: a key that was lost shows so.
  private func expectKeys(in folder: ToolFolder) throws {
    let address = "+15550200"
    try folder.write(Self.messages(count: 1, from: address), to: "other.xml")
    try folder.succeed("sync", "B")
    try folder.succeed("device", "rotate", "B")
    try folder.succeed("import", "other.xml", "--archive", "B")
    try folder.succeed("sync", "A")
    #expect(try folder.succeed("show", "A", address).output.contains("message 0"))
  }

  @Test func `one waits or is refused, and nothing is lost`() throws {
    var rest = Self.chosenPairs[...]
    while !rest.isEmpty {
      let folder = try household(fileByteCount: 100_000)
      for pair in rest.prefix(Self.pairsPerArchive) {
        let (first, second) = (Self.commands[pair[0]], Self.commands[pair[1]])
        #expect(try run(first, second, in: folder) >= 1, "\(first), \(second)")
      }
      rest = rest.dropFirst(Self.pairsPerArchive)
      try expectKeys(in: folder)
      try folder.succeed("verify", "A")
    }
  }

  @Test func `a file that is being added never puts an old key back`() throws {
    for _ in 0..<(Self.isHostile ? 12 : 1) {
      let folder = try household(fileByteCount: Self.isHostile ? 30_000_000 : 3_000_000)
      for _ in 0..<Self.pairsPerArchive {
        _ = try run(["attachment", "add", "A", "file.bin"], ["device", "rotate", "A"], in: folder)
      }
      try expectKeys(in: folder)
      try folder.succeed("verify", "A")
    }
  }
}
#endif
