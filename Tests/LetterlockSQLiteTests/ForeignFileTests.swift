#if SQLite
import Foundation
import GRDB
import Letterlock
import LetterlockRelayKit
import Testing

@testable import LetterlockSQLite

@Suite("Files of ours that somebody else prepared")
struct ForeignFileTests {
  private let folder: TemporaryFolder
  private let relay: String
  private let store: String
  private let victim: String

  init() throws {
    folder = try TemporaryFolder()
    (relay, store, victim) = (folder.file("relay.sqlite"), folder.file("store.sqlite"), folder.file("victim"))
    _ = try SQLiteRelay(path: relay)
    _ = try SQLiteDeviceStore(path: store)
    try Data("precious".utf8).write(to: URL(fileURLWithPath: victim))
  }

  private func bigEndian(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  /// A journal of nothing, for a file of `pageCount` pages of 4096 bytes.
  private func journal(pageCount: UInt32) -> Data {
    var bytes = Data([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7])
    for number in [0, 0x1234, pageCount, 512, 4096] { bytes += bigEndian(number) }
    return bytes + Data(count: 512 - bytes.count)
  }

  /// What names a super-journal at the end of a journal.
  private func naming(_ name: String) -> Data {
    let text = Data(name.utf8)
    let sum = text.reduce(UInt32(0)) { $0 &+ UInt32($1) }
    var bytes = Data()
    bytes += bigEndian(0x4000_0000 / 4096 + 1)
    bytes += text
    bytes += bigEndian(UInt32(text.count)) + bigEndian(sum)
    return bytes + Data([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7])
  }

  private func pageCount(_ path: String) throws -> UInt32 {
    UInt32(try Data(contentsOf: URL(fileURLWithPath: path)).count / 4096)
  }

  private func openings(_ path: String) -> [() throws -> Void] {
    guard path == store else {
      return [{ _ = try SQLiteRelay(existing: path) }, { _ = try SQLiteRelay(path: path) }]
    }
    return [
      { _ = try SQLiteDeviceStore(path: path) }, { _ = try SQLiteDeviceStore(existing: path) },
      { _ = try SQLiteDeviceStore(readingFrom: path) },
    ]
  }

  private func expectRefused(_ path: String, naming name: String) {
    for open in openings(path) {
      do {
        try open()
        Issue.record("\(path) was opened")
      } catch { #expect("\(error)".contains(name), "\(error)") }
    }
    #expect(folder.contents("victim") == Data("precious".utf8))
  }

  private func expectOpened(_ path: String) throws {
    for open in openings(path) { try open() }
  }

  @Test func `a journal that names a file to be deleted is refused, and the file stays`() throws {
    for path in [relay, store] {
      let bytes = journal(pageCount: try pageCount(path)) + naming(victim)
      try bytes.write(to: URL(fileURLWithPath: path + "-journal"))
      expectRefused(path, naming: path + "-journal")
      // It lies beside the file itself, wherever a link is.
      let link = folder.file("link")
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      #expect(throws: (any Error).self) { try SQLiteRelay(existing: link) }
      #expect(throws: (any Error).self) { try SQLiteDeviceStore(existing: link) }
      #expect(folder.contents("victim") == Data("precious".utf8))
      try FileManager.default.removeItem(atPath: link)
      try FileManager.default.removeItem(atPath: path + "-journal")
      try expectOpened(path)
    }
  }

  @Test func `a journal that would change a file with a write-ahead log is refused`() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: relay))
    for journal in [journal(pageCount: 1), journal(pageCount: try pageCount(relay)) + Data(count: 9000)] {
      try journal.write(to: URL(fileURLWithPath: relay + "-journal"))
      expectRefused(relay, naming: relay + "-journal")
      #expect(folder.contents("relay.sqlite") == bytes)
    }
  }

  @Test func `a journal that says nothing is no hindrance`() throws {
    for journal in [Data(), Data(count: 600), journal(pageCount: try pageCount(relay))] {
      try journal.write(to: URL(fileURLWithPath: relay + "-journal"))
      try expectOpened(relay)
    }
  }

  @Test(arguments: ["-journal", "-wal", "-shm"])
  func `a link or a pipe where SQLite would write is refused`(suffix: String) throws {
    for path in [relay, store] {
      let name = path + suffix
      try? FileManager.default.removeItem(atPath: name)
      try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: victim)
      expectRefused(path, naming: name)
      try FileManager.default.removeItem(atPath: name)
      try FileManager.default.linkItem(atPath: victim, toPath: name)
      expectRefused(path, naming: name)
      try FileManager.default.removeItem(atPath: name)
      #expect(unsafe mkfifo(name, 0o600) == 0)
      expectRefused(path, naming: name)
      try FileManager.default.removeItem(atPath: name)
    }
  }

  @Test func `a pipe in place of the file is refused, and is not waited for`() throws {
    for path in [relay, store] {
      for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
      #expect(unsafe mkfifo(path, 0o600) == 0)
      expectRefused(path, naming: "no regular file")
    }
  }

  @Test(arguments: [
    "CREATE TRIGGER t AFTER INSERT ON TABLE_NAME BEGIN SELECT 1; END", "CREATE VIEW v AS SELECT 1",
    "CREATE TABLE other (a)", "CREATE INDEX other ON TABLE_NAME (COLUMN_NAME)",
    "ALTER TABLE TABLE_NAME ADD COLUMN other TEXT GENERATED ALWAYS AS (hex(zeroblob(1000))) VIRTUAL",
    "DROP TABLE TABLE_NAME", "ALTER TABLE TABLE_NAME RENAME TO other",
  ])
  func `a file that holds more or less than its tables is refused`(sql: String) throws {
    for (path, table, column) in [(relay, "mailbox", "expires"), (store, "outbox", "record")] {
      let queue = try DatabaseQueue(path: path)
      let statement = sql.replacingOccurrences(of: "TABLE_NAME", with: table)
        .replacingOccurrences(of: "COLUMN_NAME", with: column)
      try queue.write { try $0.execute(sql: statement) }
      try queue.close()
      expectRefused(path, naming: "not those of")
    }
  }

  @Test func `somebody else's database is refused, and nothing about it changes`() throws {
    let path = folder.file("other.sqlite")
    let queue = try DatabaseQueue(path: path)
    try queue.write { try $0.execute(sql: "CREATE TABLE other (a); INSERT INTO other VALUES (1)") }
    try queue.close()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let bytes = folder.contents("other.sqlite")
    for open in openings(path) + [{ _ = try SQLiteDeviceStore(path: path) }] {
      #expect(throws: (any Error).self) { try open() }
    }
    #expect(folder.contents("other.sqlite") == bytes)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == names)
  }

  @Test func `a name that SQLite takes for something else is the name of a file`() throws {
    for name in ["file:memory?mode=memory", ":memory:", "file::memory:?cache=shared"] {
      let path = folder.file(name)
      _ = try SQLiteRelay(path: path)
      #expect(FileManager.default.fileExists(atPath: path))
    }
  }
}
#endif
