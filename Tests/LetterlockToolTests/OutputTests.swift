#if Tool
import Foundation
import Testing

@Suite("What the tool prints and writes")
struct OutputTests {
  @Test func `the recovery key's file is its owner's alone`() throws {
    let folder = try ToolFolder()
    let shown = try folder.succeed("init", "A", "--recovery-key-file", "key").output
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("key"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let key = try folder.text(of: "key")
    #expect(key.split(separator: "-").count == 13)
    #expect(!shown.contains(key.prefix(5)))
    // Without the option it is shown, once, and in no file.
    let other = try folder.succeed("init", "B").output
    #expect(other.split(whereSeparator: \.isWhitespace).contains { $0.split(separator: "-").count == 13 })
    for name in ["A", "A/device", "B", "B/device"] {
      let mode = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions]
      #expect(mode as? Int == 0o700, "\(name)")
    }
    for name in ["relay.sqlite", "device/keys", "device/store.sqlite"] {
      let mode = try FileManager.default.attributesOfItem(atPath: folder.file("A/" + name))[.posixPermissions]
      #expect(mode as? Int == 0o600, "\(name)")
    }
  }

  private struct Summary: Decodable {
    var read: Int
    var sealed: Int
    var alreadyThere: Int
    var services: [String: Int]
  }

  private struct Counts: Decodable, Equatable {
    var records: Int
    var messages: Int
    var attachments: Int
    var conversations: Int
    var waiting: Int
    var logEntries: Int
    var byService: [String: Int]
  }

  @Test func `importing twice adds nothing twice`() throws {
    let folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeSMS(count: 60, in: folder)
    try history.writeChatDatabase(count: 40, in: folder)
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("import", "sms.xml", "Messages/chat.db", "--archive", "A")
    let (status, export): (Counts, String) = (
      try folder.succeed("status", "A", "--json").json(), try folder.export("A")
    )
    // Again, the other way round, and one of them twice in one run.
    let again: Summary =
      try folder
      .succeed("import", "Messages/chat.db", "sms.xml", "sms.xml", "--archive", "A", "--json").json()
    #expect(again.sealed == 0)
    #expect(again.alreadyThere == history.messages.count + 60)
    #expect(again.services.isEmpty)
    #expect(try folder.succeed("status", "A", "--json").json() == status)
    #expect(try folder.export("A") == export)
    try history.expect(in: export)
  }

  @Test func `with --json every command prints one object`() throws {
    let folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeSMS(count: 20, in: folder)
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    let commands = [
      ["import", "sms.xml", "--archive", "A"], ["status", "A"], ["conversations", "A"],
      ["show", "A", "Marguerite Oldcastle 1"], ["device", "list", "A"], ["sync", "A"], ["verify", "A"],
    ]
    for command in commands {
      let outcome = try folder.start(command + ["--json"]).outcome()
      #expect(outcome.exitCode == 0, "\(command): \(outcome.errors)")
      #expect(outcome.errors.isEmpty, "\(command)")
      #expect(outcome.output.split(separator: "\n").count == 1, "\(command)")
      let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      #expect((object as? [String: Any])?.isEmpty == false, "\(command)")
    }
    for line in try folder.export("A").split(separator: "\n") {
      #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
    }
  }

  private struct Verification: Decodable {
    struct Failure: Decodable {
      var place: String
      var thing: String
    }
    var failures: [Failure]
  }

  @Test func `a verification that fails still prints its one object`() throws {
    let folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeSMS(count: 20, in: folder)
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("import", "sms.xml", "--archive", "A")
    // The relay as it was before: what the device has seen is not there.
    try folder.succeed("init", "B", "--recovery-key-file", "other-key")
    try folder.remove("A/relay.sqlite")
    try folder.copy("B/relay.sqlite", to: "A/relay.sqlite")
    let outcome = try folder.run("verify", "A", "--json")
    #expect(outcome.exitCode == 2)
    let verification: Verification = try outcome.json()
    #expect(verification.failures.contains { $0.place == "relay" && $0.thing == "account log" })
    #expect(outcome.errors.hasPrefix("letterlock: "))
  }
}
#endif
