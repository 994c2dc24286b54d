#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A folder that is made for a person, and what of it this process made.
package enum OutputFolder {
  /// Makes a folder, readable by its owner alone, and the folders that it stands in. A folder that is there stays as it
  /// is; a link to one is none.
  /// - Returns: the folders that were made, the outermost first.
  package static func make(_ path: String) throws(OutputFileError) -> [String] {
    let name = trimmed(path)
    guard !name.isEmpty else { throw .failed("mkdir", code: ENOENT) }
    var missing: [String] = []
    var present = name
    while unsafe mkdir(present, 0o700) != 0 {
      guard errno == ENOENT, let parent = parent(of: present) else {
        guard errno == EEXIST else { throw .failed("mkdir", code: errno) }
        guard isFolder(present) else { throw .notRegularFile }
        return []
      }
      missing.append(present)
      present = parent
    }
    var made = [present]
    for folder in missing.reversed() {
      guard unsafe mkdir(folder, 0o700) == 0 else {
        let code = errno
        remove(made)
        throw .failed("mkdir", code: code)
      }
      made.append(folder)
    }
    return made
  }

  /// Removes folders that are empty by now, the innermost first.
  package static func remove(_ folders: [String]) {
    for folder in folders.reversed() { _ = unsafe rmdir(folder) }
  }

  /// What stands at a path, and is no link.
  package enum Content: Sendable {
    /// Nothing has the name.
    case absent
    /// A folder without anything in it.
    case emptyFolder
    /// A folder with something in it.
    case folder
    /// A regular file.
    case file
    /// A link, a pipe, a device.
    case other
  }

  /// Looks at what stands at a path; a link is not followed.
  package static func content(at path: String) throws(OutputFileError) -> Content {
    var status = stat()
    let name = trimmed(path)
    guard !name.isEmpty else { throw .failed("lstat", code: ENOENT) }
    guard unsafe lstat(name, &status) == 0 else {
      guard errno == ENOENT else { throw .failed("lstat", code: errno) }
      return .absent
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return try isEmpty(name) ? .emptyFolder : .folder
    default: return .other
    }
  }

  private static func isEmpty(_ path: String) throws(OutputFileError) -> Bool {
    guard let stream = unsafe opendir(path) else { throw .failed("opendir", code: errno) }
    defer { unsafe closedir(stream) }
    var count = 0
    // "." and ".." are in every folder.
    while unsafe readdir(stream) != nil { count += 1 }
    return count <= 2
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The folder that a name stands in; nil if it is the present one or the root.
  private static func parent(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    let parent = trimmed(String(path[..<slash]))
    return parent.isEmpty || parent == "/" ? nil : parent
  }

  /// A link with a slash behind its name would be followed.
  private static func trimmed(_ path: String) -> String {
    var name = path
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    return name
  }
}
