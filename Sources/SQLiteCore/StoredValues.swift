#if SQLite
package import Foundation
package import GRDB

/// Reading columns without trusting the file: a value of another type is an error, not a trap.
extension Row {
  /// A blob.
  package func bytes(_ index: Int) throws(StorageFailure) -> [UInt8] {
    guard let bytes = try optionalBytes(index) else { throw .corrupted("A stored value is missing.") }
    return bytes
  }

  /// A blob, or nothing.
  package func optionalBytes(_ index: Int) throws(StorageFailure) -> [UInt8]? {
    let value: DatabaseValue = self[index]
    switch value.storage {
    case .blob(let data): return Array(data)
    case .null: return nil
    default: throw .corrupted("A stored value has another type.")
    }
  }

  /// A number.
  package func integer(_ index: Int) throws(StorageFailure) -> Int64 {
    let value: DatabaseValue = self[index]
    guard case .int64(let number) = value.storage else {
      throw .corrupted("A stored number has another type.")
    }
    return number
  }

  /// A number that is never negative.
  package func count(_ index: Int) throws(StorageFailure) -> UInt64 {
    guard let number = UInt64(exactly: try integer(index)) else {
      throw .corrupted("A stored number is negative.")
    }
    return number
  }
}

extension Database {
  /// Runs a statement that is prepared once.
  package func run(_ sql: String, _ arguments: StatementArguments = []) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }

  /// The first row.
  package func row(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? {
    try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
  }

  /// Goes through rows without holding more than one.
  package func forEachRow(
    _ sql: String, _ arguments: StatementArguments, _ body: (Row) throws -> Void
  ) throws {
    try forEachRow(sql, arguments) { row, _ in try body(row) }
  }

  /// Reads rows until there are no more, or `body` says that it wants none after this one.
  package func forEachRow(
    _ sql: String, _ arguments: StatementArguments, _ body: (Row, _ isLast: inout Bool) throws -> Void
  ) throws {
    let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
    var isLast = false
    while !isLast, let row = try rows.next() { try body(row, &isLast) }
  }

  /// The sum of a column's lengths, or another number.
  package func number(_ sql: String, _ arguments: StatementArguments = []) throws -> UInt64 {
    guard let row = try row(sql, arguments) else { return 0 }
    return try row.count(0)
  }
}

extension [UInt8] {
  /// The bytes as GRDB binds them.
  package var stored: Data { Data(self) }
}
#endif
