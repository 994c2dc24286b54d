#if SQLite
internal import GRDB

/// Why SQLite did not do what it was asked, as a plain sentence.
package enum StorageFailure: Error {
  /// The storage failed: no room, no rights, or a broken file.
  case unavailable(String)
  /// Others use the file, and did so for as long as was waited for them.
  case busy
  /// What the file holds is not what was put there.
  case corrupted(String)

  /// What `busy` is to whoever makes no difference.
  package static let busySentence = "Another process keeps using the file."

  /// Translates what GRDB threw.
  package init(_ error: any Error) {
    switch error {
    case let failure as StorageFailure: self = failure
    case let error as DatabaseError: self.init(error.resultCode)
    default: self = .unavailable("The storage failed.")
    }
  }

  private init(_ code: ResultCode) {
    switch code {
    case .SQLITE_FULL: self = .unavailable("The disk is full.")
    case .SQLITE_READONLY, .SQLITE_PERM: self = .unavailable("The file cannot be written to.")
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
    case .SQLITE_CANTOPEN: self = .unavailable("The file cannot be opened.")
    case .SQLITE_IOERR: self = .unavailable("The disk cannot be read or written.")
    case .SQLITE_NOMEM: self = .unavailable("There is not enough memory.")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupted("The file is damaged.")
    case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH: self = .corrupted("The file holds something else already.")
    default: self = .unavailable("The storage failed (SQLite says \(code.rawValue)).")
    }
  }
}
#endif
