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
    case .required: break
    }
    var configuration = Configuration.ofHostileFile
    configuration.foreignKeysEnabled = false
    configuration.busyMode = .timeout(60)
    queue = try DatabaseQueue(path: try OwnFile(path).path, configuration: configuration)
    try queue.inDatabase { db in
      // Before anything changes: the file may be somebody else's.
      if case .made = presence, try Self.isNew(db) {} else { try Self.check(db, schema) }
      try Self.configure(db)
      try Self.prepare(db, schema, presence)
    }
  }

  /// Opens the file at `path` to be read. What is read is what the file holds now, whatever other processes write
  /// afterwards; nothing is written, neither to the file nor beside it if its folder cannot be written.
  /// - Throws: `StorageFailure.unavailable` if the file has a write-ahead log that cannot be read here.
  package init(readingFrom path: String, schema: StoredSchema) throws {
    let path = try OwnFile(path).path
    let failure: StorageFailure
    do {
      queue = try Self.snapshot(of: path, schema)
      return
    } catch { failure = StorageFailure(error) }
    if case .corrupted = failure { throw failure }
    // SQLite shares its log through a file that it cannot make on a disk that cannot be written. Without a log there is
    // nothing to share, and nobody can write.
    guard !Self.hasLog(path) else {
      throw StorageFailure.unavailable(
        "The file has changes in its write-ahead log, which cannot be read on a disk that cannot be written. "
          + "Copy \(path) and \(path)-wal to a disk that can be written.")
    }
    guard !FileManager.default.isWritableFile(atPath: (path as NSString).deletingLastPathComponent) else {
      throw failure
    }
    queue = try Self.snapshot(of: Self.immutable(path), schema)
  }

  /// Opens a connection that reads one state of the file for as long as it lives.
  private static func snapshot(of path: String, _ schema: StoredSchema) throws -> DatabaseQueue {
    var configuration = Configuration.ofHostileFile
    configuration.readonly = true
    configuration.busyMode = .timeout(60)
    configuration.allowsUnsafeTransactions = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.inDatabase { db in
      // It ends when the connection is closed.
      try db.execute(sql: "BEGIN DEFERRED TRANSACTION")
      guard try check(db, schema) == schema.version else {
        throw StorageFailure.unavailable(
          "The file is of an earlier version, and is brought up to date when it is next opened to be written."
        )
      }
    }
    return queue
  }

  private static func hasLog(_ path: String) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
    return (attributes?[.size] as? NSNumber)?.uint64Value ?? 0 > 0
  }

  /// The name of a file that nobody writes to, in SQLite's words.
  private static func immutable(_ path: String) -> String {
    let absolute = URL(fileURLWithPath: path).absoluteString
    return absolute + "?immutable=1"
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
  }

  private static func prepare(
    _ db: Database, _ schema: StoredSchema, _ presence: Presence
  ) throws {
    try db.inTransaction(.immediate) {
      if try isNew(db), case .made = presence {
        for table in schema.tables { try db.execute(sql: table.sql) }
        for index in schema.indexes { try db.execute(sql: index) }
        try db.execute(sql: "PRAGMA application_id = \(schema.applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(schema.version)")
        return .commit
      }
      try expand(db, schema, from: try check(db, schema))
      return .commit
    }
  }

  /// Adds what a file of an earlier version lacks.
  private static func expand(_ db: Database, _ schema: StoredSchema, from version: Int32) throws {
    guard version < schema.version else { return }
    for table in schema.tables(after: version) { try db.execute(sql: table.sql) }
    try db.execute(sql: "PRAGMA user_version = \(schema.version)")
  }

  private static func isNew(_ db: Database) throws -> Bool {
    let kind = try db.number("SELECT application_id FROM pragma_application_id")
    return try kind == 0 && db.number("SELECT count(*) FROM sqlite_schema") == 0
  }

  /// The file must be of the schema's kind and version, and must hold what the schema says and nothing else: a trigger, a
  /// view or another column would run what somebody else wrote. An earlier version has fewer tables. Returns the version.
  @discardableResult
  private static func check(_ db: Database, _ schema: StoredSchema) throws -> Int32 {
    guard try db.number("SELECT application_id FROM pragma_application_id") == UInt64(schema.applicationID)
    else {
      throw StorageFailure.corrupted("The file is of another kind.")
    }
    let stored = try db.number("SELECT user_version FROM pragma_user_version")
    guard let version = Int32(exactly: stored), (1...schema.version).contains(version) else {
      throw StorageFailure.unavailable("The file was written by another version.")
    }
    guard try schema.matches(db, version: version) else {
      throw StorageFailure.corrupted("The file's tables are not those of a file of its kind.")
    }
    return version
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
        throw StorageFailure.busy
      }
    }
  }

  /// Whether SQLite itself finds the file whole.
  package func isWhole() throws -> Bool {
    try queue.inDatabase { db in try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"] }
  }
}
#endif
