/// Reads the history as people see it.
struct TimelineReader: Sendable {
  let history: HistoryReader

  /// How many messages are read at once.
  private static let pageCount = 2048

  /// Reads the whole history, and keeps which records make which message.
  func index() throws(DeviceError) -> TimelineIndex {
    var index = TimelineIndex(reserving: Int(clamping: try history.size))
    try history.forEach { index.add($0) }
    index.settle(activeDevices: history.activeDevices)
    return index
  }

  /// Reads the history up to a leaf index, and keeps which records make which message. What is known by now of how a
  /// message travelled counts; which devices have been removed since does not.
  func index(before end: UInt64) throws(DeviceError) -> TimelineIndex {
    var index = TimelineIndex()
    try history.forEach { read in
      if let leaf = read.leaf, leaf < end { index.add(read) } else { index.addProtection(of: read) }
    }
    index.settle()
    return index
  }

  /// Reads the whole history with every message: each record is opened once.
  func timeline() throws(DeviceError) -> Timeline {
    var index = TimelineIndex(reserving: Int(clamping: try history.size))
    var opened: [Message] = []
    var numbers: [RecordPosition: Int] = [:]
    try history.forEach { read in
      index.add(read)
      guard let message = try? read.entry.get().saidMessage else { return }
      numbers[read.position] = opened.count
      opened.append(message)
    }
    index.settle(activeDevices: history.activeDevices)
    let messages = index.references.compactMap { reference in
      index.recipe(of: reference).made { position in numbers[position].map { opened[$0] } }
    }
    return Timeline(messages, index: index)
  }

  /// Opens messages of an index.
  func messages(
    _ references: some Collection<MessageReference>, of index: TimelineIndex
  ) throws(DeviceError) -> [Message] {
    var messages: [Message] = []
    messages.reserveCapacity(references.count)
    var rest = references[...]
    while !rest.isEmpty {
      let page = rest.prefix(Self.pageCount)
      rest = rest.dropFirst(page.count)
      try read(page.map(index.recipe), into: &messages)
    }
    return messages
  }

  /// Lends messages of an index to `body`, a page at a time.
  func forEachMessage(
    _ references: [MessageReference]?, of index: TimelineIndex, _ body: ([Message]) throws -> Void
  ) throws {
    var rest = (references ?? index.references)[...]
    while !rest.isEmpty {
      let page = rest.prefix(Self.pageCount)
      rest = rest.dropFirst(page.count)
      try body(try messages(page, of: index))
    }
  }

  private func read(_ recipes: [MessageRecipe], into messages: inout [Message]) throws(DeviceError) {
    try checkCancellation()
    let opened = try history.messages(in: try records(at: recipes.flatMap(\.positions)))
    var next = 0
    for recipe in recipes {
      let changes = next + 1 + recipe.revisions.count
      let end = changes + recipe.changes.count
      messages.append(recipe.made(of: opened[next], opened[next + 1..<changes], opened[changes..<end]))
      next = end
    }
  }

  /// Returns records by where they are.
  func records(at positions: [RecordPosition]) throws(DeviceError) -> [[UInt8]] {
    let leaves = positions.compactMap(\.leaf)
    let kept = try history.store.use { (store) throws(StoreError) in try store.records(at: leaves) }
    guard kept.count == leaves.count else { throw .store(.corrupted("records")) }
    var next = kept[...]
    var records: [[UInt8]] = []
    records.reserveCapacity(positions.count)
    for position in positions {
      let record: [UInt8]?
      if let sequence = position.sequence {
        let waiting = try history.waiting(after: sequence - 1, limit: 1).first
        record = waiting?.position == position ? waiting?.record : nil
      } else {
        record = next.popFirst() ?? nil
      }
      guard let record else { throw .historyChanged }
      records.append(record)
    }
    return records
  }
}
