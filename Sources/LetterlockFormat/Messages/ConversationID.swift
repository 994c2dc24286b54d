/// What names a conversation: the id of its stream, known only inside records.
///
/// 16 bytes, random unless an importer derives them. SPEC.md section 10.3.
public struct ConversationID: Hashable, Sendable {
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

  /// The identifier of a conversation that an importer found, the same every time it is found.
  ///
  /// `Hash("conversation id", source<V> || identifier<V>)[0..<16]`. SPEC.md section 10.3.
  /// - Parameters:
  ///   - source: what was read, such as `chat.db`.
  ///   - identifier: how the source names it, unique within the source.
  public static func imported(source: String, identifier: String) -> Self {
    Self(.imported(purpose: "conversation id", source: source, identifier: identifier))
  }

  /// The 16 bytes.
  public var bytes: [UInt8] { value.bytes }
}

extension ConversationID: Comparable {
  /// Orders by the bytes, first byte first.
  public static func < (left: Self, right: Self) -> Bool {
    left.value < right.value
  }
}

extension ConversationID: CustomStringConvertible {
  /// 32 lower-case hexadecimal digits.
  public var description: String { value.hexadecimal }
}
