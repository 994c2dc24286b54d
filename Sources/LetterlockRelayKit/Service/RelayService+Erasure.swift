public import LetterlockFormat

/// Erasing an account.
extension RelayService {
  /// Takes an order to erase everything of an account but its log and the order.
  public func eraseAccount(
    _ erasure: AccountErasure, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> PendingErasure? {
    let (moment, key) = (moment, key)
    let stored = try await changingEvenErased(account) {
      (rows, rules) throws(RelayError) -> StoredErasure? in
      try rules.check(caller, .itself(erasure.device))
      if rules.isErasureDue(at: moment) { try Self.end(&rules, rows, at: moment, by: key) }
      guard rules.erasure?.completed == nil else { return rules.erasure }
      try rules.checkTurn(of: caller, at: moment)
      try rules.take(erasure, at: moment, by: key)
      if rules.erasure?.completed != nil { try AccountRows.removeHistory(rows) }
      return rules.erasure
    }
    guard let completed = stored?.completed else { return stored?.pending(moment.policy) }
    try await finishErasing(account)
    guard completed.order == erasure else { throw .accountErased(completed) }
    return nil
  }

  /// Returns the order that waits.
  public func pendingErasure(
    of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> PendingErasure? {
    let policy = policy
    return try await reading(account, as: caller) { (_, rules) throws(RelayError) in
      rules.erasure?.pending(policy)
    }
  }

  /// Lets an order take effect that has waited long enough.
  static func end(
    _ rules: inout RelayAccount, _ rows: any WritableRelayRows, at moment: RelayMoment, by key: CheckpointKey
  ) throws(RelayError) {
    try rules.end(at: moment, by: key)
    try AccountRows.removeHistory(rows)
  }

  /// Whether nothing is left of an account that was erased.
  static func isSwept(_ rows: any RelayRows) throws(RelayError) -> Bool {
    for table in RelayTable.erased {
      guard try rows.rows(in: table, .all, .ascending, limit: 1).isEmpty else { return false }
    }
    return true
  }

  /// Removes what is left of an account that was erased, in transactions of a bounded size. Does nothing to any other
  /// account.
  ///
  /// Every call about the account does this too.
  public func finishErasing(_ account: AccountID) async throws(RelayError) {
    var isDone = false
    while !isDone {
      isDone = try await store.write(.account(account)) { (rows) throws(RelayError) in
        guard try StoredErasure(rows)?.completed != nil else { return true }
        return try ErasedRows.removeSome(rows)
      }
    }
    try? await store.scrub()
  }
}

/// What is left of an account that is no more.
enum ErasedRows {
  private static let stepCount = 64

  /// Removes rows that an order to erase an account concerns, table by table. Returns whether none is left.
  static func removeSome(_ rows: any WritableRelayRows) throws(RelayError) -> Bool {
    var left = stepCount
    for table in RelayTable.erased {
      while let first = try rows.rows(in: table, .all, .ascending, limit: 1).first {
        guard left > 0 else { return false }
        left -= 1
        try rows.remove(neighbours(of: first, in: table), in: table)
      }
    }
    return true
  }

  /// The rows whose key begins as this one's, or with one of the numbers after it.
  private static func neighbours(of row: RelayRow, in table: RelayTable) -> RowRange {
    guard table.keyColumns.first != nil, let first = row.values.first else { return .all }
    guard case .integer(let number) = first else { return RowRange([first]) }
    let (end, overflow) = number.addingReportingOverflow(4096)
    return RowRange(from: first, below: overflow ? nil : .integer(end))
  }
}
