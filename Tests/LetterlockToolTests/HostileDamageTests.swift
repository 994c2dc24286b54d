#if Tool
import Foundation
import GRDB
import Testing

@Suite("An archive in which one bit is wrong")
struct HostileDamageTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil

  /// What `verify` may call a thing of each table: its own name, or that of what it belongs to.
  private static let names: [String: [String]] = [
    "relay": ["relay's key"], "account": ["account log", "recovery"],
    "author": ["account log"], "root": ["account log"], "recovery": ["recovery"],
    "stream": ["streams"], "stream_part": ["streams"],
    "tree": ["record", "signed batch of record", "history"],
    "log_entry": ["account log"],
    "wrap": ["wrap of epoch"], "batch": ["signed batch of record", "signed batch in the store", "history"],
    "record": ["record"],
    "blob": ["attachment"], "blob_part": ["attachment"], "mailbox": ["message in a mailbox"],
    "state": ["progress"], "outbox": ["waiting record"], "entry": ["entry "],
  ]

  /// An archive in which every table holds something: records wait that a full relay did not take, and a
  /// device has asked to join.
  private func archive() throws -> ToolFolder {
    let folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeSMS(count: 40, largestFile: 5_000, in: folder)
    try history.writeSMS(count: 200, to: "more.xml", in: folder, seed: 2)
    try folder.succeed("init", "A", "--recovery-key-file", "key", "--quota", "100000")
    try folder.succeed("import", "sms.xml", "--archive", "A")
    let full = try folder.run("import", "more.xml", "--archive", "A")
    #expect(full.exitCode == 1)
    #expect(full.errors.hasPrefix("letterlock: The relay is full: "))
    try folder.succeed("join", "B", "--relay", "A")
    return folder
  }

  @Test func `is refused, and what is wrong is named`() throws {
    let folder = try archive()
    let whole = try folder.succeed("verify", "A")
    #expect(whole.output.hasSuffix(": 0 failed.\n"))
    var random = SplitMix64(state: 44)
    var tables: Set<String> = []
    for file in ["relay.sqlite", "device/store.sqlite"] {
      for column in try Self.columns(of: folder.file("A/" + file)) {
        // Nothing of this archive was erased, every upload is complete, files are small, and no operator decided
        // anything: other tests have such archives.
        let absent = [
          "erasure", "unfinished_blob", "blob_file", "file_part", "dropped_file", "account_setting",
        ]
        guard !absent.contains(column.table) else { continue }
        tables.insert(column.table)
        for _ in 0..<column.flipCount(isHostile: Self.isHostile) {
          try folder.copy("A", to: "damaged")
          let place = try Self.flip(column, in: folder.file("damaged/" + file), &random)
          try Self.expectNamed(folder.run("verify", "damaged"), file, column, place)
          try folder.remove("damaged")
        }
      }
    }
    #expect(tables == Set(Self.names.keys))
    // The copies were what was damaged.
    try folder.succeed("verify", "A")
  }

  private static func expectNamed(
    _ outcome: ToolOutcome, _ file: String, _ column: Column, _ place: String
  ) throws {
    let said = outcome.output + outcome.errors
    let comment: Comment = "\(file) \(column.table).\(column.name) \(place): \(said)"
    #expect(outcome.exitCode == 2, comment)
    #expect(!outcome.wasKilled, comment)
    // A relay whose key is damaged does not open at all.
    let side = file == "relay.sqlite" ? "relay" : "device"
    #expect(said.contains("FAILED \(side): ") || column.table == "relay", comment)
    let names = try #require(names[column.table])
    #expect(names.contains { said.contains($0) }, comment)
  }

  /// A column of byte strings.
  private struct Column {
    var table: String
    var name: String
    var all: [String]

    /// More where most of the bytes are.
    func flipCount(isHostile: Bool) -> Int {
      let isLarge = ["signed_batch", "bytes", "entry", "wrap"].contains(name)
      return (isLarge ? 2 : 1) * (isHostile ? 20 : 1)
    }
  }

  private static func columns(of path: String) throws -> [Column] {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    return try queue.read { database in
      let tables = try String.fetchAll(
        database,
        sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
      return try tables.flatMap { table in
        let columns = try database.columns(in: table)
        return columns.filter { $0.type == "BLOB" }.map {
          Column(table: table, name: $0.name, all: columns.map(\.name))
        }
      }
    }
  }

  /// Turns one bit of one value round, and says where.
  private static func flip(
    _ column: Column, in path: String, _ random: inout SplitMix64
  ) throws -> String {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    let rows = try queue.read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM \(column.table) WHERE length(\(column.name)) > 0")
    }
    let row = try #require(rows.randomElement(using: &random), "\(column.table).\(column.name) is empty")
    var value: Data = row[column.name]
    let place = Int.random(in: 0..<value.count, using: &random)
    value[value.startIndex + place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    // Some tables have no row numbers: all that the row holds tells which it is.
    let condition = column.all.map { "\($0) IS ?" }.joined(separator: " AND ")
    let arguments = StatementArguments([value.databaseValue] + Array(row.databaseValues))
    let changed = try queue.write { database in
      try database.execute(
        sql: "UPDATE \(column.table) SET \(column.name) = ? WHERE \(condition)", arguments: arguments)
      return database.changesCount
    }
    #expect(changed == 1)
    return "byte \(place) of \(value.count)"
  }

  @Test(arguments: [false, true])
  func `is mended in one copy of the key file, and refused in both`(isSealed: Bool) throws {
    let folder = try ToolFolder()
    try folder.write("some words to remember\n", to: "words")
    let options = isSealed ? ["--passphrase-file", "words"] : []
    let made = try folder.start(["init", "A", "--recovery-key-file", "key"] + options).outcome()
    #expect(made.exitCode == 0)
    let file = URL(fileURLWithPath: folder.file("A/device/keys"))
    var keys = try Data(contentsOf: file)
    var random = SplitMix64(state: 7)
    // Every passphrase takes a third of a second.
    let places = (0..<(isSealed ? 2 : 8)).map { _ in Int.random(in: 0..<keys.count, using: &random) } + [80]
    for place in places {
      var damaged = keys
      damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try damaged.write(to: file)
      let read = try folder.start(["status", "A"] + options).outcome()
      #expect(read.exitCode == 0 && read.errors.contains("is damaged"), "byte \(place): \(read.errors)")
      #expect(try Data(contentsOf: file) == damaged, "byte \(place)")
      let mended = try folder.start(["verify", "A"] + options).outcome()
      #expect(
        mended.exitCode == 0 && mended.errors.contains("was made whole"), "byte \(place): \(mended.errors)")
      // The mended file is a later version: the one before, put back, would be a rollback.
      keys = try Data(contentsOf: file)
      damaged = keys
      damaged[place] ^= 2
      let again = try folder.start(["status", "A"] + options).outcome()
      #expect(again.exitCode == 0 && again.errors.isEmpty, "byte \(place): \(again.errors)")
      damaged[(place + keys.count / 2) % keys.count] ^= 1
      try damaged.write(to: file)
      for command in ["status", "verify", "sync"] {
        let refused = try folder.start([command, "A"] + options).outcome()
        #expect(refused.exitCode == 2, "byte \(place), \(command)")
        #expect(
          refused.errors.contains("Both copies in the key file are damaged"),
          "byte \(place): \(refused.errors)")
      }
      #expect(try Data(contentsOf: file) == damaged, "byte \(place)")
    }
    try keys.write(to: file)
    #expect(try folder.start(["verify", "A"] + options).outcome().exitCode == 0)
  }
}
#endif
