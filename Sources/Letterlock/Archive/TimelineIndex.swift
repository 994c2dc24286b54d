/// A history as people see it, but for what it says: which records make which message, in the order sent.
///
/// It takes a few dozen bytes a message, so a history of any length can be listed, paged through and exported:
/// `Device.messages(_:of:)` opens the records of the messages that are wanted.
public struct TimelineIndex: Sendable {
  /// Every message that is not an edit or a retraction of another, by the time it was sent.
  public private(set) var references: [MessageReference] = []
  /// What is known of each conversation.
  public private(set) var profiles: [ConversationID: ConversationProfile] = [:]
  /// What devices call themselves.
  public private(set) var deviceNames: [DeviceID: String] = [:]
  /// Records that cannot be read, and why.
  public private(set) var unreadable: [Timeline.Unreadable] = []
  /// How many records the history holds, those that wait to be sent included.
  public private(set) var recordCount = 0
  /// How many entries only a newer version of this library understands.
  public private(set) var newerEntryCount = 0

  struct Entry {
    let id: MessageID
    let sentAt: Timestamp
    let position: RecordPosition
    let conversation: UInt32
    /// Whether it was not brought in from elsewhere.
    let isLive: Bool
    /// Whether a source says that nobody could read it on its way.
    let isClaimed: Bool
    /// What its revisions must have in common with it; 0 if it has none.
    let revisionKey: Int
    /// Which of `words` is the newest on the message by name; 0 if there is none.
    var word: UInt32 = 0
  }

  /// What a person last said of deleting all of a conversation.
  private struct ConversationWord {
    /// Which of `words` it is.
    let word: UInt32
    /// How many messages there were: it is for those.
    let count: Int
  }

  private var entries: [Entry] = []
  /// What the history's order implies of messages that are dated more than a day off it, by their numbers.
  private var doubtful: [Int: Timestamp] = [:]
  private var table = MessageTable()
  private var conversationIDs: [ConversationID?] = []
  private var conversationNumbers: [ConversationID?: UInt32] = [:]
  /// What people said of deleting: when, or nil for a recovery.
  private var words: [Timestamp?] = [nil]
  /// The last word on each conversation as a whole, by its number. A later one is for all messages of an earlier one.
  private var conversationWords: [UInt32: ConversationWord] = [:]
  /// Messages that an `erased` entry names and that are there all the same, with the word on them that it follows.
  private var erasureOrders: [UInt32: Int] = [:]
  private var changes = MessageChanges()
  /// What was to be sent through a device's carrier.
  private(set) var sends = SendLedger()

  /// An empty index with room for a number of records.
  init(reserving count: Int = 0) {
    entries.reserveCapacity(count)
    table.reserve(count)
  }

  mutating func add(_ read: HistoryEntry) {
    recordCount += 1
    switch read.entry {
    case .failure(let reason): unreadable.append(Timeline.Unreadable(leaf: read.leaf, reason: reason))
    case .success(.message(let message)): add(message, at: read.position)
    case .success(.conversation(let profile)): profiles[profile.id] = profile
    case .success(.device(let profile)): deviceNames[read.author] = profile.name
    case .success(.deletion(let deletion)): apply(deletion)
    case .success(.revision(let revision)): changes.add(revision, at: read.position)
    case .success(.sendRequest(let content)):
      if add(content.message, at: read.position) { sends.add(content, by: read.author, at: read.position) }
    case .success(.sendReport(let report)):
      sends.take(report, by: read.author)
      changes.add(report, at: read.position)
    case .success(.snapshot): break
    case .success(.unknown): newerEntryCount += 1
    }
  }

  /// Takes of a record that stands after the part of the history that is read how the messages there travelled, and which
  /// are erased.
  mutating func addProtection(of read: HistoryEntry) {
    switch read.entry {
    case .success(.revision(let revision)): changes.add(revision, at: nil)
    case .success(.message(let message)):
      if let number = table.number(of: message.id, in: entries) { addCopy(message, of: number) }
    case .success(.deletion(let deletion)) where deletion.action == .erased:
      changes.addErased(deletion.messages)
    default: break
    }
  }

  /// The first message of an identifier stands, unless it was erased before: then it came once more, and is none. Another
  /// of one that stands counts for nothing but how the message travelled, whatever an `erased` entry says that erased
  /// nothing.
  @discardableResult
  private mutating func add(_ message: Message, at position: RecordPosition) -> Bool {
    if let target = message.body.changedMessage {
      changes.add(message, of: target, at: position)
      return false
    }
    if let standing = table.number(of: message.id, in: entries) {
      addCopy(message, of: standing)
      return false
    }
    let number = UInt32(entries.count)
    guard !changes.dropIfErased(message, at: position),
      table.insert(number, named: message.id, in: entries)
    else { return false }
    if let target = message.body.target {
      changes.add(reaction: number, to: target, in: message.conversation, at: position)
    }
    entries.append(
      Entry(
        id: message.id, sentAt: message.sentAt, position: position,
        conversation: self.number(of: message.conversation),
        isLive: message.origin == nil,
        isClaimed: message.revisionKey != nil && !message.protection.isUnencrypted,
        revisionKey: message.revisionKey?.hashValue ?? 0))
    return true
  }

  /// Notes how a message travelled by another copy of it: of two devices that imported it before they knew of each other,
  /// one may have had a source that said more. SPEC.md section 10.12.
  private mutating func addCopy(_ copy: Message, of number: UInt32) {
    if entries[Int(number)].isClaimed { changes.lower(number, to: copy) }
  }

  private mutating func number(of conversation: ConversationID?) -> UInt32 {
    if let number = conversationNumbers[conversation] { return number }
    let number = UInt32(conversationIDs.count)
    conversationNumbers[conversation] = number
    conversationIDs.append(conversation)
    return number
  }

  /// Deletions and recoveries count in the order of the history, which all devices share.
  private mutating func apply(_ deletion: Deletion) {
    sends.apply(deletion)
    switch deletion.action {
    case .deleted: words.append(deletion.at)
    case .recovered: words.append(nil)
    case .erased: return applyErasure(deletion)
    case .unknown: return
    }
    guard let conversation = conversationNumbers[deletion.conversation] else { return }
    let word = UInt32(words.count - 1)
    guard !deletion.messages.isEmpty else {
      conversationWords[conversation] = ConversationWord(word: word, count: entries.count)
      return
    }
    for id in deletion.messages {
      guard let number = table.number(of: id, in: entries).map(Int.init),
        entries[number].conversation == conversation
      else { continue }
      entries[number].word = word
    }
  }

  /// Counts for the deletion that each message is in recently deleted for, but not for one that is later than the order.
  private mutating func applyErasure(_ deletion: Deletion) {
    changes.addErased(deletion.messages)
    guard let conversation = conversationNumbers[deletion.conversation] else { return }
    for id in deletion.messages {
      guard let number = table.number(of: id, in: entries), entries[Int(number)].conversation == conversation
      else { continue }
      let word = word(of: Int(number))
      guard let deletedAt = words[word], deletedAt <= deletion.at else { continue }
      erasureOrders[number] = word
    }
  }

  /// The number of the newest word on a message, by name or with its conversation.
  private func word(of number: Int) -> Int {
    let entry = entries[number]
    guard let whole = conversationWords[entry.conversation], number < whole.count else {
      return Int(entry.word)
    }
    return Int(max(entry.word, whole.word))
  }

  /// Finds what changes belong to, and sorts: whatever order records came in, the outcome is the same.
  ///
  /// - Parameter activeDevices: the devices that can still send what they were asked to; nil if that does not count.
  mutating func settle(activeDevices: Set<DeviceID>? = nil) {
    if let activeDevices { sends.settle(activeDevices) }
    let (table, messages, conversations) = (table, entries, conversationIDs)
    changes.settle { id, conversation in
      guard let number = table.number(of: id, in: messages),
        conversations[Int(messages[Int(number)].conversation)] == conversation
      else { return nil }
      return number
    } stands: {
      table.number(of: $0, in: messages) != nil
    } revisionKey: {
      messages[Int($0)].revisionKey
    }
    let hidden = changes.hidden
    references = (0..<UInt32(entries.count)).lazy.filter { !hidden.contains($0) }.map(MessageReference.init)
    let entries = entries
    // In range: there are at most as many messages as such a number can count.
    let clocks = ClockOrder(entries.map(\.sentAt)) {
      entries[$0].isLive && !hidden.contains(UInt32($0))
    }
    doubtful = clocks.doubtful
    let keys = clocks.keys
    references.sort { (keys[Int($0.number)], $0.number) < (keys[Int($1.number)], $1.number) }
  }
}

/// One message of a `TimelineIndex`.
public struct MessageReference: Hashable, Sendable {
  let number: UInt32
}

extension TimelineIndex {
  /// The message of an identifier, if there is one.
  public func reference(to id: MessageID) -> MessageReference? {
    table.number(of: id, in: entries).flatMap {
      changes.hidden.contains($0) ? nil : MessageReference(number: $0)
    }
  }

  /// A message's identifier.
  public func id(of reference: MessageReference) -> MessageID { entries[Int(reference.number)].id }

  /// When a message was sent.
  public func sentAt(of reference: MessageReference) -> Timestamp { entries[Int(reference.number)].sentAt }

  /// About when a message was sent by the history's order, if its own date is more than a day off that; else nil.
  public func impliedDate(of message: Message) -> Timestamp? {
    doubtful.isEmpty ? nil : reference(to: message.id).flatMap { doubtful[Int($0.number)] }
  }

  /// The conversation of a message.
  public func conversation(of reference: MessageReference) -> ConversationID? {
    conversationIDs[Int(entries[Int(reference.number)].conversation)]
  }

  /// The messages of one conversation, by the time they were sent.
  public func references(in conversation: ConversationID) -> [MessageReference] {
    guard let number = conversationNumbers[conversation] else { return [] }
    return references.filter { entries[Int($0.number)].conversation == number }
  }

  /// The conversations that hold messages, the one with the newest message first.
  public var conversations: [ConversationID] {
    var newest = [Timestamp?](repeating: nil, count: conversationIDs.count)
    for reference in references {
      let entry = entries[Int(reference.number)]
      let number = Int(entry.conversation)
      newest[number] = max(newest[number] ?? entry.sentAt, entry.sentAt)
    }
    let known = zip(conversationIDs, newest).compactMap { id, newest in
      if let id, let newest { (id: id, newest: newest) } else { nil }
    }
    return known.sorted { ($1.newest, $0.id) < ($0.newest, $1.id) }.map(\.id)
  }

  /// What to call a conversation: its name, or who is in it.
  public func title(of conversation: ConversationID) -> String {
    let profile = profiles[conversation]
    if let name = profile?.name, !name.isEmpty { return name }
    let participants = profile?.participants.map(\.rawValue) ?? []
    return participants.isEmpty ? "(no name)" : participants.joined(separator: ", ")
  }

  /// Which records make a message, and what a person last said of deleting it.
  func recipe(of reference: MessageReference) -> MessageRecipe {
    let number = Int(reference.number)
    let word = word(of: number)
    return changes.recipe(
      of: reference.number, at: entries[number].position, deletion: word == 0 ? nil : .some(words[word]),
      request: sends[entries[number].id]?.progress)
  }

  /// Whether a message has other versions than the first one.
  package func hasVersions(_ reference: MessageReference) -> Bool { changes.hasRevisions(reference.number) }

  /// How a message travelled by a revision or a copy by which others could read it; nil if there is none.
  package func unencryptedVersion(of id: MessageID) -> Message? {
    reference(to: id).flatMap { changes.unencryptedVersion(of: $0.number) }
  }

  /// Where a message stands.
  func position(of reference: MessageReference) -> RecordPosition { entries[Int(reference.number)].position }

  /// How far a device has come with sending a message that it was asked to send; nil if none was asked.
  package func sendProgress(of id: MessageID) -> SendProgress? { sends[id]?.progress }

  /// Whether a message was erased, by the records that were added.
  package func isErased(_ id: MessageID) -> Bool { changes.isErased(id) { reference(to: $0) != nil } }

  /// Records of messages that were erased, which were not erased with them.
  var orphans: [MessageChanges.Orphan] { changes.orphans }

  /// Whether a message is in recently deleted, and an `erased` entry that came after that and is not dated before it names the
  /// message: it was sent when nothing could be erased. SPEC.md section 6.8.
  func awaitsErasure(_ reference: MessageReference) -> Bool {
    deletedAt(reference) != nil && erasureOrders[reference.number] == word(of: Int(reference.number))
  }

  /// Since when a person has wanted a message deleted.
  func deletedAt(_ reference: MessageReference) -> Timestamp? {
    words[word(of: Int(reference.number))]
  }
}
