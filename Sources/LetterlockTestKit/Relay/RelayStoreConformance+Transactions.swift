internal import LetterlockFormat
internal import LetterlockRelayKit

/// Transactions.
extension RelayStoreConformance {
  @Sendable static func refusedWritesChangeNothing(
    _ store: some RelayStore, _ findings: inout Findings
  ) async throws {
    let before = (0..<4).map { row($0, of: .record) }
    try await store.write(account) { (rows) throws(RelayError) in try rows.put(before, in: .record) }
    let refusal = RelayError.staleHistory(treeSize: 7)
    do throws(RelayError) {
      try await store.write(account) { (rows) throws(RelayError) in
        try rows.put([row(2, of: .record), row(9, of: .record)], in: .record)
        try rows.remove(RowRange([.integer(1)]), in: .record)
        try rows.put([row(1, of: .stream)], in: .stream)
        throw refusal
      }
      findings.expect(false, "it does not throw")
    } catch { findings.expect(error, is: refusal, "it throws") }
    let after = try await all(.record, in: store)
    let streams = try await all(.stream, in: store)
    findings.expect(after == before && streams.isEmpty, "rows have changed")
  }

  /// Each adds one to a number, in the table whose row every change of an account puts.
  @Sendable static func writesAreSerial(
    _ store: some RelayStore, _ findings: inout Findings
  ) async throws {
    let count = 40
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        group.addTask {
          try? await store.write(account) { (rows) throws(RelayError) in
            let known = try rows.rows(in: .account, .all, .ascending, limit: 1).first
            guard case .integer(let number)? = known?.values.first ?? .integer(0) else { return }
            try rows.put([row(number + 1, of: .account)], in: .account)
          }
        }
      }
    }
    let rows = try await all(.account, in: store)
    findings.expect(
      rows.first?.values.first, is: .integer(Int64(count)), "a number to which each adds one is")
  }

  /// Each writes one number into two tables; nobody reads two numbers.
  @Sendable static func readsAreOfOneState(
    _ store: some RelayStore, _ findings: inout Findings
  ) async throws {
    let torn = await withTaskGroup(of: Bool.self) { group in
      for number in Int64(0)..<20 {
        group.addTask {
          try? await store.write(account) { (rows) throws(RelayError) in
            try rows.put([row(number, of: .account)], in: .account)
            try rows.put([RelayRow([.integer(0), .bytes([UInt8(clamping: number)])])], in: .record)
          }
          return false
        }
        group.addTask {
          let isTorn = try? await store.read(account) { (rows) throws(RelayError) -> Bool in
            let record = try rows.rows(in: .record, .all, .ascending, limit: 1).first
            let version = try rows.rows(in: .account, .all, .ascending, limit: 1).first
            guard case .bytes(let bytes)? = record?.values.last,
              case .integer(let number)? = version?.values.first
            else { return record != version }
            return bytes.first.map(Int64.init) != number
          }
          return isTorn ?? false
        }
      }
      return await group.contains(true)
    }
    findings.expect(!torn, "it shows half of a write")
  }

  @Sendable static func versionsAreTold(_ store: some RelayStore, _ findings: inout Findings) async throws {
    // More than a store may put into one query.
    let accounts = (0..<1_200).map { number in
      AccountID(
        unchecked: [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)] + [UInt8](repeating: 9, count: 30))
    }
    var wanted: [AccountID: UInt64] = [:]
    for (number, account) in accounts.enumerated() where number % 100 == 7 {
      wanted[account] = UInt64(number)
      try await store.write(.account(account)) { (rows) throws(RelayError) in
        try rows.put([row(Int64(number), of: .account)], in: .account)
      }
    }
    let told = try await store.versions(of: accounts)
    findings.expect(
      told == wanted, "of 1200 accounts, of which 12 are there, others are told, or other versions")
    let none = try await store.versions(of: [])
    findings.expect(none.isEmpty, "of no accounts, some are told")
  }

  @Sendable static func messagesExpire(_ store: some RelayStore, _ findings: inout Findings) async throws {
    try await store.write(key(of: .mailbox)) { (rows) throws(RelayError) in
      try rows.put(
        [10, 20, 30].map { expires in
          RelayRow([.bytes([UInt8(clamping: expires)]), .integer(expires), .bytes([]), .bytes([])])
        }, in: .mailbox)
    }
    try await store.write(account) { (rows) throws(RelayError) in
      try rows.put([row(10, of: .root)], in: .root)
    }
    try await store.removeMessages(expiredBefore: 20)
    let left = try await all(.mailbox, in: store).map { $0.values[1] }
    findings.expect(
      left, is: [.integer(20), .integer(30)], "of messages that expire at 10, 20 and 30, at 20 are left")
    let others = try await all(.root, in: store)
    findings.expect(others.count, is: 1, "rows that are no messages")
  }
}
