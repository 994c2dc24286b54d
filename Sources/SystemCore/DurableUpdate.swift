#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Why a file was not replaced by what was made of it.
package enum DurableUpdateError<Refusal: Error>: Error {
  /// A system call failed.
  case file(DurableFileError)
  /// Who was to make the new contents refused the present ones.
  case refused(Refusal)
}

extension DurableUpdateError: Equatable where Refusal: Equatable {}

extension DurableFile {
  /// Replaces a file by what `body` makes of its present contents, which are nil if there is no file. No other call of
  /// this function, in this process or another, replaces the file in between.
  ///
  /// The new contents are on disk, and readable by the file's owner alone, when the call returns. A process that is
  /// killed leaves the present contents or the new ones. If a symbolic link is there, the file that it names is replaced
  /// in its own folder, and the link stays; a link whose file is not there is refused.
  package static func update<Refusal: Error>(
    _ name: String, _ body: ([UInt8]?) throws(Refusal) -> [UInt8]
  ) throws(DurableUpdateError<Refusal>) {
    while true {
      let (path, lock): (String, Int32?)
      do throws(DurableFileError) {
        path = try target(of: name)
        lock = try lockedFile(path)
      } catch { throw .file(error) }
      defer { if let lock { close(lock) } }
      let present: [UInt8]?
      do throws(DurableFileError) { present = lock == nil ? nil : try read(path) } catch {
        throw .file(error)
      }
      let made: [UInt8]
      do throws(Refusal) { made = try body(present) } catch { throw .refused(error) }
      do throws(DurableFileError) {
        if lock == nil {
          guard try create(path, with: made) else { continue }
        } else {
          removeLeftovers(of: path)
          try replace(path, with: made)
        }
        return
      } catch { throw .file(error) }
    }
  }

  /// Makes a file that is not there; returns false if there is one by now.
  private static func create(_ path: String, with bytes: [UInt8]) throws(DurableFileError) -> Bool {
    let temporary = try writeTemporary(for: path, bytes)
    defer { remove(temporary) }
    guard try link(temporary, as: path) else { return false }
    try synchroniseFolder(of: path)
    return true
  }

  /// Names a new file; returns false if somebody else has made the file meanwhile: it has the name, or whoever
  /// replaced it since removed the new one as a leftover.
  static func link(_ temporary: String, as path: String) throws(DurableFileError) -> Bool {
    #if canImport(Darwin)
    let result = unsafe Darwin.link(temporary, path)
    #else
    let result = unsafe Glibc.link(temporary, path)
    #endif
    if result == 0 { return true }
    guard [EEXIST, ENOENT].contains(errno) else { throw .failed("link", code: errno) }
    return false
  }

  /// Removes what killed processes left of new contents. Nobody else replaces the file meanwhile.
  private static func removeLeftovers(of path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let folder = parts.dropLast().joined(separator: "/")
    let directory = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
    let prefix = String(parts.last ?? "") + temporaryMark
    for name in names(in: directory) where name.hasPrefix(prefix) { remove(directory + "/" + name) }
  }

  private static func names(in directory: String) -> [String] {
    guard let stream = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // The entry is valid until the next call; its name ends with a zero byte inside the fixed array.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      names.append(name)
    }
    return names
  }

  /// Opens a file and waits until nobody else has it so; nil if there is no such file. Closing the descriptor unlocks it.
  private static func lockedFile(_ path: String) throws(DurableFileError) -> Int32? {
    while true {
      let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else {
        if errno == ENOENT { return nil }
        throw .failed("open", code: errno)
      }
      var result = flock(file, LOCK_EX)
      while result != 0, errno == EINTR { result = flock(file, LOCK_EX) }
      guard result == 0 else {
        let code = errno
        close(file)
        throw .failed("flock", code: code)
      }
      // Whoever had the lock may have put another file in this one's place.
      if isName(path, of: file) { return file }
      close(file)
    }
  }

  private static func isName(_ path: String, of file: Int32) -> Bool {
    var (named, locked) = (stat(), stat())
    guard unsafe stat(path, &named) == 0, unsafe fstat(file, &locked) == 0 else { return false }
    return named.st_ino == locked.st_ino && named.st_dev == locked.st_dev
  }
}
