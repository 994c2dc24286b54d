#if SQLite
internal import SQLiteCore
internal import Foundation
internal import GRDB
public import Letterlock
public import LetterlockRelayKit

/// A relay's rows in one SQLite file, readable by its owner alone. Several processes may use the file at once.
///
/// The file holds what a server would hold, and no more. SPEC.md section 9.
public final class SQLiteRelayStore: RelayStore {
  let file: StorageFile
  let settings: RelaySettings
  let parts: RelayPartFiles

  init(
    _ path: String, _ presence: StorageFile.Presence, quota: UInt64?, key: CheckpointKey? = nil
  ) throws(RelayError) {
    do {
      file = try StorageFile(path: path, presence, schema: RelaySchema.schema)
      settings = try file.queue.write { db in try RelaySettings(db, quota: quota, key: key) }
      parts = RelayPartFiles(besideStore: path)
      try file.queue.write { [parts] db in try parts.removeDropped(db) }
    } catch { throw RelayError(storage: error) }
  }

  /// Opens the file to be read: one state of it, whatever other processes write afterwards.
  init(readingFrom path: String) throws(RelayError) {
    do {
      file = try StorageFile(readingFrom: path, schema: RelaySchema.schema)
      settings = try file.queue.read { db in try RelaySettings(reading: db) }
      parts = RelayPartFiles(besideStore: path)
    } catch { throw RelayError(storage: error) }
  }

  /// Runs `body` on one state of the file.
  public func read<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any RelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    do { return try await file.queue.read { [parts] db in try body(SQLiteRows(db, key, parts)) } } catch {
      throw RelayError(storage: error)
    }
  }

  /// Runs `body` in a transaction, one after the other. It waits for the disk once.
  public func write<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any WritableRelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    do {
      let (answer, drops) = try await file.queue.write { [parts] db in
        let rows = SQLiteRows(db, key, parts)
        let answer = try body(rows)
        return (answer, try parts.hasDropped(db))
      }
      // They are gone by their rows: what cannot be removed now is removed later.
      if drops { try? await file.queue.write { [parts] db in try parts.removeDropped(db) } }
      return answer
    } catch { throw RelayError(storage: error) }
  }

  /// Removes messages that have expired.
  public func removeMessages(expiredBefore time: Int64) async throws(RelayError) {
    do {
      try await file.queue.write { db in try db.run("DELETE FROM mailbox WHERE expires < ?", [time]) }
    } catch { throw RelayError(storage: error) }
  }

  /// Returns the versions of accounts, by one query for some hundreds of them.
  public func versions(of accounts: [AccountID]) async throws(RelayError) -> [AccountID: UInt64] {
    do {
      return try await file.queue.read { db in
        var versions: [AccountID: UInt64] = [:]
        for start in stride(from: 0, to: accounts.count, by: Self.versionCount) {
          try Self.read(accounts[start...].prefix(Self.versionCount), into: &versions, db)
        }
        return versions
      }
    } catch { throw RelayError(storage: error) }
  }

  /// Fewer than the variables that a statement may have.
  private static let versionCount = 500

  private static func read(
    _ accounts: ArraySlice<AccountID>, into versions: inout [AccountID: UInt64], _ db: Database
  ) throws {
    let marks = accounts.map { _ in "?" }.joined(separator: ", ")
    let rows = try Row.fetchCursor(
      db, sql: "SELECT account, version FROM account WHERE account IN (\(marks))",
      arguments: StatementArguments(accounts.map(\.bytes.stored)))
    while let row = try rows.next() {
      guard case .bytes(let bytes) = try RelayValue(stored: row[0]),
        case .integer(let version) = try RelayValue(stored: row[1])
      else { throw StorageFailure.corrupted("A stored value has another type.") }
      versions[try AccountID(bytes: bytes)] = UInt64(bitPattern: version)
    }
  }

  /// Empties the write-ahead log, in which removed bytes still stand.
  public func scrub() async throws(RelayError) {
    do { try await file.truncateLog() } catch { throw RelayError(storage: error) }
  }

  /// Reads where the caller can wait.
  func readNow<Answer>(_ body: (Database) throws -> Answer) throws(RelayError) -> Answer {
    do { return try file.queue.read(body) } catch { throw RelayError(storage: error) }
  }
}

/// The rows under one distribution key, in a transaction.
struct SQLiteRows: WritableRelayRows {
  private let db: Database
  private let key: Data
  private let parts: RelayPartFiles

  init(_ db: Database, _ key: DistributionKey, _ parts: RelayPartFiles) {
    (self.db, self.parts) = (db, parts)
    self.key = key.bytes.stored
  }

  func rows(
    in table: RelayTable, _ range: RowRange, _ order: RowOrder, limit: Int
  ) throws(RelayError) -> [RelayRow] {
    do {
      let statements = RelayStatements.of(table)
      guard let sql = statements.select(range, order) else { throw RelayError.internalError("range") }
      let arguments = arguments(of: range, .integer(Int64(limit)))
      let cursor = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
      var rows: [RelayRow] = []
      while let row = try cursor.next() {
        var values: [RelayValue] = []
        values.reserveCapacity(statements.columnCount)
        for column in 0..<statements.columnCount { values.append(try RelayValue(stored: row[column])) }
        if table == .blobPart { try parts.complete(&values, key, db) }
        rows.append(RelayRow(values))
      }
      return rows
    } catch { throw RelayError(storage: error) }
  }

  func put(_ rows: [RelayRow], in table: RelayTable) throws(RelayError) {
    do {
      let statement = try db.cachedStatement(sql: RelayStatements.of(table).put)
      for row in rows {
        let row = table == .blobPart ? try parts.put(row, key, db) ?? row : row
        try statement.execute(arguments: StatementArguments(key, row.values))
      }
    } catch { throw RelayError(storage: error) }
  }

  func remove(_ range: RowRange, in table: RelayTable) throws(RelayError) {
    do {
      guard let sql = RelayStatements.of(table).delete(range) else { throw RelayError.internalError("range") }
      try db.run(sql, arguments(of: range))
      guard table == .blobPart else { return }
      try db.run(RelayPartFiles.alike(sql), arguments(of: range))
      try parts.dropUnused(in: range, key, db)
    } catch { throw RelayError(storage: error) }
  }

  func synchronise(_ range: RowRange, in table: RelayTable) throws(RelayError) {
    guard table == .blobPart else { return }
    do { try parts.synchronise(range, key, db) } catch { throw RelayError(storage: error) }
  }

  private func arguments(of range: RowRange, _ more: RelayValue? = nil) -> StatementArguments {
    var values = range.prefix
    if let lower = range.lower { values.append(lower) }
    if let upper = range.upper { values.append(upper) }
    if let more { values.append(more) }
    return StatementArguments(key, values)
  }
}

extension StatementArguments {
  /// A distribution key and values after it. GRDB takes a literal in half the time that it takes an array.
  fileprivate init(_ key: Data, _ values: [RelayValue]) {
    switch values.count {
    case 0: self = [key]
    case 1: self = [key, values[0].stored]
    case 2: self = [key, values[0].stored, values[1].stored]
    case 3: self = [key, values[0].stored, values[1].stored, values[2].stored]
    default: self.init([key] + values.map(\.stored))
    }
  }
}

extension RelayValue {
  fileprivate var stored: (any DatabaseValueConvertible)? {
    switch self {
    case .integer(let number): number
    case .bytes(let bytes): bytes.stored
    }
  }

  fileprivate init(stored value: DatabaseValue) throws(StorageFailure) {
    switch value.storage {
    case .int64(let number): self = .integer(number)
    case .blob(let data): self = .bytes(Array(data))
    default: throw .corrupted("A stored value has another type.")
    }
  }
}
#endif
