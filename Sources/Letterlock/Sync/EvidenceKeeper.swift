internal import TLSCodec

/// What the relay's own signatures show when it shows two histories. SPEC.md section 6.6.
struct EvidenceKeeper: Sendable {
  let view: AccountView
  let store: StoreConnection
  let notes: DeviceNotes

  /// What it means that the relay signed `checkpoint` for another device, and not for the history of `page`.
  func fork(
    _ checkpoint: Checkpoint, _ page: HistoryPage, _ progress: DeviceProgress
  ) -> Verdict {
    guard let nodes = nodes(with: page) else { return .forked(evidence: nil) }
    // What the relay signed for this device, the newest first.
    for own in [page.checkpoint, progress.checkpoint].compactMap({ $0 })
    where nodes.root(at: own.treeSize) == own.treeRoot && checkpoint.treeSize <= own.treeSize {
      if let evidence = evidence(older: checkpoint, newer: own, nodes: nodes) {
        return .forked(evidence: evidence)
      }
    }
    guard checkpoint.treeSize <= page.checkpoint.treeSize else {
      return .rolledBack(from: checkpoint.treeSize, to: page.checkpoint.treeSize)
    }
    return .forked(evidence: nil)
  }

  /// Evidence of two checkpoints, of which `newer` signs the history of `nodes`; nil if they do not contradict
  /// each other. Without nodes both are of one size.
  func evidence(older: Checkpoint, newer: Checkpoint, nodes: HistoryNodes?) -> RelayEvidence? {
    guard let create = view.read({ $0.entries.first }) else { return nil }
    let same = ConsistencyProof(oldSize: older.treeSize, newSize: newer.treeSize, path: [])
    guard
      let beginning = nodes == nil ? newer.treeRoot : nodes?.root(at: older.treeSize),
      let proof = nodes == nil
        ? same : nodes?.consistencyProof(from: older.treeSize, to: newer.treeSize)
    else { return nil }
    let evidence = RelayEvidence(
      create: create, older: older, newer: newer, beginning: beginning, proof: proof)
    do throws(RelayEvidenceError) { try evidence.check() } catch { return nil }
    return evidence
  }

  /// The tree over what this device has, and what a page adds.
  private func nodes(with page: HistoryPage) -> HistoryNodes? {
    guard let store = store.store else { return nil }
    var nodes = HistoryNodes()
    while true {
      guard let batches = try? store.batches(from: nodes.size, limit: 64) else { return nil }
      guard !batches.isEmpty else { break }
      for batch in batches {
        guard batch.firstLeaf == nodes.size else { return nil }
        nodes.append(batch.leafHashes)
      }
    }
    for batch in page.batches where batch.firstLeaf == nodes.size {
      nodes.append(batch.leafHashes)
    }
    return nodes
  }

  /// Returns the two checkpoints that contradict each other; nil if there are none, or the person has decided.
  func kept() throws(DeviceError) -> RelayEvidence? {
    guard let bytes = try notes.open(.evidence), !bytes.isEmpty else { return nil }
    do { return try RelayEvidence(decoding: bytes) } catch { throw .store(.corrupted("evidence")) }
  }

  /// Keeps evidence, until the person has decided.
  func keep(_ evidence: RelayEvidence) throws(DeviceError) {
    try notes.keep(evidence.encoded, as: .evidence)
  }

  /// Notes that the person has decided.
  func dismiss() throws(DeviceError) { try notes.keep([], as: .evidence) }
}
