#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What stands under a name, without following a link.
package struct FileStatus: Sendable {
  /// Whether it is a regular file.
  package let isRegular: Bool
  /// How many names it has.
  package let linkCount: UInt64
  /// How long it is, in bytes.
  package let byteCount: UInt64

  /// Nil if nothing has the name.
  package init?(_ path: String) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    isRegular = status.st_mode & S_IFMT == S_IFREG
    linkCount = UInt64(clamping: status.st_nlink)
    byteCount = UInt64(clamping: status.st_size)
  }

  /// The name of what is there itself, from the root on, wherever links lead; nil if nothing is there.
  package static func realPath(_ path: String) -> String? {
    // The name is the caller's to free.
    guard let name = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(name) }
    return unsafe String(cString: name)
  }
}
