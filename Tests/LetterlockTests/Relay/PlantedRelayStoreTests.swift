import LetterlockFormat
import LetterlockRelayKit
import LetterlockTestKit
import Testing

@Suite("Conformance: what a store does wrong is found")
struct PlantedRelayStoreTests {
  @Test(arguments: PlantedFault.allCases)
  func `each fault of a store is a finding`(fault: PlantedFault) async {
    #expect(await RelayStoreConformance.findings { PlantedStore(fault: fault) } != [])
  }
}

enum PlantedFault: CaseIterable {
  case sharesKeys, ignoresOrder, ignoresLimit, ignoresUpperBound, ignoresPrefix, keepsRefusedChanges,
    keepsMessages, tellsOldVersions
}

/// A store with one fault.
private struct PlantedStore: RelayStore {
  let fault: PlantedFault
  private let base = MemoryRelayStore()

  init(fault: PlantedFault) { self.fault = fault }

  private func key(_ key: DistributionKey) -> DistributionKey {
    fault == .sharesKeys ? .account(AccountID(unchecked: [UInt8](repeating: 0, count: 32))) : key
  }

  func read<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any RelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    try await base.write(self.key(key)) { [fault] (rows) throws(RelayError) in
      try body(PlantedRows(fault: fault, base: rows))
    }
  }

  func write<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any WritableRelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    let outcome = try await base.write(self.key(key)) {
      [fault] (rows) throws(RelayError) -> Result<Answer, RelayError> in
      do throws(RelayError) { return .success(try body(PlantedRows(fault: fault, base: rows))) } catch {
        guard fault == .keepsRefusedChanges else { throw error }
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  func removeMessages(expiredBefore time: Int64) async throws(RelayError) {
    if fault != .keepsMessages { try await base.removeMessages(expiredBefore: time) }
  }

  func versions(of accounts: [AccountID]) async throws(RelayError) -> [AccountID: UInt64] {
    let versions = try await base.versions(of: accounts)
    return fault == .tellsOldVersions ? versions.mapValues { $0 &- 1 } : versions
  }
}

private struct PlantedRows: WritableRelayRows {
  let fault: PlantedFault
  let base: any WritableRelayRows

  func rows(
    in table: RelayTable, _ range: RowRange, _ order: RowOrder, limit: Int
  ) throws(RelayError) -> [RelayRow] {
    try base.rows(
      in: table, altered(range), fault == .ignoresOrder ? .ascending : order,
      limit: fault == .ignoresLimit ? .max : limit)
  }

  func put(_ rows: [RelayRow], in table: RelayTable) throws(RelayError) { try base.put(rows, in: table) }

  func remove(_ range: RowRange, in table: RelayTable) throws(RelayError) {
    try base.remove(altered(range), in: table)
  }

  private func altered(_ range: RowRange) -> RowRange {
    switch fault {
    case .ignoresUpperBound: RowRange(range.prefix, from: range.lower)
    case .ignoresPrefix where range.lower == nil && range.upper == nil: .all
    default: range
    }
  }
}
