#if Tool
import Foundation

/// A file that is written beside its place, readable by its owner alone, and moved there whole.
struct BufferedFile {
  private let path: String
  private let handle: FileHandle
  private var buffer = Data()

  init(replacing path: String) throws {
    self.path = path
    let temporary = path + ".part"
    guard
      FileManager.default.createFile(
        atPath: temporary, contents: nil, attributes: [.posixPermissions: 0o600]),
      let handle = FileHandle(forWritingAtPath: temporary)
    else { throw ToolError("Cannot write \(path): is its folder there?") }
    self.handle = handle
  }

  mutating func write(_ bytes: Data) throws {
    buffer += bytes
    guard buffer.count > 1 << 20 else { return }
    try handle.write(contentsOf: buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Puts the file in its place.
  mutating func finish() throws {
    try handle.write(contentsOf: buffer)
    try handle.close()
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".part", toPath: path)
  }
}
#endif
