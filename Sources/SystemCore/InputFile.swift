#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A regular file that is read from its start to its end.
package final class InputFile {
  private let file: Int32
  private let opened: Stamp
  /// No more is read than there was: a file that grows would never end.
  private var left: Int

  /// What changes when somebody writes to a file.
  private struct Stamp: Equatable {
    var byteCount: Int
    var seconds: Int
    var nanoseconds: Int
  }

  /// Opens the file at `path`, or the one that a symbolic link names.
  /// - Throws: `DurableFileError.danglingLink` if a link is there and its file is not.
  package init(_ path: String) throws(DurableFileError) {
    // A pipe would be waited for, and a device never ends.
    file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      let code = errno
      throw code == ENOENT && DurableFile.isLink(path) ? .danglingLink : .failed("open", code: code)
    }
    guard let stamp = Self.stamp(of: file) else {
      // The deinitialiser closes nothing of an object that was not made.
      _ = close(file)
      throw .failed("fstat", code: EINVAL)
    }
    opened = stamp
    left = stamp.byteCount
  }

  /// Nil if it is not a regular file.
  private static func stamp(of file: Int32) -> Stamp? {
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    #if canImport(Darwin)
    let time = status.st_mtimespec
    #else
    let time = status.st_mtim
    #endif
    return Stamp(byteCount: Int(status.st_size), seconds: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec))
  }

  /// How many bytes the file had when it was opened.
  package var byteCount: Int { opened.byteCount }

  /// Whether nobody wrote to the file since it was opened, as far as its size and time tell.
  package var isUnchanged: Bool { Self.stamp(of: file) == opened }

  deinit { _ = close(file) }

  /// The next bytes, at most `count`; none at the end.
  package func next(_ count: Int) throws(DurableFileError) -> [UInt8] {
    var part = [UInt8](repeating: 0, count: min(count, left))
    // The array is as long as the count, and outlives the call.
    let got = unsafe part.withUnsafeMutableBytes { unsafe Self.read(file, $0) }
    guard got >= 0 else { throw .failed("read", code: errno) }
    part.removeLast(part.count - got)
    left -= got
    return part
  }

  /// Fills `output` with the next bytes; gives how many there were, fewer only at the end.
  package func read(into output: inout MutableRawSpan) throws(DurableFileError) -> Int {
    var filled = 0
    let end = min(output.byteCount, left)
    while filled < end {
      var rest = output._mutatingExtracting(filled..<end)
      // The span is as long as it says.
      let got = unsafe rest.withUnsafeMutableBytes { unsafe Self.read(file, $0) }
      guard got >= 0 else {
        if errno == EINTR { continue }
        throw .failed("read", code: errno)
      }
      guard got > 0 else { break }
      filled += got
    }
    left -= filled
    return filled
  }

  private static func read(_ file: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    #if canImport(Darwin)
    unsafe Darwin.read(file, buffer.baseAddress, buffer.count)
    #else
    unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
    #endif
  }
}
