internal import CryptoCore

/// Named points in the history. SPEC.md section 6.10.
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

  /// Names the history as it is now, on every device. This device is synchronised first, and sends the name.
  /// - Throws: as `sync()`; `.historyRefused` if the history is not whole.
  public func createSnapshot(named name: String) async throws(DeviceError) -> Snapshot {
    try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      _ = try await pushRecords(nil)
      let history = try progress().history
      guard history.absent.isEmpty else { throw .historyRefused(.missing(leaves: history.absent)) }
      let index = try timelineIndex()
      let files = try files(of: index)
      let snapshot = Snapshot(
        identifier: Bytes16.random(), name: name, at: .now, treeSize: history.tree.size,
        treeRoot: history.tree.root.bytes, messageCount: UInt64(index.references.count),
        conversationCount: UInt64(index.conversations.count), attachmentCount: UInt64(files.count))
      try enqueue([.snapshot(snapshot)])
      _ = try await pushRecords(nil)
      return snapshot
    }
  }

  private func files(of index: TimelineIndex) throws(DeviceError) -> Set<BlobID> {
    var files: Set<BlobID> = []
    var rest = index.references[...]
    while !rest.isEmpty {
      let page = rest.prefix(2048)
      rest = rest.dropFirst(page.count)
      for message in try messages(page, of: index) { files.formUnion(message.attachments.map(\.blob)) }
    }
    return files
  }

  /// The snapshots of the history that this device has, in its order.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func snapshots() throws(DeviceError) -> [ListedSnapshot] {
    var found: [(snapshot: Snapshot, author: DeviceID)] = []
    do throws(HistoryReadError<Never>) {
      try forEachEntry { read in
        if case .success(.snapshot(let snapshot)) = read.entry { found.append((snapshot, read.author)) }
      }
    } catch {
      switch error {
      case .device(let error): throw error
      }
    }
    let roots = try roots(at: Set(found.map { $0.snapshot.treeSize }))
    return found.map { snapshot, author in
      ListedSnapshot(
        snapshot: snapshot, author: author,
        isVerified: roots[snapshot.treeSize]?.bytes == snapshot.treeRoot)
    }
  }

  /// The roots that the history had at sizes, where signed batches ended.
  private func roots(at sizes: Set<UInt64>) throws(DeviceError) -> [UInt64: Digest32] {
    guard let last = sizes.max() else { return [:] }
    let store = try neededStore()
    var tree = HistoryTree()
    var roots: [UInt64: Digest32] = [0: tree.root]
    while tree.size < last {
      let from = tree.size
      let batches = try Self.storing { () throws(StoreError) in try store.batches(from: from, limit: 64) }
      guard !batches.isEmpty else { break }
      for batch in batches {
        tree.append(batch.leafHashes)
        if sizes.contains(tree.size) { roots[tree.size] = tree.root }
      }
    }
    return roots
  }

  /// The history as it was at a snapshot, as people saw it: without what came later, and without what was erased since.
  /// - Throws: `DeviceError.noStore`, `.store`; `.historyRefused` if the history is not the one that was named.
  public func timelineIndex(at snapshot: Snapshot) throws(DeviceError) -> TimelineIndex {
    guard try roots(at: [snapshot.treeSize])[snapshot.treeSize]?.bytes == snapshot.treeRoot else {
      throw .historyRefused(.forked(evidence: nil))
    }
    var index = TimelineIndex()
    do throws(HistoryReadError<Never>) {
      try forEachEntry { read in
        if let leaf = read.leaf, leaf < snapshot.treeSize { index.add(read) }
      }
    } catch {
      switch error {
      case .device(let error): throw error
      }
    }
    index.settle()
    return index
  }
}
