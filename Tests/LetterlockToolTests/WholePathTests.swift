#if Tool
import Foundation
import Testing

@Suite("A history's way through the tool")
struct WholePathTests {
  private let folder: ToolFolder
  private let history: SampleHistory

  /// An archive `A` with a history of 140 messages, and its recovery key.
  init() throws {
    folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeSMS(count: 80, in: folder)
    try history.writeChatDatabase(count: 60, in: folder)
    self.history = history
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("import", "sms.xml", "Messages/chat.db", "--archive", "A")
  }

  private struct Summary: Decodable {
    var read: Int
    var sealed: Int
    var alreadyThere: Int
    var attachments: Int
    var missingAttachments: Int
    var skipped: [String: Int]
    var services: [String: Int]
    var carriages: [String: Int]
    var kinds: [String: Int]
  }

  private struct Status: Decodable {
    var messages: Int
    var conversations: Int
    var attachments: Int
    var waiting: Int
    var devices: Int
    var epochs: Int
    var unreadableRecords: Int
    var byService: [String: Int]
    var byKind: [String: Int]
    var byCarriage: [String: Int]
    var byProtection: [String: Int]
  }

  @Test func `an import counts every message by service and kind`() throws {
    try folder.succeed("init", "fresh", "--recovery-key-file", "other-key")
    let summary: Summary =
      try folder
      .succeed("import", "sms.xml", "Messages/chat.db", "--archive", "fresh", "--json").json()
    #expect(summary.read == history.messages.count + 1)
    #expect(summary.sealed == history.messages.count)
    #expect(summary.alreadyThere == 0)
    #expect(summary.skipped == ["a draft": 1])
    #expect(summary.attachments == history.messages.count { $0.attachment != nil })
    #expect(summary.missingAttachments == 0)
    #expect(summary.services == history.count { $0.service })
    #expect(summary.carriages == history.count { $0.carriage })
    #expect(summary.kinds == history.count { $0.kind })
  }

  @Test func `the status counts what the history holds`() throws {
    let status: Status = try folder.succeed("status", "A", "--json").json()
    #expect(status.messages == history.messages.count)
    #expect(status.conversations == Set(history.messages.map(\.title)).count)
    #expect(status.attachments == history.messages.count { $0.attachment != nil })
    #expect(status.byService == history.count { $0.service })
    #expect(status.byKind == history.count { $0.kind })
    #expect(status.byCarriage == history.count { $0.carriage })
    #expect(status.byProtection == history.count { $0.isEncrypted ? "importedEndToEnd" : "unencrypted" })
    #expect(status.byProtection.count == 2)
    #expect(status.waiting == 0)
    #expect(status.unreadableRecords == 0)
    #expect(status.devices == 2)
  }

  @Test func `an export has every message once, in order, and none of a carrier's as encrypted`() throws {
    try history.expect(in: try folder.export("A"))
  }

  @Test func `a second device that joins by a code exports the same`() throws {
    try joinSecondDevice()
    #expect(try folder.export("B") == folder.export("A"))
    let received = try folder.succeed("sync", "B").output
    #expect(received.contains("Received 0, sent 0"))
  }

  /// `B` joins, and is up to date.
  private func joinSecondDevice() throws {
    let code = try folder.succeed("join", "B", "--name", "The computer", "--relay", "A").output
    let early = try folder.run("sync", "B")
    #expect(early.exitCode == 1)
    #expect(early.errors.hasPrefix("letterlock: Not approved yet"))
    try folder.succeed("device", "add", "A", code.trimmingCharacters(in: .newlines))
    try folder.succeed("sync", "B")
  }

  private struct Devices: Decodable {
    struct Row: Decodable {
      var id: String
      var name: String?
      var role: String
      var active: Bool
    }
    var devices: [Row]
  }

  @Test func `a removed device opens nothing that is sealed afterwards`() throws {
    try joinSecondDevice()
    let before = try folder.export("B")
    let devices: Devices = try folder.succeed("device", "list", "B", "--json").json()
    let itself = try #require(devices.devices.first { $0.role == "this device" })
    #expect(itself.name == "The computer")
    try folder.succeed("device", "remove", "A", String(itself.id.prefix(12)), "--yes")
    var later = SampleHistory()
    try later.writeSMS(count: 20, to: "later.xml", in: folder, seed: 9)
    try folder.succeed("import", "later.xml", "--archive", "A")
    #expect(try folder.export("A").contains("Telephone text 3 of 9"))

    // The relay shows it nothing new, not even that there is anything.
    try expectNothingNew(in: "B", before: before)
    // It has the relay's whole file, and the whole store of the device that sealed.
    try folder.remove("B/device/store.sqlite")
    try folder.copy("A/device/store.sqlite", to: "B/device/store.sqlite")
    try folder.remove("B/device/relay")
    try folder.copy("A/relay.sqlite", to: "B/relay.sqlite")
    try expectNothingNew(in: "B", before: before, unreadable: later.messages.count)
  }

  /// Whatever a removed device does, its export is what it was, and it says that it cannot read the rest, if it has any.
  private func expectNothingNew(
    in archive: String, before: String, unreadable: Int = 0, at place: SourceLocation = #_sourceLocation
  ) throws {
    for command in [["sync", archive], ["recovery", "propose", archive, "proposal"]] {
      let outcome = try folder.start(command).outcome()
      #expect(outcome.exitCode == 2, sourceLocation: place)
      #expect(outcome.errors.contains("removed this one"), sourceLocation: place)
    }
    let outcome = try folder.run("export", archive, "--format", "json", "--output", "after", "--force")
    #expect(outcome.exitCode == 2, "\(outcome.errors)", sourceLocation: place)
    #expect(
      outcome.errors.contains("cannot be read") == (unreadable > 0), sourceLocation: place)
    #expect(try folder.text(of: "after") == before, sourceLocation: place)
    let told = try folder.run("status", archive, "--json")
    #expect(told.exitCode == 2, sourceLocation: place)
    let status: Status = try told.json()
    #expect(status.unreadableRecords >= unreadable, sourceLocation: place)
    let added = try folder.run("import", "later.xml", "--archive", archive)
    #expect(added.exitCode == 2, sourceLocation: place)
    #expect(added.errors.contains("removed this one"), sourceLocation: place)
  }

  @Test func `the recovery key and the relay's files bring everything back`() throws {
    let before = try folder.export("A")
    try loseEverythingButTheRelay()
    try folder.succeed("restore", "C", "--relay", "found.sqlite", "--recovery-key-file", "key", "--keep-none")
    let after = try folder.export("C")
    #expect(after == before)
    try history.expect(in: after)
    try folder.succeed("verify", "C")

    let early = try folder.run("import", "Messages/chat.db", "--archive", "C")
    #expect(early.exitCode == 0)
    var later = SampleHistory()
    try later.writeSMS(count: 10, to: "later.xml", in: folder, seed: 9)
    try folder.succeed("import", "later.xml", "--archive", "C")
    var all = history
    all.add(later.messages, secrets: [])
    try all.expect(in: try folder.export("C"))
  }

  private func loseEverythingButTheRelay() throws {
    #expect(!folder.exists("A/relay.sqlite-wal"))
    try folder.copy("A/relay.sqlite", to: "found.sqlite")
    try folder.copy("A/relay.sqlite.blobs", to: "found.sqlite.blobs")
    try folder.remove("A")
  }

  @Test func `four mistyped characters of the recovery key are corrected and named`() throws {
    let before = try folder.export("A")
    try loseEverythingButTheRelay()
    let key = try folder.text(of: "key").trimmingCharacters(in: .newlines)
    try folder.write(Self.mistyped(key, groups: [2, 5, 9, 13]).lowercased(), to: "typed")
    let outcome = try folder.succeed(
      "restore", "C", "--relay", "found.sqlite", "--recovery-key-file", "typed", "--keep-none")
    #expect(
      outcome.output.hasPrefix(
        "Corrected 4 mistyped characters of the recovery key, in groups 2, 5, 9, 13.\n"))
    #expect(!outcome.output.contains(key) && !outcome.errors.contains(key))
    #expect(try folder.export("C") == before)
  }

  @Test func `five wrong groups of the recovery key are refused with a sentence`() throws {
    let key = try folder.text(of: "key").trimmingCharacters(in: .newlines)
    try folder.write(Self.mistyped(key, groups: [1, 4, 6, 8, 11]), to: "typed")
    let outcome = try folder.run(
      "restore", "C", "--relay", "A", "--recovery-key-file", "typed", "--keep-none")
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors == "letterlock: More than 4 characters of the recovery key are wrong.\n")
    #expect(outcome.output.isEmpty)
    #expect(!folder.exists("C"))
  }

  /// One wrong character in each of these groups, from 1.
  private static func mistyped(_ key: String, groups: [Int]) -> String {
    var characters = Array(key)
    for group in groups {
      let place = (group - 1) * 6 + group % 5
      characters[place] = characters[place] == "7" ? "3" : "7"
    }
    return String(characters)
  }
}
#endif
