#if SQLite
import Foundation
import GRDB
import Letterlock
import LetterlockFormat
import LetterlockRelayKit
import Testing

@testable import LetterlockImport

/// Pages of a database go bad one by one.
@Suite("Messages databases with damaged pages")
struct DamagedDatabaseTests {
  private static let pageByteCount = 1024
  private static let count = 600
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "letterlock-damaged-\(UUID().uuidString)")
  private var path: String { folder.appendingPathComponent("chat.db").path }

  private func finish() { try? FileManager.default.removeItem(at: folder) }

  /// 600 messages of three conversations, each with a file.
  private func write(isIndexed: Bool = false, longAt longRow: Int? = nil) throws {
    let files = folder.appendingPathComponent("Attachments")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    try Data("content".utf8).write(to: files.appendingPathComponent("f"))
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA page_size = \(Self.pageByteCount); VACUUM")
    }
    try queue.write { database in
      try database.execute(
        sql: """
          CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT \(isIndexed ? "UNIQUE" : ""), text TEXT,
            handle_id INTEGER, service TEXT, date INTEGER, is_from_me INTEGER);
          CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT);
          CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT, style INTEGER, chat_identifier TEXT);
          CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, note TEXT);
          CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER, note TEXT);
          CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, guid TEXT, filename TEXT);
          CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER, note TEXT);
          """)
      for row in 1...Self.count {
        let text =
          row == longRow
          ? (0..<900).map { "long \($0) " }.joined() : "text \(row) " + String(repeating: "x", count: 40)
        try database.execute(
          sql: """
            INSERT INTO message VALUES (\(row), 'message-\(row)-', '\(text)', \(row), 'SMS', \(1000 - row), 0);
            INSERT INTO handle VALUES (\(row), 'handle-\(row)-\(String(repeating: "h", count: 40))');
            INSERT INTO chat VALUES (\(row), 'chat-\(row)-\(String(repeating: "c", count: 40))', 45, NULL);
            INSERT INTO chat_message_join VALUES (\(row), \(row), 'chatjoin-\(row)-\(String(repeating: "j", count: 40))');
            INSERT INTO chat_handle_join VALUES (\(row), \(row), 'handlejoin-\(row)-\(String(repeating: "k", count: 40))');
            INSERT INTO attachment VALUES (\(row), 'file-\(row)-\(String(repeating: "f", count: 40))',
              '~/Library/Messages/Attachments/f');
            INSERT INTO message_attachment_join VALUES (\(row), \(row), 'filejoin-\(row)-\(String(repeating: "l", count: 40))');
            """)
      }
    }
    try queue.close()
  }

  /// Damages the leaf pages that hold these texts; gives how many rows of a table they hold.
  @discardableResult
  private func damage(_ texts: String...) throws -> Int {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    var lost = 0
    for text in texts {
      var isFound = false
      for start in stride(from: Self.pageByteCount, to: bytes.count, by: Self.pageByteCount) {
        let page = bytes[start..<start + Self.pageByteCount]
        guard page.first == 0x0d, page.range(of: Data(text.utf8)) != nil else { continue }
        lost += Int(page[start + 3]) << 8 | Int(page[start + 4])
        bytes.replaceSubrange(start..<start + 8, with: [UInt8](repeating: 0xff, count: 8))
        isFound = true
      }
      #expect(isFound, "\(text)")
    }
    try bytes.write(to: URL(fileURLWithPath: path))
    return lost
  }

  private func read() throws -> (messages: [ImportedMessage], lost: [String: Int]) {
    var importer = try AppleMessagesImporter(path: path)
    var (messages, lost): ([ImportedMessage], [String: Int]) = ([], [:])
    while let item = try importer.next() {
      switch item {
      case .message(let message): messages.append(message)
      case .skipped(let skip):
        #expect(skip.isLost)
        lost[skip.reason, default: 0] += 1
      }
    }
    #expect(importer.fractionDone == 1)
    return (messages, lost)
  }

  @Test(
    arguments: [
      ["message-300-"], ["message-1-"], ["message-600-"], ["message-100-", "message-200-", "message-600-"],
      ["message-1-", "message-20-", "message-40-"],
    ], [false, true])
  func `messages on other pages are read in their order, and those on the damaged one are counted`(
    texts: [String], isIndexed: Bool
  ) throws {
    defer { finish() }
    try write(isIndexed: isIndexed)
    var lost = 0
    for text in texts { lost += try damage(text) }
    let read = try read()
    #expect(read.messages.count == Self.count - lost)
    #expect(read.lost == ["a row that cannot be read": lost])
    let dates = read.messages.map(\.message.sentAt)
    #expect(dates == dates.sorted())
    #expect(read.messages.allSatisfy { $0.attachments.count == 1 })
  }

  @Test func `messages that nothing else names are found behind a damaged page`() throws {
    defer { finish() }
    try write()
    try DatabaseQueue(path: path).write { try $0.execute(sql: "DROP TABLE chat_message_join") }
    let lost = try damage("message-300-", "message-450-")
    let read = try read()
    #expect(read.messages.count == Self.count - lost)
    #expect(read.lost == ["a row that cannot be read": 2])
  }

  @Test func `a text whose later pages are damaged loses its message alone`() throws {
    defer { finish() }
    try write(longAt: 250)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let place = try #require(bytes.range(of: Data("long 400 ".utf8))?.lowerBound)
    let start = place / Self.pageByteCount * Self.pageByteCount
    bytes.replaceSubrange(start..<start + 4, with: [0xff, 0xff, 0xff, 0xff])
    try bytes.write(to: URL(fileURLWithPath: path))
    let read = try read()
    #expect(read.messages.count == Self.count - 1)
    #expect(read.lost == ["a row that cannot be read": 1])
    let dates = read.messages.map(\.message.sentAt)
    #expect(dates == dates.sorted())
  }

  @Test func `a file whose row is damaged is a damaged file of its message`() throws {
    defer { finish() }
    try write()
    let lost = try damage("file-300-")
    let read = try read()
    #expect(read.messages.count == Self.count)
    #expect(read.lost.isEmpty)
    let damaged = read.messages.filter { message in
      message.attachments.contains { if case .damaged = $0.content { true } else { false } }
    }
    #expect(damaged.count == lost)
    #expect(
      read.messages.filter { $0.attachments.contains(where: \.content.isPresent) }.count == Self.count - lost)
  }

  @Test(arguments: [
    ("handle-300-", "handle"), ("chat-300-", "chat"), ("chatjoin-300-", "chat_message_join"),
    ("handlejoin-300-", "chat_handle_join"), ("filejoin-300-", "message_attachment_join"),
  ])
  func `a small table with a damaged page is read without it, and named`(text: String, table: String) throws {
    defer { finish() }
    try write()
    try damage(text)
    let read = try read()
    #expect(read.messages.count == Self.count)
    #expect(read.lost.keys.sorted() == ["a row of the table \(table) that cannot be read"])
    let whole = try #require(read.messages.first { $0.message.text.hasPrefix("text 5 ") })
    #expect(whole.message.sender == .other(Address("handle-5-" + String(repeating: "h", count: 40))))
    #expect(whole.attachments.count == 1)
  }

  @Test(arguments: [false, true])
  func `a file that was cut is read as far as it goes`(isIndexed: Bool) throws {
    defer { finish() }
    try write(isIndexed: isIndexed)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try bytes.prefix(bytes.count / 2 / 1024 * 1024 + 100).write(to: URL(fileURLWithPath: path))
    let read = try read()
    #expect((100..<Self.count).contains(read.messages.count))
    #expect((read.lost["a row that cannot be read"] ?? 0) > 0)
    #expect(read.messages.allSatisfy { !$0.message.text.isEmpty })
  }

  @Test func `a table of messages that cannot be read at all is an error`() throws {
    defer { finish() }
    try write()
    let root = try DatabaseQueue(path: path).read {
      try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'message'")
    }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let start = (try #require(root) - 1) * Self.pageByteCount
    bytes.replaceSubrange(start..<start + 8, with: [UInt8](repeating: 0xff, count: 8))
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(try read().lost == ["a row that cannot be read": Self.count])
    try DatabaseQueue(path: path).write { try $0.execute(sql: "DROP TABLE chat_message_join") }
    #expect(throws: ImportError.self) { try read() }
  }
}
#endif
