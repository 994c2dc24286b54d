internal import TLSCodec

/// Gathers what the account's devices said about themselves, each time from where it ended the time before.
struct DirectoryReader: Sendable {
  let view: AccountView
  let store: StoreConnection
  let journal: Journal

  /// Returns every device that is, or was, part of the account, in the order in which they joined.
  func devices() throws(DeviceError) -> [AccountDevice] {
    let log = view.log
    try update()
    let directory = try journal.read().directory
    return log.members.sorted { ($0.value.addedAt, $0.key) < ($1.value.addedAt, $1.key) }.map { id, member in
      let entry = directory[id]
      return AccountDevice(
        id: id, name: entry.map { String(decoding: $0.name.bytes, as: UTF8.self) },
        role: id == log.recoveryDevice ? .recoveryKey : id == view.device ? .thisDevice : .other,
        isActive: member.isActive,
        createdAt: Timestamp(millisecondsSince1970: member.bundle.createdAt), lastSeen: entry?.seen)
    }
  }

  /// Returns what devices said their clocks show, in the tree's order.
  func presences() throws(DeviceError) -> [HistoryTime.Presence] {
    try update()
    return try journal.read().directory.presences
  }

  /// Looks through what came to stand in the history since.
  func update() throws(DeviceError) {
    guard store.store != nil, view.isActive else { return }
    try beginAgainIfMoreIsReadable()
    while true {
      try checkCancellation()
      let from = try journal.note { $0.directory.scanned }
      let batches = try store.use { (store) throws(StoreError) in try store.batches(from: from, limit: 16) }
      guard !batches.isEmpty, try gather(batches) else { return }
    }
  }

  /// Looks through everything again if an epoch that was passed over can be read now.
  private func beginAgainIfMoreIsReadable() throws(DeviceError) {
    let unreadable = Set(view.unreadableEpochs)
    try journal.note { journal in
      guard journal.directory.passedOver.contains(where: { !unreadable.contains($0) }) else { return }
      journal.directory = DeviceDirectory()
    }
  }

  /// Takes from batches what devices said about themselves. Returns whether it went on: not past an epoch whose secret
  /// this device waits for.
  @discardableResult
  func gather(_ batches: [HistoryBatch]) throws(DeviceError) -> Bool {
    var tags: [EpochReference: StreamTag] = [:]
    for batch in batches {
      guard try journal.note({ $0.directory.scanned }) == batch.firstLeaf else { return false }
      guard let found = profiles(in: batch, &tags) else {
        guard try passOver(batch) else { return false }
        continue
      }
      let unreadable = unreadable(in: batch)
      try journal.note { journal in
        for (leaf, profile) in found {
          journal.directory.take(profile, of: batch.signedBatch.device, at: leaf)
        }
        for record in unreadable { journal.directory.take(record) }
        journal.directory.scanned = batch.endLeaf
      }
    }
    return true
  }

  /// Goes past a batch of an epoch that this device may never read: it was made so, or nothing leads to it. Returns
  /// whether it did.
  private func passOver(_ batch: HistoryBatch) throws(DeviceError) -> Bool {
    let references = Set(batch.records.compactMap { $0.flatMap { try? SealedRecord(decoding: $0).epoch } })
    let epochs = view.read { state in
      let obstacles = state.keyring.obstacles(to: state.keys.deviceID, in: state.log)
      return state.log.epochs.filter { epoch in
        guard references.contains(epoch.reference) else { return false }
        return obstacles[epoch.header.number].map { $0 != .withheld } ?? false
      }.map(\.header.number)
    }
    guard !epochs.isEmpty else { return false }
    try journal.note { journal in
      for epoch in epochs { journal.directory.passOver(epoch) }
      journal.directory.scanned = batch.endLeaf
    }
    return true
  }

  /// Takes a record that was absent before.
  func gather(filled record: [UInt8], at leaf: UInt64, author: DeviceID) throws(DeviceError) {
    guard let sealed = try? SealedRecord(decoding: record),
      let tag = view.archive.accountTag(in: sealed.epoch)
    else { return }
    let entry = Result { () throws(ArchiveError) in try view.archive.openEntry(sealed) }
    try journal.note { journal in
      // What stands behind is looked through later.
      guard leaf < journal.directory.scanned else { return }
      switch entry {
      case .success(.device(let profile)) where sealed.streamTag == tag:
        journal.directory.take(profile, of: author, at: leaf)
      case .success: break
      case .failure:
        journal.directory.take(DeviceDirectory.UnreadableRecord(leaf: leaf, author: author))
      }
    }
  }

  /// Returns what of another device's batch does not open, though its epoch can be read.
  private func unreadable(in batch: HistoryBatch) -> [DeviceDirectory.UnreadableRecord] {
    let author = batch.signedBatch.device
    // Whoever reads through a store that keeps nothing opens every record itself.
    guard author != view.device, !(store.store is PassingStore) else { return [] }
    return view.archive.open(batch.records).enumerated().compactMap { index, outcome in
      guard case .failure = outcome else { return nil }
      return DeviceDirectory.UnreadableRecord(leaf: batch.leaf(of: index), author: author)
    }
  }

  /// Returns what of a batch belongs to no conversation; nil if its epoch cannot be read.
  func profiles(
    in batch: HistoryBatch, _ tags: inout [EpochReference: StreamTag]
  ) -> [(UInt64, DeviceProfile)]? {
    let archive = view.archive
    var found: [(UInt64, DeviceProfile)] = []
    for (index, bytes) in batch.records.enumerated() {
      guard let bytes, let record = try? SealedRecord(decoding: bytes) else { continue }
      if tags[record.epoch] == nil { tags[record.epoch] = archive.accountTag(in: record.epoch) }
      guard let tag = tags[record.epoch] else { return nil }
      guard record.streamTag == tag, case .device(let profile) = try? archive.openEntry(record) else {
        continue
      }
      found.append((batch.leaf(of: index), profile))
    }
    return found
  }
}
