/// Reads what `TLSWriter` writes, strictly: it refuses what no writer would have written, and checks every
/// length against what is left before it allocates.
public struct TLSReader: Sendable {
  @usableFromInline let bytes: [UInt8]
  @usableFromInline var position: Int
  @usableFromInline let end: Int

  /// A reader at the start of `bytes`.
  @inlinable
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  @inlinable
  init(_ bytes: [UInt8], from position: Int, to end: Int) {
    self.bytes = bytes
    self.position = position
    self.end = end
  }

  /// How many bytes are left.
  @inlinable
  public var remaining: Int { end - position }

  /// Whether nothing is left.
  @inlinable
  public var isAtEnd: Bool { position == end }

  /// How many bytes have been read from the start of the input.
  @inlinable
  public var offset: Int { position }

  /// Refuses bytes that are left over.
  @inlinable
  public func finish() throws(TLSError) {
    guard isAtEnd else { throw .trailingBytes }
  }

  /// Reads a big-endian integer.
  @inlinable
  public mutating func read<Integer: FixedWidthInteger>(
    _ type: Integer.Type = Integer.self
  ) throws(TLSError) -> Integer {
    try readInteger()
  }

  /// Reads a big-endian integer: without the cost of a type that another module chooses.
  @inlinable
  public mutating func read(_ type: UInt16.Type = UInt16.self) throws(TLSError) -> UInt16 {
    try readInteger()
  }

  /// Reads a big-endian integer: without the cost of a type that another module chooses.
  @inlinable
  public mutating func read(_ type: UInt32.Type = UInt32.self) throws(TLSError) -> UInt32 {
    try readInteger()
  }

  /// Reads a big-endian integer: without the cost of a type that another module chooses.
  @inlinable
  public mutating func read(_ type: UInt64.Type = UInt64.self) throws(TLSError) -> UInt64 {
    try readInteger()
  }

  @inlinable
  mutating func readInteger<Integer: FixedWidthInteger>() throws(TLSError) -> Integer {
    let byteCount = Integer.bitWidth / 8
    guard remaining >= byteCount else { throw .truncated }
    var value: Integer = 0
    for index in position..<position + byteCount {
      value = value << 8 | Integer(truncatingIfNeeded: bytes[index])
    }
    position += byteCount
    return value
  }

  /// Reads one byte.
  @inlinable
  public mutating func read(_ type: UInt8.Type = UInt8.self) throws(TLSError) -> UInt8 {
    guard position < end else { throw .truncated }
    defer { position += 1 }
    return bytes[position]
  }

  /// Reads `opaque value[byteCount]`.
  @inlinable
  public mutating func read(fixed byteCount: Int) throws(TLSError) -> [UInt8] {
    guard byteCount >= 0, remaining >= byteCount else { throw .truncated }
    defer { position += byteCount }
    return Array(bytes[position..<position + byteCount])
  }

  /// Reads `opaque value<V>` of at most `maximum` bytes.
  @inlinable
  public mutating func readOpaque(maximum: Int = .max) throws(TLSError) -> [UInt8] {
    let length = try readLength()
    guard length <= maximum else { throw .lengthTooLong }
    return try read(fixed: length)
  }

  /// Reads the length of a vector, and refuses one that is longer than what is left. RFC 9420 section 2.1.2.
  @inlinable
  public mutating func readLength() throws(TLSError) -> Int {
    let first: UInt8 = try read()
    let byteCount = 1 << Int(first >> 6)
    guard byteCount <= 4 else { throw .nonMinimalLength }
    var length = Int(first & 0x3f)
    for _ in 1..<byteCount { length = length << 8 | Int(try read(UInt8.self)) }
    guard byteCount == TLSWriter.lengthByteCount(length) else { throw .nonMinimalLength }
    guard length <= remaining else { throw .truncated }
    return length
  }

  /// Reads the length of a vector and gives a reader over exactly its bytes, which this one skips.
  @inlinable
  public mutating func readVector() throws(TLSError) -> TLSReader {
    let length = try readLength()
    defer { position += length }
    return TLSReader(bytes, from: position, to: position + length)
  }

  /// Reads `T value<V>`, element by element.
  @inlinable
  public mutating func readVector<Element: TLSCodable>(
    of type: Element.Type, maximumCount: Int = .max
  ) throws(TLSError) -> [Element] {
    var inner = try readVector()
    var elements: [Element] = []
    while !inner.isAtEnd {
      guard elements.count < maximumCount else { throw .lengthTooLong }
      let left = inner.remaining
      elements.append(try Element(from: &inner))
      // An element of no bytes would make a short input yield elements without end.
      guard inner.remaining < left else { throw .invalidValue }
    }
    return elements
  }
}
