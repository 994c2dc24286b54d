#if Tool
import Foundation
import Testing

@Suite("A disk that is full")
struct FullDiskToolTests {
  private let folder: ToolFolder
  private let file: String

  /// `A` with a file of three million bytes.
  init() throws {
    folder = try ToolFolder()
    var random = SplitMix64(state: 8)
    try Data(random.bytes(3_000_000)).write(to: URL(fileURLWithPath: folder.file("video.mov")))
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("attachment", "add", "A", "video.mov")
    file = String(try folder.succeed("attachment", "list", "A").output.prefix(16))
  }

  private func expectNothingLost(at place: SourceLocation = #_sourceLocation) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.allSatisfy { !$0.hasPrefix(".letterlock") }, "\(names)", sourceLocation: place)
    try folder.succeed("verify", "A", at: place)
  }

  @Test(arguments: ["", "--range 0-2999999"])
  func `a file that does not fit is not written, and the one before stays`(range: String) throws {
    try folder.write("precious", to: "out")
    let command = "\"$LETTERLOCK\" attachment get A \(file) \(range) --output out --force"
    // Blocks of 512 bytes, or of 1024.
    let outcome = try folder.shell("ulimit -f 1000; exec \(command)")
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.errors
        == "letterlock: Cannot write out: the file would be larger than is allowed here.\n")
    #expect(try folder.text(of: "out") == "precious")
    try expectNothingLost()
  }

  @Test(.enabled(if: ToolFolder.canMount, "A disk must be mounted."))
  func `a small disk is said to be full`() throws {
    try FileManager.default.createDirectory(atPath: folder.file("small"), withIntermediateDirectories: false)
    let commands = [
      "attachment get A \(file) --output small/out", "export A --format html --output small/page",
      "attachment get A \(file) --range 0-2999999 --output small/out",
    ]
    for command in commands {
      let outcome = try folder.shell(
        "\"$LETTERLOCK\" \(command); code=$?; find small -name '.letterlock*' -o -name out; exit $code",
        mounting: "mount -t tmpfs -o size=256k none small")
      #expect(outcome.exitCode == 1, "\(command): \(outcome.output)")
      #expect(outcome.errors.contains(": the disk is full.\n"), "\(command): \(outcome.errors)")
      #expect(outcome.output.isEmpty, "\(command): \(outcome.output)")
    }
    try expectNothingLost()
  }

  @Test(.enabled(if: ToolFolder.canMount, "A disk must be mounted."))
  func `an archive on a full disk says so and keeps what it has`() throws {
    try FileManager.default.createDirectory(atPath: folder.file("small"), withIntermediateDirectories: false)
    let outcome = try folder.shell(
      "\"$LETTERLOCK\" init small/S --recovery-key-file small/key >/dev/null && \"$LETTERLOCK\" attachment add small/S key && "
        + "{ \"$LETTERLOCK\" attachment add small/S video.mov; echo $?; \"$LETTERLOCK\" verify small/S; }",
      mounting: "mount -t tmpfs -o size=1500k none small")
    #expect(outcome.exitCode == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("\n1\n"), "\(outcome.output)")
    #expect(outcome.output.contains(": 0 failed."), "\(outcome.output)")
    #expect(outcome.errors.contains("full"), "\(outcome.errors)")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "Linux has /dev/full."))
  func `results that cannot be printed are an error`() throws {
    for command in ["status A", "status A --json", "export A --format text --output -", "device list A"] {
      let outcome = try folder.shell("exec \"$LETTERLOCK\" \(command) > /dev/full")
      #expect(outcome.exitCode == 1, "\(command)")
      #expect(outcome.errors == "letterlock: Cannot write standard output: the disk is full.\n", "\(command)")
    }
    // A recovery key that nobody could read is not counted as shown.
    let outcome = try folder.shell("exec \"$LETTERLOCK\" init N > /dev/full")
    #expect(outcome.exitCode == 1)
    #expect(!folder.exists("N"))
  }
}
#endif
