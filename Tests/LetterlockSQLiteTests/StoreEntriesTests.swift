#if SQLite
import Foundation
import GRDB
import Letterlock
import Testing

@testable import LetterlockSQLite

@Suite("The key space of a device's store in a file")
struct StoreEntriesTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("store.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  @Test func `what was removed or replaced is in no file after a purge`() throws {
    let store = try SQLiteDeviceStore(path: path)
    let secrets = ["removed", "replaced", "ranged"].map { Array("what was \($0) is not told".utf8) }
    for (index, secret) in secrets.enumerated() {
      try store.apply([.put(StoreEntry(key: [UInt8(index)], value: secret))])
    }
    let files = ["store.sqlite", "store.sqlite-wal"]
    func isHeld(_ secret: [UInt8]) -> Bool {
      files.contains { folder.contents($0).range(of: Data(secret)) != nil }
    }
    #expect(secrets.allSatisfy(isHeld))
    try store.apply([
      .remove(key: [0]), .put(StoreEntry(key: [1], value: [1])), .removeAll(EntryRange(prefix: [2])),
    ])
    #expect(secrets.allSatisfy(isHeld))
    try store.purge()
    #expect(!secrets.contains(where: isHeld))
    #expect(try store.entries(in: .all, limit: 9) == [StoreEntry(key: [1], value: [1])])
  }

  @Test func `a purge that another process holds up is an error`() throws {
    let store = try SQLiteDeviceStore(path: path)
    try store.apply([.put(StoreEntry(key: [1], value: [1]))])
    var configuration = Configuration()
    configuration.busyMode = .immediateError
    let other = try DatabaseQueue(path: path, configuration: configuration)
    try store.file.queue.inDatabase { try $0.execute(sql: "PRAGMA busy_timeout = 10") }
    try other.inDatabase { db in
      try db.execute(sql: "BEGIN")
      _ = try Row.fetchOne(db, sql: "SELECT * FROM entry")
      try store.apply([.remove(key: [1])])
      #expect(throws: StoreError.unavailable("Another process keeps using the file.")) { try store.purge() }
      try db.execute(sql: "COMMIT")
    }
    try store.purge()
  }

  @Test func `a value of another type is damage`() throws {
    let store = try SQLiteDeviceStore(path: path)
    try store.apply([.put(StoreEntry(key: [], value: []))])
    #expect(try store.value(at: []) == [])
    try store.file.queue.write { db in
      try db.execute(sql: "DROP TABLE entry")
      try db.execute(sql: "CREATE TABLE entry (key BLOB PRIMARY KEY, value)")
      try db.execute(sql: "INSERT INTO entry VALUES (x'01', 'text')")
    }
    #expect(throws: StoreError.corrupted("A stored value has another type.")) { try store.value(at: [1]) }
    #expect(throws: StoreError.corrupted("A stored value has another type.")) {
      try store.entries(in: .all, limit: 1)
    }
  }
}
#endif
