#if SQLite
internal import CryptoCore
import Foundation
internal import GRDB
public import Letterlock

/// Reads Apple's Messages database (`chat.db` of macOS 14 and 15; columns that are missing are tolerated).
public struct AppleMessagesImporter: MessageImporter {
  /// `chat.db`.
  public var sourceName: String { Self.source }
  static let source = "chat.db"

  private let database: MessagesDatabase
  private let lookup: MessagesLookup
  private let total: Int
  private var done = 0
  private var waiting: ArraySlice<ImportItem> = []
  /// The newest row that was read: rows come by date, then by number.
  private var last: (date: Int64, rowID: Int64) = (.min, .min)
  private static let pageCount = 2000

  /// Opens the database at `path` for reading alone.
  /// - Throws: `ImportError.database` if it is not a Messages database.
  public init(path: String) throws(ImportError) {
    database = try MessagesDatabase(path: path)
    lookup = try MessagesLookup(database, folder: URL(fileURLWithPath: path).deletingLastPathComponent().path)
    total = try database.rows("SELECT count(*) AS n FROM message", needing: "message").first?["n"] ?? 0
  }

  /// How many of the rows have been read, from 0 to 1.
  public var fractionDone: Double { total == 0 ? 1 : Double(done) / Double(total) }

  /// Every conversation of the database.
  public func profiles() throws(ImportError) -> [ConversationProfile] { lookup.profiles }

  /// The next message, by date.
  public mutating func next() throws(ImportError) -> ImportItem? {
    if let item = waiting.popFirst() { return item }
    let rows = try page()
    guard let end = rows.last else { return nil }
    last = (end.number(.date), end.number(.rowID))
    done += rows.count
    let files = try lookup.attachments(of: rows.map { $0.number(.rowID) })
    let lookup = lookup
    // Most of the time goes into archived texts and identifiers, which wait for nothing.
    waiting =
      concurrentMap(rows.count, chunkCount: 250) {
        lookup
      } _: { lookup, number in
        AppleMessageRow(rows[number], lookup: lookup, files: files).item
      }[...]
    return waiting.popFirst()
  }

  private func page() throws(ImportError) -> [MessageValues] {
    let columns = MessageColumn.allCases.map { column in
      column == .rowID ? "message.ROWID" : database.column(column.name, of: "message")
    }
    let (date, rowID) = last
    do {
      return try database.queue.read { database in
        let rows = try Row.fetchCursor(
          database,
          sql: """
            SELECT \(columns.joined(separator: ", ")) FROM message \
            WHERE (coalesce(message.date, 0), message.ROWID) > (?, ?) \
            ORDER BY coalesce(message.date, 0), message.ROWID LIMIT ?
            """, arguments: [date, rowID, Self.pageCount])
        var values: [MessageValues] = []
        while let row = try rows.next() { values.append(MessageValues(row)) }
        return values
      }
    } catch { throw .database(MessagesDatabase.reason(error)) }
  }
}
#endif
