#if SQLite
import Foundation
import GRDB
import Letterlock
import LetterlockFormat
import Testing

@testable import LetterlockImport

@Suite("What a Messages database says of how a message travelled")
struct TravelTests {
  private func messages(_ rows: String) throws -> [Message] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "letterlock-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("chat.db").path
    let queue = try DatabaseQueue(path: path)
    try queue.write { database in
      try database.execute(
        sql: """
          CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, service TEXT, date INTEGER,
            is_from_me INTEGER, is_sent INTEGER, error INTEGER, was_downgraded INTEGER, schedule_type INTEGER);
          INSERT INTO message (guid, text, date, service, is_from_me, is_sent, error, was_downgraded, schedule_type)
            VALUES \(rows);
          """)
    }
    try queue.close()
    var importer = try AppleMessagesImporter(path: path)
    var messages: [Message] = []
    while let item = try importer.next() {
      if case .message(let imported) = item { messages.append(imported.message) }
    }
    return messages
  }

  @Test func `a message that fell back to a carrier is unencrypted, whatever its service is called`() throws {
    let made = try messages(
      """
      ('a', 'x', 1, 'iMessage', 1, 1, 0, 0, 0), ('b', 'x', 2, 'iMessage', 1, 1, 0, 1, 0),
      ('c', 'x', 3, 'SMS', 1, 1, 0, 1, 0), ('d', 'x', 4, 'iMessageLite', 0, 0, 0, 1, 0),
      ('e', 'x', 5, NULL, 0, 0, 0, 0, 0), ('f', 'x', 6, 'SatelliteSMS', 0, 0, 0, 0, 0)
      """)
    #expect(
      made.map(\.protection) == [
        .importedEndToEnd(service: "iMessage"), .unencrypted(.sms), .unencrypted(.sms), .unencrypted(.sms),
        .unencrypted(.unknown(0)), .unencrypted(.unknown(0)),
      ])
  }

  @Test func `what was not sent says so`() throws {
    let made = try messages(
      """
      ('a', 'sent', 1, 'iMessage', 1, 1, 0, 0, 0), ('b', 'failed', 2, 'iMessage', 1, 0, 22, 0, 0),
      ('c', 'scheduled', 3, 'iMessage', 1, 0, 0, 0, 2), ('d', 'received', 4, 'iMessage', 0, 0, 22, 0, 0),
      ('e', 'sent later', 5, 'iMessage', 1, 1, 22, 0, 2)
      """)
    #expect(made.map(\.delivery) == [nil, .failed, .scheduled, nil, nil])
  }
}
#endif
