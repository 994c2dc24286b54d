#if SQLite
internal import Foundation
internal import SystemCore

/// A SQLite file of ours and the files that SQLite looks for beside it, before SQLite sees any of them: what others put
/// there could make SQLite wait, or change or delete another file.
struct OwnFile {
  /// The name of the file itself, wherever links lead, from the root on: SQLite takes no such name for anything else.
  let path: String

  /// Looks at the file at `path`.
  /// - Throws: `StorageFailure`, with the name of the file that should not be there.
  init(_ path: String) throws(StorageFailure) {
    guard let name = FileStatus.realPath(path), let status = FileStatus(name) else {
      throw .unavailable("There is no such file.")
    }
    self.path = name
    guard status.isRegular else { throw .unavailable("It is no regular file.") }
    for suffix in ["-journal", "-wal", "-shm"] {
      guard let beside = FileStatus(self.path + suffix) else { continue }
      guard beside.isRegular, beside.linkCount <= 1 else {
        throw .corrupted(
          "\(self.path)\(suffix) is a link, or no regular file, and would be written to. Move it away.")
      }
    }
    try checkJournal(status.byteCount)
  }

  private func checkJournal(_ byteCount: UInt64) throws(StorageFailure) {
    let journalPath = path + "-journal"
    guard let status = FileStatus(journalPath), status.byteCount > 0 else { return }
    guard let journal = try? RollbackJournal(path: journalPath) else {
      throw .unavailable("\(journalPath) cannot be read.")
    }
    guard !journal.namesSuperJournal else {
      throw .corrupted(
        "\(journalPath) names a file that would be deleted, and none of ours does. Move it away.")
    }
    guard !hasLog || journal.belongs(toDatabaseOf: byteCount) else {
      throw .corrupted("\(journalPath) is of another file, and would change this one. Move it away.")
    }
  }

  /// Whether the file says that it keeps a write-ahead log. https://www.sqlite.org/fileformat2.html#file_format_version_numbers
  private var hasLog: Bool {
    guard let file = FileHandle(forReadingAtPath: path), let header = try? file.read(upToCount: 20) else {
      return false
    }
    return header.count == 20 && header.suffix(2).contains(2)
  }
}
#endif
