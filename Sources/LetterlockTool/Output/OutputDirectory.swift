#if Tool
import Foundation
import SystemCore

/// A folder that a command fills for a person: a new or an empty one, unless --force says that files in it may be replaced.
struct OutputDirectory {
  let path: String
  private let existing: OutputFile.Existing

  init(_ path: String, _ existing: OutputFile.Existing = .kept) throws {
    (self.path, self.existing) = (path, existing)
    do throws(OutputFileError) {
      switch try OutputFolder.content(at: path) {
      case .absent, .emptyFolder: break
      case .folder:
        guard existing == .replaced else { throw OutputFileError.exists }
      case .file, .other: throw OutputFileError.notRegularFile
      }
      _ = try OutputFolder.make(path)
    } catch { throw Self.error(error, path) }
  }

  /// Makes a folder in this one.
  func makeFolder(_ name: String) throws {
    let path = path + "/" + name
    do throws(OutputFileError) { _ = try OutputFolder.make(path) } catch { throw Self.error(error, path) }
  }

  /// A file in it.
  func file(_ name: String) throws -> Output { try Output(file: path + "/" + name, existing) }

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
