/// Compares the history that a former device knew with the one that the relay has signed: by roots, since another history
/// may be longer. SPEC.md section 8.6.
struct HistoryComparison: Sendable {
  private let former: AccountView
  private let store: StoreConnection
  private let relay: any Relay
  private let caller: RelayCaller

  /// - Parameter caller: Who asks the relay: a reader of the account.
  init(_ former: AccountView, _ store: any DeviceStore, _ relay: any Relay, as caller: RelayCaller) {
    (self.former, self.relay, self.caller) = (former, relay, caller)
    self.store = StoreConnection(store: store)
  }

  /// Whether the relay's history goes on from everything that the former device knew of it: what it has, and what it holds
  /// the relay to.
  func isContinued() async throws(DeviceError) -> Bool {
    let progress = try progress()
    let tree = progress.history.tree
    guard try await relayHas(tree.size, tree.root) else { return false }
    guard let promised = progress.promised else { return true }
    return try await relayHas(promised.treeSize, promised.treeRoot)
  }

  /// Whether the former device knew of no history.
  func isEmpty() throws(DeviceError) -> Bool {
    let progress = try progress()
    return progress.history.tree.size == 0 && progress.promised == nil
  }

  /// How many records both histories begin with.
  func commonSize() async throws(DeviceError) -> UInt64 {
    let nodes = try store.historyNodes()
    var (common, end) = (UInt64(0), nodes.size)
    while common < end {
      try checkCancellation()
      let middle = end - (end - common) / 2
      if let root = nodes.root(at: middle), try await relayHas(middle, root) {
        common = middle
      } else {
        end = middle - 1
      }
    }
    return common
  }

  private func progress() throws(DeviceError) -> DeviceProgress { try SyncProgress(store).current() }

  /// Whether the relay proves that its history begins with so many records of this root.
  private func relayHas(_ size: UInt64, _ root: Digest32) async throws(DeviceError) -> Bool {
    guard size > 0 else { return true }
    let account = former.account
    let page = try await asking { () async throws(RelayError) in
      // No stream has a record below the first: the proof is all that is asked for.
      try await relay.newestStreams(before: 0, limit: 1, knownSize: size, of: account, as: caller).page
    }
    let (checkpoint, pinned) = (page.checkpoint, former.log.checkpointKey)
    // What the relay does not sign says nothing of what it has.
    guard pinned.isEmpty || checkpoint.isSigned(by: pinned), checkpoint.account == account else {
      throw .historyRefused(.tampered(.badSignature(former.device)))
    }
    guard checkpoint.treeSize != size else { return checkpoint.treeRoot == root }
    guard let proof = page.consistency, proof.oldSize == size, proof.newSize == checkpoint.treeSize else {
      return false
    }
    return proof.holds(old: root, new: checkpoint.treeRoot)
  }
}
