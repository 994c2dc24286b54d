#if SQLite
import Foundation

/// The bytes of a file, from its start to its end, in memory that does not grow with the file.
final class XMLByteReader {
  private static let bufferByteCount = 1 << 18
  private let handle: FileHandle
  private var buffer: [UInt8] = []
  private var index = 0
  private var bufferStart: UInt64 = 0
  /// The length of the file in bytes.
  let byteCount: UInt64

  init(path: String) throws(ImportError) {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw .unreadable("it is not there, or may not be read")
    }
    self.handle = handle
    do {
      byteCount = try handle.seekToEnd()
      try handle.seek(toOffset: 0)
    } catch { throw .unreadable(error.localizedDescription) }
  }

  /// The place of the next byte.
  var offset: UInt64 { bufferStart + UInt64(index) }

  /// The next byte, which stays; nil at the end.
  func peek() throws(ImportError) -> UInt8? {
    if index == buffer.count { try fill() }
    return index < buffer.count ? buffer[index] : nil
  }

  /// The next byte; nil at the end.
  func next() throws(ImportError) -> UInt8? {
    guard let byte = try peek() else { return nil }
    index += 1
    return byte
  }

  /// Takes bytes up to the first that `ends`, which stays, in one piece of what is in memory.
  func takePiece(until ends: (UInt8) -> Bool) throws(ImportError) -> ArraySlice<UInt8> {
    guard try peek() != nil else { return [] }
    let start = index
    while index < buffer.count, !ends(buffer[index]) { index += 1 }
    return buffer[start..<index]
  }

  private func fill() throws(ImportError) {
    bufferStart += UInt64(buffer.count)
    index = 0
    do { buffer = [UInt8](try handle.read(upToCount: Self.bufferByteCount) ?? Data()) } catch {
      throw .unreadable(error.localizedDescription)
    }
  }
}
#endif
