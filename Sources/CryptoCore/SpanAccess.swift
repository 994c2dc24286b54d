// What the standard library's raw spans lack for reading and writing formats without an array in between.
// Each bounds check is the span's own: an offset outside traps before memory is touched.

extension RawSpan {
  /// The byte at `offset`.
  @inlinable
  package func byte(at offset: Int) -> UInt8 {
    // Checked by the span; every bit pattern is a valid UInt8.
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// The big-endian integer whose first byte is at `offset`.
  @inlinable
  package func bigEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Integer.Type = Integer.self
  ) -> Integer {
    // Checked by the span; every bit pattern is a valid integer.
    Integer(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self))
  }

  /// Whether the bytes are these: not in constant time, for what is no secret.
  @inlinable
  package func isEqual(to bytes: [UInt8]) -> Bool {
    byteCount == bytes.count && bytes.indices.allSatisfy { byte(at: $0) == bytes[$0] }
  }

  /// Whether every byte in `range` is zero.
  @inlinable @inline(__always)
  package func isZero(_ range: Range<Int>) -> Bool {
    var offset = range.lowerBound
    while range.upperBound - offset >= 8 {
      guard bigEndian(at: offset, as: UInt64.self) == 0 else { return false }
      offset += 8
    }
    while offset < range.upperBound {
      guard byte(at: offset) == 0 else { return false }
      offset += 1
    }
    return true
  }

  /// A copy of the bytes in `range`.
  @inlinable
  package func array(_ range: Range<Int>) -> [UInt8] {
    unsafe extracting(range).withUnsafeBytes { unsafe Array($0) }
  }

  /// Whether all bytes in `range` are ASCII: several times as quick as validating UTF-8.
  @inlinable
  package func isASCII(_ range: Range<Int>) -> Bool {
    unsafe extracting(range).withUnsafeBytes { bytes in
      var all: UInt8 = 0
      for index in 0..<bytes.count { all |= unsafe bytes[index] }
      return all < 0x80
    }
  }

  /// The text that the bytes in `range` encode; nil if they are not UTF-8.
  @inlinable
  package func string(_ range: Range<Int>) -> String? {
    // The view is of bytes and does not outlive this function.
    let units = unsafe extracting(range)._unsafeView(as: UInt8.self)
    if isASCII(range) { return String(copying: unsafe UTF8Span(unchecked: units, isKnownASCII: true)) }
    guard let text = try? UTF8Span(validating: units) else { return nil }
    return String(copying: text)
  }
}

extension MutableRawSpan {
  /// Writes the integer, big-endian, its first byte at `offset`.
  @inlinable
  package mutating func store<Integer: FixedWidthInteger & BitwiseCopyable>(
    bigEndian value: Integer, at offset: Int
  ) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: Integer.self)
  }

  /// Copies `bytes` to `offset`.
  @inlinable
  package mutating func copy(_ bytes: RawSpan, to offset: Int) {
    var target = _mutatingExtracting(offset..<offset + bytes.byteCount)
    // The span just made is as long as `bytes`, and exclusive access rules out overlap.
    unsafe bytes.withUnsafeBytes { source in
      unsafe target.withUnsafeMutableBytes { unsafe $0.copyMemory(from: source) }
    }
  }

  /// Copies `bytes` to `offset`.
  @inlinable
  package mutating func copy(_ bytes: [UInt8], to offset: Int) {
    // Bytes have no padding to expose.
    unsafe copy(bytes.span.bytes, to: offset)
  }

  /// Copies the text's UTF-8 to `offset`.
  @inlinable
  package mutating func copy(utf8 text: String, to offset: Int) {
    // Bytes have no padding to expose.
    unsafe copy(text.utf8Span.span.bytes, to: offset)
  }

  /// Lends the bytes in `range` for writing.
  @inlinable
  package mutating func withPart<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (inout MutableRawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var part = _mutatingExtracting(range)
    return try body(&part)
  }

  /// Fills `range` with zeros.
  @inlinable
  package mutating func zero(_ range: Range<Int>) {
    var target = _mutatingExtracting(range)
    unsafe target.withUnsafeMutableBytes { bytes in
      _ = unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }
}

extension [UInt8] {
  /// Lends the array's bytes as a raw span.
  @inlinable
  package func withRawSpan<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Bytes have no padding to expose.
    try unsafe body(span.bytes)
  }

  /// Lends the array's bytes as a raw span that can be written to.
  @inlinable
  package mutating func withMutableRawSpan<Result: ~Copyable, Failure: Error>(
    _ body: (inout MutableRawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var elements = mutableSpan
    // Bytes have no padding to expose, and every bit pattern is a valid UInt8.
    var bytes = unsafe elements.mutableBytes
    return try body(&bytes)
  }
}

extension MutableRawSpan {
  /// Whether every byte in `range` is zero.
  package func isZero(_ range: Range<Int>) -> Bool { bytes.isZero(range) }
}
