internal import TLSCodec

/// Reading the newest page of a conversation first; `sync()` brings the rest. SPEC.md section 6.9.
extension Device {
  /// The newest messages of a conversation, at least `count` of them if there are so many, without the rest of the
  /// history.
  ///
  /// What the page proves and what it does not, `ConversationWindow` says. A later synchronisation refuses a history
  /// that is not the one in which this page was proven.
  /// - Throws: `DeviceError.historyRefused` with the verdict if the relay's answer breaks a rule; `.relay`, `.noRelay`,
  ///   `.store`.
  public func newestMessages(
    in conversation: ConversationID, count: Int = 50
  ) async throws(DeviceError) -> ConversationWindow {
    try await lock.locked { () async throws(DeviceError) in
      try await pullLog()
      try await pullWraps()
      var window = ConversationWindow(
        conversation, tags: try streamTags(of: conversation), waiting: try waiting(in: conversation))
      try await read(&window, count)
      return window
    }
  }

  /// Adds older messages to a window, at least `count` if there are so many.
  /// - Throws: as `newestMessages(in:count:)`.
  public func extend(_ window: inout ConversationWindow, by count: Int = 50) async throws(DeviceError) {
    let before = window
    window = try await lock.locked { () async throws(DeviceError) in
      var window = before
      try await read(&window, count)
      return window
    }
  }

  /// The conversations with the newest records, at least `count` if there are so many, without the rest of the history.
  ///
  /// Each one's newest record is proven as in `newestMessages(in:count:)`; that no conversation is left out is not.
  /// - Throws: as `newestMessages(in:count:)`.
  public func newestConversations(count: Int = 20) async throws(DeviceError) -> [ConversationSummary] {
    try await lock.locked { () async throws(DeviceError) in
      try await pullLog()
      try await pullWraps()
      let relay = try neededRelay()
      var found: [ConversationSummary] = []
      var before = UInt64.max
      while found.count < count {
        var progress = try progress()
        let known = knownHistory(progress)
        let (end, limit) = (before, min(100, 2 * count))
        let listing = try await Self.asking { () async throws(RelayError) in
          try await relay.newestStreams(before: end, limit: limit, knownSize: known.size, of: account)
        }
        let records = try await admit(listing.page, known, &progress)
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

  private func summary(of proven: ProvenRecord, size: UInt64) -> ConversationSummary? {
    guard case .success(let entry) = opened([proven])[0].entry, let id = entry.conversation, id != .account
    else { return nil }
    switch entry {
    case .message(let message):
      return ConversationSummary(id: id, newest: message, profile: nil, recordCount: size)
    case .conversation(let profile):
      return ConversationSummary(id: id, newest: nil, profile: profile, recordCount: size)
    default: return ConversationSummary(id: id, newest: nil, profile: nil, recordCount: size)
    }
  }

  /// Asks for older records until there are `count` more messages, or no older ones.
  private func read(_ window: inout ConversationWindow, _ count: Int) async throws(DeviceError) {
    let relay = try neededRelay()
    let wanted = window.messages.count + max(1, count)
    while window.messages.count < wanted, !window.tags.isEmpty {
      var progress = try progress()
      let known = knownHistory(progress)
      let tags = Array(window.tags.prefix(window.groupSize))
      let query = StreamQuery(
        tags: tags, before: window.oldest,
        limit: UInt16(clamping: min(wanted - window.messages.count, RelayLimits.streamRecordCount)),
        knownSize: known.size)
      let page = try await Self.asking { () async throws(RelayError) in
        try await relay.newestRecords(query, of: account)
      }
      let records = try await admit(page, known, &progress)
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
    let (tree, header) = (progress.history.tree, log.newestEpoch.header)
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
    _ page: StreamPage, _ known: KnownHistory, _ progress: inout DeviceProgress
  ) async throws(DeviceError) -> [ProvenRecord] {
    let checkpoint = page.checkpoint
    try check(checkpoint, against: progress)
    if log.index(of: checkpoint.logHead) == nil {
      try await pullLog()
      try await pullWraps()
      try checkHead(of: checkpoint)
    }
    try checkConsistency(of: page, with: known)
    let records: [ProvenRecord]
    do throws(HistoryError) { records = try page.proven(in: log) } catch {
      throw .historyRefused(.tampered(error))
    }
    if checkpoint.treeSize > max(progress.history.tree.size, progress.promised?.treeSize ?? 0), let store {
      progress.promised = checkpoint
      let bytes = progress.encoded
      try Self.storing { () throws(StoreError) in
        try store.commit([], clearingOutboxThrough: nil, progress: bytes)
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
      isSameSize ? self.evidence(older: $0, newer: checkpoint, nodes: nil) : nil
    }
    throw .historyRefused(.forked(evidence: evidence))
  }

  /// The streams of a conversation in the epochs that this device reads, the newest first.
  private func streamTags(of conversation: ConversationID) throws(DeviceError) -> [StreamTag] {
    let epochSecrets = state.read { state in
      state.log.epochs.reversed().compactMap { state.keyring.epochSecrets[$0.header.number] }
    }
    var tags: [StreamTag] = []
    do {
      for epochSecret in epochSecrets {
        tags.append(try RecordKey.tag(of: conversation, account: account, epochSecret: epochSecret))
      }
    } catch { throw .internalError("stream tag") }
    return tags
  }

  private func opened(_ records: [ProvenRecord]) -> [HistoryEntry] {
    var opener = RecordOpener(archive)
    return records.map { opener.read($0.record.bytes, at: .leaf($0.leaf), by: $0.author) }
  }

  private func waiting(in conversation: ConversationID) throws(DeviceError) -> [HistoryEntry] {
    guard let store else { return [] }
    let records = try Self.storing { () throws(StoreError) in try store.outbox(limit: 500) }
    var opener = RecordOpener(archive)
    return records.map { opener.read($0.bytes, at: .waiting($0.sequence), by: id) }.filter {
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
