#if SQLite
internal import SystemCore

/// A file that is imported.
enum SourceFile {
  /// The name of the file itself, wherever links lead: what belongs to it lies beside it, and not beside a link.
  /// - Throws: `ImportError.unreadable` if it is no regular file: a pipe would be waited for, and a device never ends.
  static func resolve(_ path: String) throws(ImportError) -> String {
    _ = try open(path)
    guard let name = FileStatus.realPath(path) else {
      throw .unreadable("it is not there, or may not be read")
    }
    return name
  }

  /// Opens a regular file.
  static func open(_ path: String) throws(ImportError) -> RandomAccessFile {
    let file: RandomAccessFile
    do throws(DurableFileError) { file = try RandomAccessFile(path, .reading) } catch {
      throw .unreadable("it is not there, or may not be read")
    }
    guard file.isRegular else { throw .unreadable("it is a folder, a pipe or a device, and no file") }
    return file
  }
}

extension RandomAccessFile {
  /// The bytes from `offset` on, at most `count`; none at the end.
  func read(at offset: UInt64, count: Int) throws(ImportError) -> [UInt8] {
    do throws(DurableFileError) { return try bytes(at: offset, count: count) } catch {
      throw .unreadable("its disk failed")
    }
  }
}
#endif
