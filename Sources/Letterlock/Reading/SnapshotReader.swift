internal import CryptoCore

extension Device {
  /// A snapshot as it stands in the history.
  public struct ListedSnapshot: Hashable, Sendable {
    /// What its device said.
    public let snapshot: Snapshot
    /// The device that signed for it.
    public let author: DeviceID
    /// Whether the history that this device verified had this root at this size.
    public let isVerified: Bool
  }
}

/// Reads named points of the history. SPEC.md section 6.10.
struct SnapshotReader: Sendable {
  let timeline: TimelineReader

  /// Returns the snapshots of the history, in its order.
  func snapshots() throws(DeviceError) -> [Device.ListedSnapshot] {
    var found: [(snapshot: Snapshot, author: DeviceID)] = []
    try timeline.history.forEach { read in
      if case .success(.snapshot(let snapshot)) = read.entry { found.append((snapshot, read.author)) }
    }
    let roots = try roots(at: Set(found.map { $0.snapshot.treeSize }))
    return found.map { snapshot, author in
      Device.ListedSnapshot(
        snapshot: snapshot, author: author,
        isVerified: roots[snapshot.treeSize]?.bytes == snapshot.treeRoot)
    }
  }

  /// Reads the history as it was at a snapshot.
  func index(at snapshot: Snapshot) throws(DeviceError) -> TimelineIndex {
    guard try roots(at: [snapshot.treeSize])[snapshot.treeSize]?.bytes == snapshot.treeRoot else {
      throw .historyRefused(.forked(evidence: nil))
    }
    return try timeline.index(before: snapshot.treeSize)
  }

  /// Returns the roots that the history had at sizes, where signed batches ended.
  private func roots(at sizes: Set<UInt64>) throws(DeviceError) -> [UInt64: Digest32] {
    guard let last = sizes.max() else { return [:] }
    var tree = HistoryTree()
    var roots: [UInt64: Digest32] = [0: tree.root]
    while tree.size < last {
      let batches = try timeline.history.batches(from: tree.size, limit: 64)
      guard !batches.isEmpty else { break }
      for batch in batches {
        tree.append(batch.leafHashes)
        if sizes.contains(tree.size) { roots[tree.size] = tree.root }
      }
    }
    return roots
  }
}
