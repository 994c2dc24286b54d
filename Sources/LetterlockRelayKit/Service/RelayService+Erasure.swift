public import LetterlockFormat

/// Erasing an account.
extension RelayService {
  /// Erases everything of an account but its log and the order.
  public func eraseAccount(
    _ erasure: AccountErasure, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) {
    try await changingEvenErased(account) { (rows, rules) throws(RelayError) in
      try rules.check(caller, .itself(erasure.device))
      if let done = rules.erasure {
        guard done == erasure else { throw .accountErased(done) }
        return
      }
      try rules.erase(by: erasure)
      try AccountRows.removeHistory(rows)
      try rows.put(.bytes(erasure.encoded), in: .erasure)
    }
    try await finishErasing(account)
  }

  /// Removes what is left of an account that was erased, in transactions of a bounded size. Does nothing to any other
  /// account.
  ///
  /// `eraseAccount` does this too; after a process that ended in between, call it, or let the device order it again.
  public func finishErasing(_ account: AccountID) async throws(RelayError) {
    var isDone = false
    while !isDone {
      isDone = try await store.write(.account(account)) { (rows) throws(RelayError) in
        guard try rows.row(in: .erasure) != nil else { return true }
        return try Self.removeSome(rows)
      }
    }
    try? await store.scrub()
  }

  private static var stepCount: Int { 64 }

  /// Removes rows of an account that was erased, table by table. Returns whether none is left.
  private static func removeSome(_ rows: any WritableRelayRows) throws(RelayError) -> Bool {
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
