#if SQLite
import Foundation

/// The files of a database that is only read: the database, and the log beside it that holds the newest changes.
///
/// SQLite makes files of its own beside a database whose log it reads. So a database with a log is read from a copy, in a
/// folder that is its owner's alone and is gone as soon as the copy is open.
struct DatabaseFiles {
  /// What to open.
  let path: String
  /// Whether it is a copy, to which SQLite may write.
  let isCopy: Bool
  private let folder: URL?

  private static let logs = ["-wal", "-journal"]
  private static let attempts = 5

  /// Copies the database at `path` if there is a log beside it.
  /// - Throws: `ImportError.database`, with the name of a log that cannot be read.
  init(_ path: String) throws(ImportError) {
    let logs = Self.logs.map { path + $0 }.filter(Self.isThere)
    guard !logs.isEmpty else {
      (self.path, isCopy, folder) = (path, false, nil)
      return
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "letterlock-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .database("there is no room for a copy of it in \(folder.deletingLastPathComponent().path)")
    }
    do throws(ImportError) { try Self.copy(path, logs, to: folder) } catch {
      try? FileManager.default.removeItem(at: folder)
      throw error
    }
    self.path = folder.appendingPathComponent("copy").path
    isCopy = true
    self.folder = folder
  }

  /// Removes the copy: what is open stays readable.
  func remove() {
    if let folder { try? FileManager.default.removeItem(at: folder) }
  }

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
  private static func copy(_ path: String, _ logs: [String], to folder: URL) throws(ImportError) {
    let files = [path] + logs
    for _ in 0..<attempts {
      let before = files.map(State.init)
      for file in files {
        let name = URL(fileURLWithPath: file).lastPathComponent
        guard State(file)?.isRegular == true else {
          throw .database("\(name) beside it holds its newest messages and is no file")
        }
        let copy = folder.appendingPathComponent("copy" + file.dropFirst(path.count))
        try? FileManager.default.removeItem(at: copy)
        do {
          try FileManager.default.copyItem(
            at: URL(fileURLWithPath: file).resolvingSymlinksInPath(), to: copy)
          try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copy.path)
        } catch {
          throw .database(
            "\(name), which holds its newest messages, cannot be read, or there is no room for a copy of it")
        }
      }
      if files.map(State.init) == before { return }
    }
    throw .database("somebody keeps writing to it: end Messages, or import a copy")
  }
}
#endif
