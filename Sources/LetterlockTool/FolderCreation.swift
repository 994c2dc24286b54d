#if Tool
import Foundation
import SystemCore

/// What was made for a device, so that a command that fails takes it away again, and nothing else.
struct FolderCreation {
  private let folder: ArchiveFolder
  private let made: [String]
  private let before: Set<String>
  /// What the names of a device's files begin with.
  private static let beginnings = ["keys", "store.sqlite", "relay", "lock"]

  init(of folder: ArchiveFolder) throws {
    self.folder = folder
    before = Set(Self.files(of: folder))
    do throws(OutputFileError) { made = try OutputFolder.make(folder.devicePath) } catch {
      switch error {
      case .failed(_, let code):
        throw ToolError("Cannot make the folder \(folder.devicePath): \(SystemReason(code)).")
      case .exists, .notRegularFile:
        throw ToolError("Cannot make the folder \(folder.devicePath): something else is in its place.")
      }
    }
  }

  /// Removes the files that were made since, and the folders.
  func undo() {
    for path in Self.files(of: folder) where !before.contains(path) {
      try? FileManager.default.removeItem(atPath: path)
    }
    undoFolders()
  }

  /// Removes the folders that were made, as far as they are empty: what another process made in them stays.
  func undoFolders() { OutputFolder.remove(made) }

  private static func files(of folder: ArchiveFolder) -> [String] {
    [folder.path, folder.devicePath].flatMap { place in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
      return names.filter { name in beginnings.contains { name.hasPrefix($0) } }.map { place + "/" + $0 }
    }
  }
}
#endif
