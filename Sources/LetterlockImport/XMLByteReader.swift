#if SQLite
internal import SystemCore

/// The bytes of a file, from its start to its end, in memory that does not grow with the file.
final class XMLByteReader {
  private static let bufferByteCount = 1 << 18
  private let file: RandomAccessFile
  private var buffer: [UInt8] = []
  private var index = 0
  private var bufferStart: UInt64 = 0
  /// The length of the file in bytes.
  let byteCount: UInt64

  init(path: String) throws(ImportError) {
    file = try SourceFile.open(path)
    do throws(DurableFileError) { byteCount = try file.byteCount } catch {
      throw .unreadable("its disk failed")
    }
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

  /// Goes to another place of the file.
  func seek(to offset: UInt64) {
    if offset >= bufferStart, offset <= bufferStart + UInt64(buffer.count) {
      index = Int(offset - bufferStart)
      return
    }
    (bufferStart, index) = (offset, 0)
    buffer = []
  }

  private func fill() throws(ImportError) {
    bufferStart += UInt64(buffer.count)
    index = 0
    buffer = []
    buffer = try file.read(at: bufferStart, count: Self.bufferByteCount)
  }
}
#endif
