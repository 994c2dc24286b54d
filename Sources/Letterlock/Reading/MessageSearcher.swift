/// Searches without an index on disk: records are opened and read, from the newest back.
struct MessageSearcher: Sendable {
  let history: HistoryReader

  /// Lends every message whose text holds all words of `line` to `body`, the newest in the history first, until `body`
  /// answers false.
  func search(_ line: String, _ body: (Message) -> Bool) throws(DeviceError) {
    var search = MessageSearch(SearchWords(line))
    for entry in history.opened(try history.waiting(limit: .max)).reversed() {
      if let hit = search.take(entry), !body(hit) { return }
    }
    var end = try history.size
    while end > 0 {
      let batches = try history.batches(before: end, limit: 4)
      guard let first = batches.first, first.firstLeaf < end else { return }
      for entry in history.opened(batches.flatMap(\.storedEntries)).reversed() {
        if let hit = search.take(entry), !body(hit) { return }
      }
      end = first.firstLeaf
    }
  }
}

/// What a search from the end must remember: the changes whose messages are still to come.
private struct MessageSearch {
  private struct Change {
    let sender: Sender
    let conversation: ConversationID?
  }

  private let words: SearchWords
  /// Whether messages are in recently deleted, by the newest word on them.
  private var deleted: [MessageID: Bool] = [:]
  private var deletedConversations: [ConversationID: Bool] = [:]
  private var changes: [MessageID: Change] = [:]

  init(_ words: SearchWords) { self.words = words }

  /// The message, if it is one that is looked for.
  mutating func take(_ read: HistoryEntry) -> Message? {
    guard case .success(.message(let message)) = read.entry else {
      if case .success(.deletion(let deletion)) = read.entry { note(deletion) }
      return nil
    }
    switch message.body {
    case .edit(let edit):
      guard remember(edit.target, changedBy: message) else { return nil }
    case .retraction(target: .some(let target)):
      remember(target, changedBy: message)
      return nil
    default:
      if let change = changes[message.id], change.sender == message.sender,
        change.conversation == message.conversation
      {
        return nil
      }
    }
    guard !isDeleted(message) else { return nil }
    return words.match(message.text) ? message : nil
  }

  /// Coming from the end, the first word on a message is the newest.
  private mutating func note(_ deletion: Deletion) {
    let isDeleted: Bool
    switch deletion.action {
    case .deleted: isDeleted = true
    case .recovered: isDeleted = false
    case .erased, .unknown: return
    }
    guard deletedConversations[deletion.conversation] == nil else { return }
    if deletion.messages.isEmpty { deletedConversations[deletion.conversation] = isDeleted }
    for id in deletion.messages where deleted[id] == nil { deleted[id] = isDeleted }
  }

  private func isDeleted(_ message: Message) -> Bool {
    var id = message.id
    if case .edit(let edit) = message.body { id = edit.target }
    return deleted[id] ?? message.conversation.flatMap { deletedConversations[$0] } ?? false
  }

  /// Whether this is the newest change of its message.
  @discardableResult
  private mutating func remember(_ target: MessageID, changedBy message: Message) -> Bool {
    guard changes[target] == nil else { return false }
    changes[target] = Change(sender: message.sender, conversation: message.conversation)
    return true
  }
}
