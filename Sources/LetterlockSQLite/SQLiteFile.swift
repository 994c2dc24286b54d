#if SQLite
import Foundation
internal import GRDB

/// Opens SQLite files as both stores want them.
enum SQLiteFile {
  /// A connection to the file at `path`, made with mode 0600 if `mayCreate` and it is not there.
  static func open(_ path: String, mayCreate: Bool, schema: [String]) throws -> DatabaseQueue {
    if !FileManager.default.fileExists(atPath: path) {
      guard mayCreate else { throw SQLiteFileError.noSuchFile }
      guard
        FileManager.default.createFile(
          atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
      else { throw SQLiteFileError.cannotCreate }
    }
    var configuration = Configuration()
    // Another process may hold the file for the length of one transaction.
    configuration.busyMode = .timeout(30)
    configuration.prepareDatabase { database in
      // With WAL, FULL makes every commit durable before it returns: one fsync of the log. NORMAL would
      // lose acknowledged commits at a power failure; EXTRA only matters to rollback journals.
      try database.execute(sql: "PRAGMA journal_mode = WAL")
      try database.execute(sql: "PRAGMA synchronous = FULL")
      // What is deleted is overwritten, a removed device's wraps for one.
      try database.execute(sql: "PRAGMA secure_delete = ON")
    }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.write { database in
      for statement in schema { try database.execute(sql: statement) }
    }
    return queue
  }

  /// What went wrong, in words.
  static func reason(_ error: any Error) -> (isCorruption: Bool, text: String) {
    switch error {
    case SQLiteFileError.noSuchFile: return (false, "there is no such file")
    case SQLiteFileError.cannotCreate: return (false, "the file cannot be made: is its folder there?")
    case let error as DatabaseError:
      switch error.resultCode {
      case .SQLITE_FULL: return (false, "there is no room left on the disk")
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
        return (false, "the file cannot be written")
      case .SQLITE_BUSY, .SQLITE_LOCKED: return (false, "another process keeps the file locked")
      case .SQLITE_CORRUPT, .SQLITE_NOTADB: return (true, "the file is not a whole SQLite database")
      case .SQLITE_IOERR: return (false, "the disk reports an error")
      default: return (false, "SQLite error \(error.resultCode.rawValue)")
      }
    default: return (true, "a stored value is not what was stored")
    }
  }
}

/// Why a file was not opened.
enum SQLiteFileError: Error {
  case noSuchFile
  case cannotCreate
}

extension UInt64 {
  /// SQLite's integers are signed; counts never come near the sign.
  var sqlite: Int64 { Int64(clamping: self) }
}
#endif
