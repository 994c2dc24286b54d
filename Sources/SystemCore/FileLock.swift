#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif
internal import Synchronization

/// Keeps two processes from changing one thing at once.
package enum FileLock {
  /// The file itself, whatever it is called: its folder may have been moved since. No other file has the identity of one
  /// that is held, since its descriptor stays open.
  private struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) { (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino)) }
  }

  /// What is held, and the descriptors that hold it.
  private static let held = Mutex<[Identity: Int32]>([:])

  /// Locks a file, making it if it is not there, until this process ends, whichever way. Gives whether it could:
  /// another process may hold it. A file that this process holds stays so, under another name too.
  package static func holdUntilExit(_ path: String) throws(DurableFileError) -> Bool {
    try held.withLock { (held) throws(DurableFileError) in
      while true {
        let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .failed("open", code: errno) }
        let identity: Identity
        do throws(DurableFileError) { identity = try lock(file, unlessIn: Set(held.keys)) } catch {
          close(file)
          if error == .failed("flock", code: EWOULDBLOCK) { return false }
          throw error
        }
        guard held[identity] == nil else {
          close(file)
          return true
        }
        // Whoever had the lock may have moved the file away.
        guard Self.identity(of: path) == identity else {
          close(file)
          continue
        }
        // The descriptor stays open: closing it unlocks the file.
        held[identity] = file
        return true
      }
    }
  }

  /// Unlocks a file that this process holds, before it ends. Changes nothing if it does not.
  package static func release(_ path: String) {
    held.withLock { held in
      guard let identity = identity(of: path), let file = held.removeValue(forKey: identity) else { return }
      close(file)
    }
  }

  /// Locks an open file, unless it is held.
  private static func lock(_ file: Int32, unlessIn held: Set<Identity>) throws(DurableFileError) -> Identity {
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw .failed("fstat", code: errno) }
    let identity = Identity(status)
    if held.contains(identity) { return identity }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else { throw .failed("flock", code: errno) }
    return identity
  }

  private static func identity(of path: String) -> Identity? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Identity(status) : nil
  }
}
