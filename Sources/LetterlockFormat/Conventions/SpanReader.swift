import CryptoCore
import TLSCodec

/// A place in bytes that are lent, and the end of what may be read there: `TLSReader` without an array.
///
/// The bytes are handed to every call, since a value cannot hold a span. Refuses what `TLSReader` refuses.
struct SpanReader {
  private(set) var offset: Int
  let end: Int

  init(_ bytes: RawSpan) {
    offset = 0
    end = bytes.byteCount
  }

  private init(offset: Int, end: Int) {
    self.offset = offset
    self.end = end
  }

  var isAtEnd: Bool { offset == end }

  func finish() throws(TLSError) {
    guard isAtEnd else { throw .trailingBytes }
  }

  /// The range of the next `count` bytes, which are then behind.
  @inline(__always)
  private mutating func take(_ count: Int) throws(TLSError) -> Range<Int> {
    guard count <= end - offset else { throw .truncated }
    let start = offset
    offset += count
    return start..<offset
  }

  @inline(__always)
  mutating func read<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type = Integer.self, from bytes: RawSpan
  ) throws(TLSError) -> Integer {
    let range = try take(Integer.bitWidth / 8)
    return bytes.bigEndian(at: range.lowerBound)
  }

  mutating func readBytes16(from bytes: RawSpan) throws(TLSError) -> Bytes16 {
    let range = try take(16)
    return Bytes16(bytes, at: range.lowerBound)
  }

  mutating func read(fixed count: Int, from bytes: RawSpan) throws(TLSError) -> [UInt8] {
    bytes.array(try take(count))
  }

  /// The length of a vector, refused unless in its shortest form. RFC 9420 section 2.1.2.
  @inline(__always)
  private mutating func readLength(from bytes: RawSpan) throws(TLSError) -> Int {
    let first: UInt8 = try read(from: bytes)
    let (length, minimum): (Int, Int)
    switch first >> 6 {
    case 0: return Int(first)
    case 1: (length, minimum) = (Int(first & 0x3f) << 8 | Int(try read(UInt8.self, from: bytes)), 0x40)
    case 2:
      let middle: UInt8 = try read(from: bytes)
      let last: UInt16 = try read(from: bytes)
      (length, minimum) = (Int(first & 0x3f) << 24 | Int(middle) << 16 | Int(last), 0x4000)
    default: throw .nonMinimalLength
    }
    guard length >= minimum else { throw .nonMinimalLength }
    return length
  }

  /// A reader over exactly the next vector, which this one skips.
  @inline(__always)
  mutating func readVector(from bytes: RawSpan) throws(TLSError) -> SpanReader {
    let range = try take(try readLength(from: bytes))
    return SpanReader(offset: range.lowerBound, end: range.upperBound)
  }

  mutating func readText(from bytes: RawSpan) throws(TLSError) -> String {
    var vector = try readVector(from: bytes)
    return try vector.readRestAsText(from: bytes)
  }

  mutating func readOpaque(from bytes: RawSpan) throws(TLSError) -> [UInt8] {
    var vector = try readVector(from: bytes)
    return vector.readRest(from: bytes)
  }

  mutating func skipRest() {
    offset = end
  }

  mutating func readRest(from bytes: RawSpan) -> [UInt8] {
    defer { offset = end }
    return bytes.array(offset..<end)
  }

  mutating func readRestAsText(from bytes: RawSpan) throws(TLSError) -> String {
    guard let text = bytes.string(offset..<end) else { throw .invalidValue }
    offset = end
    return text
  }
}
