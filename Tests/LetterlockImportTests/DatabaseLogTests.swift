#if SQLite
import Foundation
import GRDB
import Letterlock
import LetterlockFormat
import Testing

@testable import LetterlockImport

@Suite("A Messages database and the log beside it")
struct DatabaseLogTests {
  private let folder: URL
  private let path: String

  /// A copy of a database that is in use: `checkpointed` is in the database, `only in the log` is not.
  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "letterlock-log-\(UUID().uuidString)")
    path = folder.appendingPathComponent("copy/chat.db").path
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("copy"), withIntermediateDirectories: true)
    let source = folder.appendingPathComponent("chat.db").path
    let pool = try DatabasePool(path: source)
    try pool.writeWithoutTransaction { database in
      try database.execute(
        sql: """
          CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, service TEXT, date INTEGER);
          INSERT INTO message VALUES (1, 'G-1', 'checkpointed', 'SMS', 1);
          """)
      _ = try database.checkpoint(.truncate)
      try database.execute(sql: "INSERT INTO message VALUES (2, 'G-2', 'only in the log', 'SMS', 2)")
    }
    for name in ["", "-wal"] { try FileManager.default.copyItem(atPath: source + name, toPath: path + name) }
    try pool.close()
  }

  private func finish() {
    try? setPermissions(0o755)
    try? FileManager.default.removeItem(at: folder)
  }

  private func setPermissions(_ mode: Int) throws {
    try FileManager.default.setAttributes(
      [.posixPermissions: mode], ofItemAtPath: folder.appendingPathComponent("copy").path)
  }

  private func texts(_ path: String? = nil) throws -> [String] {
    let path = path ?? self.path
    var importer = try AppleMessagesImporter(path: path)
    var texts: [String] = []
    while let item = try importer.next() {
      if case .message(let imported) = item { texts.append(imported.message.text) }
    }
    return texts
  }

  private func listing() throws -> [String: Data] {
    let place = folder.appendingPathComponent("copy").path
    return try FileManager.default.contentsOfDirectory(atPath: place).reduce(into: [:]) {
      $0[$1] = FileManager.default.contents(atPath: place + "/" + $1)
    }
  }

  @Test(arguments: [0o755, 0o555])
  func `messages that are only in the log are read, and nothing is left beside the source`(mode: Int) throws {
    defer { finish() }
    try setPermissions(mode)
    let before = try listing()
    #expect(before.keys.sorted() == ["chat.db", "chat.db-wal"])
    #expect(try texts() == ["checkpointed", "only in the log"])
    #expect(try listing() == before)
  }

  @Test(arguments: [0o755, 0o555])
  func `a database without a log is read, and nothing is left beside the source`(mode: Int) throws {
    defer { finish() }
    try FileManager.default.removeItem(atPath: path + "-wal")
    try setPermissions(mode)
    let before = try listing()
    #expect(try texts() == ["checkpointed"])
    #expect(try listing() == before)
  }

  @Test func `a database behind a link is read with the log and the files beside the database itself`() throws
  {
    defer { finish() }
    let place = folder.appendingPathComponent("elsewhere")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
    for target in [path, "../copy/chat.db"] {
      let link = place.appendingPathComponent("link.db").path
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
      #expect(try texts(link) == ["checkpointed", "only in the log"])
      try FileManager.default.removeItem(atPath: link)
    }
    let link = place.appendingPathComponent("folder").path
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: folder.appendingPathComponent("copy").path)
    #expect(try texts(link + "/chat.db") == ["checkpointed", "only in the log"])
  }

  private func bigEndian(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  /// What names a super-journal at the end of a journal.
  private func naming(_ name: String, pageByteCount: UInt32 = 4096) -> Data {
    let text = Data(name.utf8)
    let sum = text.reduce(UInt32(0)) { $0 &+ UInt32($1) }
    var bytes = Data()
    bytes += bigEndian(0x4000_0000 / pageByteCount + 1)
    bytes += text
    bytes += bigEndian(UInt32(text.count)) + bigEndian(sum)
    return bytes + Data([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7])
  }

  @Test(arguments: [true, false])
  func `a journal deletes no file that it names, and the transaction is undone if the file is there`(
    isThere: Bool
  ) throws {
    defer { finish() }
    let victim = folder.appendingPathComponent("victim").path
    if isThere { try Data("precious".utf8).write(to: URL(fileURLWithPath: victim)) }
    try FileManager.default.removeItem(atPath: path + "-wal")
    // A transaction whose process ended when much of it was in the database already.
    let work = folder.appendingPathComponent("work.db").path
    try FileManager.default.copyItem(atPath: path, toPath: work)
    let queue = try DatabaseQueue(path: work)
    try queue.inDatabase { database in
      try database.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN IMMEDIATE")
      for row in 10..<2000 {
        try database.execute(
          sql: "INSERT INTO message VALUES (\(row), 'G-\(row)', 'undone', 'SMS', 5)")
      }
      try database.execute(sql: "UPDATE message SET text = 'undone'")
      for name in ["", "-journal"] {
        try? FileManager.default.removeItem(atPath: path + name)
        try FileManager.default.copyItem(atPath: work + name, toPath: path + name)
      }
      try database.execute(sql: "ROLLBACK")
    }
    try queue.close()
    var journal = try Data(contentsOf: URL(fileURLWithPath: path + "-journal"))
    #expect(journal.count > 600)
    journal += naming(victim)
    try journal.write(to: URL(fileURLWithPath: path + "-journal"))
    let before = try listing()
    // Without the journal it is in the middle of a transaction.
    let texts = try? texts(path)
    if isThere { #expect(texts == ["checkpointed"]) }
    #expect(FileManager.default.contents(atPath: victim) == (isThere ? Data("precious".utf8) : nil))
    #expect(try listing() == before)
  }

  @Test func `a log that cannot be read is named, and nothing is read without it`() throws {
    defer { finish() }
    try FileManager.default.removeItem(atPath: path + "-wal")
    try FileManager.default.createDirectory(atPath: path + "-wal", withIntermediateDirectories: false)
    #expect {
      try texts()
    } throws: { error in
      "\(error)".contains("chat.db-wal")
    }
  }

  @Test func `no copy of a database stays behind`() throws {
    defer { finish() }
    let temporary = FileManager.default.temporaryDirectory.path
    func copies() throws -> Set<String> {
      Set(
        try FileManager.default.contentsOfDirectory(atPath: temporary).filter { name in
          FileManager.default.fileExists(atPath: "\(temporary)/\(name)/copy-wal")
        })
    }
    let before = try copies()
    var importer = try AppleMessagesImporter(path: path)
    #expect(try copies().subtracting(before).isEmpty)
    #expect(try importer.next() != nil)
  }
}
#endif
