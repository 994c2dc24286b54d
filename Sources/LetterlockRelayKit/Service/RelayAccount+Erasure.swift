internal import LetterlockFormat

/// Orders to erase an account. SPEC.md section 6.12.
extension RelayAccount {
  /// Takes an order, or changes nothing. One by the recovery device takes effect at once; any other waits, unless one
  /// waits already.
  mutating func take(
    _ order: AccountErasure, at moment: RelayMoment, by key: CheckpointKey
  ) throws(RelayError) {
    guard erasure?.order != order else { return }
    try check(order)
    if order.device == log.recoveryDevice {
      erasure = StoredErasure(order, received: moment.now)
      try end(at: moment, by: key)
    } else if erasure == nil {
      erasure = StoredErasure(order, received: moment.now)
    }
  }

  private func check(_ order: AccountErasure) throws(RelayError) {
    do throws(ErasureRefusal) { try order.check(against: log) } catch {
      guard error == .otherState else { throw .erasureRefused(error) }
      throw .staleLogHead(newest: log.head)
    }
    guard order.checkpoint.treeSize == history.tree.size, order.checkpoint.treeRoot == history.tree.root
    else {
      throw .staleHistory(treeSize: history.tree.size)
    }
  }

  /// Whether an order has waited long enough. It waits on while the recovery device holds the account.
  func isErasureDue(at moment: RelayMoment) -> Bool {
    guard moment.policy.carriesOutErasures, !isMoved, let pending = erasure?.pending(moment.policy) else {
      return false
    }
    return moment.now >= pending.takesEffect && control.holdRemaining(of: log, at: moment) == nil
  }

  /// The order takes effect: the account has no history any more.
  mutating func end(at moment: RelayMoment, by key: CheckpointKey) throws(RelayError) {
    let final = try checkpoint(at: moment.now, by: key)
    erasure?.complete(with: final)
    history = History()
    (usage.records, usage.blobs) = (0, 0)
  }
}
