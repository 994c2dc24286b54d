#if Tool
import Foundation
import Letterlock
import LetterlockSQLite
import Testing

@Suite("The tool: a join or a restore that was interrupted")
struct InterruptedToolTests {
  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.succeed("import", "one.xml", "--archive", "A")
    try folder.succeed("sync", "A")
  }

  private static let commands = [
    ["status", "B"], ["show", "B", "X"], ["verify", "B"], ["conversations", "B"], ["device", "list", "B"],
    ["export", "B", "--format", "json", "--output", "out"], ["import", "one.xml", "--archive", "B"],
    ["settings", "B"], ["snapshots", "B"], ["search", "B", "kept"], ["storage", "B"],
  ]

  private func expectEach(_ commands: [[String]], says sentence: String) throws {
    for command in commands {
      let outcome = try folder.start(command).outcome()
      #expect(outcome.exitCode == 1 && outcome.output.isEmpty, "\(command)")
      #expect(outcome.errors == "letterlock: \(sentence)\n", "\(command)")
    }
    #expect(!folder.exists("out"))
  }

  private let waiting =
    "The device in B waits for an approval: run `letterlock join B` again, or take the request back with `letterlock "
    + "join B --cancel`."
  private let interrupted =
    "A restore into B was interrupted: run `letterlock restore B` again, with the same recovery key."

  @Test func `a folder that waits for an approval says so, and goes on with its code`() throws {
    let code = try folder.succeed("join", "B", "--relay", "A", "--name", "Tablet").output
    try expectEach(
      Self.commands + [["restore", "B", "--relay", "A", "--recovery-key-file", "key", "--keep-none"]],
      says: waiting)
    #expect(try folder.succeed("join", "B").output == code)
    #expect(try folder.succeed("join", "B", "--relay", "A", "--name", "Other").output == code)
    try folder.succeed("device", "add", "A", code.trimmingCharacters(in: .newlines))
    let joined = try folder.succeed("join", "B", "--wait")
    #expect(joined.output == code && joined.errors.contains("Joined: "))
    #expect(try folder.succeed("device", "list", "B").output.contains("Tablet"))
    #expect(try folder.run("join", "B").errors.contains("There is a device in B already"))
    #expect(try folder.run("join", "N").exitCode == 64)
    #expect(!folder.exists("N"))
  }

  @Test func `a join that is interrupted while it waits shows the same code when it is run again`() throws {
    for signal in [SIGINT, SIGTERM, SIGKILL] {
      let name = "B\(signal)"
      let waiting = try folder.start(["join", name, "--relay", "A", "--wait"])
      var code = ""
      for _ in 0..<60_000 where waiting.isRunning && code.isEmpty {
        code = try waiting.outputSoFar()
        usleep(1_000)
      }
      // The code is written at once, though the command goes on.
      #expect(code.hasSuffix("\n"))
      waiting.send(signal)
      #expect(try waiting.outcome().wasKilled)
      #expect(try folder.succeed("join", name).output == code)
      try folder.succeed("device", "add", "A", code.trimmingCharacters(in: .newlines))
      try folder.succeed("sync", name)
    }
  }

  @Test func `a folder whose restore was interrupted says so, and goes on with the same device`() async throws
  {
    // As a process leaves it that ends before the relay has heard of the device.
    try FileManager.default.createDirectory(
      atPath: folder.file("B/device"), withIntermediateDirectories: true)
    try Data((folder.file("A/relay.sqlite") + "\n").utf8).write(
      to: URL(fileURLWithPath: folder.file("B/device/relay")))
    let key = try folder.text(of: "key")
    await #expect(throws: DeviceError.self) {
      let session = try await Device.openRecovery(
        with: try RecoveryKey.parse(key).key(), vault: SavingOnceVault(path: folder.file("B/device/keys")),
        store: try SQLiteDeviceStore(path: folder.file("B/device/store.sqlite")),
        relay: try SQLiteRelay(existing: folder.file("A/relay.sqlite")))
      _ = try await session.restore(keeping: [], named: "B")
    }
    try expectEach(
      Self.commands + [["sync", "B"], ["join", "B"], ["join", "B", "--relay", "A"]], says: interrupted)
    let restore = ["restore", "B", "--relay", "A", "--recovery-key-file", "key", "--keep-none"]
    let restored = try folder.start(restore).outcome()
    #expect(restored.exitCode == 0 && restored.output.contains("0 missing"), "\(restored.errors)")
    // And again, as if it had been interrupted after that: it fetches what is new.
    #expect(try folder.start(restore).outcome().exitCode == 0)
    #expect(try folder.succeed("device", "list", "B").output.split(separator: "\n").count == 3)
  }

  @Test func `an archive that another process holds is not moved away`() throws {
    try folder.succeed("restore", "B", "--relay", "A", "--recovery-key-file", "key", "--keep-none")
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/bin/sh")
    holder.arguments = ["-c", "exec 9>'\(folder.file("B/device/lock"))'; flock 9 && echo held; read line"]
    let (input, output) = (Pipe(), Pipe())
    (holder.standardInput, holder.standardOutput) = (input, output)
    try holder.run()
    #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "held\n")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let keys = try Data(contentsOf: URL(fileURLWithPath: folder.file("B/device/keys")))
    let restore = ["restore", "B", "--relay", "A", "--recovery-key-file", "key", "--keep-none", "--replace"]
    let refused = try folder.start(restore).outcome()
    #expect(refused.exitCode == 1 && refused.errors.contains("Another letterlock is at work on B"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == names)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("B/device/keys"))) == keys)
    try input.fileHandleForWriting.close()
    holder.waitUntilExit()
    let replaced = try folder.start(restore).outcome()
    #expect(replaced.exitCode == 0 && folder.exists("B.replaced-1/device/keys"), "\(replaced.errors)")
  }

  @Test func `a link to a key file whose disk is away is named, and nothing is made in its place`() throws {
    try FileManager.default.moveItem(atPath: folder.file("A/device/keys"), toPath: folder.file("keys"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("A/device/keys"), withDestinationPath: folder.file("keys"))
    try folder.succeed("device", "rotate", "A")
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("A/device/keys"))
        == folder.file("keys"))
    try FileManager.default.moveItem(atPath: folder.file("keys"), toPath: folder.file("away"))
    for command in [["status", "A"], ["sync", "A"], ["verify", "A"]] {
      let outcome = try folder.start(command).outcome()
      #expect(outcome.exitCode == 1 && outcome.errors.contains("is a link to a file that is not there"))
    }
    #expect(try folder.run("init", "A").errors.contains("There is a device in A already"))
    try FileManager.default.moveItem(atPath: folder.file("away"), toPath: folder.file("keys"))
    try folder.succeed("status", "A")
  }

  /// A key file of a process that ends after its first save.
  private final class SavingOnceVault: KeyVault {
    private let vault: FileKeyVault

    init(path: String) { vault = FileKeyVault(path: path) }

    func load() throws(VaultError) -> VaultContents? { try vault.load() }

    func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
      guard version == nil else { throw .unavailable("The process has ended.") }
      try vault.save(contents, replacing: version)
    }
  }
}
#endif
