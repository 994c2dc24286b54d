#if SQLite
internal import Foundation
package import GRDB
internal import SystemCore

/// A file of ours, opened. Several processes may have the same one open.
package struct StorageFile: Sendable {
  /// Runs transactions one after the other.
  package let queue: DatabaseQueue

  /// Whether a file that is not there is made.
  package enum Presence: Sendable {
    /// It is made.
    case made
    /// It must be there.
    case required
  }

  /// Opens the file at `path`, with the tables of `schema`.
  /// - Throws: `StorageFailure`, or what GRDB throws.
  package init(path: String, _ presence: Presence, schema: StoredSchema) throws {
    switch presence {
    case .made:
      do throws(DurableFileError) { try DurableFile.createIfAbsent(path) } catch {
        throw StorageFailure.unavailable("The file cannot be made.")
      }
    case .required:
      guard FileManager.default.fileExists(atPath: path) else {
        throw StorageFailure.unavailable("There is no such file.")
      }
    }
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.busyMode = .timeout(60)
    queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.inDatabase { db in
      try Self.configure(db)
      try Self.prepare(db, schema, presence)
    }
  }

  private static func configure(_ db: Database) throws {
    let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
    guard mode == "wal" else { throw StorageFailure.unavailable("The file cannot be shared.") }
    // NORMAL would sync the log at checkpoints only, and a write that returned could be lost with the power.
    try db.execute(sql: "PRAGMA synchronous = FULL")
    // On Apple systems fsync leaves bytes in the drive's cache; elsewhere these two do nothing.
    try db.execute(sql: "PRAGMA fullfsync = ON")
    try db.execute(sql: "PRAGMA checkpoint_fullfsync = ON")
    // Wraps of a removed device must not stay in free pages.
    try db.execute(sql: "PRAGMA secure_delete = ON")
    try db.execute(sql: "PRAGMA trusted_schema = OFF")
  }

  private static func prepare(
    _ db: Database, _ schema: StoredSchema, _ presence: Presence
  ) throws {
    try db.inTransaction(.immediate) {
      let kind = try db.number("SELECT application_id FROM pragma_application_id")
      let version = try db.number("SELECT user_version FROM pragma_user_version")
      let tableCount = try db.number("SELECT count(*) FROM sqlite_schema")
      if kind == 0, tableCount == 0, case .made = presence {
        for table in schema.tables { try db.execute(sql: table.sql) }
        for index in schema.indexes { try db.execute(sql: index) }
        try db.execute(sql: "PRAGMA application_id = \(schema.applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(schema.version)")
        return .commit
      }
      guard kind == UInt64(schema.applicationID) else {
        throw StorageFailure.corrupted("The file is of another kind.")
      }
      guard version == UInt64(schema.version) else {
        throw StorageFailure.unavailable("The file was written by another version.")
      }
      return .commit
    }
  }

  /// Copies the write-ahead log into the file and empties it.
  package func truncateLog() async throws {
    try await queue.writeWithoutTransaction { db in
      _ = try db.row("PRAGMA wal_checkpoint(TRUNCATE)")
    }
  }

  /// Copies the write-ahead log into the file and empties it. Removed content is then in neither of the two.
  package func purge() throws {
    try queue.inDatabase { db in
      guard let row = try db.row("PRAGMA wal_checkpoint(TRUNCATE)"), try row.integer(0) == 0 else {
        throw StorageFailure.unavailable("Another process keeps using the file.")
      }
    }
  }

  /// Whether SQLite itself finds the file whole.
  package func isWhole() throws -> Bool {
    try queue.inDatabase { db in try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"] }
  }
}
#endif
