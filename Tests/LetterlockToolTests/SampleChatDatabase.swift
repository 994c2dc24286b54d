#if Tool
import Foundation
import GRDB

/// `chat.db` and its attachments, as Messages of macOS leaves them.
extension SampleHistory {
  private static let chats: [(guid: String, name: String?, people: [Int64], service: String)] = [
    ("iMessage;-;+15550194801", nil, [1], "iMessage"),
    ("iMessage;+;chat77", "Committee of the Orchard", [1, 2, 3], "iMessage"),
    ("SMS;-;+15550194802", nil, [2], "SMS"),
    ("RCS;-;+15550194803", nil, [3], "RCS"),
  ]
  private static let handles = ["+15550194801", "+15550194802", "somebody.known@example.org"]

  /// Writes `Messages/chat.db` into a folder: four conversations in turn, a reaction and a file.
  mutating func writeChatDatabase(count: Int, in folder: ToolFolder) throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("Messages/Attachments/ab"), withIntermediateDirectories: true)
    let queue = try DatabaseQueue(path: folder.file("Messages/chat.db"))
    let written = try queue.write { database in
      try Self.makeTables(database)
      return try (0..<count).map { try Self.insert($0, database, folder) }
    }
    try queue.close()
    var secrets = Set(Self.handles)
    secrets.formUnion(Self.chats.compactMap(\.name))
    add(written, secrets: secrets)
  }

  private static func makeTables(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT, service TEXT);
        CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT, style INTEGER, chat_identifier TEXT,
          service_name TEXT, display_name TEXT);
        CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT UNIQUE, text TEXT, handle_id INTEGER,
          subject TEXT, attributedBody BLOB, service TEXT, date INTEGER, is_from_me INTEGER,
          item_type INTEGER DEFAULT 0, associated_message_guid TEXT, associated_message_type INTEGER);
        CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
        CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
        CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, guid TEXT, filename TEXT, mime_type TEXT,
          transfer_name TEXT);
        CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
        """)
    for (index, handle) in handles.enumerated() {
      try database.execute(sql: "INSERT INTO handle VALUES (?, ?, ?)", arguments: [index + 1, handle, "any"])
    }
    for (index, chat) in chats.enumerated() {
      try database.execute(
        sql: "INSERT INTO chat VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [
          index + 1, chat.guid, chat.people.count > 1 ? 43 : 45, handles[Int(chat.people[0]) - 1],
          chat.service, chat.name,
        ])
      for person in chat.people {
        try database.execute(
          sql: "INSERT INTO chat_handle_join VALUES (?, ?)", arguments: [index + 1, person])
      }
    }
  }

  private static func insert(
    _ number: Int, _ database: Database, _ folder: ToolFolder
  ) throws -> SampleMessage {
    let chat = chats[number % chats.count]
    let handle = chat.people[number % chat.people.count]
    let isMine = number % 3 == 0
    let carriage = ["iMessage": "importedEndToEnd", "SMS": "sms", "RCS": "rcs"][chat.service]
    // Half a minute after one of the telephone's messages.
    var message = SampleMessage(
      sentAt: 1_767_000_030_000 + Int64(number) * 120_000,
      text: "Computer text \(number): the orchard’s ladder is “mended” 🪜 \(number * 7_919)",
      sender: isMine ? nil : handles[Int(handle) - 1],
      title: chat.name ?? handles[Int(chat.people[0]) - 1], service: chat.service,
      carriage: carriage ?? "unknown")
    let isReaction = number == 8
    if isReaction { (message.kind, message.text) = ("reaction", "") }
    try database.execute(
      sql: """
        INSERT INTO message (ROWID, guid, text, handle_id, service, date, is_from_me, \
        associated_message_guid, associated_message_type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        number + 1, "GUID-\(number)", isReaction ? nil : message.text, handle, chat.service,
        (message.sentAt - 978_307_200_000) * 1_000_000, isMine ? 1 : 0,
        isReaction ? "p:0/GUID-4" : nil, isReaction ? 2000 : 0,
      ])
    try database.execute(
      sql: "INSERT INTO chat_message_join VALUES (?, ?)", arguments: [number % chats.count + 1, number + 1])
    if number == 12 { try attachFile(to: &message, number, database, folder) }
    return message
  }

  private static func attachFile(
    to message: inout SampleMessage, _ number: Int, _ database: Database, _ folder: ToolFolder
  ) throws {
    var random = SplitMix64(state: UInt64(number))
    let file = SampleFile(name: "menu-of-the-orchard.pdf", bytes: random.bytes(150_000))
    (message.kind, message.attachment) = ("attachment", file)
    let place = "Attachments/ab/" + file.name
    try Data(file.bytes).write(to: URL(fileURLWithPath: folder.file("Messages/" + place)))
    try database.execute(
      sql: "INSERT INTO attachment VALUES (1, 'FILE-1', ?, 'application/pdf', ?)",
      arguments: ["~/Library/Messages/" + place, file.name])
    try database.execute(
      sql: "INSERT INTO message_attachment_join VALUES (?, 1)", arguments: [number + 1])
  }
}
#endif
