/// Writes values in the presentation language of RFC 8446 section 3, with the variable-size vectors of
/// RFC 9420 section 2.1.2.
public struct TLSWriter: Sendable {
  @usableFromInline var buffer: [UInt8]

  /// What has been written.
  @inlinable
  public var bytes: [UInt8] { buffer }

  /// A writer with room for `byteCount` bytes.
  @inlinable
  public init(reserving byteCount: Int = 0) {
    buffer = []
    buffer.reserveCapacity(byteCount)
  }

  /// The largest length a vector can have: 2^30 - 1.
  public static let maximumVectorByteCount = 0x3fff_ffff

  /// Writes one byte.
  @inlinable
  public mutating func write(_ value: UInt8) { buffer.append(value) }

  /// Writes a big-endian integer.
  @inlinable
  public mutating func write<Integer: FixedWidthInteger>(_ value: Integer) { writeInteger(value) }

  /// Writes a big-endian integer: without the cost of a type that another module chooses.
  @inlinable
  public mutating func write(_ value: UInt16) { writeInteger(value) }

  /// Writes a big-endian integer: without the cost of a type that another module chooses.
  @inlinable
  public mutating func write(_ value: UInt32) { writeInteger(value) }

  /// Writes a big-endian integer: without the cost of a type that another module chooses.
  @inlinable
  public mutating func write(_ value: UInt64) { writeInteger(value) }

  @inlinable
  mutating func writeInteger<Integer: FixedWidthInteger>(_ value: Integer) {
    var shift = Integer.bitWidth
    while shift > 0 {
      shift -= 8
      buffer.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Writes `opaque value[n]`: the bytes and no length.
  @inlinable
  public mutating func write(fixed value: [UInt8]) { buffer.append(contentsOf: value) }

  /// Writes a text's UTF-8 and no length.
  public mutating func write(utf8 text: String) { buffer.append(contentsOf: text.utf8) }

  /// Writes `opaque value<V>`: a length and the bytes.
  @inlinable
  public mutating func write(opaque value: [UInt8]) {
    write(length: value.count)
    buffer.append(contentsOf: value)
  }

  /// Writes the length of a vector in its shortest form. RFC 9420 section 2.1.2.
  ///
  /// A length of 2^30 or more has no form: what stands in its place is refused by every reader.
  @inlinable
  public mutating func write(length: Int) {
    switch length {
    case ..<0x40: write(UInt8(truncatingIfNeeded: length))
    case ..<0x4000: write(UInt16(truncatingIfNeeded: length | 0x4000))
    case ..<0x4000_0000: write(UInt32(truncatingIfNeeded: length | 0x8000_0000))
    default: write(UInt32.max)
    }
  }

  /// How many bytes a vector's length takes. RFC 9420 section 2.1.2.
  @inlinable
  public static func lengthByteCount(_ length: Int) -> Int {
    length < 0x40 ? 1 : length < 0x4000 ? 2 : 4
  }

  /// Writes `T value<V>`, whose elements `body` writes.
  ///
  /// They are written where they stay, but for a vector of 64 bytes or more: it makes room for its length afterwards.
  @inlinable
  public mutating func writeVector(_ body: (inout TLSWriter) -> Void) {
    let start = buffer.count
    buffer.append(0)
    body(&self)
    let length = buffer.count - start - 1
    guard length >= 0x40 else { return buffer[start] = UInt8(truncatingIfNeeded: length) }
    insertLength(length, at: start)
  }

  @usableFromInline
  mutating func insertLength(_ length: Int, at start: Int) {
    var encoded = TLSWriter(reserving: 4)
    encoded.write(length: length)
    buffer.replaceSubrange(start..<start + 1, with: encoded.buffer)
  }

  /// Writes a value.
  @_disfavoredOverload
  @inlinable
  public mutating func write(_ value: some TLSCodable) { value.encode(to: &self) }
}
