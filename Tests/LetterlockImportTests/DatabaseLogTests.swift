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

  private func texts() throws -> [String] {
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
