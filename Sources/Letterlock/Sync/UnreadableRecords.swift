/// Records of the history that are here and that this device cannot read.
public struct UnreadableRecords: Hashable, Sendable {
  /// How many.
  public let count: UInt64
  /// Why they cannot be read.
  public let reason: Reason

  /// Why records cannot be read.
  public enum Reason: Hashable, Sendable {
    /// The relay withholds this device's wrap of the epoch's secret.
    case epochWithheld(epoch: UInt64)
    /// A device began the epoch so that this one cannot read it.
    case epochFaulty(epoch: UInt64, by: DeviceID)
    /// Their author sealed something that does not open.
    case doesNotOpen(author: DeviceID)
  }
}

/// Counts the records that cannot be read.
struct UnreadableRecordCounter: Sendable {
  let view: AccountView
  let store: StoreConnection
  let journal: Journal

  /// Returns the records that cannot be read, by reason.
  func count() throws(DeviceError) -> [UnreadableRecords] {
    guard store.store != nil else { return [] }
    var found: [UnreadableRecords] = []
    for (epoch, range, signer) in unreadableEpochs {
      let count = try recordCount(in: range)
      guard count > 0 else { continue }
      found.append(
        UnreadableRecords(
          count: count,
          reason: signer.map { .epochFaulty(epoch: epoch, by: $0) } ?? .epochWithheld(epoch: epoch)))
    }
    var byAuthor: [DeviceID: UInt64] = [:]
    for record in try journal.read().directory.unreadable where try isStored(record.leaf) {
      byAuthor[record.author, default: 0] += 1
    }
    for (author, count) in byAuthor.sorted(by: { $0.key < $1.key }) {
      found.append(UnreadableRecords(count: count, reason: .doesNotOpen(author: author)))
    }
    return found
  }

  /// The epochs whose secrets are not here, where their records stand, and the device to blame, if it is one.
  private var unreadableEpochs: [(epoch: UInt64, leaves: Range<UInt64>, signer: DeviceID?)] {
    view.read { state in
      let epochs = state.log.epochs
      return state.keyring.unreadable(in: state.log).compactMap { number in
        guard let place = Int(exactly: number), epochs.indices.contains(place) else { return nil }
        let start = epochs[place].header.treeSize
        let end = place + 1 < epochs.count ? epochs[place + 1].header.treeSize : .max
        let isRelays = state.keyring.faults[number]?.isRelays ?? true
        return (number, start..<max(start, end), isRelays ? nil : epochs[place].signer)
      }
    }
  }

  /// Returns how many records are stored at these leaf indices: what was erased is not missed.
  private func recordCount(in leaves: Range<UInt64>) throws(DeviceError) -> UInt64 {
    var (next, count) = (leaves.lowerBound, UInt64(0))
    while next < leaves.upperBound {
      try checkCancellation()
      let from = next
      let batches = try store.use { (store) throws(StoreError) in try store.batches(from: from, limit: 16) }
      guard !batches.isEmpty else { return count }
      for batch in batches {
        for (index, record) in batch.records.enumerated() {
          let leaf = batch.leaf(of: index)
          if record != nil, leaves.contains(leaf) { count += 1 }
        }
        next = batch.endLeaf
      }
    }
    return count
  }

  private func isStored(_ leaf: UInt64) throws(DeviceError) -> Bool {
    let batch = try store.use { (store) throws(StoreError) in
      try store.batches(before: leaf + 1, limit: 1).first
    }
    guard let batch, leaf >= batch.firstLeaf, leaf < batch.endLeaf else { return false }
    // In range: the leaf is one of the batch's.
    return batch.records[Int(leaf - batch.firstLeaf)] != nil
  }
}
