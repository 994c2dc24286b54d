#if Tool
import GRDB
import Testing

@Suite("The tool: a file that the relay has lost")
struct LostFileToolTests {
  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.succeed("import", "one.xml", "--archive", "A")
    try folder.write(String(repeating: "lost ", count: 60_000), to: "lost.txt")
    try folder.write("kept", to: "kept.txt")
    for file in ["lost.txt", "kept.txt"] {
      try folder.succeed("attachment", "add", "A", file, "--to", "+15550101")
    }
    try folder.succeed("sync", "A")
  }

  /// Loses the larger file: its bytes, or all that was said of it too.
  private func loseFile(altogether: Bool) throws {
    let queue = try DatabaseQueue(path: folder.file("A/relay.sqlite"))
    defer { try? queue.close() }
    try queue.write { database in
      let largest = "(SELECT blob FROM blob ORDER BY received DESC LIMIT 1)"
      if altogether {
        try database.execute(sql: "DELETE FROM blob_part WHERE blob = \(largest)")
      } else {
        // Its bytes stand beside the store.
        try folder.remove("A/relay.sqlite.blobs")
        try database.execute(sql: "DELETE FROM blob_part WHERE length(bytes) > 0 AND blob = \(largest)")
      }
      if altogether { try database.execute(sql: "DELETE FROM blob WHERE blob = \(largest)") }
      #expect(database.changesCount > 0)
    }
  }

  @Test(arguments: [false, true])
  func `a restore goes on without it, names it with its message, and asks again`(altogether: Bool) throws {
    try loseFile(altogether: altogether)
    let restored = try folder.run(
      "restore", "C", "--relay", "A", "--recovery-key-file", "key", "--keep-none")
    #expect(
      restored.exitCode == 2 && restored.errors.contains("Not received: lost.txt"), "\(restored.errors)")
    try folder.succeed("attachment", "get", "C", try attachment("kept.txt", in: "C"), "--output", "got")
    #expect(try folder.text(of: "got") == "kept")
    let synced = try folder.run("sync", "C")
    #expect(synced.exitCode == 2 && synced.errors.contains("Not received: lost.txt"), "\(synced.errors)")
    let verified = try folder.run("verify", "C")
    #expect(
      verified.exitCode == 2 && verified.output.contains("FAILED relay: attachment "), "\(verified.output)")
  }

  @Test(arguments: [false, true])
  func `everything at the relay can be erased all the same`(altogether: Bool) throws {
    try loseFile(altogether: altogether)
    let erased = try folder.eraseByRecoveryKey()
    #expect(erased.exitCode == 0 && erased.output.contains("Erased."), "\(erased.errors)")
  }

  private struct Listing: Decodable {
    struct File: Decodable {
      var id: String
      var name: String?
    }
    var attachments: [File]
  }

  private func attachment(_ name: String, in archive: String) throws -> String {
    let listing: Listing = try folder.succeed("attachment", "list", archive, "--json").json()
    return try #require(listing.attachments.first { $0.name == name }?.id)
  }
}
#endif
