/// Where the records of messages in recently deleted stand, changes and reactions included.
struct DeletedMessages {
  private struct Known {
    let conversation: ConversationID
    var leaves: [UInt64] = []
  }

  private var known: [MessageID: Known] = [:]
  private var order: [MessageID] = []

  init(of index: TimelineIndex, before cutoff: Timestamp) {
    for reference in index.references {
      guard let deletedAt = index.deletedAt(reference), deletedAt <= cutoff,
        let conversation = index.conversation(of: reference)
      else { continue }
      known[index.id(of: reference)] = Known(conversation: conversation)
      order.append(index.id(of: reference))
    }
  }

  var isEmpty: Bool { order.isEmpty }

  mutating func add(_ read: HistoryEntry) {
    guard let leaf = read.leaf, case .success(.message(let message)) = read.entry else { return }
    for id in [message.body.target, message.id] {
      guard let id, known[id]?.conversation == message.conversation else { continue }
      known[id]?.leaves.append(leaf)
    }
  }

  func found() -> [(MessageID, ConversationID, [UInt64])] {
    var taken: Set<UInt64> = []
    let sorted = order.compactMap { id in known[id].map { (id, $0) } }.sorted {
      $0.1.conversation < $1.1.conversation
    }
    // A reaction that is deleted with its message stands in both lists.
    return sorted.map { id, message in
      (id, message.conversation, message.leaves.filter { taken.insert($0).inserted })
    }
  }
}

extension Message.Body {
  /// The message that this one is about.
  fileprivate var target: MessageID? {
    switch self {
    case .reaction(let reaction): reaction.target
    case .edit(let edit): edit.target
    case .retraction(let target): target
    case .text, .sticker, .groupEvent, .app, .unknown: nil
    }
  }
}
