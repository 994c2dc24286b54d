#if Tool && HTTP && Server
import Foundation
import GRDB
import Testing

/// Archives and stores of a test's own, and the real `letterlock-relay` beside them.
struct RelayStores {
  let folder: ToolFolder

  init() throws { folder = try ToolFolder() }

  /// The archive `name` with a file and one message, whose relay is the store of the same name. Its file, renamed, is what
  /// an operator has.
  func archive(_ name: String) throws -> String {
    try folder.write(
      "<?xml version=\"1.0\"?><smses><sms address=\"+15550101\" date=\"1700000000000\" type=\"1\" body=\"kept\" /></smses>",
      to: "one.xml")
    try folder.write("content of the file\n", to: "note.txt")
    try folder.succeed("init", name, "--recovery-key-file", "\(name).key")
    try folder.succeed("import", "one.xml", "--archive", name)
    try folder.succeed("attachment", "add", name, "note.txt")
    try folder.succeed("sync", name)
    return "\(name)/relay.sqlite"
  }

  /// Runs a command of the operator's on a store.
  func run(_ store: String, _ arguments: String...) throws -> ToolOutcome {
    try RunningTool(
      arguments + ["--store", "sqlite:\(store)"], in: folder.path,
      by: RunningTool.executable("letterlock-relay")
    ).outcome()
  }

  /// Runs it; it must do what it is told.
  @discardableResult
  func succeed(
    _ store: String, _ arguments: String..., at place: SourceLocation = #_sourceLocation
  ) throws -> ToolOutcome {
    let outcome = try RunningTool(
      arguments + ["--store", "sqlite:\(store)"], in: folder.path,
      by: RunningTool.executable("letterlock-relay")
    ).outcome()
    #expect(outcome.exitCode == 0, "\(arguments): \(outcome.output) \(outcome.errors)", sourceLocation: place)
    return outcome
  }

  /// The JSON objects of an output, one on a line.
  func objects(_ outcome: ToolOutcome) throws -> [[String: Any]] {
    try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  /// The first eight digits of the one account of a store.
  func account(of store: String) throws -> String {
    try #require(try objects(succeed(store, "accounts", "--json")).first?["account"] as? String)
  }

  /// Changes a store with SQLite itself.
  func change(_ store: String, _ sql: String) throws {
    let queue = try DatabaseQueue(path: folder.file(store))
    try queue.write { try $0.execute(sql: sql) }
    try queue.close()
  }

  /// All rows of a store but the relay's own, by table.
  func rows(_ store: String) throws -> [String: [String]] {
    let queue = try DatabaseQueue(path: folder.file(store))
    defer { try? queue.close() }
    return try queue.read { database in
      let tables = try String.fetchAll(
        database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'relay' ORDER BY name"
      )
      return try Dictionary(
        uniqueKeysWithValues: tables.map { table in
          let rows = try Row.fetchAll(database, sql: "SELECT * FROM \(table)")
          return (
            table,
            rows.map { row in
              row.filter { table != "account" || $0.0 != "version" }.map { "\($0.0)=\($0.1)" }.joined(
                separator: " ")
            }.sorted()
          )
        })
    }
  }

  /// A store with the checkpoint key of another, and no account.
  func emptyStore(_ name: String, likeThatOf store: String) throws {
    try folder.copy(store, to: name)
    let tables = try rows(name).keys.filter { $0 != "relay" }
    for table in tables { try change(name, "DELETE FROM \(table)") }
  }
}

@Suite("letterlock-relay: what an operator asks of a store")
struct RelayCommandsToolTests {
  private let stores: RelayStores
  private let store: String
  private let account: String

  init() throws {
    stores = try RelayStores()
    store = try stores.archive("A")
    account = try stores.account(of: store)
  }

  @Test func `a sound store is said to be sound, without a name in full`() throws {
    let text = try stores.succeed(store, "check").output
    #expect(text.contains("Checked 1 accounts"))
    #expect(text.contains("1 attachments: 0 damaged"))
    let listed = try stores.succeed(store, "accounts").output
    #expect(listed.contains(account))
    #expect(listed.firstMatch(of: #/[0-9a-f]{9}/#) == nil)
    let whole = try stores.succeed(store, "accounts", "--show-accounts").output
    #expect(whole.firstMatch(of: #/[0-9a-f]{64}/#) != nil)
  }

  @Test(arguments: [
    ("UPDATE record SET bytes = zeroblob(length(bytes)) WHERE leaf = 0 AND #", "signed batch at record 0"),
    ("DELETE FROM record WHERE leaf = 0 AND #", "record 0 is not there"),
    ("UPDATE wrap SET wrap = zeroblob(length(wrap)) WHERE #", "not the one that the log names"),
    ("DELETE FROM wrap WHERE #", "is not there"),
    ("UPDATE log_entry SET entry = zeroblob(length(entry)) WHERE idx = 0 AND #", "log"),
    ("UPDATE blob_part SET bytes = zeroblob(length(bytes)) WHERE #", "is not what its device signed"),
    ("DELETE FROM blob_part WHERE #", "not all the bytes"),
    ("UPDATE account SET record_bytes = 1 WHERE #", "damaged"),
    ("DELETE FROM account WHERE #", "account that is not there"),
    ("UPDATE batch SET signed_batch = zeroblob(length(signed_batch)) WHERE #", "cannot be read"),
    ("DELETE FROM stream WHERE #", "streams"), ("DELETE FROM tree WHERE level = 0 AND #", "cannot be read"),
    ("DELETE FROM recovery WHERE #", "recovery key does not lead"),
  ])
  func `one damaged row is named, and the others are still checked`(sql: String, words: String) throws {
    try stores.folder.succeed("init", "B", "--relay", "A", "--recovery-key-file", "B.key")
    try stores.change(store, sql.replacingOccurrences(of: "#", with: "hex(account) LIKE '\(account)%'"))
    let outcome = try stores.run(store, "check", "--json")
    #expect(outcome.exitCode == 2, "\(outcome.output) \(outcome.errors)")
    let report = try #require(try stores.objects(outcome).first)
    let problems = try #require(report["problems"] as? [[String: Any]])
    #expect(problems.contains { ($0["text"] as? String)?.contains(words) == true }, "\(problems)")
    #expect(problems.allSatisfy { ($0["account"] as? String)?.hasPrefix(account) ?? true })
    #expect(try stores.run(store, "check").output.contains("DAMAGED \(account): "))
  }

  @Test func `damage of attachments alone is left out of a fast check`() throws {
    try stores.change(store, "UPDATE blob_part SET bytes = zeroblob(length(bytes))")
    #expect(try stores.run(store, "check", "--fast").exitCode == 0)
    #expect(try stores.run(store, "check").exitCode == 2)
  }

  @Test func `a quota is heeded, shown, and taken back`() throws {
    let before = try #require(try stores.objects(stores.succeed(store, "quota", account, "--json")).first)
    #expect(before["quota"] == nil)
    #expect((before["attachmentBytes"] as? Int ?? 0) > 0)
    let after = try #require(
      try stores.objects(stores.succeed(store, "quota", account, "10", "--json")).first)
    #expect(after["quota"] as? Int == 10)
    try stores.folder.write("another file\n", to: "more.txt")
    _ = try stores.folder.run("attachment", "add", "A", "more.txt")
    #expect(try stores.folder.run("sync", "A").exitCode != 0)
    #expect(try stores.succeed(store, "accounts").output.contains("10*"))
    try stores.succeed(store, "quota", account, "none")
    try stores.folder.succeed("sync", "A")
    let last = try #require(
      try stores.objects(stores.succeed(store, "quota", account, "default", "--json")).first)
    #expect(last["ownQuota"] as? Bool == false)
    try stores.succeed(store, "check")
  }
}

@Suite("letterlock-relay: moving an account, SPEC.md section 7.9")
struct MovedAccountToolTests {
  private let stores: RelayStores
  private let store: String
  private let account: String

  init() throws {
    stores = try RelayStores()
    store = try stores.archive("A")
    account = try stores.account(of: store)
    try stores.emptyStore("new.sqlite", likeThatOf: store)
  }

  @Test func `an account is byte for byte the same in the other store`() throws {
    try stores.succeed(store, "export-account", account, "--output", "moved")
    let mode = try FileManager.default.attributesOfItem(atPath: stores.folder.file("moved"))[
      .posixPermissions]
    #expect(mode as? Int == 0o600)
    try stores.succeed("new.sqlite", "import-account", "moved")
    #expect(try stores.rows("new.sqlite") == stores.rows(store))
    try stores.succeed("new.sqlite", "check")
    // Again: it is there.
    let again = try stores.run("new.sqlite", "import-account", "moved")
    #expect(again.exitCode == 1)
    #expect(again.errors.contains("has this account already"))
    // Devices go on with it.
    try stores.folder.remove(store)
    try stores.folder.copy("new.sqlite", to: store)
    try stores.folder.succeed("sync", "A")
    try stores.folder.succeed("verify", "A")
  }

  @Test func `a store with another key refuses the account by name`() throws {
    let other = try stores.archive("B")
    try stores.succeed(store, "export-account", account, "--output", "moved")
    let before = try stores.rows(other)
    let outcome = try stores.run(other, "import-account", "moved")
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("another checkpoint key"))
    #expect(try stores.rows(other) == before)
  }

  @Test func `a frozen account answers reads and refuses writes, until it is unfrozen`() throws {
    try stores.succeed(store, "export-account", account, "--output", "moved", "--freeze")
    try stores.folder.write(
      "<?xml version=\"1.0\"?><smses><sms address=\"+15550101\" date=\"1700000000001\" type=\"1\" body=\"later\" /></smses>",
      to: "two.xml")
    _ = try stores.folder.run("import", "two.xml", "--archive", "A")
    let refused = try stores.folder.run("sync", "A")
    #expect(refused.exitCode != 0)
    #expect((refused.errors + refused.output).contains("moved to another relay"))
    #expect(try stores.succeed(store, "accounts").output.contains("moved"))
    // An order to give back is a write too, and none of these changed anything.
    #expect(try stores.run(store, "check").exitCode == 0)
    try stores.succeed(store, "unfreeze-account", account)
    try stores.folder.succeed("sync", "A")
  }

  @Test func `a file that is not as it was written changes nothing`() throws {
    try stores.succeed(store, "export-account", account, "--output", "moved")
    let whole = try #require(FileManager.default.contents(atPath: stores.folder.file("moved")))
    let before = try stores.rows("new.sqlite")
    var generator = SplitMix64(state: 7)
    for round in 0..<24 {
      var bytes = whole
      let place = Int(generator.next() % UInt64(whole.count))
      if round.isMultiple(of: 3) {
        bytes = bytes.prefix(place)
      } else {
        bytes[place] ^= UInt8(1 << (round % 8))
      }
      if round == 23 { bytes = whole + [0] }
      try bytes.write(to: URL(fileURLWithPath: stores.folder.file("wrong")))
      let outcome = try stores.run("new.sqlite", "import-account", "wrong")
      #expect(outcome.exitCode == 1 && !outcome.wasKilled, "\(round) \(place): \(outcome.output)")
      #expect(outcome.errors.hasPrefix("letterlock-relay: "), "\(outcome.errors)")
      #expect(try stores.rows("new.sqlite") == before, "\(round)")
    }
  }
}
#endif
