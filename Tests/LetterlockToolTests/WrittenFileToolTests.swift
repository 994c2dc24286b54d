#if Tool
import Foundation
import Testing

@Suite("What the tool writes for a person")
struct WrittenFileToolTests {
  private let folder: ToolFolder
  private let file: String

  init() throws { (folder, file) = try ToolFolder.withFile() }

  /// Every command that writes a file, but for the file's name.
  private func commands() -> [[String]] {
    [
      ["export", "A", "--format", "json", "--output"], ["export", "A", "--format", "text", "--output"],
      ["attachment", "get", "A", file, "--output"],
      ["attachment", "get", "A", file, "--range", "0-3", "--output"], ["recovery", "propose", "A"],
    ]
  }

  @Test func `a file that is there is replaced with --force alone, and is its owner's alone then`() throws {
    for (number, command) in commands().enumerated() {
      let name = "out\(number)"
      try folder.write("precious", to: name)
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: folder.file(name))
      let outcome = try folder.start(command + [name]).outcome()
      #expect(outcome.exitCode == 1, "\(command)")
      #expect(outcome.errors.contains("\(name) is there already"), "\(command): \(outcome.errors)")
      #expect(try folder.text(of: name) == "precious")
      let forced = try folder.start(command + [name, "--force"]).outcome()
      #expect(forced.exitCode == 0, "\(command): \(forced.errors)")
      #expect(FileManager.default.contents(atPath: folder.file(name)) != Data("precious".utf8))
      let mode = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions]
      #expect(mode as? Int == 0o600, "\(command)")
    }
  }

  @Test func `pipes, devices, links and folders are never replaced`() throws {
    try folder.write("precious", to: "target")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: folder.file("target"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("dangling"), withDestinationPath: folder.file("nothing"))
    try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: false)
    #expect(unsafe mkfifo(folder.file("pipe"), 0o600) == 0)
    let before = try folder.contents()
    for command in commands() {
      for name in ["link", "dangling", "folder", "pipe", "/dev/null"] {
        for options in [[], ["--force"]] {
          let outcome = try folder.start(command + [name] + options).outcome()
          #expect(outcome.exitCode == 1, "\(command) \(name)")
          #expect(outcome.errors.contains("\(name) is no regular file"), "\(command): \(outcome.errors)")
        }
      }
    }
    for name in ["link", "dangling", "pipe", "/dev/null", "target"] {
      let outcome = try folder.run("export", "A", "--format", "html", "--output", name, "--force")
      #expect(outcome.errors.contains("\(name) is no folder"), "\(outcome.errors)")
      let key = try folder.run("init", "N", "--recovery-key-file", name)
      #expect(key.exitCode == 1, "\(name)")
    }
    var status = stat()
    #expect(unsafe stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    // A command that was refused leaves the archive, too.
    #expect(
      try folder.contents().filter { !$0.key.hasPrefix("A/") } == before.filter { !$0.key.hasPrefix("A/") })
  }

  @Test func `an old temporary file that anyone may read is not taken over`() throws {
    for name in ["out.part", "out.json.part"] {
      try folder.write("", to: name)
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: folder.file(name))
    }
    try folder.succeed("attachment", "get", "A", file, "--output", "out")
    try folder.succeed("export", "A", "--format", "json", "--output", "out.json")
    for name in ["out", "out.json"] {
      let mode = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions]
      #expect(mode as? Int == 0o600)
      #expect(try folder.text(of: name + ".part").isEmpty)
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.hasPrefix(".letter") }
    )
  }

  @Test func `everything that a page brings is its owner's alone, and a folder in use is left`() throws {
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
    let before = try folder.contents(of: "page")
    #expect(before.count == 4)
    for (name, facts) in before {
      #expect(facts.contains(name == "attachments" ? " 448 " : " 384 "), "\(name): \(facts)")
    }
    let again = try folder.run("export", "A", "--format", "html", "--output", "page")
    #expect(again.exitCode == 1)
    #expect(again.errors.contains("page is a folder with something in it"))
    #expect(try folder.contents(of: "page") == before)
    // A link in the folder is not followed, even when files may be replaced.
    try folder.write("precious", to: "elsewhere")
    try folder.remove("page/index.html")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("page/index.html"), withDestinationPath: folder.file("elsewhere"))
    #expect(try folder.run("export", "A", "--format", "html", "--output", "page", "--force").exitCode == 1)
    #expect(try folder.text(of: "elsewhere") == "precious")
    try folder.remove("page/index.html")
    try folder.succeed("export", "A", "--format", "html", "--output", "page", "--force")
    #expect(try folder.contents(of: "page") == before)
  }

  @Test func `a dash streams to standard output where the format can`() throws {
    try folder.succeed("export", "A", "--format", "json", "--output", "out.json")
    let streamed = try folder.succeed("export", "A", "--format", "json", "--output", "-")
    #expect(try streamed.output == folder.text(of: "out.json"))
    #expect(streamed.errors == "Wrote 1 messages to standard output. They are not sealed there.\n")
    #expect(
      try folder.succeed("export", "A", "--format", "text", "--output", "-").output.contains("note.txt"))
    #expect(
      try folder.succeed("attachment", "get", "A", file, "--output", "-").output == "content of the file\n")
    #expect(
      try folder.succeed("attachment", "get", "A", file, "--output", "-", "--range", "0-6").output
        == "content")
    #expect(try folder.run("export", "A", "--format", "html", "--output", "-").exitCode == 64)
    #expect(!folder.exists("-"))
  }

  @Test func `an account that cannot be made leaves nothing`() throws {
    let before = try folder.contents()
    let failures = [
      ["init", ""], ["init", "new/N", "--recovery-key-file", "nowhere/key"],
      ["init", "new/N", "--recovery-key-file", "key"], ["init", "new/N", "--quota", "10"],
      ["init", "note.txt/N"], ["init", "new/N", "--name", ""],
      ["init", "new/N", "--passphrase-file", "none"],
    ]
    for command in failures {
      let outcome = try folder.start(command).outcome()
      #expect(outcome.exitCode == 1, "\(command): \(outcome.output)")
      #expect(outcome.errors.hasPrefix("letterlock: "), "\(command)")
      #expect(try folder.contents() == before, "\(command)")
    }
    // What was in the folder before stays.
    try FileManager.default.createDirectory(atPath: folder.file("P"), withIntermediateDirectories: false)
    try folder.write("precious", to: "P/relay-notes")
    #expect(try folder.run("init", "P", "--recovery-key-file", "key").exitCode == 1)
    #expect(try folder.contents(of: "P").keys.sorted() == ["relay-notes"])
  }

  @Test func `vectors and a demo go to a new folder`() throws {
    try FileManager.default.createDirectory(atPath: folder.file("used"), withIntermediateDirectories: false)
    try folder.write("precious", to: "used/record.json")
    for command in [["vectors", "generate", "used"], ["demo", "--keep", "used"]] {
      let outcome = try folder.start(command).outcome()
      #expect(outcome.exitCode == 1)
      #expect(outcome.errors.contains("used is a folder with something in it"), "\(outcome.errors)")
    }
    #expect(try folder.text(of: "used/record.json") == "precious")
  }
}
#endif
