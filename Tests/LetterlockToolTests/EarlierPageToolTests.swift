#if Tool
import Foundation
import Testing

@Suite("The tool: what an earlier or an unfinished export leaves")
struct EarlierPageToolTests {
  private let folder: ToolFolder

  init() throws { folder = try ToolFolder() }

  /// An archive with conversations of one message each, and a file in the first.
  private func archive(count: Int) throws {
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    let lines = (0..<count).map {
      "<sms address=\"+1555010\($0)\" date=\"\(1_700_000_000_000 + $0)\" type=\"1\" body=\"text \($0).\" />"
    }
    try folder.write("<?xml version=\"1.0\"?><smses>\(lines.joined())</smses>", to: "sms.xml")
    try folder.succeed("import", "sms.xml", "--archive", "A")
  }

  private func export(_ options: String...) throws -> ToolOutcome {
    try folder.start(["export", "A", "--format", "html", "--output", "page"] + options).outcome()
  }

  @Test func `pages and files of an earlier export do not stay beside a new one`() throws {
    try archive(count: 3)
    try folder.write("secret of the file", to: "note.txt")
    try folder.succeed("attachment", "add", "A", "note.txt", "--to", "+15550102")
    #expect(try export().exitCode == 0)
    try folder.write("a person's own", to: "page/notes.txt")
    try folder.write("a person's own", to: "page/attachments/own.txt")
    try folder.succeed("delete", "A", "+15550102", "--yes")
    try folder.succeed("sync", "A", "--keep-deleted", "0", "--yes")
    #expect(try export("--force").exitCode == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("page")).sorted()
    #expect(
      names == ["attachments", "conversation-1.html", "conversation-2.html", "index.html", "notes.txt"])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("page/attachments")) == ["own.txt"])
    for name in names where name.hasSuffix(".html") {
      #expect(try !folder.text(of: "page/" + name).contains("text 2."), "\(name)")
    }
  }

  @Test(.enabled(if: ToolFolder.canMount, "A disk must be mounted."))
  func `a page that does not fit on the disk leaves nothing`() throws {
    try archive(count: 3)
    var random = SplitMix64(state: 8)
    try Data(random.bytes(2_000_000)).write(to: URL(fileURLWithPath: folder.file("video.mov")))
    try folder.succeed("attachment", "add", "A", "video.mov", "--to", "+15550100")
    try FileManager.default.createDirectory(atPath: folder.file("small"), withIntermediateDirectories: false)
    for name in ["small/page", "small/deep/page"] {
      let outcome = try folder.shell(
        "\"$LETTERLOCK\" export A --format html --output \(name); code=$?; find small -mindepth 1; exit $code",
        mounting: "mount -t tmpfs -o size=1m none small")
      #expect(outcome.exitCode == 1 && outcome.errors.contains("the disk is full"), "\(outcome.errors)")
      #expect(outcome.output.isEmpty, "\(outcome.output)")
    }
  }

  @Test func `an export that fails leaves a file that it had not replaced`() throws {
    try archive(count: 2)
    #expect(try export().exitCode == 0)
    let list = try folder.text(of: "page/index.html")
    // The first page takes the place of the one before; the second cannot.
    try folder.remove("page/conversation-2.html")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("page/conversation-2.html"), withDestinationPath: folder.file("elsewhere"))
    #expect(try export("--force").exitCode == 1)
    #expect(try folder.text(of: "page/index.html") == list)
    #expect(!folder.exists("page/conversation-1.html"))
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `an export that is interrupted leaves nothing`(signal: Int32) throws {
    try archive(count: 400)
    try FileManager.default.createDirectory(atPath: folder.file("page"), withIntermediateDirectories: false)
    let watch = try FolderWatch(folder.file("page"))
    let running = try folder.start(["export", "A", "--format", "html", "--output", "page"])
    try watch.wait { $0 == "conversation-2.html" }
    running.send(signal)
    let outcome = try running.outcome()
    // It may have been done before.
    guard outcome.wasKilled else { return }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("page")).isEmpty)
  }
}
#endif
