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
    /// A device began the epoch, or one after it that was to lead there, so that this one cannot read it.
    case epochFaulty(epoch: UInt64, by: DeviceID)
    /// No epoch that this device can read leads to it, and nobody is to blame. A device that reads it repairs that when it
    /// synchronises.
    case epochUnreached(epoch: UInt64)
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
    for (range, reason) in unreadableEpochs {
      let count = try recordCount(in: range)
      if count > 0 { found.append(UnreadableRecords(count: count, reason: reason)) }
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

  /// Where the records of the epochs stand whose secrets are not here, and why they are not.
  private var unreadableEpochs: [(leaves: Range<UInt64>, reason: UnreadableRecords.Reason)] {
    view.read { state in
      let obstacles = state.keyring.obstacles(to: state.keys.deviceID, in: state.log)
      return state.log.epochs.enumerated().compactMap { place, epoch in
        let number = epoch.header.number
        guard let obstacle = obstacles[number] else { return nil }
        let start = epoch.header.treeSize
        let end = place + 1 < state.log.epochs.count ? state.log.epochs[place + 1].header.treeSize : .max
        let reason: UnreadableRecords.Reason =
          switch obstacle {
          case .withheld: .epochWithheld(epoch: number)
          case .faulty(let device): .epochFaulty(epoch: number, by: device)
          case .unreached: .epochUnreached(epoch: number)
          }
        return (start..<max(start, end), reason)
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
