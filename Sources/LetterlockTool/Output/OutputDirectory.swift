#if Tool
import Foundation
import Synchronization
import SystemCore

/// A folder that a command fills for a person: a new or an empty one, unless --force says that files in it may be replaced.
struct OutputDirectory {
  let path: String
  private let existing: OutputFile.Existing

  /// Files that commands have written or are about to, where none were, and folders that they have made.
  private struct Begun {
    var files: Set<String> = []
    var folders: [String] = []
  }

  private static let begun = Mutex(Begun())

  init(_ path: String, _ existing: OutputFile.Existing = .kept) throws {
    (self.path, self.existing) = (path, existing)
    try ArchiveGuard.check(path)
    do throws(OutputFileError) {
      switch try OutputFolder.content(at: path) {
      case .absent, .emptyFolder: break
      case .folder:
        guard existing == .replaced else { throw OutputFileError.exists }
      case .file, .other: throw OutputFileError.notRegularFile
      }
      try Self.make(path)
    } catch { throw Self.error(error, path) }
  }

  /// Makes a folder in this one.
  func makeFolder(_ name: String) throws {
    let path = path + "/" + name
    do throws(OutputFileError) { try Self.make(path) } catch { throw Self.error(error, path) }
  }

  private static func make(_ path: String) throws(OutputFileError) {
    try begun.withLock { (begun) throws(OutputFileError) in begun.folders += try OutputFolder.make(path) }
  }

  /// A file in it.
  func file(_ name: String) throws -> Output {
    let path = path + "/" + name
    let file = try Output(file: path, existing) { Self.note(path) }
    // A file that is there stays until another has its place.
    if case .absent? = try? OutputFolder.content(at: path) { Self.note(path) }
    return file
  }

  private static func note(_ path: String) { begun.withLock { _ = $0.files.insert(path) } }

  /// Removes the files in a folder of this one that an earlier command of the same kind wrote, and this one did not.
  /// - Parameter isOwn: whether the name is of that kind.
  func removeOthers(in folder: String = "", where isOwn: (String) -> Bool) {
    let place = folder.isEmpty ? path : path + "/" + folder
    let written = Self.begun.withLock { $0.files }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
    for name in names where isOwn(name) {
      let file = place + "/" + name
      guard !written.contains(file), (try? OutputFolder.content(at: file)) == .file else { continue }
      DurableFile.remove(file)
    }
  }

  /// Notes that what was begun is whole, and stays.
  func keep() { Self.begun.withLock { $0 = Begun() } }

  /// Removes what was begun and is not whole: the files, and the folders that were made for them.
  static func removeBegun() {
    begun.withLock { begun in
      for file in begun.files { DurableFile.remove(file) }
      OutputFolder.remove(begun.folders)
      begun = Begun()
    }
  }

  private static func error(_ error: OutputFileError, _ path: String) -> ToolError {
    switch error {
    case .exists:
      ToolError("\(path) is a folder with something in it: choose another, or replace files with --force.")
    case .notRegularFile: ToolError("\(path) is no folder: choose another name.")
    case .failed(_, let code): ToolError("Cannot make the folder \(path): \(SystemReason(code)).")
    }
  }
}
#endif
