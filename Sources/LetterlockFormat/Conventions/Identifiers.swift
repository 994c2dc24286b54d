internal import CryptoCore
public import TLSCodec

/// Names an account for ever: the hash of the first entry of its log. 32 bytes. SPEC.md section 3.1.
public struct AccountID: FixedBytes {
  /// 32.
  public static let byteCount = 32
  /// The identifier.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 32 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// What stands for the account where it has no identifier yet: in a bundle, and in `create`.
  package static let none = AccountID(unchecked: [UInt8](repeating: 0, count: byteCount))
}

/// Names a device within every account: the hash of its signing keys. 32 bytes. SPEC.md section 3.1.
public struct DeviceID: FixedBytes, Comparable {
  /// 32.
  public static let byteCount = 32
  /// The identifier.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 32 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// The order of epoch wraps in a header: by bytes.
  public static func < (left: DeviceID, right: DeviceID) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

/// The hash of a log entry, and so of the whole log up to it. 32 bytes. SPEC.md section 3.3.
public struct LogHead: FixedBytes {
  /// 32.
  public static let byteCount = 32
  /// The hash.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 32 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// The predecessor of the first entry.
  package static let none = LogHead(unchecked: [UInt8](repeating: 0, count: byteCount))
}

/// A SHA-256 value on the wire. 32 bytes, held without an allocation: a history has one for every record.
public struct Digest32: FixedBytes {
  /// 32.
  public static let byteCount = 32
  private let first: Bytes16
  private let second: Bytes16

  private init(_ first: Bytes16, _ second: Bytes16) {
    self.first = first
    self.second = second
  }

  /// Wraps bytes that are known to be 32 long.
  public init(unchecked bytes: [UInt8]) {
    // Never a trap, whoever calls: missing bytes are zeros.
    let whole =
      bytes.count < Self.byteCount
      ? bytes + [UInt8](repeating: 0, count: Self.byteCount - bytes.count) : bytes
    self = whole.withRawSpan { Digest32($0, at: 0) }
  }

  /// The 32 bytes at `offset`.
  init(_ bytes: RawSpan, at offset: Int) {
    self.init(Bytes16(bytes, at: offset), Bytes16(bytes, at: offset + 16))
  }

  /// The value.
  public var bytes: [UInt8] {
    withNewBytes(Self.byteCount) { bytes in
      var offset = 0
      write(to: &bytes, at: &offset)
    }
  }

  /// Writes the bytes.
  func write(to bytes: inout MutableRawSpan, at offset: inout Int) {
    bytes.write(first, at: &offset)
    bytes.write(second, at: &offset)
  }

  /// Reads 32 bytes.
  public init(from reader: inout TLSReader) throws(TLSError) {
    self.init(
      Bytes16(high: try reader.read(), low: try reader.read()),
      Bytes16(high: try reader.read(), low: try reader.read()))
  }

  /// 32 zero bytes.
  package static let zero = Digest32(Bytes16(high: 0, low: 0), Bytes16(high: 0, low: 0))
}

/// The first 16 bytes of an epoch header's hash: what a record names its epoch by. SPEC.md section 4.1.
public struct EpochReference: FixedBytes {
  /// 16.
  public static let byteCount = 16
  /// The bytes.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 16 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// What a relay sees of a conversation: 16 bytes, new in every epoch. SPEC.md section 5.1.
public struct StreamTag: FixedBytes {
  /// 16.
  public static let byteCount = 16
  /// The bytes.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 16 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}
