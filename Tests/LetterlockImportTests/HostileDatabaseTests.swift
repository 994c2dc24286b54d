#if SQLite
import Foundation
import GRDB
import Letterlock
import LetterlockFormat
import LetterlockRelayKit
import Testing

@testable import LetterlockImport

/// Databases that hold what Messages never writes: SQLite lets any value stand in any column.
@Suite("Messages databases that nobody should trust")
struct HostileDatabaseTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "letterlock-import-\(UUID().uuidString)")

  private func database(_ statements: String...) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("chat.db").path
    try DatabaseQueue(path: path).write { database in
      try database.execute(
        sql: """
          CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, handle_id INTEGER, service TEXT,
            date INTEGER, is_from_me INTEGER, attributedBody BLOB);
          CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT);
          CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT, style INTEGER);
          CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
          CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
          CREATE TABLE chat_recoverable_message_join (chat_id INTEGER, message_id INTEGER, delete_date INTEGER);
          CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, guid TEXT, filename TEXT);
          CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
          """)
      for statement in statements { try database.execute(sql: statement) }
    }
    return path
  }

  private func messages(_ path: String) throws -> [ImportedMessage] {
    defer { try? FileManager.default.removeItem(at: folder) }
    var importer = try AppleMessagesImporter(path: path)
    var messages: [ImportedMessage] = []
    while let item = try importer.next() {
      if case .message(let message) = item { messages.append(message) }
    }
    #expect(importer.fractionDone == 1)
    return messages
  }

  @Test(arguments: [
    Int64.min, .min + 1, -1_000_000_000_000, -999_999_999_999, -1, 0, 999_999_999_999, 1_000_000_000_000,
    .max,
  ])
  func `a date out of range is the nearest in it`(date: Int64) throws {
    let path = try database("INSERT INTO message (guid, text, date) VALUES ('a', 'x', \(date))")
    let time = try #require(try messages(path).first?.message.sentAt.nanosecondsSince1970)
    #expect(time == AppleMessageRow.time(date).nanosecondsSince1970)
    if date == .min { #expect(time == .min + 978_307_200_000_000_000) }
    if date == .max || date == 999_999_999_999 { #expect(time == .max) }
    if date == -999_999_999_999 { #expect(time == .min) }
  }

  @Test func `every message comes once, whatever stands where a date should`() throws {
    let dates = ["3", "2.5", "'text'", "x'00ff'", "NULL", "1e300", "-9e999", "2.5", "3"]
    var statements = dates.enumerated().map {
      "INSERT INTO message (guid, text, date) VALUES ('\($0)', '\($0)', \($1))"
    }
    statements.append(
      """
      WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      INSERT INTO message (guid, text, date) SELECT i, i, (i * 7919) % 13 + 0.5 FROM n
      """)
    let path = try database(statements.joined(separator: ";"))
    let guids = try messages(path).compactMap(\.message.origin?.identifier)
    #expect(guids.count == dates.count + 4901)
    #expect(Set(guids).count == guids.count)
  }

  @Test func `numbers and texts that change places do no harm`() throws {
    let path = try database(
      "INSERT INTO message VALUES (1, 'a', x'ff', 'x', 7, 1, 'y', 'text')",
      "INSERT INTO message VALUES (2, 'b', 'kept', 9e300, 'SMS', 2, 1.5, NULL)",
      "INSERT INTO handle VALUES (1, x'00')", "INSERT INTO chat VALUES (1, 7, 'x')",
      "INSERT INTO chat_message_join VALUES ('one', 1), (1.5, 2), (1, 'two'), (NULL, NULL)",
      "INSERT INTO chat_handle_join VALUES ('x', 1), (1, 9e300)",
      "INSERT INTO chat_recoverable_message_join VALUES ('x', 1, 1), (1, 2, 'never'), (9e300, 2, 1)",
      "INSERT INTO attachment VALUES (1, 5, 7)",
      "INSERT INTO message_attachment_join VALUES (2, 1), ('x', 'y')")
    #expect(try messages(path).map(\.message.text) == ["", "kept"])
  }

  @Test func `no file is taken that is not one of Messages`() throws {
    let outside = FileManager.default.temporaryDirectory.appendingPathComponent("secret-\(UUID().uuidString)")
    try Data("secret".utf8).write(to: outside)
    defer { try? FileManager.default.removeItem(at: outside) }
    let path = try database(
      """
      INSERT INTO message (ROWID, guid, text, date) VALUES (1, 'a', 'x', 1);
      INSERT INTO attachment VALUES (1, 'own', '~/Library/Messages/Attachments/own.txt'), (2, 'out', '\(outside.path)'),
        (3, 'up', '~/Library/Messages/../\(outside.lastPathComponent)'), (4, 'zero', '/dev/zero'),
        (5, 'link', '~/Library/Messages/Attachments/link'), (6, 'folder', '~/Library/Messages/Attachments'),
        (7, 'pipe', '~/Library/Messages/Attachments/pipe'), (8, 'gone', '~/Library/Messages/gone');
      INSERT INTO message_attachment_join SELECT 1, ROWID FROM attachment;
      """)
    let attachments = folder.appendingPathComponent("Attachments")
    try FileManager.default.createDirectory(at: attachments, withIntermediateDirectories: true)
    try Data("own".utf8).write(to: attachments.appendingPathComponent("own.txt"))
    try FileManager.default.createSymbolicLink(
      at: attachments.appendingPathComponent("link"), withDestinationURL: outside)
    #expect(unsafe mkfifo(attachments.appendingPathComponent("pipe").path, 0o600) == 0)
    let files = try #require(try messages(path).first?.attachments)
    #expect(files.count == 8)
    #expect(files.map(\.content.isPresent) == [true] + [Bool](repeating: false, count: 7))
  }

  private func table(_ columns: String, _ statements: String...) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("chat.db").path
    try DatabaseQueue(path: path).write { database in
      try database.execute(
        sql: "CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, date INTEGER, \(columns))")
      for statement in statements { try database.execute(sql: statement) }
    }
    return path
  }

  @Test(arguments: ["1", "'1'", "'yes'", "x'01'", "x''", "''", "0.5", "-1", "'0'"])
  func `an iMessage fell back to SMS unless the database says that it did not`(value: String) throws {
    let path = try table(
      "service TEXT, was_downgraded BLOB",
      "INSERT INTO message VALUES (1, 'a', 1, 'iMessage', \(value)), (2, 'b', 2, 'iMessage', 0), (3, 'c', 3, 'iMessage', NULL)"
    )
    let protections = try messages(path).map(\.message.protection.isUnencrypted)
    #expect(protections == [true, false, false])
  }

  @Test func `a column that is computed is not read`() throws {
    let path = try table(
      "subject TEXT, text TEXT GENERATED ALWAYS AS (hex(zeroblob(40000000))) VIRTUAL",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        + "INSERT INTO message (guid, date, subject) SELECT i, i, 'kept' FROM n")
    let messages = try messages(path)
    #expect(messages.count == 3000)
    #expect(messages.allSatisfy { $0.message.text.isEmpty && $0.message.subject == "kept" })
  }

  @Test func `rows without a number are counted`() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("chat.db").path
    try DatabaseQueue(path: path).write { database in
      try database.execute(
        sql:
          "CREATE TABLE message (\"ROWID\" TEXT, guid TEXT, date INTEGER); INSERT INTO message VALUES ('x', 'a', 1)"
      )
    }
    #expect(throws: ImportError.self) { try AppleMessagesImporter(path: path) }
    try DatabaseQueue(path: path).write { database in
      try database.execute(
        sql: "DROP TABLE message; CREATE TABLE message (\"ROWID\" BLOB, guid TEXT, date INTEGER); "
          + "INSERT INTO message VALUES ('x', 'a', 1), (7, 'b', 1)")
    }
    var importer = try AppleMessagesImporter(path: path)
    guard case .skipped(let skip)? = try importer.next() else {
      Issue.record("nothing was counted")
      return
    }
    #expect(skip.isLost)
    guard case .message? = try importer.next() else {
      Issue.record("no message")
      return
    }
  }

  @Test func `a table that is computed is not read`() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("chat.db").path
    try DatabaseQueue(path: path).write { database in
      try database.execute(sql: "CREATE VIEW message AS SELECT 1 AS ROWID, 'a' AS guid, 1 AS date")
    }
    #expect(throws: ImportError.self) { try AppleMessagesImporter(path: path) }
  }

  @Test func `a value that is longer than any message is counted, and others are read`() throws {
    let path = try table(
      "text TEXT, subject TEXT",
      "INSERT INTO message VALUES (1, 'a', 1, 'first', NULL)",
      "INSERT INTO message VALUES (2, 'b', 2, hex(zeroblob(17000000)), NULL)",
      "INSERT INTO message VALUES (3, 'c', 3, hex(zeroblob(8500000)), hex(zeroblob(8500000)))",
      "INSERT INTO message VALUES (4, 'd', 4, 'last', NULL)")
    defer { try? FileManager.default.removeItem(at: folder) }
    var importer = try AppleMessagesImporter(path: path)
    var (texts, reasons): ([String], [String]) = ([], [])
    while let item = try importer.next() {
      switch item {
      case .message(let imported): texts.append(imported.message.text)
      case .skipped(let skip): reasons.append(skip.isLost ? skip.reason : "skipped")
      }
    }
    #expect(texts == ["first", "last"])
    #expect(reasons == [String](repeating: "a message too long to be sealed", count: 2))
  }

  @Test func `a page of messages ends when it is long enough`() throws {
    let path = try table(
      "text TEXT",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) "
        + "INSERT INTO message SELECT i, i, i, hex(zeroblob(1500000)) FROM n")
    let database = try MessagesDatabase(path: path)
    let page = MessagePage((1...20).map { Int64($0) }[...], of: database)
    #expect((1..<12).contains(page.rows.count) && page.end == page.rows.count)
    #expect(try messages(path).count == 20)
  }
}
#endif
