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
  /// - Parameter isConfirmed: whether the person has said a second time that no message is to be left.
  /// - Throws: `DeviceError.wouldEraseEverything` without that confirmation, and as `sync()`.
  public func eraseDeleted(
    before cutoff: Timestamp, confirmingEverything isConfirmed: Bool = false
  ) async throws(DeviceError) -> Int {
    try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      _ = try await pushRecords(nil)
      let index = try timelineIndex()
      let found = try erasable(before: cutoff, of: index)
      let count = found.reduce(0) { $0 + $1.messages.count }
      guard count > 0 else { return 0 }
      guard isConfirmed || count < index.references.count else {
        throw .wouldEraseEverything(messages: count)
      }
      let files = try attachments(atLeaves: Set(found.flatMap(\.leaves)))
      for erasure in found { try await erase(erasure) }
      if !files.isEmpty { _ = try await collect(alsoErased: files) }
      return count
    }
  }

  /// Messages of one conversation whose records go with one signed batch.
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
        try store.outbox(limit: SignedBatch.maximumLeafCount)
      }
      // Whether another device's record came between, or this one's answer was lost: it came back, and so through.
      guard !waiting.isEmpty else { return }
      _ = try await push(try resealed(waiting), erasing: erasure.leaves.sorted())
    }
    throw .relay(.unavailable("the account keeps changing"))
  }

  /// The files of messages that stand at these leaf indices.
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

  private func erasable(
    before cutoff: Timestamp, of index: TimelineIndex
  ) throws(DeviceError) -> [Erasure] {
    var deleted = DeletedMessages(of: index, before: cutoff)
    guard !deleted.isEmpty else { return [] }
    var times = DeletionTimes(now: clock.now)
    do throws(HistoryReadError<Never>) {
      try forEachEntry { read in
        deleted.add(read)
        if case .success(let entry) = read.entry { times.add(entry) }
      }
    } catch {
      switch error {
      case .device(let error): throw error
      }
    }
    var erasures: [Erasure] = []
    for (id, conversation, leaves) in deleted.found()
    where times.isDeleted(id, of: conversation, before: cutoff) {
      let isFull =
        erasures.last.map {
          $0.conversation != conversation || $0.leaves.count + leaves.count > SignedBatch.maximumLeafCount
        } ?? true
      if isFull { erasures.append(Erasure(conversation: conversation)) }
      erasures[erasures.count - 1].messages.append(id)
      erasures[erasures.count - 1].leaves += leaves.prefix(SignedBatch.maximumLeafCount)
    }
    return erasures
  }
}

/// Where the records of messages in recently deleted stand, changes and reactions included.
private struct DeletedMessages {
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

  mutating func add(_ read: Device.HistoryEntry) {
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
