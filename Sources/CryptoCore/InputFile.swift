#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A file that is read from its start to its end.
package final class InputFile {
  private let file: Int32

  /// Opens the file at `path`.
  package init(_ path: String) throws(DurableFileError) {
    file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .failed("open", code: errno) }
  }

  deinit { _ = close(file) }

  /// The next bytes, at most `count`; none at the end.
  package func next(_ count: Int) throws(DurableFileError) -> [UInt8] {
    var part = [UInt8](repeating: 0, count: count)
    // The array is as long as the count, and outlives the call.
    let got = unsafe read(file, &part, count)
    guard got >= 0 else { throw .failed("read", code: errno) }
    part.removeLast(count - got)
    return part
  }
}
