#if SQLite
internal import CryptoCore
internal import SystemCore
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
  /// The numbers of the rows, by date, then by number: found once, since few databases have an index that helps.
  private let rowIDs: [Int64]
  private var done = 0
  private var waiting: ArraySlice<ImportItem> = []
  private static let pageCount = 2000

  /// Opens the database at `path` for reading alone.
  /// - Throws: `ImportError.database` if it is not a Messages database.
  public init(path: String) throws(ImportError) {
    database = try MessagesDatabase(path: path)
    lookup = try MessagesLookup(database, folder: URL(fileURLWithPath: path).deletingLastPathComponent().path)
    rowIDs = try database.integers("SELECT ROWID FROM message ORDER BY coalesce(date, 0), ROWID")
  }

  /// How many of the rows have been read, from 0 to 1.
  public var fractionDone: Double { rowIDs.isEmpty ? 1 : Double(done) / Double(rowIDs.count) }

  /// Every conversation of the database.
  public func profiles() throws(ImportError) -> [ConversationProfile] { lookup.profiles }

  /// The next message, by date.
  public mutating func next() throws(ImportError) -> ImportItem? {
    if let item = waiting.popFirst() { return item }
    let page = rowIDs[done..<min(rowIDs.count, done + Self.pageCount)]
    guard !page.isEmpty else { return nil }
    let (rows, damaged) = try readable(page)
    done = page.endIndex
    let files = try lookup.attachments(of: rows.map { $0.number(.rowID) })
    let lookup = lookup
    // Most of the time goes into archived texts and identifiers, which wait for nothing.
    waiting =
      concurrentMap(rows.count, chunkCount: 250) {
        lookup
      } _: { lookup, number in
        AppleMessageRow(rows[number], lookup: lookup, files: files).item
      }[...]
    for _ in 0..<damaged { waiting.append(.skipped(ImportSkip(reason: "a row that cannot be read"))) }
    // Rows may have gone since their numbers were found.
    return try next()
  }

  /// The rows that can be read, and how many cannot: a damaged page of the database stops none that stands elsewhere.
  private func readable(
    _ numbers: ArraySlice<Int64>
  ) throws(ImportError) -> (rows: [MessageValues], damaged: Int) {
    do throws(ImportError) { return (try rows(numbers), 0) } catch {
      guard numbers.count > 1 else { return ([], 1) }
    }
    let middle = numbers.startIndex + numbers.count / 2
    let (first, second) = (try readable(numbers[..<middle]), try readable(numbers[middle...]))
    return (first.rows + second.rows, first.damaged + second.damaged)
  }

  /// Rows by their numbers, in that order.
  private func rows(_ numbers: ArraySlice<Int64>) throws(ImportError) -> [MessageValues] {
    let columns = MessageColumn.allCases.map { column in
      column == .rowID ? "message.ROWID" : database.column(column.name, of: "message")
    }
    let list = numbers.map(String.init).joined(separator: ",")
    do {
      return try database.queue.read { database in
        let sql = "SELECT \(columns.joined(separator: ", ")) FROM message WHERE message.ROWID IN (\(list))"
        let rows = try Row.fetchCursor(database, sql: sql)
        var found: [Int64: MessageValues] = [:]
        found.reserveCapacity(numbers.count)
        while let row = try rows.next() {
          let values = MessageValues(row)
          found[values.number(.rowID)] = values
        }
        return numbers.compactMap { found[$0] }
      }
    } catch { throw .database(MessagesDatabase.reason(error)) }
  }
}
#endif
