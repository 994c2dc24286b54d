#if Tool
import Foundation
import Testing

@Suite("The command lines that README.md and docs/tool.md show")
struct ReadmeToolTests {
  private static let project = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
    url.deletingLastPathComponent()
  }
  private let folder: ToolFolder

  /// What the commands read: Messages of macOS where it stands in a home folder, and an Android backup.
  init() throws {
    folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeChatDatabase(count: 8, in: folder)
    try FileManager.default.createDirectory(
      atPath: folder.file("Library"), withIntermediateDirectories: false)
    try FileManager.default.moveItem(atPath: folder.file("Messages"), toPath: folder.file("Library/Messages"))
    try folder.write(
      "<?xml version=\"1.0\"?><smses><sms address=\"+15550100\" date=\"1700000000000\" type=\"1\" "
        + "body=\"Dinner on Friday?\" /></smses>", to: "sms.xml")
    try folder.write("what the video shows", to: "video.mov")
  }

  /// The lines of a page's blocks that begin with the command.
  private static func lines(of page: String, from heading: String = "") throws -> [String] {
    let text = try String(contentsOf: project.appendingPathComponent(page), encoding: .utf8)
    let part = heading.isEmpty ? text : text.components(separatedBy: heading).dropFirst().first ?? ""
    let section = heading.isEmpty ? part : part.components(separatedBy: "\n## ").first ?? ""
    let blocks = section.components(separatedBy: "```").enumerated().filter { !$0.offset.isMultiple(of: 2) }
    return blocks.flatMap { $0.element.split(separator: "\n") }.filter { $0.hasPrefix("letterlock ") }
      .map { "\"$LETTERLOCK\"" + $0.dropFirst("letterlock".count) }
  }

  @Test func `those of README.md do what they say, one after another`() throws {
    let lines = try Self.lines(of: "README.md", from: "## For the owner of an archive\n")
    #expect(lines.count == 9)
    var outputs: [String] = []
    for line in lines {
      let outcome = try folder.shell(line)
      #expect(outcome.exitCode == 0, "\(line): \(outcome.errors)")
      outputs.append(outcome.output)
    }
    for output in outputs[2...3] { #expect(output.contains("Dinner on Friday?"), "\(output)") }
    let mode = try FileManager.default.attributesOfItem(atPath: folder.file("key.txt"))[.posixPermissions]
    #expect(mode as? Int == 0o600)
    #expect(try folder.text(of: "page/index.html").contains("Dinner on Friday?"))
    #expect(try folder.succeed("show", "B", "+15550100").output.contains("Dinner on Friday?"))
  }

  @Test func `those of docs/tool.md are understood`() throws {
    // One goes on until it is interrupted: another suite follows a relay.
    let lines = try Self.lines(of: "docs/tool.md").filter { !$0.contains(" --follow") }
    #expect(lines.count > 40)
    for line in lines {
      let outcome = try folder.shell(line)
      #expect(outcome.exitCode != 64, "\(line): \(outcome.errors)")
      #expect(outcome.exitCode == 0 || outcome.errors.contains("letterlock: "), "\(line): \(outcome.errors)")
    }
  }

  @Test func `docs/tool.md shows every command, or names it`() throws {
    let text = try String(contentsOf: Self.project.appendingPathComponent("docs/tool.md"), encoding: .utf8)
    let commands = try folder.subcommands()
    #expect(commands.filter { $0.count == 1 }.count == 22)
    for command in commands {
      let line = "letterlock " + command.joined(separator: " ")
      #expect(text.contains(line), "\(line)")
    }
  }

  @Test func `whoever makes a key file without a passphrase is told what protects it`() throws {
    let sentence = "The device's keys are protected by file permissions alone; a passphrase would seal them."
    try folder.write("words of the owner\n", to: "words")
    let commands = [
      "init A --recovery-key-file key", "join J --relay A",
      "restore R --relay A --recovery-key-file key --keep-none",
    ]
    for command in commands {
      let outcome = try folder.shell("exec \"$LETTERLOCK\" \(command)")
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      #expect((outcome.output + outcome.errors).contains(sentence), "\(command)")
    }
    let sealed = [
      "init S --recovery-key-file other", "join T --relay S",
      "restore U --relay S --recovery-key-file other --keep-none",
    ]
    for command in sealed {
      let outcome = try folder.shell("exec \"$LETTERLOCK\" \(command) --passphrase-file words")
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      #expect(!(outcome.output + outcome.errors).contains("protected by file permissions"), "\(command)")
    }
    for name in ["A", "J", "R", "S", "T", "U"] {
      let path = folder.file(name + "/device/keys")
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
      #expect(mode as? Int == 0o600, "\(name)")
    }
  }
}
#endif
