/// Searches without an index on disk: every record is opened and read once, and those of the messages that are found a
/// second time, so that a message is found as people see it.
struct MessageSearcher: Sendable {
  let timeline: TimelineReader

  /// How many messages are made at once.
  private static let pageCount = 256

  /// Lends every message whose text or subject holds all words of `line` to `body`, the newest in the history first,
  /// until `body` answers false.
  func search(
    _ line: String, _ body: (Message, TimelineIndex) -> Bool
  ) throws(DeviceError) -> TimelineIndex {
    let words = SearchWords(line)
    var index = TimelineIndex()
    var hits: Set<RecordPosition> = []
    try timeline.history.forEach { read in
      index.add(read)
      guard let message = try? read.entry.get().saidMessage, words.match(message.searchedText) else {
        return
      }
      hits.insert(read.position)
    }
    index.settle(activeDevices: timeline.history.activeDevices)
    // A message is found by its newest text: that one is among those that hold the words.
    let found = index.references.filter { index.recipe(of: $0).positions.contains(where: hits.contains) }
    var rest = found.sorted { index.position(of: $1) < index.position(of: $0) }[...]
    while !rest.isEmpty {
      let page = rest.prefix(Self.pageCount)
      rest = rest.dropFirst(page.count)
      for message in try timeline.messages(page, of: index)
      where message.recentlyDeletedAt == nil && words.match(message.searchedText) {
        guard body(message, index) else { return index }
      }
    }
    return index
  }
}

extension Message {
  /// What words are looked for in.
  fileprivate var searchedText: String { subject.map { $0 + "\n" + text } ?? text }
}
