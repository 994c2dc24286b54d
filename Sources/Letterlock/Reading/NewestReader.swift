internal import TLSCodec

/// Reads the newest page of a conversation first; synchronising brings the rest. SPEC.md section 6.9.
struct NewestReader: Sendable {
  let view: AccountView
  let lock: AsyncLock
  let history: HistoryReader
  let relay: RelayConnection
  let progress: SyncProgress
  let puller: AccountPuller

  /// Returns the newest messages of a conversation, at least `count` of them if there are so many.
  func messages(
    in conversation: ConversationID, count: Int
  ) async throws(DeviceError) -> ConversationWindow {
    try await lock.locked { () async throws(DeviceError) in
      try await pullLog()
      var window = ConversationWindow(
        conversation, tags: try streamTags(of: conversation), waiting: try waiting(in: conversation),
        activeDevices: history.activeDevices)
      try await read(&window, count)
      return window
    }
  }

  /// Adds older messages to a window, at least `count` if there are so many.
  func extended(_ window: ConversationWindow, by count: Int) async throws(DeviceError) -> ConversationWindow {
    try await lock.locked { () async throws(DeviceError) in
      var window = window
      try await read(&window, count)
      return window
    }
  }

  /// Returns the conversations with the newest records, at least `count` if there are so many.
  func conversations(count: Int) async throws(DeviceError) -> [ConversationSummary] {
    try await lock.locked { () async throws(DeviceError) in
      try await pullLog()
      var found: [ConversationSummary] = []
      var before = UInt64.max
      while found.count < count {
        try checkCancellation()
        let progress = try progress.current()
        let known = knownHistory(progress)
        let (end, limit) = (before, min(100, 2 * min(count, 100)))
        let listing = try await relay.ask { (relay, account) async throws(RelayError) in
          try await relay.newestStreams(before: end, limit: limit, knownSize: known.size, of: account)
        }
        let records = try await admit(listing.page, known, progress)
        guard let oldest = records.first, oldest.leaf < before else { break }
        before = oldest.leaf
        let sizes = Dictionary(listing.sizes.map { ($0.tag, $0.recordCount) }) { first, _ in first }
        for record in records.reversed() {
          let summary = summary(of: record, size: sizes[record.record.streamTag] ?? 0)
          if let summary, !found.contains(where: { $0.id == summary.id }) { found.append(summary) }
        }
        guard listing.page.hasOlder else { break }
      }
      return found
    }
  }

  private func pullLog() async throws(DeviceError) {
    try await puller.log.pullLog()
    guard view.isActive else { throw .removed }
    try await puller.log.pullWraps()
  }

  private func summary(of proven: ProvenRecord, size: UInt64) -> ConversationSummary? {
    guard case .success(let entry) = opened([proven])[0].entry, let id = entry.conversation, id != .account
    else { return nil }
    switch entry {
    case .message(let message):
      return ConversationSummary(id: id, newest: message.unsettled, profile: nil, recordCount: size)
    case .sendRequest(let request):
      // What became of it would be newer, but for what the log says.
      var message = request.message
      var progress = SendProgress(request, by: proven.author)
      if !history.activeDevices.contains(request.device) { progress.takeRemoval() }
      message.delivery = progress.delivery
      return ConversationSummary(id: id, newest: message.unsettled, profile: nil, recordCount: size)
    case .conversation(let profile):
      return ConversationSummary(id: id, newest: nil, profile: profile, recordCount: size)
    default: return ConversationSummary(id: id, newest: nil, profile: nil, recordCount: size)
    }
  }

  /// Asks for older records until there are `count` more messages, or no older ones.
  private func read(_ window: inout ConversationWindow, _ count: Int) async throws(DeviceError) {
    _ = try relay.needed()
    let wanted = window.messages.count + min(max(1, count), 1 << 20)
    while window.messages.count < wanted, !window.tags.isEmpty {
      try checkCancellation()
      let progress = try progress.current()
      let known = knownHistory(progress)
      let tags = Array(window.tags.prefix(window.groupSize))
      let query = StreamQuery(
        tags: tags, before: window.oldest,
        limit: UInt16(clamping: min(wanted - window.messages.count, RelayLimits.streamRecordCount)),
        knownSize: known.size)
      let page = try await relay.ask { (relay, account) async throws(RelayError) in
        try await relay.newestRecords(query, of: account)
      }
      let records = try await admit(page, known, progress)
      for record in records where record.leaf >= window.oldest || !tags.contains(record.record.streamTag) {
        throw .historyRefused(.tampered(.notAskedFor(leaf: record.leaf)))
      }
      window.historySize = max(window.historySize, page.checkpoint.treeSize)
      window.add(older: opened(records))
      guard page.hasOlder else {
        window.leaveGroup()
        continue
      }
      guard !records.isEmpty else {
        throw .relay(.unavailable("the relay gives no record of a stream that has some"))
      }
    }
  }

  /// The largest history that this device has reason to hold the relay to.
  private func knownHistory(_ progress: DeviceProgress) -> KnownHistory {
    let (tree, header) = (progress.history.tree, view.log.newestEpoch.header)
    var known = KnownHistory(
      size: tree.size, root: tree.root,
      checkpoint: progress.checkpoint?.treeSize == tree.size ? progress.checkpoint : nil)
    if let promised = progress.promised, promised.treeSize > known.size {
      known = KnownHistory(size: promised.treeSize, root: promised.treeRoot, checkpoint: promised)
    }
    if header.treeSize > known.size {
      known = KnownHistory(size: header.treeSize, root: header.treeRoot, checkpoint: nil)
    }
    return known
  }

  /// Verifies a page and notes the history that it was proven in.
  private func admit(
    _ page: StreamPage, _ known: KnownHistory, _ progress: DeviceProgress
  ) async throws(DeviceError) -> [ProvenRecord] {
    let checkpoint = page.checkpoint
    try puller.history.rules.check(checkpoint, against: progress)
    try await puller.history.pullLog(for: checkpoint)
    try checkConsistency(of: page, with: known)
    let records: [ProvenRecord]
    do throws(HistoryError) { records = try page.proven(in: view.log) } catch {
      throw .historyRefused(.tampered(error))
    }
    // A checkpoint alone may be of any size: only records that stand under it make it one to hold the relay to.
    if !records.isEmpty, history.store.store != nil {
      try self.progress.update { progress in
        guard checkpoint.treeSize > max(progress.history.tree.size, progress.promised?.treeSize ?? 0) else {
          return false
        }
        progress.promised = checkpoint
        return true
      }
    }
    return records
  }

  private func checkConsistency(of page: StreamPage, with known: KnownHistory) throws(DeviceError) {
    let checkpoint = page.checkpoint
    guard known.size > 0 else { return }
    guard checkpoint.treeSize >= known.size else {
      throw .historyRefused(.rolledBack(from: known.size, to: checkpoint.treeSize))
    }
    if let proof = page.consistency, proof.oldSize == known.size, proof.newSize == checkpoint.treeSize,
      proof.holds(old: known.root, new: checkpoint.treeRoot)
    {
      return
    }
    let isSameSize = checkpoint.treeSize == known.size
    let evidence = known.checkpoint.flatMap {
      isSameSize ? puller.history.rules.evidence.evidence(older: $0, newer: checkpoint, nodes: nil) : nil
    }
    throw .historyRefused(.forked(evidence: evidence))
  }

  /// The streams of a conversation in the epochs that this device reads, the newest first.
  private func streamTags(of conversation: ConversationID) throws(DeviceError) -> [StreamTag] {
    let epochSecrets = view.read { state in
      state.log.epochs.reversed().compactMap { state.keyring.epochSecrets[$0.header.number] }
    }
    var tags: [StreamTag] = []
    do {
      for epochSecret in epochSecrets {
        tags.append(try RecordKey.tag(of: conversation, account: view.account, epochSecret: epochSecret))
      }
    } catch { throw .internalError("stream tag") }
    return tags
  }

  private func opened(_ records: [ProvenRecord]) -> [HistoryEntry] {
    var opener = RecordOpener(view.archive)
    return records.map { opener.read($0.record.bytes, at: .leaf($0.leaf), by: $0.author) }
  }

  private func waiting(in conversation: ConversationID) throws(DeviceError) -> [HistoryEntry] {
    guard history.store.store != nil else { return [] }
    return history.opened(try history.waiting(limit: 500)).filter {
      guard case .success(let entry) = $0.entry else { return false }
      return entry.conversation == conversation
    }
  }
}

/// A history that a device has verified, or that a device of the account vouches for in an epoch's header.
private struct KnownHistory {
  let size: UInt64
  let root: Digest32
  /// What the relay signed for it.
  let checkpoint: Checkpoint?
}
