/// Writes values in the presentation language of RFC 8446 section 3, with the variable-size vectors of
/// RFC 9420 section 2.1.2.
public struct TLSWriter: Sendable {
  /// What has been written.
  public private(set) var bytes: [UInt8]

  /// A writer with room for `byteCount` bytes.
  public init(reserving byteCount: Int = 0) {
    bytes = []
    bytes.reserveCapacity(byteCount)
  }

  /// The largest length a vector can have: 2^30 - 1.
  public static let maximumVectorByteCount = 0x3fff_ffff

  /// Writes one byte.
  public mutating func write(_ value: UInt8) { bytes.append(value) }

  /// Writes a big-endian integer.
  public mutating func write<Integer: FixedWidthInteger>(_ value: Integer) { writeInteger(value) }

  /// Writes a big-endian integer: without the cost of a type that another module chooses.
  public mutating func write(_ value: UInt16) { writeInteger(value) }

  /// Writes a big-endian integer: without the cost of a type that another module chooses.
  public mutating func write(_ value: UInt32) { writeInteger(value) }

  /// Writes a big-endian integer: without the cost of a type that another module chooses.
  public mutating func write(_ value: UInt64) { writeInteger(value) }

  @inline(__always)
  private mutating func writeInteger<Integer: FixedWidthInteger>(_ value: Integer) {
    var shift = Integer.bitWidth
    while shift > 0 {
      shift -= 8
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Writes `opaque value[n]`: the bytes and no length.
  public mutating func write(fixed value: [UInt8]) { bytes.append(contentsOf: value) }

  /// Writes a text's UTF-8 and no length.
  public mutating func write(utf8 text: String) { bytes.append(contentsOf: text.utf8) }

  /// Writes `opaque value<V>`: a length and the bytes.
  public mutating func write(opaque value: [UInt8]) {
    write(length: value.count)
    bytes.append(contentsOf: value)
  }

  /// Writes the length of a vector in its shortest form. RFC 9420 section 2.1.2.
  ///
  /// A length of 2^30 or more has no form: what stands in its place is refused by every reader.
  public mutating func write(length: Int) {
    switch length {
    case ..<0x40: write(UInt8(truncatingIfNeeded: length))
    case ..<0x4000: write(UInt16(truncatingIfNeeded: length | 0x4000))
    case ..<0x4000_0000: write(UInt32(truncatingIfNeeded: length | 0x8000_0000))
    default: write(UInt32.max)
    }
  }

  /// How many bytes a vector's length takes. RFC 9420 section 2.1.2.
  public static func lengthByteCount(_ length: Int) -> Int {
    length < 0x40 ? 1 : length < 0x4000 ? 2 : 4
  }

  /// Writes `T value<V>`, whose elements `body` writes.
  public mutating func writeVector(_ body: (inout TLSWriter) -> Void) {
    var inner = TLSWriter()
    body(&inner)
    write(opaque: inner.bytes)
  }

  /// Writes a value.
  @_disfavoredOverload
  public mutating func write(_ value: some TLSCodable) { value.encode(to: &self) }
}
