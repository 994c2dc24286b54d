/// A named point in the history, to which an export or a restore can go back. Sealed like a message. SPEC.md section
/// 10.11.
public struct Snapshot: Hashable, Sendable {
  let identifier: Bytes16
  /// What the person called it.
  public let name: String
  /// When it was made, by the clock of the device that made it.
  public let at: Timestamp
  /// How many records the history held.
  public let treeSize: UInt64
  /// The root of the tree over them, 32 bytes.
  public let treeRoot: [UInt8]
  /// How many messages there were.
  public let messageCount: UInt64
  /// How many conversations held them.
  public let conversationCount: UInt64
  /// How many files they had.
  public let attachmentCount: UInt64
  /// Fields of a newer version, by number.
  package internal(set) var unknownFields: [UnknownValue] = []

  /// What names it, in hexadecimal.
  public var id: String { identifier.hexadecimal }

  package init(
    identifier: Bytes16, name: String, at: Timestamp, treeSize: UInt64, treeRoot: [UInt8],
    messageCount: UInt64,
    conversationCount: UInt64, attachmentCount: UInt64
  ) {
    self.identifier = identifier
    self.name = name
    self.at = at
    self.treeSize = treeSize
    self.treeRoot = treeRoot
    self.messageCount = messageCount
    self.conversationCount = conversationCount
    self.attachmentCount = attachmentCount
  }
}
