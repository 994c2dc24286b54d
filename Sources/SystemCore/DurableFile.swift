#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Why a small file was not read or written.
package enum DurableFileError: Error, Hashable, Sendable {
  /// The system call that failed, and its error number.
  case failed(String, code: Int32)
  /// A symbolic link stands there, and the file that it names is not there.
  case danglingLink
}

/// Small files that are there whole or not at all, and are on disk when the call returns.
package enum DurableFile {
  /// The bytes of a file or a pipe, as many as there are.
  package static func read(_ path: String) throws(DurableFileError) -> [UInt8]? {
    try read(path, upTo: .max)
  }

  /// The bytes of a file or a pipe, or of what a symbolic link names; nil if there is no such file.
  /// - Parameter most: how many bytes it may have.
  /// - Throws: `DurableFileError.danglingLink` if a link is there and its file is not; `.failed` with `EFBIG` if it has
  ///   more bytes, and with `ENODEV` for a device that is no terminal: it may have no end.
  package static func read(_ path: String, upTo most: Int) throws(DurableFileError) -> [UInt8]? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      guard errno == ENOENT else { throw .failed("open", code: errno) }
      guard !isLink(path) else { throw .danglingLink }
      return nil
    }
    defer { close(file) }
    guard !isDevice(file) else { throw .failed("fstat", code: ENODEV) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Self.read(file, &part)
      guard count >= 0 else { throw .failed("read", code: errno) }
      guard count > 0 else { return bytes }
      bytes += part[..<count]
      guard bytes.count <= most else { throw .failed("read", code: EFBIG) }
    }
  }

  /// Whether it is a device, and no terminal.
  private static func isDevice(_ file: Int32) -> Bool {
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { return false }
    let kind = status.st_mode & S_IFMT
    return (kind == S_IFCHR || kind == S_IFBLK) && isatty(file) != 1
  }

  private static func read(_ file: Int32, _ part: inout [UInt8]) -> Int {
    #if canImport(Darwin)
    unsafe Darwin.read(file, &part, part.count)
    #else
    unsafe Glibc.read(file, &part, part.count)
    #endif
  }

  /// Makes a new file, readable by its owner alone, and gives its descriptor, which is the caller's.
  package static func createPrivate(_ path: String) throws(DurableFileError) -> Int32 {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .failed("open", code: errno) }
    return file
  }

  /// Makes an empty file, readable by its owner alone, unless there is a file already.
  package static func createIfAbsent(_ path: String) throws(DurableFileError) {
    do throws(DurableFileError) {
      close(try createPrivate(path))
    } catch .failed("open", code: EEXIST) {
      return
    }
    try synchroniseFolder(of: path)
  }

  /// Stands between a file's name and what makes the name of new contents unique.
  static let temporaryMark = ".new-"

  /// Puts a file in place of the one before, readable by its owner alone.
  package static func replace(_ path: String, with bytes: [UInt8]) throws(DurableFileError) {
    let temporary = try writeTemporary(for: path, bytes)
    guard unsafe rename(temporary, path) == 0 else {
      let code = errno
      remove(temporary)
      throw .failed("rename", code: code)
    }
    try synchroniseFolder(of: path)
  }

  /// Writes a new file of a unique name beside `path`, on disk and readable by its owner alone; returns its name.
  static func writeTemporary(for path: String, _ bytes: [UInt8]) throws(DurableFileError) -> String {
    let temporary = path + temporaryMark + String(UInt64.random(in: .min ... .max), radix: 36)
    let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .failed("open", code: errno) }
    defer { close(file) }
    do throws(DurableFileError) {
      try write(bytes, to: file)
      guard fsync(file) == 0 else { throw .failed("fsync", code: errno) }
    } catch {
      remove(temporary)
      throw error
    }
    return temporary
  }

  /// The name of the file itself, if `path` is a symbolic link: to replace the file, and not the link.
  /// - Throws: `DurableFileError.danglingLink` if that file is not there.
  static func target(of path: String) throws(DurableFileError) -> String {
    guard isLink(path) else { return path }
    // The name is the caller's to free.
    guard let name = unsafe realpath(path, nil) else {
      throw errno == ENOENT ? .danglingLink : .failed("realpath", code: errno)
    }
    defer { unsafe free(name) }
    return unsafe String(cString: name)
  }

  /// Whether a symbolic link stands there.
  static func isLink(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// Gives a file another name, in place of the file that had it.
  package static func move(_ path: String, to other: String) throws(DurableFileError) {
    guard unsafe rename(path, other) == 0 else { throw .failed("rename", code: errno) }
    try synchroniseFolder(of: other)
  }

  /// Removes a file, if it is there.
  package static func remove(_ path: String) { _ = unsafe unlink(path) }

  private static func write(_ bytes: [UInt8], to file: Int32) throws(DurableFileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // The buffer is valid for the call, which is given its size.
      let count = unsafe rest.withUnsafeBytes { unsafe Self.write(file, $0) }
      guard count > 0 else { throw .failed("write", code: errno) }
      rest = rest.dropFirst(count)
    }
  }

  private static func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
    unsafe Darwin.write(file, bytes.baseAddress, bytes.count)
    #else
    unsafe Glibc.write(file, bytes.baseAddress, bytes.count)
    #endif
  }

  /// A new name is durable only once its folder is.
  package static func synchroniseFolder(of path: String) throws(DurableFileError) {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    let name = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
    let file = unsafe open(name, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .failed("open", code: errno) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw .failed("fsync", code: errno) }
  }
}
