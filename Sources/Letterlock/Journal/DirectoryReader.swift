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

  /// Looks through what came to stand in the history since, and again at what could not be read before.
  func update() throws(DeviceError) {
    guard store.store != nil, view.isActive else { return }
    try lookAgain()
    while true {
      try checkCancellation()
      let from = try journal.note { $0.directory.scanned }
      let batches = try store.use { (store) throws(StoreError) in try store.batches(from: from, limit: 16) }
      guard !batches.isEmpty, try gather(batches) else { return }
    }
  }

  /// Takes from batches what devices said about themselves. Returns whether it went on: not past an epoch whose secret
  /// the relay may still give. One that was begun wrongly is passed over, and noted.
  @discardableResult
  func gather(_ batches: [HistoryBatch]) throws(DeviceError) -> Bool {
    var tags: [EpochReference: StreamTag] = [:]
    for batch in batches {
      guard try journal.note({ $0.directory.scanned }) == batch.firstLeaf else { return false }
      if batch.epoch.map({ view.archive.accountTag(in: $0) != nil }) ?? true {
        try take(batch, &tags)
      } else {
        // One that the log does not show yet comes with it.
        guard let epoch = batch.epoch.flatMap({ view.missingEpochs[$0] }), !epoch.isAwaited else {
          return false
        }
        try journal.note { $0.directory.skip(epoch.number) }
      }
      try journal.note { $0.directory.scanned = batch.endLeaf }
    }
    return true
  }

  /// Takes what a batch of an epoch that can be read says.
  private func take(
    _ batch: HistoryBatch, _ tags: inout [EpochReference: StreamTag]
  ) throws(DeviceError) {
    let (found, unreadable) = (profiles(in: batch, &tags), unreadable(in: batch))
    try journal.note { journal in
      for (leaf, profile) in found {
        journal.directory.take(profile, of: batch.signedBatch.device, at: leaf)
      }
      for record in unreadable { journal.directory.take(record) }
    }
  }

  /// Looks through the records of epochs that were passed over and whose secrets have come since.
  private func lookAgain() throws(DeviceError) {
    let skipped = try journal.note { $0.directory.skipped }
    guard !skipped.isEmpty else { return }
    let known = view.leavesOfReadableEpochs(skipped)
    var tags: [EpochReference: StreamTag] = [:]
    for (epoch, leaves) in known {
      let end = min(leaves.upperBound, try journal.note { $0.directory.scanned })
      var next = leaves.lowerBound
      while next < end {
        try checkCancellation()
        let from = next
        let batches = try store.use { (store) throws(StoreError) in try store.batches(from: from, limit: 16) }
        guard let last = batches.last else { break }
        for batch in batches where batch.firstLeaf < end { try take(batch, &tags) }
        next = last.endLeaf
      }
      try journal.note { $0.directory.finish(epoch) }
    }
  }

  /// Takes a record that was absent before.
  func gather(filled record: [UInt8], at leaf: UInt64, author: DeviceID) throws(DeviceError) {
    guard let sealed = try? SealedRecord(decoding: record) else { return }
    guard let tag = view.archive.accountTag(in: sealed.epoch) else {
      guard let epoch = view.missingEpochs[sealed.epoch] else { return }
      return try journal.note { journal in
        if leaf < journal.directory.scanned { journal.directory.skip(epoch.number) }
      }
    }
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

  /// Returns what of a batch belongs to no conversation; nothing if its epoch cannot be read.
  func profiles(
    in batch: HistoryBatch, _ tags: inout [EpochReference: StreamTag]
  ) -> [(UInt64, DeviceProfile)] {
    let archive = view.archive
    var found: [(UInt64, DeviceProfile)] = []
    for (index, bytes) in batch.records.enumerated() {
      guard let bytes, let record = try? SealedRecord(decoding: bytes) else { continue }
      if tags[record.epoch] == nil { tags[record.epoch] = archive.accountTag(in: record.epoch) }
      guard let tag = tags[record.epoch] else { return [] }
      guard record.streamTag == tag, case .device(let profile) = try? archive.openEntry(record) else {
        continue
      }
      found.append((batch.leaf(of: index), profile))
    }
    return found
  }
}

/// An epoch whose secret is not here.
struct MissingEpoch: Sendable {
  let number: UInt64
  /// Whether the relay may still give the secret. Otherwise it was begun wrongly, or before this device could read, and
  /// only the links of another epoch may bring it.
  let isAwaited: Bool
}

extension AccountView {
  /// The epochs whose secrets are not here, by what records name.
  var missingEpochs: [EpochReference: MissingEpoch] {
    read { state in
      let awaited = Set(state.epochsToJudge)
      var missing: [EpochReference: MissingEpoch] = [:]
      for epoch in state.log.epochs where state.keyring.epochSecrets[epoch.header.number] == nil {
        let number = epoch.header.number
        missing[epoch.reference] = MissingEpoch(number: number, isAwaited: awaited.contains(number))
      }
      return missing
    }
  }

  /// Whether the relay may still give the secret of an epoch that is not here.
  var awaitsEpochSecret: Bool { read { !$0.epochsToJudge.isEmpty } }

  /// Where the records of epochs stand, of those whose secrets are here.
  fileprivate func leavesOfReadableEpochs(_ numbers: [UInt64]) -> [(epoch: UInt64, leaves: Range<UInt64>)] {
    read { state in
      let epochs = state.log.epochs
      return numbers.compactMap { number in
        guard state.keyring.epochSecrets[number] != nil, let place = Int(exactly: number),
          epochs.indices.contains(place)
        else { return nil }
        let start = epochs[place].header.treeSize
        let end = place + 1 < epochs.count ? epochs[place + 1].header.treeSize : .max
        return (number, start..<max(start, end))
      }
    }
  }
}

extension HistoryBatch {
  /// The epoch that its records name, which is one (rule 7 of SPEC.md section 5.4); nil if none is there.
  fileprivate var epoch: EpochReference? {
    records.lazy.compactMap { $0 }.first.flatMap { try? SealedRecord(decoding: $0) }?.epoch
  }
}
