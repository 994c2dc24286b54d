#if Tool
import Foundation
import GRDB
import Testing

@Suite("A relay that lost any one row")
struct HostileLossTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil

  /// An archive of two devices and three epochs, with attachments, one removed device, and a request to join.
  private func archive() throws -> ToolFolder {
    let folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeSMS(count: 20, largestFile: 5_000, in: folder)
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("import", "sms.xml", "--archive", "A")
    for name in ["B", "C"] {
      let code = try folder.succeed("join", name, "--relay", "A").output
      try folder.succeed("device", "add", "A", code.trimmingCharacters(in: .newlines))
      try folder.succeed("sync", name)
    }
    try folder.succeed("device", "rotate", "B")
    try folder.succeed("sync", "A")
    try folder.succeed("join", "D", "--relay", "A")
    return folder
  }

  /// What a client brought, and what the relay keeps to find it by: all but the relay's own row, and messages in
  /// mailboxes, which go by themselves.
  private static let tables = [
    "account", "author", "batch", "blob", "blob_part", "log_entry", "record", "recovery", "root",
    "stream",
    "stream_part", "tree", "wrap",
  ]

  @Test func `is told which by verify`() throws {
    let folder = try archive()
    #expect(try folder.succeed("verify", "A").output.hasSuffix(": 0 failed.\n"))
    var random = SplitMix64(state: 6)
    for table in Self.tables {
      let rowCount = try count(table, in: folder.file("A/relay.sqlite"))
      #expect(rowCount > 0, "\(table)")
      let all = Array(0..<rowCount)
      for row in Self.isHostile ? all : Array(all.shuffled(using: &random).prefix(2)) {
        try folder.copy("A", to: "lost")
        try delete(row, of: table, in: folder.file("lost/relay.sqlite"))
        let outcome = try folder.run("verify", "lost")
        let said = outcome.output + outcome.errors
        #expect(outcome.exitCode == 2, "\(table), row \(row): \(said)")
        #expect(said.contains("FAILED relay: "), "\(table), row \(row): \(said)")
        try folder.remove("lost")
      }
    }
    try expectEveryTableNamed(folder)
  }

  /// A table that is new must be thought of here.
  private func expectEveryTableNamed(_ folder: ToolFolder) throws {
    let queue = try DatabaseQueue(path: folder.file("A/relay.sqlite"))
    defer { try? queue.close() }
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    let names = try queue.read { try String.fetchSet($0, sql: sql) }
    #expect(
      names.subtracting(Self.tables) == [
        "relay", "erasure", "mailbox", "unfinished_blob", "account_setting",
        // Files of this archive are small, and stand in rows.
        "blob_file", "file_part", "dropped_file",
      ])
  }

  private func count(_ table: String, in path: String) throws -> Int {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    return try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
  }

  private func delete(_ row: Int, of table: String, in path: String) throws {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    try queue.write { database in
      let found = try #require(
        try Row.fetchOne(database, sql: "SELECT * FROM \(table) LIMIT 1 OFFSET ?", arguments: [row]))
      // Some tables have no row numbers: all that the row holds tells which it is.
      let condition = found.columnNames.map { "\($0) IS ?" }.joined(separator: " AND ")
      try database.execute(
        sql: "DELETE FROM \(table) WHERE \(condition)", arguments: StatementArguments(found.databaseValues))
      #expect(database.changesCount == 1)
    }
  }

  @Test func `or the order by which everything was erased`() throws {
    let folder = try archive()
    #expect(try folder.run("erase", "A").output.contains("for all devices, in 72 hours and for good"))
    let shown = try folder.run("erase", "--relay", "A", "--recovery-key-file", "key")
    #expect(shown.exitCode == 1)
    #expect(shown.output.contains("would be erased, for all devices, at once and for good"))
    let code = try #require(shown.errors.split(separator: " ").last).trimmingCharacters(in: ["\n", "."])
    let refused = try folder.run(
      "erase", "--relay", "A", "--recovery-key-file", "key", "--confirm", "12345678")
    #expect(refused.exitCode == 1)
    #expect(try folder.succeed("verify", "A").output.hasSuffix(": 0 failed.\n"))
    let before = try folder.export("A")
    try folder.succeed("erase", "--relay", "A", "--recovery-key-file", "key", "--confirm", code)
    #expect(try folder.run("sync", "A").exitCode == 2)
    // The others learn by whom, and everyone keeps what is there.
    let told = try folder.run("sync", "B")
    #expect(told.exitCode == 2)
    #expect(told.errors.contains("was erased by device"))
    #expect(try folder.export("A") == before)
    #expect(try folder.export("B") == before)
    try folder.succeed("verify", "A")
    for table in Self.tables where !["account", "log_entry", "recovery"].contains(table) {
      #expect(try count(table, in: folder.file("A/relay.sqlite")) == 0, "\(table)")
    }
    try delete(0, of: "erasure", in: folder.file("A/relay.sqlite"))
    let outcome = try folder.run("verify", "A")
    #expect(outcome.exitCode == 2)
    #expect(outcome.output.contains("order to erase"))
    // To whoever did not see the order it looks like what it is.
    #expect(try folder.run("sync", "C").exitCode == 2)
  }
}
#endif
