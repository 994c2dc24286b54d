#if SQLite
import Foundation
internal import GRDB
import Letterlock
internal import SQLiteCore

/// A Messages database, opened so that nothing about it changes. Columns that this version of macOS does not
/// have read as NULL.
struct MessagesDatabase {
  let queue: DatabaseQueue
  private let columns: [String: Set<String>]

  /// Twice the longest record of an archive: text may be stored in UTF-16.
  private static let maximumValueByteCount: Int32 = 32 << 20

  /// Opens the database at `path`, which is no link.
  init(path: String) throws(ImportError) {
    let files = try DatabaseFiles(path)
    defer { files.remove() }
    do {
      (queue, columns) = try Self.read(files)
    } catch let failure {
      guard let read = try? Self.read(files, despiteDamage: true) else {
        throw .database(Self.reason(failure))
      }
      (queue, columns) = read
    }
    guard columns["message"]?.contains("guid") == true, columns["message"]?.contains("date") == true
    else { throw .database("it has no table of messages") }
  }

  private static func read(
    _ files: DatabaseFiles, despiteDamage: Bool = false
  ) throws -> (DatabaseQueue, columns: [String: Set<String>]) {
    let queue = try open(files, despiteDamage)
    return (queue, try queue.read(columns))
  }

  /// A database without a log is opened as one that nobody changes, so that SQLite makes no file beside it.
  private static func open(_ files: DatabaseFiles, _ despiteDamage: Bool) throws -> DatabaseQueue {
    var configuration = Configuration.ofHostileFile
    configuration.limitValues(toByteCount: maximumValueByteCount)
    if despiteDamage {
      // So SQLite reads a file that was cut, and a list of tables that is damaged, as far as they go; nothing is written.
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA writable_schema = ON") }
    }
    guard !files.isCopy else { return try DatabaseQueue(path: files.path, configuration: configuration) }
    configuration.readonly = true
    let escaped = files.path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? files.path
    return try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
  }

  /// The columns that are stored, of the tables that are: what is computed may be larger than the file.
  private static func columns(_ database: Database) throws -> [String: Set<String>] {
    var columns: [String: Set<String>] = [:]
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
    for table in try String.fetchAll(database, sql: sql) {
      columns[table] = try String.fetchSet(
        database, sql: "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", arguments: [table])
    }
    return columns
  }

  static func reason(_ error: any Error) -> String {
    (error as? DatabaseError)?.message ?? "it is not a whole SQLite database"
  }

  func has(_ table: String) -> Bool { columns[table] != nil }

  /// `table.column`, or NULL under the same name.
  func column(_ name: String, of table: String) -> String {
    columns[table]?.contains(name) == true ? "\(table).\(name) AS \(name)" : "NULL AS \(name)"
  }

  /// A column that holds a name or a number. A name that is longer than any is cut.
  func shortColumn(_ name: String, of table: String) -> String {
    guard columns[table]?.contains(name) == true else { return "NULL AS \(name)" }
    let place = "\(table).\(name)"
    return
      "CASE typeof(\(place)) WHEN 'text' THEN substr(\(place), 1, 16384) WHEN 'blob' THEN NULL ELSE \(place) END AS \(name)"
  }

  /// Runs a query of one column of numbers, as far as it goes: gives the numbers, how many rows hold none, and whether
  /// these are all.
  func integers(_ sql: String) -> (numbers: [Int64], otherCount: Int, isWhole: Bool) {
    var numbers: [Int64] = []
    var otherCount = 0
    do {
      try queue.read { database in
        let rows = try Row.fetchCursor(database, sql: sql)
        while let row = try rows.next() {
          let value: DatabaseValue = row[0]
          if case .int64(let number) = value.storage { numbers.append(number) } else { otherCount += 1 }
        }
      }
    } catch { return (numbers, otherCount, false) }
    return (numbers, otherCount, true)
  }

  /// A table of two columns of numbers, which may be as long as that of messages: the second by the first. Rows of anything
  /// else are left out.
  func pairs(_ table: String, _ key: String, _ value: String) -> (pairs: [Int64: Int64], lostCount: Int) {
    guard has(table) else { return ([:], 0) }
    let whole = try? queue.read { database in
      var pairs: [Int64: Int64] = [:]
      let sql = "SELECT \(column(key, of: table)), \(column(value, of: table)) FROM \(table)"
      let rows = try Row.fetchCursor(database, sql: sql)
      while let row = try rows.next() {
        let (key, value): (DatabaseValue, DatabaseValue) = (row[0], row[1])
        if case .int64(let key) = key.storage, case .int64(let value) = value.storage { pairs[key] = value }
      }
      return pairs
    }
    if let whole { return (whole, 0) }
    var pairs: [Int64: Int64] = [:]
    let read = self.table(table, [key, value])
    for row in read.rows {
      if let key = row.integer(key), let value = row.integer(value) { pairs[key] = value }
    }
    return (pairs, read.lostCount)
  }

  /// The rows of a query that returns no long values; nil if it fails.
  func rows(_ sql: String) -> [Row]? { try? queue.read { try Row.fetchAll($0, sql: sql) } }

  /// A small table, without what cannot be read of it. A table that is not there has no rows.
  func table(_ name: String, _ columns: [String]) -> SmallTable {
    guard has(name) else { return SmallTable() }
    let list = columns.map { shortColumn($0, of: name) }.joined(separator: ", ")
    let sql = "SELECT \(name).ROWID AS ROWID, \(list) FROM \(name)"
    if let rows = rows(sql) { return SmallTable(rows: rows) }
    let scan = TableScan(self, table: name)
    let read = SalvagedRows(scan.found) { numbers in
      rows("\(sql) NOT INDEXED WHERE \(name).ROWID IN (\(numbers)) ORDER BY \(name).ROWID")?.map {
        ($0.number("ROWID"), $0)
      }
    }
    return SmallTable(rows: read.rows.map(\.content), lostCount: read.lost.count + scan.gaps.count)
  }
}

/// What could be read of a small table.
struct SmallTable {
  var rows: [Row] = []
  /// How many rows cannot be read, or more.
  var lostCount = 0
}
#endif
