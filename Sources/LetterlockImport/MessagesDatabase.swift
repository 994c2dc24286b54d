#if SQLite
import Foundation
internal import GRDB
import Letterlock

/// A Messages database, opened so that nothing about it changes. Columns that this version of macOS does not
/// have read as NULL.
struct MessagesDatabase {
  let queue: DatabaseQueue
  private let columns: [String: Set<String>]

  init(path: String) throws(ImportError) {
    let files = try DatabaseFiles(path)
    defer { files.remove() }
    do {
      queue = try Self.open(files)
      columns = try queue.read { database in
        var columns: [String: Set<String>] = [:]
        for table in try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
        {
          columns[table] = Set(try database.columns(in: table).map(\.name))
        }
        return columns
      }
    } catch { throw .database(Self.reason(error)) }
    guard columns["message"]?.contains("guid") == true, columns["message"]?.contains("date") == true
    else { throw .database("it has no table of messages") }
  }

  /// A database without a log is opened as one that nobody changes, so that SQLite makes no file beside it.
  private static func open(_ files: DatabaseFiles) throws -> DatabaseQueue {
    var configuration = Configuration()
    guard !files.isCopy else { return try DatabaseQueue(path: files.path, configuration: configuration) }
    configuration.readonly = true
    let escaped = files.path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? files.path
    return try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
  }

  static func reason(_ error: any Error) -> String {
    (error as? DatabaseError)?.message ?? "it is not a whole SQLite database"
  }

  func has(_ table: String) -> Bool { columns[table] != nil }

  /// `table.column`, or NULL under the same name.
  func column(_ name: String, of table: String) -> String {
    columns[table]?.contains(name) == true ? "\(table).\(name) AS \(name)" : "NULL AS \(name)"
  }

  /// Runs a query of two columns of numbers, and gives the second by the first; rows of anything else are left
  /// out, and a table that is not there has no rows.
  func numbers(_ sql: String, needing table: String) throws(ImportError) -> [Int64: Int64] {
    guard has(table) else { return [:] }
    do {
      return try queue.read { database in
        var numbers: [Int64: Int64] = [:]
        let rows = try Row.fetchCursor(database, sql: sql)
        while let row = try rows.next() {
          let (key, value): (DatabaseValue, DatabaseValue) = (row[0], row[1])
          guard case .int64(let key) = key.storage, case .int64(let value) = value.storage else { continue }
          numbers[key] = value
        }
        return numbers
      }
    } catch { throw .database(Self.reason(error)) }
  }

  /// Runs a query of one column of numbers.
  func integers(_ sql: String) throws(ImportError) -> [Int64] {
    do {
      return try queue.read { database in
        var numbers: [Int64] = []
        let rows = try Row.fetchCursor(database, sql: sql)
        while let row = try rows.next() {
          let value: DatabaseValue = row[0]
          if case .int64(let number) = value.storage { numbers.append(number) }
        }
        return numbers
      }
    } catch { throw .database(Self.reason(error)) }
  }

  /// Runs a query; a table that is not there has no rows.
  func rows(_ sql: String, needing tables: String...) throws(ImportError) -> [Row] {
    guard tables.allSatisfy(has) else { return [] }
    do { return try queue.read { try Row.fetchAll($0, sql: sql) } } catch {
      throw .database(Self.reason(error))
    }
  }
}
#endif
