#if Tool
import Foundation
import Testing

@Suite("The tool: files that are here, without a relay")
struct LostRelayToolTests {
  private let folder: ToolFolder
  private var ids: [String: String] = [:]

  /// `A` with a file that is here, and one that is at the relay alone.
  init() throws {
    folder = try ToolFolder()
    try folder.write("here all the time\n", to: "here.txt")
    try folder.write(String(repeating: "away ", count: 1000), to: "away.txt")
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("attachment", "add", "A", "here.txt", "away.txt")
    try folder.succeed("storage", "A", "--optimize", "--larger-than", "1000")
    for line in try folder.succeed("attachment", "list", "A").output.split(separator: "\n") {
      ids[line.contains("here.txt") ? "here" : "away"] = String(line.prefix(16))
    }
  }

  private func loseRelay(damaged: Bool) throws {
    for name in ["relay.sqlite", "relay.sqlite-wal", "relay.sqlite-shm"] where folder.exists("A/" + name) {
      try folder.remove("A/" + name)
    }
    if damaged { try folder.write("no database at all", to: "A/relay.sqlite") }
  }

  @Test(arguments: [false, true])
  func `what is here comes out, and the rest is named`(isDamaged: Bool) throws {
    let (here, away) = (try #require(ids["here"]), try #require(ids["away"]))
    try loseRelay(damaged: isDamaged)
    try folder.succeed("attachment", "get", "A", here, "--output", "out.txt")
    #expect(try folder.text(of: "out.txt") == "here all the time\n")
    #expect(
      try folder.succeed("attachment", "get", "A", here, "--output", "-", "--range", "0-3").output == "here")
    for options in [[], ["--range", "0-3"]] {
      let absent = try folder.start(["attachment", "get", "A", away, "--output", "x"] + options).outcome()
      #expect(absent.exitCode == 2, "\(absent.errors)")
      #expect(absent.errors.contains("There is no usable relay at "), "\(absent.errors)")
      #expect(absent.errors.contains("The file away.txt (\(away)) is not on this device"), "\(absent.errors)")
      #expect(!folder.exists("x"))
    }
    let page = try folder.run("export", "A", "--format", "html", "--output", "page")
    #expect(page.exitCode == 2, "\(page.errors)")
    #expect(page.errors.components(separatedBy: "There is no usable relay at ").count == 2, "\(page.errors)")
    #expect(page.errors.contains("The file away.txt (\(away)) is not on this device"), "\(page.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("page/attachments"))
    #expect(names.count == 1 && names[0].hasSuffix("-here.txt"), "\(names)")
    #expect(try folder.text(of: "page/conversation-1.html").contains("away.txt: not available"))
  }

  @Test func `a file that is at the relay alone is fetched for a page, and kept`() throws {
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("page/attachments"))
    #expect(names.count == 2)
    #expect(try !folder.succeed("attachment", "list", "A").output.contains("at relay"))
  }
}
#endif
