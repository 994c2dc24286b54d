/// Where the records of messages in recently deleted stand: revisions first, then changes, reactions and reports.
struct DeletedMessages {
  private struct Known {
    let conversation: ConversationID
    /// The message and its revisions.
    var versions: [UInt64] = []
    var leaves: [UInt64] = []
  }

  private var known: [MessageID: Known] = [:]
  private var order: [MessageID] = []
  private var ordered: Set<MessageID> = []

  init(of index: TimelineIndex, before cutoff: Timestamp) {
    for reference in index.references {
      guard let deletedAt = index.deletedAt(reference),
        deletedAt <= cutoff || index.awaitsErasure(reference),
        let conversation = index.conversation(of: reference)
      else { continue }
      known[index.id(of: reference)] = Known(conversation: conversation)
      order.append(index.id(of: reference))
      if index.awaitsErasure(reference) { ordered.insert(index.id(of: reference)) }
    }
  }

  var isEmpty: Bool { order.isEmpty }

  /// Whether an `erased` entry names a message already: a person, or the time, has decided.
  func isOrdered(_ id: MessageID) -> Bool { ordered.contains(id) }

  mutating func add(_ read: HistoryEntry) {
    guard let leaf = read.leaf, case .success(let entry) = read.entry else { return }
    if let id = entry.versionOf, known[id]?.conversation == entry.conversation {
      known[id]?.versions.append(leaf)
    }
    if let id = entry.about, known[id]?.conversation == entry.conversation { known[id]?.leaves.append(leaf) }
  }

  func found() -> [(MessageID, ConversationID, [UInt64])] {
    var taken: Set<UInt64> = []
    let sorted = order.compactMap { id in known[id].map { (id, $0) } }.sorted {
      $0.1.conversation < $1.1.conversation
    }
    // A reaction that is deleted with its message stands in both lists.
    return sorted.map { id, message in
      (id, message.conversation, (message.versions + message.leaves).filter { taken.insert($0).inserted })
    }
  }
}

/// Which messages take a record along when they are erased.
extension ArchiveEntry {
  /// The message that it is, or is a version of.
  var versionOf: MessageID? { saidMessage?.id }

  /// The message that it is about.
  package var about: MessageID? {
    if case .sendReport(let report) = self { return report.message }
    return saidMessage?.body.target
  }
}

extension Message.Body {
  /// The message that this one is about.
  var target: MessageID? {
    switch self {
    case .reaction(let reaction): reaction.target
    case .edit(let edit): edit.target
    case .retraction(let target): target
    case .text, .sticker, .groupEvent, .app, .unknown: nil
    }
  }
}
