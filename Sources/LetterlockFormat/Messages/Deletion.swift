/// What a person did to messages that are there: deleted, recovered, or erased for good. Sealed like a message.
/// SPEC.md section 10.10.
public struct Deletion: Hashable, Sendable {
  /// What was done.
  public enum Action: Hashable, Sendable {
    /// Moved to recently deleted.
    case deleted
    /// Taken out of recently deleted.
    case recovered
    /// Erased: the records of the messages are no more.
    case erased
    /// Something that only a newer version knows.
    case unknown(UInt8)
  }

  /// What was done.
  public var action: Action
  /// When, by the clock of the device on which it was done.
  public var at: Timestamp
  /// The conversation of the messages.
  public var conversation: ConversationID
  /// The messages; all that stood before this in the history if there are none here.
  public var messages: [MessageID]
  /// Fields of a newer version, by number.
  package internal(set) var unknownFields: [UnknownValue] = []

  /// What a person did.
  package init(
    _ action: Action, at: Timestamp, conversation: ConversationID, messages: [MessageID]
  ) {
    self.action = action
    self.at = at
    self.conversation = conversation
    self.messages = messages
  }
}
