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

  init(
    _ path: String, _ presence: StorageFile.Presence, quota: UInt64?
  ) throws(RelayError) {
    do {
      file = try StorageFile(path: path, presence, schema: RelaySchema.schema)
      settings = try file.queue.write { db in try RelaySettings(db, quota: quota) }
    } catch { throw RelayError(storage: error) }
  }

  /// Runs `body` on one state of the file.
  public func read<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any RelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    do { return try await file.queue.read { db in try body(SQLiteRows(db, key)) } } catch {
      throw RelayError(storage: error)
    }
  }

  /// Runs `body` in a transaction, one after the other. It waits for the disk once.
  public func write<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any WritableRelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    do { return try await file.queue.write { db in try body(SQLiteRows(db, key)) } } catch {
      throw RelayError(storage: error)
    }
  }

  /// Removes messages that have expired.
  public func removeMessages(expiredBefore time: Int64) async throws(RelayError) {
    do {
      try await file.queue.write { db in try db.run("DELETE FROM mailbox WHERE expires < ?", [time]) }
    } catch { throw RelayError(storage: error) }
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
  private let key: DatabaseValue

  init(_ db: Database, _ key: DistributionKey) {
    self.db = db
    self.key = key.bytes.stored.databaseValue
  }

  func rows(
    in table: RelayTable, _ range: RowRange, _ order: RowOrder, limit: Int
  ) throws(RelayError) -> [RelayRow] {
    do {
      let sql = RelayStatements.of(table).select(range, order)
      let arguments = arguments(of: range) + [limit.databaseValue]
      let cursor = try Row.fetchCursor(
        db.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
      var rows: [RelayRow] = []
      while let row = try cursor.next() {
        rows.append(RelayRow(try row.databaseValues.map(RelayValue.init(stored:))))
      }
      return rows
    } catch { throw RelayError(storage: error) }
  }

  func put(_ rows: [RelayRow], in table: RelayTable) throws(RelayError) {
    do {
      let statement = try db.cachedStatement(sql: RelayStatements.of(table).put)
      for row in rows {
        try statement.execute(arguments: StatementArguments([key] + row.values.map(\.stored)))
      }
    } catch { throw RelayError(storage: error) }
  }

  func remove(_ range: RowRange, in table: RelayTable) throws(RelayError) {
    do {
      try db.run(RelayStatements.of(table).delete(range), StatementArguments(arguments(of: range)))
    } catch { throw RelayError(storage: error) }
  }

  private func arguments(of range: RowRange) -> [DatabaseValue] {
    [key] + (range.prefix + [range.lower, range.upper].compactMap { $0 }).map(\.stored)
  }
}

extension RelayValue {
  fileprivate var stored: DatabaseValue {
    switch self {
    case .integer(let number): number.databaseValue
    case .bytes(let bytes): bytes.stored.databaseValue
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
