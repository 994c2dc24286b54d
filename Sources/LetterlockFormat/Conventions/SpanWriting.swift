import CryptoCore
import TLSCodec

/// What `TLSWriter` does, into bytes that are lent; the caller has measured the value before.
extension MutableRawSpan {
  mutating func write<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer, at offset: inout Int) {
    store(bigEndian: value, at: offset)
    offset += Integer.bitWidth / 8
  }

  mutating func write(_ value: Bytes16, at offset: inout Int) {
    write(value.high, at: &offset)
    write(value.low, at: &offset)
  }

  mutating func write(fixed bytes: [UInt8], at offset: inout Int) {
    copy(bytes, to: offset)
    offset += bytes.count
  }

  mutating func write(fixed text: String, at offset: inout Int) {
    copy(utf8: text, to: offset)
    offset += text.utf8.count
  }

  /// The length of a vector, in its shortest form. RFC 9420 section 2.1.2.
  mutating func write(length: Int, at offset: inout Int) {
    switch TLSWriter.lengthByteCount(length) {
    case 1: write(UInt8(truncatingIfNeeded: length), at: &offset)
    case 2: write(UInt16(truncatingIfNeeded: length) | 0x4000, at: &offset)
    default: write(UInt32(truncatingIfNeeded: length) | 0x8000_0000, at: &offset)
    }
  }

  mutating func write(opaque bytes: [UInt8], at offset: inout Int) {
    write(length: bytes.count, at: &offset)
    write(fixed: bytes, at: &offset)
  }

  mutating func write(opaque text: String, at offset: inout Int) {
    write(length: text.utf8.count, at: &offset)
    write(fixed: text, at: &offset)
  }
}

extension Int {
  /// How many bytes a vector of this many bytes takes, its length included.
  var asVector: Int { self + TLSWriter.lengthByteCount(self) }
}

extension String {
  /// How many bytes the text takes as a vector.
  var vectorByteCount: Int { utf8.count.asVector }
}
