#if Tool
import Foundation
import Testing

@Suite("Evidence against a relay")
struct EvidenceToolTests {
  /// A relay of which two copies took different records: A saw one of them, and B the other.
  private func forked() throws -> ToolFolder {
    let folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    let code = try folder.succeed("join", "B", "--relay", "A").output.trimmingCharacters(in: .newlines)
    try folder.succeed("device", "add", "A", code)
    try folder.succeed("join", "B")
    for name in ["A", "B"] { try folder.succeed("sync", name) }
    try folder.write("note", to: "note")
    try folder.copy("A/relay.sqlite", to: "older")
    for _ in 0..<2 { try folder.succeed("attachment", "add", "A", "note") }
    try folder.remove("A/relay.sqlite")
    try folder.copy("older", to: "A/relay.sqlite")
    for _ in 0..<3 { try folder.succeed("attachment", "add", "B", "note") }
    return folder
  }

  @Test func `is kept once, and every command that meets it names the file`() throws {
    let folder = try forked()
    for _ in 0..<3 {
      let outcome = try folder.run("sync", "A")
      #expect(outcome.exitCode == 2)
      #expect((outcome.output + outcome.errors).contains("contradict"), "\(outcome.errors)")
    }
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder.file("A"))
      .filter { $0.hasPrefix("evidence-") }
    let file = try #require(kept.first)
    #expect(kept.count == 1)
    let outcome = try folder.run("sync", "A")
    #expect((outcome.output + outcome.errors).contains("The evidence is in A/\(file)"))
    #expect(try folder.succeed("verify", "--evidence", "A/\(file)").output.contains("signed two histories"))
  }
}
#endif
