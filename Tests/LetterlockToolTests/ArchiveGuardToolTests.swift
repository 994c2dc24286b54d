#if Tool
import Foundation
import Testing

@Suite("The tool: nothing is written over an archive")
struct ArchiveGuardToolTests {
  private let folder: ToolFolder
  private let file: String

  /// `A` with a file, `B` that has its relay there, and a link to A.
  init() throws {
    (folder, file) = try ToolFolder.withFile()
    try folder.succeed("join", "B", "--relay", "A")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: folder.file("A"))
  }

  private var files: [[String]] {
    [
      ["export", "A", "--format", "json"], ["export", "A", "--format", "text"],
      ["attachment", "get", "A", file], ["attachment", "get", "A", file, "--range", "0-3"],
    ]
  }

  private func expectRefused(_ command: [String], _ name: String) throws {
    for options in [[], ["--force"]] {
      let outcome = try folder.start(command + ["--output", name] + options).outcome()
      #expect(outcome.exitCode == 1, "\(command) \(name) \(options)")
      #expect(outcome.errors.contains("choose another name"), "\(command) \(name): \(outcome.errors)")
    }
  }

  @Test func `no file of a device or a relay is replaced, and none is laid beside it`() throws {
    try folder.copy("A/relay.sqlite", to: "elsewhere.db")
    try folder.copy("A/device/keys", to: "copy-of-keys")
    let before = try contents()
    let names = [
      "A/device/keys", "A/device/store.sqlite", "A/device/new", "A/device/deep/new", "A/relay.sqlite",
      "A/relay.sqlite-wal", "A/relay.sqlite-journal", "A/relay.sqlite-shm", "B/device/keys", "B/device/relay",
      "link/device/keys", "link/relay.sqlite", "A/../A/device/keys", "./A//relay.sqlite", "elsewhere.db",
      "elsewhere.db-wal", "copy-of-keys",
    ]
    for name in names { for command in files { try expectRefused(command, name) } }
    let proposed = try folder.run("recovery", "propose", "A", "A/device/keys", "--force")
    #expect(proposed.exitCode == 1 && proposed.errors.contains("choose another name"), "\(proposed.errors)")
    #expect(try contents() == before)
    // Where a relay was that is lost, nothing else comes.
    try folder.remove("A/relay.sqlite")
    try expectRefused(files[0], "A/relay.sqlite")
  }

  @Test func `no page goes into a device's folder`() throws {
    let before = try contents()
    for name in ["A/device", "A/device/", "A/device/page", "link/device", "B/device", "A/relay.sqlite"] {
      for options in [[], ["--force"]] {
        let command = ["export", "A", "--format", "html", "--output", name]
        let page = try folder.start(command + options).outcome()
        #expect(page.exitCode == 1 && page.errors.contains("choose another name"), "\(name): \(page.errors)")
        let vectors = try folder.start(["vectors", "generate", name] + options).outcome()
        #expect(vectors.exitCode == 1, "\(name)")
      }
    }
    #expect(try contents() == before)
    try folder.succeed("export", "A", "--format", "json", "--output", "A/history.json")
  }

  /// What is in the folder, without what SQLite lays beside a file that is read, and the locks.
  private func contents() throws -> [String: String] {
    try folder.contents().filter { !$0.key.hasSuffix("-shm") && !$0.key.hasSuffix("-wal") }
  }
}
#endif
