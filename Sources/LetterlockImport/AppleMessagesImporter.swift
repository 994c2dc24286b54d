#if SQLite
internal import SystemCore
import Foundation
public import Letterlock

/// Reads Apple's Messages database (`chat.db` of macOS 14 and 15; columns that are missing are tolerated).
public struct AppleMessagesImporter: MessageImporter {
  /// `chat.db`.
  public var sourceName: String { Self.source }
  static let source = "chat.db"

  private let database: MessagesDatabase
  private let lookup: MessagesLookup
  private var files: MessagesFiles
  /// The numbers of the rows, by date, then by number: found once, since few databases have an index that helps.
  private let rowIDs: [Int64]
  private var done = 0
  private var waiting: ArraySlice<ImportItem> = []
  private static let pageCount = 2000

  /// Opens the database at `path` for reading alone.
  /// - Throws: `ImportError.unreadable`, `.database` if it is not a Messages database.
  public init(path: String) throws(ImportError) {
    let path = try SourceFile.resolve(path)
    database = try MessagesDatabase(path: path)
    lookup = MessagesLookup(database)
    files = MessagesFiles(database, folder: URL(fileURLWithPath: path).deletingLastPathComponent().path)
    let numbers = MessageNumbers(database, expecting: lookup.messages)
    guard !numbers.inOrder.isEmpty || numbers.lostCount == 0 else {
      throw .database("its table of messages is damaged")
    }
    rowIDs = numbers.inOrder
    waiting = Self.lost(lookup.lostRows, messageCount: numbers.lostCount)[...]
  }

  /// How many of the rows have been read, from 0 to 1.
  public var fractionDone: Double { rowIDs.isEmpty ? 1 : Double(done) / Double(rowIDs.count) }

  /// Every conversation of the database.
  public func profiles() throws(ImportError) -> [ConversationProfile] { lookup.profiles }

  /// The next message, by date.
  public mutating func next() throws(ImportError) -> ImportItem? {
    while true {
      if let item = waiting.popFirst() { return item }
      guard done < rowIDs.count else { return nil }
      // Rows may have gone since their numbers were found.
      readPage()
    }
  }

  private mutating func readPage() {
    let page = MessagePage(rowIDs[done..<min(rowIDs.count, done + Self.pageCount)], of: database)
    done = page.end
    let rows = page.rows
    let found = files.files(of: rows.map { $0.number(.rowID) })
    let lookup = lookup
    // Most of the time goes into archived texts and identifiers, which wait for nothing.
    let messages = concurrentMap(rows.count, chunkCount: 250) {
      lookup
    } _: { lookup, number in
      AppleMessageRow(rows[number], lookup: lookup, files: found).item
    }
    waiting =
      (messages + page.lost.map { .skipped($0) } + Self.lost(files.takeLostRows(), messageCount: 0))[...]
  }

  private static func lost(_ rows: [String: Int], messageCount: Int) -> [ImportItem] {
    let messages = [ImportItem](repeating: .skipped(MessagePage.unreadable), count: messageCount)
    return rows.sorted { $0.key < $1.key }.reduce(into: messages) { items, table in
      let skip = ImportSkip.lost("a row of the table \(table.key) that cannot be read")
      items += [ImportItem](repeating: .skipped(skip), count: table.value)
    }
  }
}
#endif
