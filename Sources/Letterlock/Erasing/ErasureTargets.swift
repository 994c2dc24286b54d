/// Where the messages stand that `erased` entries name, and what people last said of deleting them.
///
/// One value may serve any number of signed batches in turn: what it read once is read again only if the history says
/// something new of its messages.
struct ErasureTargets: Sendable {
  /// A message in the conversation that an entry names.
  struct Name: Hashable, Sendable {
    let message: MessageID
    let conversation: ConversationID
  }

  /// What an entry names.
  static func names(in deletion: Deletion) -> [Name] {
    deletion.messages.map { Name(message: $0, conversation: deletion.conversation) }
  }

  private struct Target {
    /// The message and its revisions.
    var versions: [UInt64] = []
    /// What is about it.
    var others: [UInt64] = []
  }

  private var targets: [Name: Target]
  private var index = TimelineIndex()
  /// What was erased since the history was read.
  private var erased: Set<UInt64> = []
  /// How much of the history was read.
  private var end: UInt64 = 0
  /// What was sent for without being erased.
  private(set) var postponed: Set<Name> = []

  /// Knows of messages that are named; of none at first.
  init(of names: some Sequence<Name> = []) {
    targets = Dictionary(names.map { ($0, Target()) }) { first, _ in first }
  }

  /// Looks for these messages too.
  mutating func look(for names: [Name]) {
    guard !names.allSatisfy(targets.keys.contains) else { return }
    restart(of: Array(targets.keys) + names)
  }

  private mutating func restart(of names: some Sequence<Name>) {
    let postponed = postponed
    self = ErasureTargets(of: names)
    self.postponed = postponed
  }

  /// Notes messages whose entry is sent and erases nothing.
  mutating func postpone(_ names: [Name]) { postponed.formUnion(names) }

  /// Notes messages whose entry is sent with what it erases.
  mutating func settle(_ names: [Name]) { postponed.subtract(names) }

  /// Reads the history up to its end, without what waits to be sent.
  mutating func read(_ history: HistoryReader) throws(DeviceError) {
    if end > 0 {
      if try passErasures(in: history) { return }
      restart(of: Array(targets.keys))
    }
    while let page = try nextPage(of: history) {
      for entry in history.opened(page) { add(entry) }
    }
    index.settle()
  }

  /// Goes through what came since; false if it says more than that messages are erased.
  private mutating func passErasures(in history: HistoryReader) throws(DeviceError) -> Bool {
    while let page = try nextPage(of: history) {
      for entry in history.opened(page) {
        guard case .success(.deletion(let deletion)) = entry.entry, deletion.action == .erased else {
          return false
        }
      }
    }
    return true
  }

  /// The records that are there of the batches that follow; nil at the end.
  private mutating func nextPage(of history: HistoryReader) throws(DeviceError) -> [StoredEntry]? {
    let batches = try history.batches(from: end, limit: 4)
    guard let last = batches.last else { return nil }
    end = last.endLeaf
    for batch in batches { erased.formUnion(batch.erasures) }
    return batches.flatMap(\.storedEntries).filter { $0.record != nil }
  }

  private mutating func add(_ read: HistoryEntry) {
    index.add(read)
    guard let leaf = read.leaf, case .success(let entry) = read.entry,
      let conversation = entry.conversation
    else { return }
    if let id = entry.versionOf {
      targets[Name(message: id, conversation: conversation)]?.versions.append(leaf)
    }
    if let id = entry.about {
      targets[Name(message: id, conversation: conversation)]?.others.append(leaf)
    }
  }

  /// How many records cannot be read.
  var unreadableCount: Int { index.unreadable.count }

  /// The records of a message that are there, its revisions first.
  func leaves(of name: Name) -> [UInt64] {
    guard let target = targets[name] else { return [] }
    return (target.versions + target.others).filter { !erased.contains($0) }
  }

  /// Whether a message is there and in recently deleted no more.
  func wasTakenBack(_ name: Name) -> Bool {
    guard let reference = index.reference(to: name.message),
      index.conversation(of: reference) == name.conversation
    else { return false }
    return index.deletedAt(reference) == nil
  }
}
