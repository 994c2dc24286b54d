/// The newest part of a conversation, read without the rest of the history.
///
/// Of every record in it, the author's signature and the leaf index in the history that the relay signed are proven,
/// and that this history goes on from the one that the device knew. What only a full synchronisation proves: that no
/// record in between was left out, and that each author's signed batches are all there and in order. Changes and
/// deletions that stand in the window count. How an imported message travelled is not settled by a part of the history:
/// what its source claims shows as `Protection.notKnownYet`.
public struct ConversationWindow: Sendable {
  /// The conversation.
  public let conversation: ConversationID
  /// The messages, as a timeline shows them.
  public private(set) var messages: [Message] = []
  /// What the conversation is called, if that stands in the window.
  public private(set) var profile: ConversationProfile?
  /// Records that are proven and cannot be read, and why.
  public private(set) var unreadable: [Timeline.Unreadable] = []
  /// How many records the history had that the newest page was proven in.
  public internal(set) var historySize: UInt64 = 0
  /// Whether there may be older messages. Only the relay's word says that there are none.
  public var hasOlder: Bool { !tags.isEmpty }

  /// The lowest leaf index that was read.
  var oldest: UInt64 = .max
  /// The conversation's streams that may hold more, the newest epoch's first.
  var tags: [StreamTag]
  /// How many of them are asked for at once: more each time, so that a conversation that slept for years is found in
  /// a few questions, and most pages tell the relay of one stream.
  var groupSize = 1
  private var entries: [HistoryEntry] = []
  private let waiting: [HistoryEntry]
  private let activeDevices: Set<DeviceID>

  init(
    _ conversation: ConversationID, tags: [StreamTag], waiting: [HistoryEntry],
    activeDevices: Set<DeviceID>
  ) {
    self.conversation = conversation
    self.tags = tags
    self.waiting = waiting
    self.activeDevices = activeDevices
    settle()
  }

  /// Goes on to older streams.
  mutating func leaveGroup() {
    tags.removeFirst(min(groupSize, tags.count))
    groupSize = min(2 * groupSize, 512)
  }

  /// Puts older entries, ascending, before the ones that are here.
  mutating func add(older: [HistoryEntry]) {
    guard let first = older.first?.leaf else { return }
    oldest = min(oldest, first)
    entries = older + entries
    settle()
  }

  private mutating func settle() {
    var index = TimelineIndex()
    var found: [RecordPosition: Message] = [:]
    for entry in entries + waiting {
      index.add(entry)
      if let message = try? entry.entry.get().saidMessage { found[entry.position] = message }
    }
    index.settle(activeDevices: activeDevices)
    messages = index.references(in: conversation).compactMap {
      index.recipe(of: $0).made { found[$0] }?.unsettled
    }
    profile = index.profiles[conversation]
    unreadable = index.unreadable
  }
}

/// A conversation as a device learns of it first.
public struct ConversationSummary: Hashable, Sendable {
  /// The conversation.
  public let id: ConversationID
  /// Its newest record, if that is a message; what an import claims of it is not settled (`Protection.notKnownYet`).
  public let newest: Message?
  /// What it is called, if its newest record says so.
  public let profile: ConversationProfile?
  /// How many records it has in the epoch of the newest one, by the relay's word.
  public let recordCount: UInt64
}
