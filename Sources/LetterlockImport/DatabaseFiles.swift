#if SQLite
import Foundation
internal import SQLiteCore
internal import SystemCore

/// The files of a database that is only read: the database, and the log beside it that holds the newest changes.
///
/// SQLite makes files of its own beside a database whose log it reads. So a database with a log is read from a copy, in a
/// folder that is its owner's alone and is gone as soon as the copy is open.
struct DatabaseFiles {
  /// What to open.
  let path: String
  /// Whether it is a copy, to which SQLite may write.
  let isCopy: Bool
  private let folder: TemporaryFolder?

  private static let logs = ["-wal", "-journal"]
  private static let attempts = 5
  private static let kind = TemporaryFolder.Kind(
    prefix: "letterlock-copy-", names: ["", "-wal", "-shm", "-journal"].map { "copy" + $0 })

  /// Copies the database at `path`, which is no link, if there is a log beside it.
  /// - Throws: `ImportError.database`, with the name of a log that cannot be read.
  init(_ path: String) throws(ImportError) {
    let logs = Self.logs.map { path + $0 }.filter(Self.isThere)
    guard !logs.isEmpty else {
      (self.path, isCopy, folder) = (path, false, nil)
      return
    }
    let folder: TemporaryFolder
    do throws(DurableFileError) { folder = try TemporaryFolder(Self.kind, in: Self.place) } catch {
      throw .database("there is no room for a copy of it in \(Self.place)")
    }
    self.path = folder.path + "/copy"
    try Self.copy(path, logs, to: self.path)
    try Self.checkJournal(self.path + "-journal")
    isCopy = true
    self.folder = folder
  }

  /// Removes the copies of processes that were killed.
  static func removeLeft() { TemporaryFolder.removeLeft(kind, in: place) }

  private static var place: String { FileManager.default.temporaryDirectory.path }

  /// Removes the copy: what is open stays readable.
  func remove() { folder?.remove() }

  private static func isThere(_ path: String) -> Bool {
    guard let state = State(path) else { return false }
    // An empty log says nothing.
    return !state.isRegular || state.byteCount > 0
  }

  /// A file as it was at a moment.
  private struct State: Equatable {
    let isRegular: Bool
    let byteCount: UInt64
    let changed: Date?

    init?(_ path: String) {
      let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: real) else { return nil }
      isRegular = attributes[.type] as? FileAttributeType == .typeRegular
      byteCount = (attributes[.size] as? NSNumber)?.uint64Value ?? 0
      changed = attributes[.modificationDate] as? Date
    }
  }

  /// Copies all of it as it was at one moment: somebody may be writing to it.
  private static func copy(_ path: String, _ logs: [String], to place: String) throws(ImportError) {
    let files = [path] + logs
    for _ in 0..<attempts {
      let before = files.map(State.init)
      for file in files {
        let name = URL(fileURLWithPath: file).lastPathComponent
        guard State(file)?.isRegular == true else {
          throw .database("\(name) beside it holds its newest messages and is no file")
        }
        let copy = place + file.dropFirst(path.count)
        DurableFile.remove(copy)
        do throws(DurableFileError) { try Self.copyBytes(of: file, to: copy) } catch {
          throw .database(
            "\(name), which holds its newest messages, cannot be read, or there is no room for a copy of it")
        }
      }
      if files.map(State.init) == before { return }
    }
    throw .database("somebody keeps writing to it: end Messages, or import a copy")
  }

  private static func copyBytes(of file: String, to copy: String) throws(DurableFileError) {
    let input = try InputFile(file)
    let output = try RandomAccessFile(copy, .exclusive)
    var offset: UInt64 = 0
    while true {
      let piece = try input.next(1 << 20)
      guard !piece.isEmpty else { return }
      try output.write(piece, at: offset)
      offset += UInt64(piece.count)
    }
  }

  /// A journal may name a file, which SQLite deletes when it has put the journal back: no other file is ours to delete.
  ///
  /// As long as there is such a file, the transaction did not end, and is undone; otherwise it did, and the journal counts
  /// for nothing.
  private static func checkJournal(_ path: String) throws(ImportError) {
    guard FileManager.default.fileExists(atPath: path) else { return }
    do {
      guard try RollbackJournal(path: path).namesSuperJournal else { return }
      let name = RollbackJournal.superJournalName(path: path)
      guard let name, FileManager.default.fileExists(atPath: name) else { return DurableFile.remove(path) }
      try RollbackJournal.forgetSuperJournal(path: path)
    } catch { throw .database("its journal cannot be read") }
  }
}
#endif
