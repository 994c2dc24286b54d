#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif
internal import Synchronization

/// A folder for copies that nobody else may read and that nobody should find later.
///
/// It is locked for as long as its process is there, whichever way that ends. `removeAll` is for a process that is told to
/// end; what a process left that was not told is removed when the next folder of the same kind is made.
package final class TemporaryFolder: Sendable {
  /// What a folder of a kind is called, and the names of all files that it ever holds: nothing else is ever removed.
  package struct Kind: Hashable, Sendable {
    let prefix: String
    let names: [String]

    /// A kind whose folders begin with `prefix`.
    package init(prefix: String, names: [String]) { (self.prefix, self.names) = (prefix, names) }
  }

  /// The folders that are there.
  private static let present = Mutex<[String: Kind]>([:])

  /// Where it is.
  package let path: String
  private let lock: Int32

  /// Makes a folder in `parent`, and removes those there that were left.
  package init(_ kind: Kind, in parent: String) throws(DurableFileError) {
    Self.removeLeft(kind, in: parent)
    (path, lock) = try Self.make(kind, in: parent)
  }

  private static func make(
    _ kind: Kind, in parent: String
  ) throws(DurableFileError) -> (path: String, lock: Int32) {
    for _ in 0..<16 {
      let path = parent + "/" + kind.prefix + String(UInt64.random(in: .min ... .max), radix: 36)
      // One step for whoever removes all.
      try present.withLock { (present) throws(DurableFileError) in
        guard unsafe mkdir(path, 0o700) == 0 else { throw .failed("mkdir", code: errno) }
        present[path] = kind
      }
      // Another process may have taken it for one that was left.
      let (file, isHeld) = lock(path)
      if file >= 0, isHeld, isThere(path, file) { return (path, file) }
      if file >= 0 { _ = close(file) }
      remove(path)
    }
    throw .failed("flock", code: EWOULDBLOCK)
  }

  deinit { remove() }

  /// Removes it and the files in it.
  package func remove() {
    guard Self.remove(path) else { return }
    _ = close(lock)
  }

  /// Removes every folder of this process, and makes none until `end` has returned.
  package static func removeAll(before end: () -> Void = {}) {
    present.withLock { present in
      for (path, kind) in present { removeFiles(kind, path) }
      present = [:]
      end()
    }
  }

  /// Whether it was there.
  @discardableResult
  private static func remove(_ path: String) -> Bool {
    present.withLock { present in
      guard let kind = present.removeValue(forKey: path) else { return false }
      removeFiles(kind, path)
      return true
    }
  }

  private static func removeFiles(_ kind: Kind, _ path: String) {
    // Another thread may be about to make the next file.
    for _ in 0..<100 {
      for name in kind.names { _ = unsafe unlink(path + "/" + name) }
      guard unsafe rmdir(path) != 0, errno == ENOTEMPTY || errno == EEXIST else { return }
    }
  }

  /// A descriptor, and whether it holds the lock; a file system that knows no locks has nobody who takes folders away.
  private static func lock(_ path: String) -> (Int32, Bool) {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY)
    guard file >= 0 else { return (file, false) }
    return (file, flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
  }

  private static func isThere(_ path: String, _ file: Int32) -> Bool {
    var (named, opened) = (stat(), stat())
    return unsafe lstat(path, &named) == 0 && fstat(file, &opened) == 0 && named.st_ino == opened.st_ino
      && named.st_dev == opened.st_dev
  }

  /// Removes the folders of this user whose processes are gone.
  package static func removeLeft(_ kind: Kind, in parent: String) {
    for name in names(in: parent) where name.hasPrefix(kind.prefix) {
      let path = parent + "/" + name
      let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY)
      guard file >= 0 else { continue }
      var status = stat()
      let isOurs = unsafe fstat(file, &status) == 0 && status.st_uid == geteuid()
      if isOurs, flock(file, LOCK_EX | LOCK_NB) == 0 { removeFiles(kind, path) }
      _ = close(file)
    }
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    // The entry is valid until the next call.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      names.append(name)
    }
    return names
  }
}
