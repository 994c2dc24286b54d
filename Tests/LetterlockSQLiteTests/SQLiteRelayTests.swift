#if SQLite
import CryptoCore
import Foundation
import GRDB
import LetterlockTestKit
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockSQLite
@testable import SQLiteCore

@Suite("A relay in a file")
struct SQLiteRelayTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("relay.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  @Test func `a relay that is opened again has its key, its quota and everything else`() async throws {
    var relay = try SQLiteRelay(path: path, quota: 1_000_000)
    let key = try await relay.checkpointKey(as: .anyone)
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1), account.record(2)], to: relay)
    let (entry, wraps) = try account.epochEntry(for: [account.keys, account.recovery]) {
      .epoch($0)
    }
    try await account.send(entry, wraps, to: relay)
    let upload = try account.upload(of: [1, 2, 3])
    _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
    try await relay.writeBlob(upload.blob, of: account.id, at: 0, [1, 2], as: account.caller)
    let usage = try await relay.usage(of: account.id, as: account.caller)

    relay = try SQLiteRelay(existing: path)
    #expect(try await relay.checkpointKey(as: .anyone) == key)
    #expect(try await relay.usage(of: account.id, as: account.caller) == usage)
    #expect(usage.quota == 1_000_000)
    #expect(try await relay.beginBlob(upload, of: account.id, as: account.caller) == 2)
    try await relay.writeBlob(upload.blob, of: account.id, at: 2, [3], as: account.caller)
    #expect(try await relay.blob(upload.blob, of: account.id, as: account.caller) == upload)
    let outcome = try await account.send([account.record(3)], to: relay)
    #expect(outcome.firstLeaf == 2)
    #expect(outcome.checkpoint.treeRoot == account.history.tree.root)
    relay = try SQLiteRelay(path: path, quota: 5_000_000)
    #expect(try await relay.usage(of: account.id, as: account.caller).quota == 5_000_000)
    #expect(try relay.isFileWhole())
  }

  @Test func `two processes' connections see what the other has written`() async throws {
    let (first, second) = (try SQLiteRelay(path: path), try SQLiteRelay(path: path))
    #expect(try await first.checkpointKey(as: .anyone) == second.checkpointKey(as: .anyone))
    var account = try await TestAccount(at: first)
    for turn in UInt8(0)..<3 {
      try await account.send([account.record(turn)], to: first)
      let outcome = try await account.send([account.record(100 + turn)], to: second)
      #expect(outcome.firstLeaf == UInt64(turn) * 2 + 1)
      #expect(outcome.checkpoint.treeRoot == account.history.tree.root)
      let (entry, wraps) = try account.epochEntry(for: [account.keys, account.recovery]) {
        .epoch($0)
      }
      try await account.send(entry, wraps, to: turn.isMultiple(of: 2) ? first : second)
      #expect(
        try await first.usage(of: account.id, as: account.caller)
          == second.usage(of: account.id, as: account.caller))
      #expect(try await first.logEntries(of: account.id, from: 0, as: account.caller).last == entry)
    }
    let fresh = try SQLiteRelay(existing: path)
    #expect(
      try await fresh.usage(of: account.id, as: account.caller)
        == first.usage(of: account.id, as: account.caller))
    let page = try await first.history(of: account.id, from: 0, maximumByteCount: .max, as: account.caller)
    #expect(page.checkpoint.treeRoot == account.history.tree.root)
  }

  @Test func `what a refused write would have changed is not remembered`() async throws {
    let relay = try SQLiteRelay(path: path)
    var account = try await TestAccount(at: relay)
    try await relay.file.queue.write { db in
      try db.execute(
        sql: "CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT RAISE(ABORT, 'full'); END")
    }
    let records = [account.record(1)]
    let signedBatch = try account.append(records)
    await #expect(throws: RelayError.self) {
      try await relay.append(signedBatch, records: records, to: account.id, as: account.caller)
    }
    try await relay.file.queue.write { try $0.execute(sql: "DROP TRIGGER full") }
    #expect(try await account.send(records, to: relay).firstLeaf == 0)
  }

  @Test func `a removed device's wraps are nowhere in the file nor beside it`() async throws {
    let relay = try SQLiteRelay(path: path)
    var account = try await TestAccount(at: relay)
    let joiner = try DeviceKeys()
    let (addition, wraps) = try account.addition(of: joiner)
    try await account.send(addition, wraps, to: relay)
    let part = Data(wraps[0].wrap.bytes[100..<200])
    #expect((folder.contents("relay.sqlite-wal") + folder.contents("relay.sqlite")).range(of: part) != nil)
    let (removal, newWraps) = try account.epochEntry(for: [account.keys, account.recovery]) {
      .remove(.init(devices: [joiner.deviceID], epoch: $0))
    }
    try await account.send(removal, newWraps, to: relay)
    for name in ["relay.sqlite", "relay.sqlite-wal"] {
      #expect(folder.contents(name).range(of: part) == nil, "\(name)")
    }
  }

  @Test func `a signed batch or a log entry that was changed in the file is not taken for true`()
    async throws
  {
    let relay = try SQLiteRelay(path: path)
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1)], to: relay)
    try await account.send([account.record(2)], to: relay)
    for (table, column) in [
      ("batch", "signed_batch"), ("log_entry", "entry"), ("account", "tree"), ("author", "batch_hash"),
      ("root", "root"),
    ] {
      let rows = try relay.store.readNow { db in
        try Row.fetchAll(db, sql: Self.rows(table, column))
      }
      for row in rows {
        let (place, bytes): (Int64, Data) = (row[0], row[1])
        var changed = bytes
        changed[changed.count / 2] ^= 1
        try await relay.replace(table, column, at: place, with: changed)
        let opened = try SQLiteRelay(existing: path)
        await #expect(throws: (any Error).self) {
          _ = try await opened.usage(of: account.id, as: account.caller)
          var history = History()
          let page = try await opened.history(
            of: account.id, from: 0, maximumByteCount: .max, as: account.caller)
          for batch in page.batches { try history.accept(batch, of: account.log) }
        }
        try await relay.replace(table, column, at: place, with: bytes)
      }
    }
    #expect(try await SQLiteRelay(existing: path).usage(of: account.id, as: account.caller).records > 0)
  }

  fileprivate static func key(of table: String) -> String {
    switch table {
    case "batch": "first_leaf"
    case "account": "version"
    case "author": "counter"
    case "root": "size"
    default: "idx"
    }
  }

  private static func rows(_ table: String, _ column: String) -> String {
    let key = Self.key(of: table)
    return "SELECT \(key), \(column) FROM \(table)"
  }

  @Test(arguments: ["checkpoint_seed = zeroblob(32)", "quota = 5", "digest = zeroblob(32)"])
  func `a checkpoint key or a quota that was changed in the file is damage`(change: String) async throws {
    let relay = try SQLiteRelay(path: path)
    try await relay.file.queue.write { try $0.execute(sql: "UPDATE relay SET \(change)") }
    #expect(throws: RelayError.corrupted("The relay's key is damaged.")) {
      try SQLiteRelay(existing: path)
    }
  }

  @Test func `messages go when they expire, and not before`() async throws {
    let store = try SQLiteRelay(path: path).store
    let hour = 3_600_000_000_000
    let week = Int(RelayLimits.messageLifetime.components.seconds) * 1_000_000_000
    func relay(at time: Int) -> SQLiteRelay {
      SQLiteRelay(store: store, key: store.settings.key) {
        Timestamp(nanosecondsSince1970: Int64(time))
      }
    }
    let mailboxes = [7, 8].map { MailboxID(unchecked: [UInt8](repeating: $0, count: 32)) }
    try await relay(at: hour).post([1], to: mailboxes[0], as: .anyone)
    try await relay(at: 2 * hour).post([2], to: mailboxes[0], as: .anyone)
    #expect(try await relay(at: hour + week - 1).messages(in: mailboxes[0], as: .anyone) == [[1], [2]])
    #expect(try await relay(at: hour + week).messages(in: mailboxes[0], as: .anyone) == [[2]])
    // What has expired goes with the next message, in whichever mailbox.
    try await relay(at: hour + week + 1).post([3], to: mailboxes[1], as: .anyone)
    let count = try await store.file.queue.read {
      try Int64.fetchOne($0, sql: "SELECT count(*) FROM mailbox")
    }
    #expect(count == 2)
  }

  @Test func `every write waits for the disk, and what is deleted is overwritten`() async throws {
    let relay = try SQLiteRelay(path: path)
    for (pragma, value) in [("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 0)] {
      let found = try await relay.file.queue.read { try Int.fetchOne($0, sql: "PRAGMA \(pragma)") }
      #expect(found == value, "\(pragma)")
    }
    let mode = try await relay.file.queue.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
    #expect(mode == "wal")
    #expect(try folder.permissions("relay.sqlite") == 0o600)
  }

  @Test func `a full disk is said to be full`() async throws {
    let relay = try SQLiteRelay(path: path)
    let account = try TestAccount(checkpointKey: try await relay.checkpointKey(as: .anyone))
    try await relay.file.queue.write { try $0.execute(sql: "PRAGMA max_page_count = 1") }
    await #expect(throws: RelayError.unavailable("The disk is full.")) {
      try await relay.createAccount(account.create, wraps: account.firstWraps, as: .anyone)
    }
  }
}

extension SQLiteRelay {
  /// The file, to meddle with.
  fileprivate var file: StorageFile { store.file }

  fileprivate func replace(
    _ table: String, _ column: String, at place: Int64, with bytes: Data
  ) async throws {
    let key = SQLiteRelayTests.key(of: table)
    try await file.queue.write { db in
      try db.execute(
        sql: "UPDATE \(table) SET \(column) = ? WHERE \(key) = ?", arguments: [bytes, place])
    }
  }
}

@Suite("SPEC.md section 9: what the files hold")
struct SchemaTests {
  @Test func `the tables of both files are the ones that are declared`() throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteDeviceStore(path: folder.file("store.sqlite"))
    let relay = try SQLiteRelay(path: folder.file("relay.sqlite"))
    for (file, schema) in [
      (store.file, DeviceStoreSchema.schema), (relay.file, RelaySchema.schema),
    ] {
      try file.queue.read { db in
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        let names = try String.fetchSet(db, sql: sql)
        #expect(names == Set(schema.tables.map(\.name)))
        for table in schema.tables {
          let columns = try db.columns(in: table.name).map(\.name)
          #expect(columns == table.columns)
        }
      }
    }
  }
}
#endif
