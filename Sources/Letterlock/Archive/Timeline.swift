/// A history as people see it: messages in the order they were sent, edits and retractions folded in.
public struct Timeline: Sendable {
  /// Every message that is not an edit or a retraction of another, by the time it was sent.
  public private(set) var messages: [Message] = []
  /// What is known of each conversation.
  public private(set) var profiles: [ConversationID: ConversationProfile] = [:]
  /// What devices call themselves.
  public private(set) var deviceNames: [DeviceID: String] = [:]
  /// Records that cannot be read, and why.
  public private(set) var unreadable: [Unreadable] = []
  /// How many records the history holds, those that wait to be sent included.
  public private(set) var recordCount = 0
  /// How many entries only a newer version of this library understands.
  public private(set) var newerEntryCount = 0

  /// A record that cannot be read.
  public struct Unreadable: Hashable, Sendable {
    /// Its place in the history; nil while it waits to be sent.
    public let leaf: UInt64?
    /// Why.
    public let reason: ArchiveError
  }

  private var places: [MessageID: Int] = [:]
  private var changes: [Message] = []

  /// An empty timeline.
  init() {}

  mutating func add(_ read: Device.HistoryEntry) {
    recordCount += 1
    switch read.entry {
    case .failure(let reason): unreadable.append(Unreadable(leaf: read.leaf, reason: reason))
    case .success(.message(let message)): add(message)
    case .success(.conversation(let profile)): profiles[profile.id] = profile
    case .success(.device(let profile)): deviceNames[read.author] = profile.name
    case .success(.deletion(let deletion)): apply(deletion)
    case .success(.unknown): newerEntryCount += 1
    }
  }

  /// The first message of an identifier stands.
  private mutating func add(_ message: Message) {
    switch message.body {
    case .edit, .retraction(target: .some): changes.append(message)
    default:
      guard places[message.id] == nil else { return }
      places[message.id] = messages.count
      messages.append(message)
    }
  }

  /// Deletions and recoveries count in the order of the history, which all devices share.
  private mutating func apply(_ deletion: Deletion) {
    let deletedAt: Timestamp?
    switch deletion.action {
    case .deleted: deletedAt = deletion.at
    case .recovered: deletedAt = nil
    case .erased, .unknown: return
    }
    let named = deletion.messages.compactMap { places[$0] }
    for place in deletion.messages.isEmpty ? Array(messages.indices) : named
    where messages[place].conversation == deletion.conversation {
      messages[place].recentlyDeletedAt = deletedAt
    }
  }

  /// Folds changes in and sorts: whatever order records came in, the outcome is the same.
  mutating func settle() {
    changes.sort { ($0.sentAt, $0.id) < ($1.sentAt, $1.id) }
    for change in changes { fold(change) }
    changes = []
    let order = messages.indices.sorted {
      (messages[$0].sentAt, $0) < (messages[$1].sentAt, $1)
    }
    messages = order.map { messages[$0] }
    places = [:]
  }

  /// Only who sent a message changes it.
  private mutating func fold(_ change: Message) {
    switch change.body {
    case .edit(let edit):
      guard let place = editable(edit.target, by: change), case .text = messages[place].body else {
        return
      }
      messages[place].fold(.text(edit.newText), editedAt: change.sentAt, from: change)
    case .retraction(target: .some(let target)):
      guard let place = editable(target, by: change) else { return }
      messages[place].fold(.retraction(target: nil), editedAt: nil, from: change)
    default: break
    }
  }

  private func editable(_ target: MessageID, by change: Message) -> Int? {
    guard let place = places[target], messages[place].sender == change.sender,
      messages[place].conversation == change.conversation
    else { return nil }
    return place
  }

  /// The conversations that hold messages, the one with the newest message first.
  public var conversations: [ConversationID] {
    var newest: [ConversationID: Timestamp] = [:]
    for message in messages {
      guard let id = message.conversation else { continue }
      newest[id] = max(newest[id] ?? message.sentAt, message.sentAt)
    }
    return newest.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
  }

  /// The messages of one conversation, by the time they were sent.
  public func messages(in conversation: ConversationID) -> [Message] {
    messages.filter { $0.conversation == conversation }
  }

  /// What to call a conversation: its name, or who is in it.
  public func title(of conversation: ConversationID) -> String {
    let profile = profiles[conversation]
    if let name = profile?.name, !name.isEmpty { return name }
    let participants = profile?.participants.map(\.rawValue) ?? []
    return participants.isEmpty ? "(no name)" : participants.joined(separator: ", ")
  }
}

extension Device {
  /// Reads the whole history, every author verified, as people see it.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func timeline() throws(DeviceError) -> Timeline {
    var timeline = Timeline()
    do throws(HistoryReadError<Never>) {
      try forEachEntry { timeline.add($0) }
    } catch {
      switch error {
      case .device(let error): throw error
      }
    }
    timeline.settle()
    return timeline
  }
}
