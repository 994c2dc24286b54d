/// Deleting: first to recently deleted, from where a person takes things back; then for good. SPEC.md section
/// 6.8.
extension Device {
  /// Moves messages to recently deleted, on every device; all of the conversation so far if none are named.
  ///
  /// Nothing is erased until `eraseDeleted(before:confirmingEverything:)`.
  /// - Throws: `DeviceError.archive`, `.noStore`, `.store`.
  public func delete(
    _ messages: [MessageID] = [], in conversation: ConversationID, at time: Timestamp = .now
  ) throws(DeviceError) {
    try enqueue(.deleted, messages, conversation, time)
  }

  /// Takes messages back out of recently deleted; all of the conversation's if none are named.
  /// - Throws: `DeviceError.archive`, `.noStore`, `.store`.
  public func recover(
    _ messages: [MessageID] = [], in conversation: ConversationID, at time: Timestamp = .now
  ) throws(DeviceError) {
    try enqueue(.recovered, messages, conversation, time)
  }

  private func enqueue(
    _ action: Deletion.Action, _ messages: [MessageID], _ conversation: ConversationID, _ time: Timestamp
  ) throws(DeviceError) {
    var rest = messages[...]
    repeat {
      let part = Array(rest.prefix(10_000))
      rest = rest.dropFirst(part.count)
      try enqueue([.deletion(Deletion(action, at: time, conversation: conversation, messages: part))])
    } while !rest.isEmpty
  }

  /// Erases for good what was moved to recently deleted before a time: here, at the relay, and on every device
  /// that synchronises. Hashes stay, so that nobody takes it for a loss. Gives the number of messages.
  ///
  /// What a source had in recently deleted when it was imported stays.
  /// - Parameter confirmingEverything: whether the person has said a second time that no message is to be left.
  /// - Throws: `DeviceError.wouldEraseEverything` without that confirmation, and as `sync()`.
  public func eraseDeleted(
    before cutoff: Timestamp, confirmingEverything isConfirmed: Bool = false
  ) async throws(DeviceError) -> Int {
    try await inTurn { () async throws(DeviceError) in
      try await pullEverything()
      _ = try await pushRecords(nil)
      let found = try erasable(before: cutoff)
      let count = found.reduce(0) { $0 + $1.messages.count }
      guard count > 0 else { return 0 }
      let messageCount = try timeline().messages.count
      guard isConfirmed || count < messageCount else { throw .wouldEraseEverything(messages: count) }
      let files = try attachments(atLeaves: Set(found.flatMap(\.leaves)))
      for erasure in found { try await erase(erasure) }
      if !files.isEmpty { _ = try await collect(alsoErased: files) }
      return count
    }
  }

  /// Messages of one conversation whose records go with one Append.
  private struct Erasure {
    let conversation: ConversationID
    var messages: [MessageID] = []
    var leaves: [UInt64] = []
  }

  private func erase(_ erasure: Erasure) async throws(DeviceError) {
    let store = try neededStore()
    try enqueue([
      .deletion(
        Deletion(.erased, at: .now, conversation: erasure.conversation, messages: erasure.messages))
    ])
    for _ in 0..<8 {
      let waiting = try Self.storing { () throws(StoreError) in
        try store.outbox(limit: Append.maximumLeafCount)
      }
      // Whether another device's record came between, or this one's answer was lost: it came through.
      guard !waiting.isEmpty else { return }
      if try await push(try resealed(waiting), erasing: erasure.leaves.sorted()) > 0 { return }
    }
    throw .relay(.unavailable("the account keeps changing"))
  }

  /// The files of messages that stand at these places.
  private func attachments(atLeaves leaves: Set<UInt64>) throws(DeviceError) -> Set<BlobID> {
    var blobs: Set<BlobID> = []
    do throws(HistoryReadError<Never>) {
      try forEachEntry { read in
        guard let leaf = read.leaf, leaves.contains(leaf), case .success(.message(let message)) = read.entry
        else {
          return
        }
        blobs.formUnion(message.attachments.map(\.blob))
      }
    } catch {
      switch error {
      case .device(let error): throw error
      }
    }
    return blobs
  }

  private func erasable(before cutoff: Timestamp) throws(DeviceError) -> [Erasure] {
    var deleted = DeletedMessages()
    do throws(HistoryReadError<Never>) { try forEachEntry { deleted.add($0) } } catch {
      switch error {
      case .device(let error): throw error
      }
    }
    var erasures: [Erasure] = []
    for (id, conversation, leaves) in deleted.found(before: cutoff) {
      let isFull =
        erasures.last.map {
          $0.conversation != conversation || $0.leaves.count + leaves.count > Append.maximumLeafCount
        } ?? true
      if isFull { erasures.append(Erasure(conversation: conversation)) }
      erasures[erasures.count - 1].messages.append(id)
      erasures[erasures.count - 1].leaves += leaves.prefix(Append.maximumLeafCount)
    }
    return erasures
  }
}

/// Which messages are in recently deleted, and where their records stand, changes and reactions included.
private struct DeletedMessages {
  private struct Known {
    var conversation: ConversationID
    var leaves: [UInt64] = []
    var deletedAt: Timestamp?
  }

  private var known: [MessageID: Known] = [:]
  private var order: [MessageID] = []

  mutating func add(_ read: Device.HistoryEntry) {
    guard let leaf = read.leaf, case .success(let entry) = read.entry else { return }
    switch entry {
    case .message(let message): add(message, leaf)
    case .deletion(let deletion): apply(deletion)
    case .conversation, .device, .unknown: break
    }
  }

  private mutating func add(_ message: Message, _ leaf: UInt64) {
    guard let conversation = message.conversation else { return }
    if let target = message.body.target {
      if known[target]?.conversation == conversation { known[target]?.leaves.append(leaf) }
      if message.body.isChange { return }
    }
    if known[message.id] == nil {
      known[message.id] = Known(conversation: conversation)
      order.append(message.id)
    }
    if known[message.id]?.conversation == conversation { known[message.id]?.leaves.append(leaf) }
  }

  private mutating func apply(_ deletion: Deletion) {
    let deletedAt: Timestamp?
    switch deletion.action {
    case .deleted: deletedAt = deletion.at
    case .recovered: deletedAt = nil
    case .erased, .unknown: return
    }
    for id in deletion.messages.isEmpty ? order : deletion.messages
    where known[id]?.conversation == deletion.conversation {
      known[id]?.deletedAt = deletedAt
    }
  }

  func found(before cutoff: Timestamp) -> [(MessageID, ConversationID, [UInt64])] {
    var taken: Set<UInt64> = []
    return order.compactMap { id in
      guard let message = known[id], let deletedAt = message.deletedAt, deletedAt <= cutoff else {
        return nil
      }
      // A reaction that is deleted with its message stands in both lists.
      return (id, message.conversation, message.leaves.filter { taken.insert($0).inserted })
    }.sorted { $0.1 < $1.1 }
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

  /// Whether it only changes another.
  fileprivate var isChange: Bool {
    switch self {
    case .edit, .retraction(target: .some): true
    default: false
    }
  }
}
