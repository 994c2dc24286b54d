/// A history as people see it: messages in the order they were sent, edits and retractions folded in.
///
/// It holds every message in memory: for a history that may be long, `TimelineIndex` does not.
public struct Timeline: Sendable {
  /// Every message that is not an edit or a retraction of another, by the time it was sent.
  public let messages: [Message]
  private let index: TimelineIndex

  /// A record that cannot be read.
  public struct Unreadable: Hashable, Sendable {
    /// Its leaf index; nil while it waits to be sent.
    public let leaf: UInt64?
    /// Why.
    public let reason: ArchiveError
  }

  init(_ messages: [Message], index: TimelineIndex) {
    self.messages = messages
    self.index = index
  }

  /// What is known of each conversation.
  public var profiles: [ConversationID: ConversationProfile] { index.profiles }
  /// What devices call themselves.
  public var deviceNames: [DeviceID: String] { index.deviceNames }
  /// Records that cannot be read, and why.
  public var unreadable: [Unreadable] { index.unreadable }
  /// How many records the history holds, those that wait to be sent included.
  public var recordCount: Int { index.recordCount }
  /// How many entries only a newer version of this library understands.
  public var newerEntryCount: Int { index.newerEntryCount }

  /// The conversations that hold messages, the one with the newest message first.
  public var conversations: [ConversationID] { index.conversations }

  /// The messages of one conversation, by the time they were sent.
  public func messages(in conversation: ConversationID) -> [Message] {
    messages.filter { $0.conversation == conversation }
  }

  /// About when a message was sent by the history's order, if its own date is more than a day off that; else nil.
  public func impliedDate(of message: Message) -> Timestamp? { index.impliedDate(of: message) }

  /// Whether the clock of the device that dated a message was more than a day off what the history's order implies.
  public func isDateDoubtful(_ message: Message) -> Bool { impliedDate(of: message) != nil }

  /// What to call a conversation: its name, or who is in it.
  public func title(of conversation: ConversationID) -> String { index.title(of: conversation) }
}
