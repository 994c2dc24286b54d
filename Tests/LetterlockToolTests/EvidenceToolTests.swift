#if Tool
import Foundation
import Testing

@Suite("Evidence against a relay")
struct EvidenceToolTests {
  /// A relay of which two copies took different records: A saw one of them, and B the other, as many each.
  private func forked() throws -> ToolFolder {
    let (folder, _) = try ToolFolder.withFile()
    let code = try folder.succeed("join", "B", "--relay", "A").output.trimmingCharacters(in: .newlines)
    try folder.succeed("device", "add", "A", code)
    for name in ["B", "A", "B", "A", "B"] { try folder.succeed("sync", name) }
    try folder.copy("A/relay.sqlite", to: "older")
    try folder.succeed("attachment", "add", "A", "note.txt")
    try folder.remove("A/relay.sqlite")
    try folder.copy("older", to: "A/relay.sqlite")
    try folder.succeed("attachment", "add", "B", "note.txt")
    return folder
  }

  @Test func `is kept by the first command that meets it, and named by every one`() throws {
    let folder = try forked()
    for round in 0..<3 {
      let outcome = try folder.run("sync", "A")
      #expect(outcome.exitCode == 2)
      let kept = try FileManager.default.contentsOfDirectory(atPath: folder.file("A"))
        .filter { $0.hasPrefix("evidence-") }
      let file = try #require(kept.first)
      #expect(kept.count == 1)
      #expect(outcome.errors.contains("The evidence is in A/\(file)"), "round \(round): \(outcome.errors)")
      let shown = try folder.succeed("verify", "--evidence", "A/\(file)").output
      #expect(shown.contains("signed two histories"))
    }
    #expect(try folder.run("device", "rotate", "A").errors.contains("The evidence is in A/evidence-"))
  }
}
#endif
