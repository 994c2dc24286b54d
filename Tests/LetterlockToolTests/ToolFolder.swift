#if Tool
import Foundation
import Testing

/// A folder of a test's own, in which the real `letterlock` runs as a person would run it.
final class ToolFolder: Sendable {
  let path: String

  /// A folder with the archive A, whose recovery key is in `key`, and with one message to import in one.xml.
  static func withArchive() throws -> ToolFolder {
    let folder = try ToolFolder()
    try folder.write(
      "<?xml version=\"1.0\"?><smses><sms address=\"+15550101\" date=\"1700000000000\" type=\"1\" body=\"kept\" /></smses>",
      to: "one.xml")
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    return folder
  }

  /// A folder with the archive A, whose recovery key is in `key`, and which holds the file note.txt. Returns the beginning
  /// of the file's number too.
  static func withFile() throws -> (ToolFolder, file: String) {
    let folder = try ToolFolder()
    try folder.write("content of the file\n", to: "note.txt")
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("attachment", "add", "A", "note.txt")
    return (folder, String(try folder.succeed("attachment", "list", "A").output.prefix(16)))
  }

  init() throws {
    let base = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
    path = base + "/letterlock-tool-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: path + "/.output", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of something in the folder.
  func file(_ name: String) -> String { path + "/" + name }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
  }

  func text(of name: String) throws -> String {
    try String(contentsOfFile: file(name), encoding: .utf8)
  }

  func copy(_ name: String, to copy: String) throws {
    try FileManager.default.copyItem(atPath: file(name), toPath: file(copy))
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  /// Starts the command in this folder.
  func start(_ arguments: [String]) throws -> RunningTool {
    try RunningTool(arguments, in: path)
  }

  /// Runs a line of the shell in this folder, in which `$LETTERLOCK` is the command.
  func shell(_ line: String) throws -> ToolOutcome {
    try RunningTool(["-c", line], in: path, by: URL(fileURLWithPath: "/bin/sh")).outcome()
  }

  /// Runs a line of the shell for which `mount` was run before, and for nobody else.
  func shell(_ line: String, mounting mount: String) throws -> ToolOutcome {
    try write("set -e\n\(mount)\nset +e\n\(line)\n", to: ".script")
    return try shell("unshare -m sh .script")
  }

  /// Whether this machine lets a test mount what it needs.
  static let canMount: Bool = {
    let folder = try? ToolFolder()
    return (try? folder?.shell("true", mounting: "mount -t tmpfs none .output"))?.exitCode == 0
  }()

  /// Whether this machine has the program that makes a terminal for another one.
  static let hasTerminal = FileManager.default.isExecutableFile(atPath: "/usr/bin/script")

  /// Runs the command in a terminal, in which a person types these lines; `\n` ends each.
  func runInTerminal(_ command: String, typing lines: String) throws -> ToolOutcome {
    try shell("printf '\(lines)' | script -qec '\"$LETTERLOCK\" \(command)' /dev/null")
  }

  /// Everything in the folder: names, kinds, modes, and what files hold.
  func contents(of name: String = "") throws -> [String: String] {
    var contents: [String: String] = [:]
    let all = FileManager.default.enumerator(atPath: file(name))?.compactMap { $0 as? String } ?? []
    for entry in all where !entry.hasPrefix(".output") && entry != ".script" {
      let path = file(name) + "/" + entry
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let kind = (attributes[.type] as? FileAttributeType)?.rawValue ?? ""
      let bytes =
        kind == FileAttributeType.typeRegular.rawValue ? FileManager.default.contents(atPath: path) : nil
      contents[entry] = "\(kind) \(attributes[.posixPermissions] ?? "") \(bytes?.hashValue ?? 0)"
    }
    return contents
  }

  /// Every command that there is, as `--help` lists them, and the commands of each.
  func subcommands() throws -> [[String]] {
    let commands = try subcommands(of: [])
    return try commands + commands.flatMap { try subcommands(of: $0) }
  }

  private func subcommands(of command: [String]) throws -> [[String]] {
    let help = try start(command + ["--help"]).outcome().output
    guard let list = help.components(separatedBy: "SUBCOMMANDS:\n").dropFirst().first else { return [] }
    return list.split(separator: "\n").prefix { $0.hasPrefix("  ") }.compactMap { line in
      line.firstMatch(of: /^  ([a-z]+)/).map { command + [String($0.1)] }
    }
  }

  /// Runs the command to its end.
  func run(_ arguments: String...) throws -> ToolOutcome { try start(arguments).outcome() }

  /// Runs the command, which must do what it is told.
  @discardableResult
  func succeed(_ arguments: String..., at place: SourceLocation = #_sourceLocation) throws -> ToolOutcome {
    let outcome = try start(arguments).outcome()
    #expect(outcome.exitCode == 0, "\(arguments): \(outcome.errors)", sourceLocation: place)
    return outcome
  }
}

/// What a run of the command left.
struct ToolOutcome {
  let exitCode: Int32
  let wasKilled: Bool
  let output: String
  let errors: String

  /// The one object that `--json` prints.
  func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    #expect(output.split(separator: "\n").count == 1, "\(output)")
    return try JSONDecoder().decode(type, from: Data(output.utf8))
  }
}

/// The command at work. Its output goes to files, so that it never waits for a reader.
final class RunningTool {
  private let process = Process()
  private let outputPath: String

  init(_ arguments: [String], in folder: String, by program: URL? = nil) throws {
    outputPath = folder + "/.output/" + UUID().uuidString
    process.executableURL = try program ?? Self.executable()
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    // Nothing of this machine's user may play a part.
    process.environment = [
      "HOME": folder, "TMPDIR": folder, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
      "LETTERLOCK": try Self.executable().path,
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Self.newFile(outputPath + ".out")
    process.standardError = try Self.newFile(outputPath + ".err")
    try process.run()
  }

  var isRunning: Bool { process.isRunning }

  /// Ends it as a loss of power would.
  func kill() { send(SIGKILL) }

  /// Sends it a signal.
  func send(_ signal: Int32) { Foundation.kill(process.processIdentifier, signal) }

  /// What it has printed so far.
  func outputSoFar() throws -> String { try String(contentsOfFile: outputPath + ".out", encoding: .utf8) }

  /// Waits for its end.
  func outcome() throws -> ToolOutcome {
    process.waitUntilExit()
    return ToolOutcome(
      exitCode: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
      output: try String(contentsOfFile: outputPath + ".out", encoding: .utf8),
      errors: try String(contentsOfFile: outputPath + ".err", encoding: .utf8))
  }

  private static func newFile(_ path: String) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  /// The command, or another one of this package, lies beside the tests.
  static func executable(_ name: String = "letterlock") throws -> URL {
    let start = URL(fileURLWithPath: CommandLine.arguments[0])
    let places = [Bundle.main.bundleURL, start] + Bundle.allBundles.map(\.bundleURL)
    for place in places {
      var folder = place
      for _ in 0..<5 {
        let candidate = folder.appendingPathComponent(name)
        let isFile = (try? candidate.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile
        if isFile == true, FileManager.default.isExecutableFile(atPath: candidate.path) {
          return candidate
        }
        folder.deleteLastPathComponent()
      }
    }
    throw CocoaError(.fileNoSuchFile)
  }
}

/// Random numbers that are the same in every run.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 56) }
  }
}
#endif
