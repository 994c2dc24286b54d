#if Tool
import Foundation
import Testing

@Suite("An archive that cannot be written, or not be read")
struct ReadOnlyToolTests {
  private let folder: ToolFolder
  private let file: String

  init() throws {
    folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeSMS(count: 20, in: folder)
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("import", "sms.xml", "--archive", "A")
    try folder.succeed("snapshots", "A", "--create", "before")
    file = String(try folder.succeed("attachment", "list", "A").output.prefix(16))
  }

  private static let mount = "mount --bind A A && mount -o remount,ro,bind A"

  private var reading: [String] {
    [
      "status A", "conversations A", "show A 'Marguerite Oldcastle 1'", "search A tomatoes", "snapshots A",
      "export A --format json --output json", "export A --format text --output -",
      "export A --format html --output page", "export A --format json --output then --snapshot before",
      "verify A", "verify A --recovery-key-file key", "device list A", "attachment list A",
      "attachment get A \(file) --output file", "storage A", "settings A",
    ]
  }

  private static let writing = [
    "sync A", "import sms.xml --archive A", "delete A +1555 --yes", "recover A +1555", "device rename A x",
    "device rotate A", "device stop A", "device start A", "device remove A 00 --yes",
    "recovery show A", "recovery replace A --old-key-file key --yes", "recovery propose A p",
    "recovery acknowledge A",
    "attachment add A key", "snapshots A --create now", "storage A --optimize", "storage A --collect --yes",
    "settings A --downloads off", "erase A", "init A/new",
  ]

  @Test(.enabled(if: ToolFolder.canMount, "A disk must be mounted."))
  func `on a read-only disk it is shown, searched, exported and verified`() throws {
    let before = try folder.contents(of: "A")
    for command in reading {
      let outcome = try folder.shell("\"$LETTERLOCK\" \(command)", mounting: Self.mount)
      #expect(outcome.exitCode == 0, "\(command): \(outcome.errors)")
    }
    #expect(try folder.text(of: "json").split(separator: "\n").count == 20)
    for command in Self.writing {
      let outcome = try folder.shell("\"$LETTERLOCK\" \(command)", mounting: Self.mount)
      #expect(outcome.exitCode == 1, "\(command)")
      #expect(outcome.errors.contains("read-only"), "\(command): \(outcome.errors)")
      #expect(outcome.errors.hasPrefix("letterlock: "), "\(command): \(outcome.errors)")
    }
    #expect(try folder.contents(of: "A") == before)
  }

  @Test(
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv") && getuid() == 0,
      "Only root can become somebody else."))
  func `who may not read it is told so, and not to begin anew`() throws {
    let other = "setpriv --reuid=65534 --regid=65534 --clear-groups \"$LETTERLOCK\""
    for place in ["A", "A/device/keys", "A/device/store.sqlite"] {
      let line =
        "chown -R 65534 A .output && chmod 000 \(place) && chmod 755 . && \(other) %; code=$?; chmod 700 \(place); exit $code"
      for command in reading + Self.writing where !command.contains("A/") {
        let outcome = try folder.shell(line.replacingOccurrences(of: "%", with: command))
        #expect(outcome.exitCode == 1, "\(command) \(place): \(outcome.output)")
        #expect(outcome.errors.contains("permission"), "\(command): \(outcome.errors)")
        #expect(!outcome.errors.contains("begin with"), "\(command): \(outcome.errors)")
      }
    }
  }
}
#endif
