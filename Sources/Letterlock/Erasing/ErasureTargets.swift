/// Where the messages stand that `erased` entries name, and what people last said of deleting them.
///
/// One value may serve any number of signed batches in turn: what it read once is read again only if the history says
/// something new of its messages, or if a record that was missing or could not be opened is there now.
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
  /// What of it could not be read.
  private var gaps = HistoryGaps()
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
    let extent = try Extent(of: history)
    if end > 0 {
      if try isAsRead(history), try passErasures(in: history, extent) { return }
      restart(of: Array(targets.keys))
    }
    while let page = try nextPage(of: history, extent) {
      for entry in history.opened(page) { add(entry) }
    }
    index.settle()
  }

  /// Whether nothing that was missing of what was read, or could not be opened, is there now.
  func isAsRead(_ history: HistoryReader) throws(DeviceError) -> Bool {
    let extent = try Extent(of: history)
    return end <= extent.size && gaps.stand(in: history, extent.absent)
  }

  /// What is verified of the history at one moment.
  private struct Extent {
    let size: UInt64
    let absent: Set<UInt64>

    init(of history: HistoryReader) throws(DeviceError) {
      let verified = try history.verified
      (size, absent) = (verified.tree.size, Set(verified.absent))
    }
  }

  /// Goes through what came since; false if it says more than that messages are erased.
  private mutating func passErasures(
    in history: HistoryReader, _ extent: Extent
  ) throws(DeviceError) -> Bool {
    while let page = try nextPage(of: history, extent) {
      for entry in history.opened(page) {
        guard case .success(.deletion(let deletion)) = entry.entry, deletion.action == .erased else {
          return false
        }
      }
    }
    return true
  }

  /// The records that are there of the batches that follow; nil at the end.
  private mutating func nextPage(
    of history: HistoryReader, _ extent: Extent
  ) throws(DeviceError) -> [StoredEntry]? {
    let batches = try history.batches(from: end, limit: 4).filter { $0.endLeaf <= extent.size }
    guard let last = batches.last else { return nil }
    end = last.endLeaf
    for batch in batches { erased.formUnion(batch.erasures) }
    let stored = batches.flatMap(\.storedEntries)
    gaps.note(missingIn: stored, extent.absent)
    return stored.filter { $0.record != nil }
  }

  private mutating func add(_ read: HistoryEntry) {
    index.add(read)
    gaps.note(read)
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

  /// What people last said of deleting a message, which is as good as taken back if they said nothing; nil if it is not
  /// there.
  func word(on name: Name) -> DeletionWord? {
    guard let reference = index.reference(to: name.message),
      index.conversation(of: reference) == name.conversation
    else { return nil }
    guard let time = index.deletedAt(reference) else { return .recovered }
    return .deleted(at: time)
  }
}
