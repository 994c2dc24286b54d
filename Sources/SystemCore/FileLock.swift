#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif
internal import Synchronization

/// Keeps two processes from changing one thing at once.
package enum FileLock {
  private static let held = Mutex<Set<String>>([])

  /// Locks a file, making it if it is not there, until this process ends, whichever way. Gives whether it could:
  /// another process may hold it. A file that this process holds stays so.
  package static func holdUntilExit(_ path: String) throws(DurableFileError) -> Bool {
    try held.withLock { (held) throws(DurableFileError) in
      guard !held.contains(path) else { return true }
      let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard file >= 0 else { throw .failed("open", code: errno) }
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        close(file)
        guard code == EWOULDBLOCK else { throw .failed("flock", code: code) }
        return false
      }
      // The descriptor is never closed: closing it would unlock the file.
      held.insert(path)
      return true
    }
  }
}
