/// What can be said of one signed batch without the history before it. SPEC.md section 5.4.
extension SignedBatch {
  /// Rules 1 and 2.
  func checkAuthor(in log: AccountLog) throws(HistoryError) {
    guard let member = log.members[device] else { throw .unknownAuthor(device) }
    guard isSigned(by: member.bundle.signingKeys, account: log.account) else { throw .badSignature(device) }
    guard let entry = log.index(of: logHead) else { throw .unknownLogHead(device) }
    guard member.addedAt <= entry, entry < member.removal?.entry ?? .max else {
      throw .authorNotActive(device)
    }
  }

  /// Rule 3: records stand where their log head was the newest, as the headers' tree sizes say. Gives the epoch
  /// at that head.
  func epoch(
    from firstLeaf: UInt64, count: Int, in log: AccountLog
  ) throws(HistoryError) -> AccountLog.Epoch {
    guard let entry = log.index(of: logHead), let epoch = log.epochs.last(where: { $0.entry <= entry }) else {
      throw .unknownLogHead(device)
    }
    guard firstLeaf >= epoch.header.treeSize else { throw .wrongEpoch(leaf: firstLeaf) }
    let next = epoch.header.number + 1
    guard next < log.epochs.count else { return epoch }
    let end = log.epochs[Int(next)].header.treeSize
    // In range: the condition before.
    guard firstLeaf <= end, UInt64(count) <= end - firstLeaf else { throw .staleLogHead(device) }
    return epoch
  }
}
