/// What names a sealed attachment to whoever stores it; says nothing about the file or its message.
///
/// 16 random bytes, new at each attempt to seal. SPEC.md section 7.1.
public struct BlobID: Hashable, Sendable {
  package let value: Bytes16

  package init(_ value: Bytes16) {
    self.value = value
  }

  /// A new identifier of 16 random bytes.
  public init() {
    value = .random()
  }

  /// The identifier that these bytes are.
  /// - Throws: `IdentifierError.wrongByteCount` if there are not exactly 16.
  public init(bytes: [UInt8]) throws(IdentifierError) {
    guard bytes.count == 16, let value = Bytes16(prefixOf: bytes) else { throw .wrongByteCount }
    self.value = value
  }

  /// The 16 bytes.
  public var bytes: [UInt8] { value.bytes }
}

extension BlobID: Comparable {
  /// Orders by the bytes, first byte first.
  public static func < (left: Self, right: Self) -> Bool {
    left.value < right.value
  }
}

extension BlobID: CustomStringConvertible {
  /// 32 lower-case hexadecimal digits.
  public var description: String { value.hexadecimal }
}
