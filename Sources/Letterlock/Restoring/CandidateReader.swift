internal import TLSCodec

/// Gathers what a person decides by which devices stay. SPEC.md section 8.2.
struct CandidateReader {
  private let view: AccountView
  private let store: StoreConnection
  private let progress: SyncProgress
  private let directory: DirectoryReader

  init(_ services: DeviceServices) {
    (view, store, progress) = (services.view, services.store, services.progress)
    directory = DirectoryReader(view: services.view, store: services.store, journal: services.journal)
  }

  /// Reads the whole history, a page at a time.
  func candidates() throws(DeviceError) -> [RecoveryCandidate] {
    let log = view.log
    var found: [DeviceID: RecoveryCandidate] = [:]
    for device in log.activeDevices where device != log.recoveryDevice {
      guard let member = log.members[device] else { continue }
      found[device] = RecoveryCandidate(id: device, entry: member.addedAt, addedBy: member.addedBy)
    }
    let absent = Set(try progress.current().history.absent)
    var tags: [EpochReference: StreamTag] = [:]
    var leaf: UInt64 = 0
    while true {
      try checkCancellation()
      let batches = try store.use { (store) throws(StoreError) in try store.batches(from: leaf, limit: 16) }
      guard let last = batches.last else { break }
      for batch in batches { note(batch, absent, &tags, in: &found) }
      leaf = last.endLeaf
    }
    return named(found).sorted { ($0.entry, $0.id) < ($1.entry, $1.id) }
  }

  private func note(
    _ batch: HistoryBatch, _ absent: Set<UInt64>, _ tags: inout [EpochReference: StreamTag],
    in found: inout [DeviceID: RecoveryCandidate]
  ) {
    guard var candidate = found[batch.signedBatch.device] else { return }
    candidate.lastLeaf = batch.leaf(of: batch.records.count - 1)
    // One that is only missing was not erased.
    for (index, bytes) in batch.records.enumerated() where bytes == nil {
      if !absent.contains(batch.leaf(of: index)) { candidate.erasedRecordCount += 1 }
    }
    for (_, profile) in directory.profiles(in: batch, &tags) {
      candidate.lastSeen = profile.seenAt ?? candidate.lastSeen
      candidate.take(profile.name)
    }
    found[candidate.id] = candidate
  }

  private func named(_ found: [DeviceID: RecoveryCandidate]) -> [RecoveryCandidate] {
    let byName = Dictionary(grouping: found.values.filter { $0.name != nil }) { $0.name }
    return found.values.map { candidate in
      var candidate = candidate
      let namesakes = candidate.name.flatMap { byName[$0] } ?? []
      candidate.sharesNameWith = namesakes.map(\.id).filter { $0 != candidate.id }.sorted()
      return candidate
    }
  }
}
