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

/// A SHA-256 value on the wire. 32 bytes.
public struct Digest32: FixedBytes {
  /// 32.
  public static let byteCount = 32
  /// The value.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 32 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// 32 zero bytes.
  package static let zero = Digest32(unchecked: [UInt8](repeating: 0, count: byteCount))
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
