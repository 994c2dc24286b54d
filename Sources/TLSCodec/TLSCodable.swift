/// A value with one encoding in the presentation language of RFC 8446 section 3.
public protocol TLSCodable: SendableMetatype {
  /// Writes the value.
  func encode(to writer: inout TLSWriter)

  /// Reads a value.
  init(from reader: inout TLSReader) throws(TLSError)

  /// Writes `T value<V>`. Only for types whose vectors can be written quicker than value by value.
  static func encode(vector values: [Self], to writer: inout TLSWriter)

  /// Reads `T value<V>`. Only for types whose vectors can be read quicker than value by value.
  static func decode(vectorFrom reader: inout TLSReader) throws(TLSError) -> [Self]
}

extension TLSCodable {
  /// Writes the length in bytes and every value.
  @inlinable
  public static func encode(vector values: [Self], to writer: inout TLSWriter) {
    writer.writeVector { inner in
      for value in values { value.encode(to: &inner) }
    }
  }

  /// Reads a length in bytes and the values it holds.
  @inlinable
  public static func decode(vectorFrom reader: inout TLSReader) throws(TLSError) -> [Self] {
    try reader.readVector(of: Self.self)
  }

  /// The value's encoding.
  @inlinable
  public var encoded: [UInt8] {
    var writer = TLSWriter()
    encode(to: &writer)
    return writer.bytes
  }

  /// The value that `bytes` encode; refuses bytes left over.
  @inlinable
  public init(decoding bytes: [UInt8]) throws(TLSError) {
    var reader = TLSReader(bytes)
    let value = try Self(from: &reader)
    try reader.finish()
    self = value
  }
}

extension TLSCodable where Self: FixedWidthInteger {
  /// Writes the integer, big-endian.
  @inlinable
  public func encode(to writer: inout TLSWriter) { writer.write(self) }

  /// Reads the integer, big-endian.
  @inlinable
  public init(from reader: inout TLSReader) throws(TLSError) { self = try reader.read(Self.self) }
}

extension UInt8: TLSCodable {
  /// Writes `opaque value<V>`.
  @inlinable
  public static func encode(vector values: [UInt8], to writer: inout TLSWriter) {
    writer.write(opaque: values)
  }

  /// Reads `opaque value<V>`.
  @inlinable
  public static func decode(vectorFrom reader: inout TLSReader) throws(TLSError) -> [UInt8] {
    try reader.readOpaque()
  }
}
extension UInt16: TLSCodable {}
extension UInt32: TLSCodable {}
extension UInt64: TLSCodable {}

/// `opaque value<V>`.
public struct Opaque: TLSCodable, Hashable, Sendable {
  /// The content, without its length.
  public var bytes: [UInt8]

  /// Wraps `bytes`.
  @inlinable
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Writes the length and the bytes.
  @inlinable
  public func encode(to writer: inout TLSWriter) { writer.write(opaque: bytes) }

  /// Reads a length and that many bytes.
  @inlinable
  public init(from reader: inout TLSReader) throws(TLSError) { bytes = try reader.readOpaque() }
}

/// `T value<V>`.
extension Array: TLSCodable where Element: TLSCodable {
  /// Writes the length in bytes and every element.
  @inlinable
  public func encode(to writer: inout TLSWriter) {
    Element.encode(vector: self, to: &writer)
  }

  /// Reads a length in bytes and the elements it holds.
  @inlinable
  public init(from reader: inout TLSReader) throws(TLSError) {
    self = try Element.decode(vectorFrom: &reader)
  }
}

/// `optional<T>`: a byte 0 or 1 and the value if it is 1. RFC 9420 section 2.1.1.
extension Optional: TLSCodable where Wrapped: TLSCodable {
  /// Writes the presence byte and the value.
  @inlinable
  public func encode(to writer: inout TLSWriter) {
    switch self {
    case nil: writer.write(UInt8(0))
    case let value?:
      writer.write(UInt8(1))
      value.encode(to: &writer)
    }
  }

  /// Reads the presence byte and the value.
  @inlinable
  public init(from reader: inout TLSReader) throws(TLSError) {
    switch try reader.read(UInt8.self) {
    case 0: self = nil
    case 1: self = try Wrapped(from: &reader)
    default: throw .unknownValue
    }
  }
}
