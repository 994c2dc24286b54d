#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif
internal import Synchronization

/// Why a file was not written for a person.
package enum OutputFileError: Error, Hashable, Sendable {
  /// A regular file has the name already, and was not to be replaced.
  case exists
  /// What has the name is no regular file, but a folder, a link, a pipe or a device. Such a thing is never replaced.
  case notRegularFile
  /// A system call failed; its error number.
  case failed(String, code: Int32)
}

/// A file that is written for a person: under a new name beside its place, readable by its owner alone, and moved to its
/// place when it is whole. Until then its place holds what it held before; a file that never gets there is removed.
package final class OutputFile: Sendable {
  /// What happens to a regular file that has the name already.
  package enum Existing: Sendable {
    /// It stays, and nothing is written.
    case kept
    /// It is replaced.
    case replaced
  }

  private struct State {
    var byteCount: UInt64 = 0
    var isInPlace = false
    var failure: OutputFileError?
  }

  /// The names of files that are not in their place yet.
  private static let unfinished = Mutex<Set<String>>([])

  /// The name that was asked for.
  package let path: String
  /// Where the file is until it is in its place, for whoever fills it by other means than `write`.
  package let temporary: String
  private let existing: Existing
  private let file: RandomAccessFile
  private let state = Mutex(State())

  /// Makes the new file beside `path`.
  package init(_ path: String, existing: Existing) throws(OutputFileError) {
    try Self.check(path, existing)
    self.path = path
    self.existing = existing
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let mark = String(UInt64.random(in: .min ... .max), radix: 36)
    temporary = (parts.dropLast() + [".letterlock-\(mark).part"]).joined(separator: "/")
    let temporary = temporary
    do throws(DurableFileError) {
      // One step for whoever removes what is unfinished.
      file = try Self.unfinished.withLock { (names) throws(DurableFileError) in
        let file = try RandomAccessFile(temporary, .exclusive)
        names.insert(temporary)
        return file
      }
    } catch { throw OutputFileError(error) }
  }

  deinit { if !state.withLock({ $0.isInPlace }) { removeTemporary() } }

  /// Removes every file that is not in its place, and makes none until `end` has returned: for a process that is told to
  /// end.
  package static func removeUnfinished(before end: () -> Void) {
    unfinished.withLock { names in
      for name in names { DurableFile.remove(name) }
      names = []
      end()
    }
  }

  /// Why the last write did not succeed; nil if all did.
  package var failure: OutputFileError? { state.withLock { $0.failure } }

  /// Writes bytes behind those that were written so.
  package func write(_ bytes: [UInt8]) throws(OutputFileError) {
    // Bytes have no padding to expose.
    try unsafe write(bytes.span.bytes)
  }

  /// Writes bytes behind those that were written so.
  package func write(_ bytes: RawSpan) throws(OutputFileError) {
    let offset = state.withLock { state in
      defer { state.byteCount += UInt64(bytes.byteCount) }
      return state.byteCount
    }
    try write(bytes, at: offset)
  }

  /// Writes bytes at `offset`.
  package func write(_ bytes: RawSpan, at offset: UInt64) throws(OutputFileError) {
    do throws(DurableFileError) { try file.write(bytes, at: offset) } catch { throw noted(error) }
  }

  /// Puts the file in its place; it is on disk there when the call returns.
  package func place() throws(OutputFileError) {
    do throws(DurableFileError) { try file.synchronise() } catch { throw noted(error) }
    switch existing {
    case .kept: try placeNew()
    case .replaced: try replace()
    }
    state.withLock { $0.isInPlace = true }
    removeTemporary()
    do throws(DurableFileError) { try DurableFile.synchroniseFolder(of: path) } catch { throw noted(error) }
  }

  private func placeNew() throws(OutputFileError) {
    guard unsafe link(temporary, path) != 0 else { return }
    switch errno {
    case EEXIST: try Self.check(path, existing)
    // Some file systems know no second name for a file.
    case EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK: return try replace()
    default: throw .failed("link", code: errno)
    }
    // Whatever had the name a moment ago.
    throw .exists
  }

  private func replace() throws(OutputFileError) {
    try Self.check(path, existing)
    guard unsafe rename(temporary, path) == 0 else { throw .failed("rename", code: errno) }
  }

  private func removeTemporary() {
    DurableFile.remove(temporary)
    Self.unfinished.withLock { _ = $0.remove(temporary) }
  }

  private func noted(_ error: DurableFileError) -> OutputFileError {
    let error = OutputFileError(error)
    state.withLock { $0.failure = $0.failure ?? error }
    return error
  }

  private static func check(_ path: String, _ existing: Existing) throws(OutputFileError) {
    guard !path.isEmpty else { throw .failed("lstat", code: ENOENT) }
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      guard errno == ENOENT else { throw .failed("lstat", code: errno) }
      return
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegularFile }
    guard existing == .replaced else { throw .exists }
  }
}

extension OutputFileError {
  init(_ error: DurableFileError) {
    switch error {
    case .failed(let call, let code): self = .failed(call, code: code)
    case .danglingLink: self = .notRegularFile
    }
  }
}
