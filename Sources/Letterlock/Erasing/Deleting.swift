/// Deletes messages: first to recently deleted, from where a person takes things back; then for good. SPEC.md section
/// 6.8.
final class Deleting: Sendable {
  private let lock: AsyncLock
  private let outbox: Outbox
  private let timeline: TimelineReader
  private let directory: DirectoryReader
  private let pusher: HistoryPusher
  private let collection: AttachmentCollection
  private let settings: DeviceSettings
  private let clock: DeviceClock

  init(
    lock: AsyncLock, outbox: Outbox, timeline: TimelineReader, pusher: HistoryPusher,
    collection: AttachmentCollection, settings: DeviceSettings, clock: DeviceClock
  ) {
    (self.lock, self.outbox, self.timeline, self.pusher) = (lock, outbox, timeline, pusher)
    (self.collection, self.settings, self.clock) = (collection, settings, clock)
    directory = pusher.puller.history.directory
  }

  /// One entry names at most so many messages.
  private static let pageCount = 10_000

  /// Moves messages to recently deleted, or takes them back out; all of the conversation's if none are named.
  func enqueue(
    _ action: Deletion.Action, _ messages: [MessageID], _ conversation: ConversationID, _ time: Timestamp
  ) throws(DeviceError) {
    var rest = messages[...]
    repeat {
      try checkCancellation()
      let part = Array(rest.prefix(Self.pageCount))
      rest = rest.dropFirst(part.count)
      try outbox.enqueue([.deletion(Deletion(action, at: time, conversation: conversation, messages: part))])
    } while !rest.isEmpty
  }

  /// Erases what was deleted before a time. Returns the number of messages.
  func erase(before cutoff: Timestamp, confirmingEverything isConfirmed: Bool) async throws(DeviceError)
    -> Int
  {
    try await lock.locked { () async throws(DeviceError) in
      try await pusher.puller.pull()
      try await pusher.push()
      let index = try timeline.index()
      if let doubt = try pusher.erasures.doubt(unreadable: index.unreadable.count) { throw doubt }
      let deleted = try erasable(before: cutoff, of: index)
      let named = Set(deleted.flatMap(\.messages))
      let found = deleted + Self.leftovers(of: index)
      guard !found.isEmpty else { return 0 }
      guard isConfirmed || named.isEmpty || named.count < index.references.count else {
        throw .wouldEraseEverything(messages: named.count)
      }
      let files = try attachments(atLeaves: Set(found.flatMap(\.leaves)))
      let entries = found.map { $0.entry(by: index) }
      var targets = ErasureTargets(of: entries.flatMap(ErasureTargets.names(in:)))
      for entry in entries {
        try checkCancellation()
        // The pusher finds the records again, by the history as it is when it signs for the entry.
        try outbox.enqueue([.deletion(entry)])
        try await pusher.push(erasing: &targets)
      }
      if !files.isEmpty { _ = try await collection.collect(alsoErased: files) }
      // One that another device took back meanwhile is still there.
      let left = try timeline.index()
      return named.count { left.reference(to: $0) == nil }
    }
  }

  /// Erases what has been in recently deleted for as long as the settings say, or for `days`. Returns the number of
  /// messages.
  func eraseExpired(after days: Int?, confirmingEverything isConfirmed: Bool) async throws(DeviceError) -> Int
  {
    let setting = try settings.read().recentlyDeletedDays
    let days = Int64(max(0, min(days ?? Int(setting), 100_000)))
    let now = clock.now
    guard days > 0 else {
      // Whatever the clock said that dated the deletion.
      let end = Timestamp(nanosecondsSince1970: .max)
      return try await erase(before: end, confirmingEverything: isConfirmed)
    }
    let time = HistoryTime(
      presences: try directory.presences(), own: directory.view.device,
      active: Set(directory.view.log.activeDevices))
    guard let reached = time.reached(by: now) else { return 0 }
    return try await erase(
      before: reached.adding(-days * Timestamp.day), confirmingEverything: isConfirmed)
  }

  /// Messages of one conversation whose records go with one signed batch.
  private struct Erasure {
    let conversation: ConversationID
    var messages: [MessageID] = []
    var leaves: [UInt64] = []

    /// Adds records of a message, which is named once.
    mutating func add(_ message: MessageID, _ leaves: some Sequence<UInt64>) {
      if messages.last != message { messages.append(message) }
      self.leaves += leaves
    }

    /// The entry that names the messages. It is not dated before their deletions, whatever the clocks said that dated those:
    /// it counts for no later one.
    func entry(by index: TimelineIndex) -> Deletion {
      let deletions = messages.compactMap { index.reference(to: $0).flatMap { index.deletedAt($0) } }
      let time = deletions.reduce(Timestamp.now) { max($0, $1) }
      return Deletion(.erased, at: time, conversation: conversation, messages: messages)
    }
  }

  /// Records that another device added to messages before it knew that they are erased, and what an erasure that was
  /// interrupted has left.
  private static func leftovers(of index: TimelineIndex) -> [Erasure] {
    var erasures: [Erasure] = []
    let orphans = index.orphans.sorted {
      ($0.conversation, $0.id, $0.leaf) < ($1.conversation, $1.id, $1.leaf)
    }
    for orphan in orphans {
      let isFull =
        erasures.last.map {
          $0.conversation != orphan.conversation || $0.leaves.count >= SignedBatch.maximumLeafCount
        } ?? true
      if isFull { erasures.append(Erasure(conversation: orphan.conversation)) }
      erasures[erasures.count - 1].add(orphan.id, [orphan.leaf])
    }
    return erasures
  }

  /// Returns the files of messages that stand at these leaf indices.
  private func attachments(atLeaves leaves: Set<UInt64>) throws(DeviceError) -> Set<BlobID> {
    var blobs: Set<BlobID> = []
    try timeline.history.forEach { read in
      guard let leaf = read.leaf, leaves.contains(leaf), case .success(let entry) = read.entry else { return }
      blobs.formUnion(entry.attachments.map(\.blob))
    }
    return blobs
  }

  private func erasable(
    before cutoff: Timestamp, of index: TimelineIndex
  ) throws(DeviceError) -> [Erasure] {
    var deleted = DeletedMessages(of: index, before: cutoff)
    guard !deleted.isEmpty else { return [] }
    var times = DeletionTimes(now: clock.now)
    try timeline.history.forEach { read in
      deleted.add(read)
      if case .success(let entry) = read.entry { times.add(entry) }
    }
    var erasures: [Erasure] = []
    for (id, conversation, leaves) in deleted.found()
    where deleted.isOrdered(id) || times.isDeleted(id, of: conversation, before: cutoff) {
      // A message with more changes than a signed batch erases is named in several, the message itself in the first.
      var rest = leaves[...]
      repeat {
        let part = rest.prefix(SignedBatch.maximumLeafCount)
        rest = rest.dropFirst(part.count)
        let isFull =
          erasures.last.map {
            $0.conversation != conversation || $0.leaves.count + part.count > SignedBatch.maximumLeafCount
          } ?? true
        if isFull { erasures.append(Erasure(conversation: conversation)) }
        erasures[erasures.count - 1].add(id, part)
      } while !rest.isEmpty
    }
    return erasures
  }
}
