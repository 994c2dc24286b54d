/// Names the history as it is now. SPEC.md section 6.10.
struct SnapshotMaker: Sendable {
  let lock: AsyncLock
  let outbox: Outbox
  let timeline: TimelineReader
  let pusher: HistoryPusher

  private static let pageCount = 2048

  /// Synchronises, names what is here, and sends the name.
  func create(named name: String) async throws(DeviceError) -> Snapshot {
    try await lock.locked { () async throws(DeviceError) in
      try await pusher.puller.pull()
      try await pusher.push()
      let history = try timeline.history.verified
      guard history.absent.isEmpty else { throw .historyRefused(.missing(leaves: history.absent)) }
      let index = try timeline.index()
      let files = try files(of: index)
      let snapshot = Snapshot(
        identifier: Bytes16.random(), name: name, at: .now, treeSize: history.tree.size,
        treeRoot: history.tree.root.bytes, messageCount: UInt64(index.references.count),
        conversationCount: UInt64(index.conversations.count), attachmentCount: UInt64(files.count))
      try outbox.enqueue([.snapshot(snapshot)])
      try await pusher.push()
      return snapshot
    }
  }

  private func files(of index: TimelineIndex) throws(DeviceError) -> Set<BlobID> {
    var files: Set<BlobID> = []
    var rest = index.references[...]
    while !rest.isEmpty {
      let page = rest.prefix(Self.pageCount)
      rest = rest.dropFirst(page.count)
      for message in try timeline.messages(page, of: index) {
        files.formUnion(message.attachments.map(\.blob))
      }
    }
    return files
  }
}
