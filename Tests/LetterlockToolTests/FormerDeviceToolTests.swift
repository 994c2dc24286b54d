#if Tool
import Foundation
import Testing

@Suite("The tool: what becomes of an archive whose device or account is gone")
struct FormerDeviceToolTests {
  private let folder: ToolFolder

  private struct Summary: Decodable {
    var sealed: Int
    var alreadyThere: Int
    var attachments: Int
    var damagedRecords: [String]
  }

  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.succeed("import", "one.xml", "--archive", "A")
  }

  @Test func `joining again in the folder of a removed device takes along what waits`() throws {
    try folder.makeRemovedDevice()
    #expect(
      try folder.run("status", "B").output.contains("Join again in this folder: `letterlock join B`."))
    try folder.join("B")
    let synced = try folder.succeed("sync", "B")
    #expect(synced.errors.contains("Took along 1 waiting message of the device that was here before."))
    try folder.succeed("sync", "A")
    #expect(try folder.export("A").components(separatedBy: "waits").count == 2)
    #expect(try !folder.succeed("sync", "B").errors.contains("Took along"))
    try folder.succeed("verify", "B")
  }

  @Test func `a restore in the folder of a removed device takes along what waits`() throws {
    try folder.makeRemovedDevice()
    let restored = try folder.succeed(
      "restore", "B", "--relay", "A", "--recovery-key-file", "key", "--keep-none")
    #expect(restored.errors.contains("Took along 1 waiting message of the device that was here before."))
    #expect(try folder.export("B").components(separatedBy: "waits").count == 2)
  }

  @Test func `another account's waiting messages are refused by its number`() throws {
    try folder.makeRemovedDevice()
    try folder.succeed("init", "C", "--recovery-key-file", "other")
    let refused = try folder.run(
      "restore", "B", "--relay", "C", "--recovery-key-file", "other", "--keep-none")
    #expect(
      refused.exitCode == 1 && refused.errors.contains("a device of another account"), "\(refused.errors)")
    try folder.join("B")
    #expect(try folder.succeed("sync", "B").errors.contains("Took along 1 waiting message"))
  }

  @Test func `an archive is imported in another one, and once more adds nothing`() throws {
    var history = SampleHistory()
    try history.writeSMS(count: 40, largestFile: 100_000, in: folder)
    try folder.succeed("import", "sms.xml", "--archive", "A")
    try folder.succeed("delete", "A", "+15550101", "--yes")
    try folder.succeed("init", "N", "--recovery-key-file", "new")
    let before = try folder.contents(of: "A")
    let first: Summary = try folder.succeed("import", "A", "--archive", "N", "--json").json()
    #expect(first.sealed > 40)
    #expect(first.damagedRecords == [])
    // What SQLite lays beside a file while it is read holds nothing.
    let after = try folder.contents(of: "A").filter { !$0.key.hasSuffix("-shm") && !$0.key.hasSuffix("-wal") }
    #expect(after == before.filter { after[$0.key] != nil } && after.count >= 4)
    let (old, new) = (try folder.export("A"), try folder.export("N"))
    #expect(old == new)
    let again: Summary = try folder.succeed("import", "A", "--archive", "N", "--json").json()
    #expect(again.sealed == 0 && again.attachments == 0)
    #expect(again.alreadyThere == first.sealed)
    #expect(try folder.export("N") == new)
    try folder.succeed("verify", "N")
  }

  /// How an account or a device ended.
  enum Ending: CaseIterable { case removed, erased, forked }

  @Test(arguments: Ending.allCases)
  func `what an archive holds whose account has ended goes on in another one`(ending: Ending) throws {
    let archive = try end(ending)
    try folder.succeed("init", "N", "--recovery-key-file", "new")
    let summary = try folder.start(["import", archive, "--archive", "N"]).outcome()
    #expect(summary.exitCode == 0, "\(summary.errors)")
    let exported = try folder.export("N")
    #expect(exported.contains("waits"))
    let exitCode: Int32 = ending == .removed ? 2 : 0
    #expect(try exported == folder.export(archive, exitCode: exitCode))
    try folder.succeed("verify", "N")
    try folder.succeed("sync", "N")
  }

  /// Puts the relay's file back from the copy that was made of it.
  private func putBackRelay() throws {
    for name in ["relay.sqlite", "relay.sqlite-wal", "relay.sqlite-shm"] where folder.exists("A/" + name) {
      try folder.remove("A/" + name)
    }
    try folder.copy("backup", to: "A/relay.sqlite")
  }

  /// Returns an archive that knows of its end, and holds a message.
  private func end(_ ending: Ending) throws -> String {
    switch ending {
    case .removed:
      try folder.makeRemovedDevice()
      return "B"
    case .erased:
      try folder.writeSMS("waits", to: "two.xml")
      try folder.succeed("import", "two.xml", "--archive", "A")
      #expect(try folder.eraseByRecoveryKey().exitCode == 0)
      #expect(try folder.run("sync", "A").exitCode == 2)
      return "A"
    case .forked:
      try folder.join("B", "--relay", "A")
      try folder.succeed("sync", "B")
      try folder.copy("A/relay.sqlite", to: "backup")
      try folder.writeSMS("waits", to: "two.xml")
      try folder.succeed("import", "two.xml", "--archive", "A")
      try putBackRelay()
      try folder.writeSMS("another history", to: "three.xml")
      try folder.succeed("import", "three.xml", "--archive", "B")
      let forked = try folder.run("sync", "A")
      #expect(forked.exitCode == 2 && forked.errors.contains("contradict"), "\(forked.errors)")
      return "A"
    }
  }

  @Test func `a relay's file that was put back takes back what it lost`() throws {
    try folder.copy("A/relay.sqlite", to: "backup")
    try folder.writeSMS("later", to: "two.xml")
    try folder.succeed("import", "two.xml", "--archive", "A")
    try putBackRelay()
    #expect(try folder.run("sync", "A").exitCode == 2)
    let given = try folder.succeed("sync", "A", "--give-back")
    #expect(given.output.contains("The relay took back "), "\(given.output)")
    #expect(
      try folder.succeed("sync", "A", "--give-back").output
        == "The relay has everything that this device has.\n")
    try folder.succeed("sync", "A")
    try folder.succeed("verify", "A", "--as-new-device", "--recovery-key-file", "key")
  }
}
#endif
