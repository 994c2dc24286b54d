/// A value that is `opaque value[byteCount]` on the wire: an identifier, a hash, a public key.
public protocol FixedBytes: TLSCodable, Hashable, Sendable, CustomStringConvertible {
  /// The size in bytes of every value of the type.
  static var byteCount: Int { get }

  /// The value's bytes, `byteCount` of them.
  var bytes: [UInt8] { get }

  /// Wraps bytes that are known to be `byteCount` long.
  init(unchecked bytes: [UInt8])
}

extension FixedBytes {
  /// Wraps `bytes`, which must be `byteCount` long.
  /// - Throws: `TLSError.truncated` or `.trailingBytes` if they are not.
  @inlinable
  public init(bytes: [UInt8]) throws(TLSError) {
    guard bytes.count >= Self.byteCount else { throw .truncated }
    guard bytes.count == Self.byteCount else { throw .trailingBytes }
    self.init(unchecked: bytes)
  }

  /// Writes the bytes and no length.
  @inlinable
  public func encode(to writer: inout TLSWriter) { writer.write(fixed: bytes) }

  /// Reads `byteCount` bytes.
  @inlinable
  public init(from reader: inout TLSReader) throws(TLSError) {
    self.init(unchecked: try reader.read(fixed: Self.byteCount))
  }

  /// Lower-case hexadecimal.
  public var description: String { Hex.encode(bytes) }
}

/// Hexadecimal text.
public enum Hex {
  /// Two lower-case digits a byte.
  public static func encode(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes that `text` spells, upper or lower case; nil if it is anything else.
  public static func decode(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    case 0x41...0x46: digit - 0x41 + 10
    default: nil
    }
  }
}
