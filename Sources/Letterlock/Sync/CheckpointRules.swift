internal import CryptoCore
internal import TLSCodec

/// What a checkpoint of the relay must say to a device that knows a part of the history. SPEC.md section 6.3.
struct CheckpointRules: Sendable {
  let view: AccountView
  let evidence: EvidenceKeeper

  /// How far a relay's clock may be set back, in milliseconds. SPEC.md section 6.2.
  static let largestSetback: UInt64 = 3_600_000

  /// The log that the relay shows must hold the head that it signed.
  func checkHead(of checkpoint: Checkpoint) throws(DeviceError) {
    let (log, other) = view.read { ($0.log, $0.otherLog) }
    guard log.index(of: checkpoint.logHead) == nil else { return }
    if let other, other.isShown, other.entries.contains(where: { $0.head == checkpoint.logHead }) {
      throw .historyRefused(.forked(evidence: nil))
    }
    throw .historyRefused(.rolledBack(from: log.nextIndex + 1, to: log.nextIndex))
  }

  /// A checkpoint must be the relay's, and not of less than an earlier checkpoint.
  func check(_ checkpoint: Checkpoint, against progress: DeviceProgress) throws(DeviceError) {
    let (log, account) = (view.log, view.account)
    let pinned = log.checkpointKey
    guard pinned.isEmpty || checkpoint.isSigned(by: pinned), checkpoint.account == account else {
      throw .historyRefused(.tampered(.badSignature(view.device)))
    }
    // Whoever began the newest epoch had verified that many records: a relay cannot show fewer to a new device.
    let size = max(
      progress.history.tree.size, log.newestEpoch.header.treeSize, progress.promised?.treeSize ?? 0)
    guard checkpoint.treeSize >= size else {
      throw .historyRefused(.rolledBack(from: size, to: checkpoint.treeSize))
    }
  }

  /// At its end, a history must hash to the root that the relay signed.
  func checkEnd(_ checkpoint: Checkpoint, _ progress: DeviceProgress) throws(DeviceError) {
    let tree = progress.history.tree
    guard tree.size == checkpoint.treeSize else {
      throw .historyRefused(.missing(leaves: [tree.size]))
    }
    if view.log.epochOfOtherHistory(tree) != nil { throw .historyRefused(.forked(evidence: nil)) }
    guard tree.root != checkpoint.treeRoot else { return }
    if let known = progress.checkpoint, known.treeSize == checkpoint.treeSize,
      known.treeRoot != checkpoint.treeRoot
    {
      throw .historyRefused(
        .forked(evidence: evidence.evidence(older: known, newer: checkpoint, nodes: nil)))
    }
    throw .historyRefused(.reordered)
  }

  /// What a page ends with must be the beginning of the history that the relay signed: nothing else is kept.
  func checkBeginning(_ page: HistoryPage, _ progress: DeviceProgress) throws(DeviceError) {
    let tree = progress.history.tree
    guard tree.size != page.checkpoint.treeSize else { return }
    guard let proof = page.consistency, proof.oldSize == tree.size, proof.newSize == page.checkpoint.treeSize,
      proof.holds(old: tree.root, new: page.checkpoint.treeRoot)
    else { throw .historyRefused(.reordered) }
  }
}
