import Foundation
import Testing

@Suite("The tool, from a backup to a restored history")
struct WholePathTests {
  private let backup = Backup(count: 60)

  private func archive(_ tool: Tool) throws {
    try backup.write(to: tool.path("sms.xml"))
    #expect(try tool.run("init", tool.path("A"), "--recovery-key-file", tool.path("key")).status == 0)
    #expect(try tool.run("import", tool.path("sms.xml"), "--archive", tool.path("A")).status == 0)
    #expect(try tool.run("sync", tool.path("A")).status == 0)
  }

  private func export(_ tool: Tool, _ archive: String) throws -> String {
    let out = tool.path(UUID().uuidString)
    let outcome = try tool.run("export", tool.path(archive), "--format", "json", "--output", out)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try String(contentsOfFile: out, encoding: .utf8)
  }

  @Test func `every text comes back, in order, and flagged as unencrypted`() throws {
    let tool = try Tool()
    try archive(tool)
    let lines = try export(tool, "A").split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(lines.compactMap { $0["text"] as? String } == (0..<60).map(backup.text))
    #expect(
      lines.allSatisfy { $0["encrypted"] as? Bool == false && $0["protection"] as? String == "unencrypted" })
    #expect(
      lines.compactMap { $0["carriage"] as? String } == (0..<60).map { backup.isMMS($0) ? "mms" : "sms" })
    let again = try tool.run("import", tool.path("sms.xml"), "--archive", tool.path("A"))
    #expect(again.status == 0)
    #expect(try export(tool, "A").split(separator: "\n").count == 60)
  }

  @Test func `a second device and a restored one show the same`() throws {
    let tool = try Tool()
    try archive(tool)
    let original = try export(tool, "A")
    let joined = try tool.run("join", tool.path("B"), "--relay", tool.path("A"))
    let code = try #require(
      joined.output.firstMatch(of: #/([0-9A-Z]{5}(-[0-9A-Z]{5}){12})/#).map { String($0.1) })
    #expect(try tool.run("device", "add", tool.path("A"), code).status == 0)
    #expect(try tool.run("sync", tool.path("B")).status == 0)
    #expect(try export(tool, "B") == original)

    // With four characters of the recovery key mistyped, and nothing but the relay's file.
    let key = try String(contentsOfFile: tool.path("key"), encoding: .utf8)
    try mistype(key, 4).write(toFile: tool.path("mistyped"), atomically: true, encoding: .utf8)
    let relay = tool.path("relay.sqlite")
    try FileManager.default.copyItem(atPath: tool.path("A/relay.sqlite"), toPath: relay)
    let restored = try tool.run(
      "restore", tool.path("C"), "--relay", relay, "--recovery-key-file", tool.path("mistyped"))
    #expect(restored.status == 0, "\(restored.errors)")
    #expect((restored.output + restored.errors).contains("Corrected 4 mistyped"))
    #expect(try export(tool, "C") == original)

    try mistype(key, 5).write(toFile: tool.path("worse"), atomically: true, encoding: .utf8)
    let refused = try tool.run(
      "restore", tool.path("D"), "--relay", relay, "--recovery-key-file", tool.path("worse"))
    #expect(refused.status != 0)
    #expect(!refused.errors.isEmpty)
  }

  private func mistype(_ key: String, _ count: Int) -> String {
    var left = count
    return String(
      key.enumerated().map { place, character in
        guard left > 0, place % 7 == 0, character != "-", character != "\n" else { return character }
        left -= 1
        return character == "7" ? "8" : "7"
      })
  }

  @Test func `a key file is private, and mistakes are one sentence`() throws {
    let tool = try Tool()
    try archive(tool)
    let mode = try FileManager.default.attributesOfItem(atPath: tool.path("key"))[.posixPermissions] as? Int
    #expect(mode == 0o600)
    for arguments in [
      ["status", tool.path("nowhere")], ["sync", tool.path("nowhere")], ["verify", tool.path("nowhere")],
      ["import", tool.path("nowhere.xml"), "--archive", tool.path("A")],
      ["import", tool.path("key"), "--archive", tool.path("A")],
      ["device", "add", tool.path("A"), "NOT-A-CODE"], ["init", tool.path("A")],
    ] {
      let (process, output, errors) = try tool.start(arguments)
      process.waitUntilExit()
      #expect([1, 2, 64].contains(process.terminationStatus), "\(arguments)")
      #expect(process.terminationReason == .exit, "\(arguments)")
      let said = try String(contentsOfFile: errors, encoding: .utf8)
      #expect(!said.isEmpty && said.split(separator: "\n").count <= 3, "\(arguments): \(said)")
      #expect(try String(contentsOfFile: output, encoding: .utf8).isEmpty, "\(arguments)")
    }
  }
}
