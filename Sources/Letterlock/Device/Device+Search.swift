/// Searching without an index on disk: records are opened and read, from the newest back.
extension Device {
  /// Gives every message whose text holds all words of `line`, the newest in the history first, until `body`
  /// answers false.
  ///
  /// Case and accents do not count. A message that was edited is found by its newest text, a retracted one not
  /// at all. Nothing that is opened is kept.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func search(_ line: String, _ body: (Message) -> Bool) throws(DeviceError) {
    let store = try neededStore()
    var search = MessageSearch(SearchWords(line))
    let waiting = try Self.storing { () throws(StoreError) in try store.outbox(limit: .max) }
    for record in waiting.reversed() {
      if let hit = search.take(opened(record.bytes, leaf: nil, author: id)), !body(hit) { return }
    }
    var end = try progress().history.tree.size
    while end > 0 {
      let before = end
      let batches = try Self.storing { () throws(StoreError) in try store.batches(before: before, limit: 4) }
      guard let first = batches.first, first.firstLeaf < end else { return }
      for batch in batches.reversed() {
        for record in batch.records.reversed() {
          if let hit = search.take(opened(record, leaf: nil, author: batch.append.device)), !body(hit) {
            return
          }
        }
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
  private var changes: [MessageID: Change] = [:]

  init(_ words: SearchWords) { self.words = words }

  /// The message, if it is one that is looked for.
  mutating func take(_ read: Device.HistoryEntry) -> Message? {
    guard case .success(.message(let message)) = read.entry else { return nil }
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
    return words.match(message.text) ? message : nil
  }

  /// Whether this is the newest change of its message.
  @discardableResult
  private mutating func remember(_ target: MessageID, changedBy message: Message) -> Bool {
    guard changes[target] == nil else { return false }
    changes[target] = Change(sender: message.sender, conversation: message.conversation)
    return true
  }
}
