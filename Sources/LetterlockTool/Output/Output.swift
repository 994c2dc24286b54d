#if Tool
import ArgumentParser
import Foundation
import Letterlock
import Synchronization
import SystemCore

/// `--force`, for every command that writes a file.
struct ForceOption: ParsableArguments {
  @Flag(help: "Replaces a regular file that has this name; nothing else is ever replaced.") var force = false

  var existing: OutputFile.Existing { force ? .replaced : .kept }
}

/// What a command writes for a person: a new file, its owner's alone, or standard output.
final class Output: Sendable {
  /// The name for standard output.
  static let standardName = "-"

  /// Nil for standard output.
  let file: OutputFile?
  /// What to call it.
  let name: String
  private let noted = Mutex<OutputFileError?>(nil)
  private let onPlaced: (@Sendable () -> Void)?

  private init(_ file: OutputFile?, named name: String, _ onPlaced: (@Sendable () -> Void)? = nil) {
    (self.file, self.name, self.onPlaced) = (file, name, onPlaced)
  }

  /// A file of this name, which is there when `finish` returns. Throws if that would be a part of an archive.
  /// - Parameter onPlaced: called when the file is in its place.
  convenience init(
    file path: String, _ existing: OutputFile.Existing = .kept, onPlaced: (@Sendable () -> Void)? = nil
  ) throws {
    try ArchiveGuard.check(path)
    try self.init(unguarded: path, existing, onPlaced)
  }

  private convenience init(
    unguarded path: String, _ existing: OutputFile.Existing, _ onPlaced: (@Sendable () -> Void)? = nil
  ) throws {
    let file: OutputFile
    do throws(OutputFileError) { file = try OutputFile(path, existing: existing) } catch {
      throw ToolError(error, writing: path)
    }
    self.init(file, named: path, onPlaced)
  }

  /// A file, or standard output if the name is `-`.
  convenience init(_ path: String, _ options: ForceOption) throws {
    guard path == Self.standardName else {
      try self.init(file: path, options.existing)
      return
    }
    self.init(nil, named: "standard output")
  }

  /// Why the last write did not succeed; nil if all did.
  var failure: OutputFileError? { noted.withLock { $0 } ?? file?.failure }

  /// Writes bytes behind those before.
  func write(_ bytes: [UInt8]) throws {
    do throws(OutputFileError) {
      if let file { try file.write(bytes) } else { try StandardStream.output.write(bytes) }
    } catch {
      noted.withLock { $0 = error }
      throw ToolError(error, writing: name)
    }
  }

  /// Puts the file in its place.
  func finish() throws {
    do throws(OutputFileError) { try file?.place() } catch { throw ToolError(error, writing: name) }
    onPlaced?()
  }

  /// Writes a whole file of the tool's own, which may be a part of an archive.
  static func write(
    _ bytes: [UInt8], to path: String, _ existing: OutputFile.Existing = .kept
  ) throws {
    let output = try Output(unguarded: path, existing)
    try output.write(bytes)
    try output.finish()
  }
}

/// Text that is written in large pieces.
struct BufferedOutput {
  private let output: Output
  private var buffer: [UInt8] = []

  init(_ output: Output) { self.output = output }

  mutating func write(_ text: String) throws { try write(Array(text.utf8)) }

  mutating func write(_ bytes: some Collection<UInt8>) throws {
    buffer += bytes
    guard buffer.count > 1 << 20 else { return }
    try flush()
  }

  private mutating func flush() throws {
    try output.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes the rest, and puts the file in its place.
  mutating func finish() throws {
    try flush()
    try output.finish()
  }
}

extension ToolError {
  /// Why a file was not written.
  init(_ error: OutputFileError, writing path: String) {
    switch error {
    case .exists: self.init("\(path) is there already: choose another name, or replace it with --force.")
    case .notRegularFile:
      self.init("\(path) is no regular file, and nothing else is ever replaced: choose another name.")
    case .failed("lstat", ENOENT) where path.isEmpty: self.init("The name of the file to write is empty.")
    case .failed(_, ENOENT), .failed(_, ENOTDIR):
      self.init("Cannot write \(path): its folder is not there.")
    case .failed(_, let code): self.init("Cannot write \(path): \(SystemReason(code)).")
    }
  }
}
#endif
