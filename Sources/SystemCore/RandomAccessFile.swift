#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A file that is read and written at any place, from any thread.
package final class RandomAccessFile: Sendable {
  private let file: Int32

  /// What to do with the file at a path.
  package enum Mode: Sendable {
    /// Read it; a pipe is not waited for.
    case reading
    /// Write to it.
    case writing
    /// Make it, or empty it, readable by its owner alone, and write to it.
    case creating
    /// Make it, readable by its owner alone, and write to it; nothing may have its name.
    case exclusive
  }

  /// Opens the file at `path`; a link in its place is not followed when it is made.
  package init(_ path: String, _ mode: Mode) throws(DurableFileError) {
    file =
      switch mode {
      case .reading: unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      case .writing: unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
      case .creating: unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
      case .exclusive: unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      }
    guard file >= 0 else { throw .failed("open", code: errno) }
  }

  deinit { _ = close(file) }

  /// Whether it is a regular file.
  package var isRegular: Bool {
    var status = stat()
    return unsafe fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// How long the file is, in bytes.
  package var byteCount: UInt64 {
    get throws(DurableFileError) {
      let end = lseek(file, 0, SEEK_END)
      guard end >= 0 else { throw .failed("lseek", code: errno) }
      return UInt64(end)
    }
  }

  /// Fills `output` with the bytes from `offset` on; gives how many there were.
  package func read(
    at offset: UInt64, into output: inout MutableRawSpan
  ) throws(DurableFileError) -> Int {
    guard let start = Int(exactly: offset) else { return 0 }
    var filled = 0
    while filled < output.byteCount {
      var rest = output._mutatingExtracting(filled..<output.byteCount)
      // The span is as long as it says.
      let got = unsafe rest.withUnsafeMutableBytes {
        unsafe pread(file, $0.baseAddress, $0.count, start + filled)
      }
      guard got >= 0 else {
        if errno == EINTR { continue }
        throw .failed("pread", code: errno)
      }
      guard got > 0 else { break }
      filled += got
    }
    return filled
  }

  /// The bytes from `offset` on, at most `count`; none at the end.
  package func bytes(at offset: UInt64, count: Int) throws(DurableFileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var elements = bytes.mutableSpan
    // Bytes have no padding to expose.
    var output = unsafe elements.mutableBytes
    let got = try read(at: offset, into: &output)
    bytes.removeLast(count - got)
    return bytes
  }

  /// Writes bytes at `offset`.
  package func write(_ bytes: [UInt8], at offset: UInt64) throws(DurableFileError) {
    // Bytes have no padding to expose.
    try unsafe write(bytes.span.bytes, at: offset)
  }

  /// Writes bytes at `offset`.
  package func write(_ bytes: RawSpan, at offset: UInt64) throws(DurableFileError) {
    guard let start = Int(exactly: offset) else { throw .failed("pwrite", code: EFBIG) }
    var written = 0
    while written < bytes.byteCount {
      let rest = bytes.extracting(written..<bytes.byteCount)
      // The span is as long as it says.
      let put = unsafe rest.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, start + written) }
      guard put > 0 else {
        if errno == EINTR { continue }
        throw .failed("pwrite", code: errno)
      }
      written += put
    }
  }

  /// Waits until everything that was written is on disk.
  package func synchronise() throws(DurableFileError) {
    #if canImport(Darwin)
    // fsync leaves bytes in the drive's cache there.
    guard fcntl(file, F_FULLFSYNC) == 0 || fsync(file) == 0 else { throw .failed("fsync", code: errno) }
    #else
    guard fsync(file) == 0 else { throw .failed("fsync", code: errno) }
    #endif
  }
}
