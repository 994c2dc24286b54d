#if Tool
import Foundation
import Testing

/// The archives of an account, in which two commands run at once.
final class PairArchive {
  let folder: ToolFolder
  /// The file with the recovery key that counts.
  var keyFile = "key"
  private var count = 0

  /// The archives A and B of one account, with a few messages, and a file to add.
  init(fileByteCount: Int) throws {
    folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.write(Self.messages(count: 3, from: "+15550100"), to: "messages.xml")
    try folder.succeed("import", "messages.xml", "--archive", "A")
    try Data(repeating: 7, count: fileByteCount).write(to: URL(fileURLWithPath: folder.file("file.bin")))
    try folder.succeed("device", "add", "A", try request(in: "B"))
    try folder.succeed("sync", "B")
    try folder.succeed("sync", "A")
  }

  static func messages(count: Int, from address: String) -> String {
    let messages = (0..<count).map {
      "<sms address=\"\(address)\" date=\"\(1_767_270_000_000 + $0 * 1000)\" type=\"1\" body=\"message \($0)\" />"
    }
    return "<?xml version='1.0' ?><smses count=\"\(count)\">\(messages.joined())</smses>"
  }

  /// A name that nothing has in this folder.
  func newName(_ beginning: String) -> String {
    count += 1
    return "\(beginning)-\(count)"
  }

  /// The code of a new device that asks to join.
  func request(in name: String) throws -> String {
    // The code is in the vault before it is printed, and `join` again prints the same one.
    let output = try folder.succeed("join", name, "--relay", "A").output
    return String(output.prefix { !$0.isNewline })
  }

  private struct Status: Decodable {
    let device: String
  }

  /// The number of an archive's device.
  func device(of archive: String) throws -> String {
    try folder.succeed("status", archive, "--json").json(Status.self).device
  }

  /// Puts another recovery key in force, on a device that is no part of the race.
  func replaceKeyElsewhere() throws {
    let new = newName("key")
    try folder.succeed(
      "recovery", "replace", "B", "--old-key-file", keyFile, "--recovery-key-file", new, "--yes")
    keyFile = new
    try folder.succeed("sync", "A")
  }

  /// Takes the recovery key that a command has put in force.
  func follow(_ arguments: [String], _ outcome: ToolOutcome) {
    guard outcome.exitCode == 0, arguments.starts(with: ["recovery", "replace"]),
      let option = arguments.firstIndex(of: "--recovery-key-file")
    else { return }
    keyFile = arguments[option + 1]
  }

  /// The beginning of the number of a file that is at the relay alone.
  func fileAtRelay() throws -> String {
    if try folder.succeed("attachment", "list", "A").output.isEmpty {
      try folder.succeed("attachment", "add", "A", "file.bin")
    }
    try folder.succeed("storage", "A", "--optimize")
    return String(try folder.succeed("attachment", "list", "A").output.prefix(16))
  }
}

/// A command that can change an archive, or what its device shares with others.
struct PairCommand: Sendable {
  let name: String
  /// Does what the command needs. Returns its arguments, once everything is there for both.
  let prepare: @Sendable (PairArchive) throws -> (PairArchive) -> [String]
  /// Whether it did what it says, or says what is so by another command before it.
  private let isTrue: @Sendable (ToolOutcome) -> Bool

  init(
    _ name: String, isTrue: @escaping @Sendable (ToolOutcome) -> Bool = { $0.exitCode == 0 },
    preparing prepare: @escaping @Sendable (PairArchive) throws -> (PairArchive) -> [String]
  ) {
    (self.name, self.isTrue, self.prepare) = (name, isTrue, prepare)
  }

  private init(
    _ arguments: String..., isTrue: @escaping @Sendable (ToolOutcome) -> Bool = { $0.exitCode == 0 }
  ) {
    self.init(arguments.joined(separator: " "), isTrue: isTrue) { _ in { _ in arguments } }
  }

  func isDone(_ outcome: ToolOutcome) -> Bool { isTrue(outcome) }

  /// Whether it was refused because another one is at work, here or, as a restore is, on the account.
  static func isRefused(_ outcome: ToolOutcome) -> Bool {
    outcome.exitCode == 1
      && (outcome.errors.contains("Another letterlock is at work")
        || outcome.errors.contains("The account is being restored"))
  }

  /// Whether a restore was followed by another one that does not keep its device.
  static func isReplaced(_ outcome: ToolOutcome) -> Bool {
    outcome.exitCode == 2 && outcome.errors.contains("removed this one")
  }

  private static func isDone(
    orSays text: String, _ exitCode: Int32 = 1
  ) -> @Sendable (ToolOutcome) -> Bool {
    { $0.exitCode == 0 || ($0.exitCode == exitCode && ($0.errors + $0.output).contains(text)) }
  }

  private static let noSuchKey = "This relay holds no account of this recovery key"

  /// What people run every day.
  static let everyday: [PairCommand] = [
    PairCommand("device", "rotate", "A"),
    PairCommand("device", "rename", "A", "Study"),
    PairCommand("sync", "A"),
    PairCommand("import", "messages.xml", "--archive", "A"),
    PairCommand("attachment", "add", "A", "file.bin"),
    PairCommand("snapshots", "A", "--create", "before"),
    PairCommand("storage", "A", "--optimize"),
    PairCommand("storage", "A", "--collect", "--yes"),
    PairCommand("delete", "A", "+15550100", "--yes"),
    PairCommand("recover", "A", "+15550100"),
    PairCommand("settings", "A", "--downloads", "previews"),
    // The conversation was moved to recently deleted.
    PairCommand(
      "show", "A", "+15550100", "--newest", "5", isTrue: isDone(orSays: "No conversation among the newest")),
    // What another command left waiting is only here. Another key may count by now.
    PairCommand(
      "verify",
      isTrue: {
        isDone(orSays: "only on this device", 2)($0) || isDone(orSays: "another recovery key than", 2)($0)
          || isDone(orSays: "no longer this account's", 2)($0) || isDone(orSays: noSuchKey)($0)
      }
    ) { _ in
      { ["verify", "A", "--as-new-device", "--recovery-key-file", $0.keyFile] }
    },
  ]

  /// What people run now and then, or in another folder with the same relay.
  ///
  /// Left out are `erase`, which ends the account, and what only reads: `status`, `search`, `conversations`, `device list`.
  /// `device stop` and `start` change what `settings` changes, and `recovery show` forgets what `recovery replace` forgets.
  static let rare: [PairCommand] = [
    PairCommand("device remove", isTrue: isDone(orSays: "No active device begins")) { archive in
      let name = archive.newName("C")
      let output = try archive.folder.succeed("device", "add", "B", try archive.request(in: name)).output
      // “Added device NUMBER. It goes on ...”
      let number = output.split(separator: " ").dropFirst(2).first.map { String($0.prefix(16)) } ?? ""
      return { _ in ["device", "remove", "A", number, "--yes"] }
    },
    PairCommand("device add") { archive in
      let code = try archive.request(in: archive.newName("D"))
      return { _ in ["device", "add", "A", code] }
    },
    PairCommand("recovery cancel") { archive in
      try archive.folder.succeed(
        "recovery", "replace", "A", "--recovery-key-file", archive.newName("announced"), "--yes")
      return { _ in ["recovery", "cancel", "A", "--yes"] }
    },
    PairCommand("recovery replace", isTrue: isDone(orSays: noSuchKey)) { _ in
      { archive in
        [
          "recovery", "replace", "A", "--old-key-file", archive.keyFile, "--recovery-key-file",
          archive.newName("key"), "--yes",
        ]
      }
    },
    PairCommand("recovery propose") { _ in { ["recovery", "propose", "A", $0.newName("proposal")] } },
    PairCommand("recovery acknowledge") { archive in
      try archive.replaceKeyElsewhere()
      return { _ in ["recovery", "acknowledge", "A"] }
    },
    PairCommand("sync", "A", "--give-back"),
    PairCommand("attachment get") { archive in
      let file = try archive.fileAtRelay()
      return { ["attachment", "get", "A", file, "--output", $0.newName("got")] }
    },
    // Files that are at the relay alone are named if another command is at work.
    PairCommand("export", isTrue: isDone(orSays: "Another letterlock is at work", 2)) { archive in
      _ = try archive.fileAtRelay()
      return { ["export", "A", "--format", "html", "--output", $0.newName("page")] }
    },
    PairCommand("restore", isTrue: isDone(orSays: noSuchKey)) { archive in
      let kept = try ["A", "B"].map { try archive.device(of: $0) }
      return {
        [
          "restore", $0.newName("R"), "--relay", "A", "--recovery-key-file", $0.keyFile, "--keep", kept[0],
          "--keep", kept[1],
        ]
      }
    },
    PairCommand("join") { _ in { ["join", $0.newName("J"), "--relay", "A"] } },
  ]
}
#endif
