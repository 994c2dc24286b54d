import Letterlock
import LetterlockRelayKit

/// A relay's rows in dictionaries: what an implementer of a database's store writes, without the database.
actor OwnRelayStore: RelayStore {
  private var accounts: [DistributionKey: [RelayTable: [RelayRow]]] = [:]

  func read<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any RelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    try body(OwnRows(accounts[key] ?? [:]))
  }

  func write<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any WritableRelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    // A copy, which takes the place of the rows only if the body does not throw.
    let rows = OwnRows(accounts[key] ?? [:])
    let answer = try body(rows)
    accounts[key] = rows.tables
    return answer
  }

  func removeMessages(expiredBefore time: Int64) async throws(RelayError) {
    let column = RelayTable.mailbox.columns.firstIndex { $0.name == "expires" } ?? 0
    for (key, tables) in accounts {
      guard case .mailbox = key else { continue }
      accounts[key]?[.mailbox] = tables[.mailbox]?.filter { $0.values[column] >= .integer(time) }
    }
  }
}

/// The rows under one key.
private final class OwnRows: WritableRelayRows {
  var tables: [RelayTable: [RelayRow]]

  init(_ tables: [RelayTable: [RelayRow]]) { self.tables = tables }

  func rows(
    in table: RelayTable, _ range: RowRange, _ order: RowOrder, limit: Int
  ) throws(RelayError) -> [RelayRow] {
    let found = (tables[table] ?? []).filter { range.holds($0) }
    return order == .ascending ? Array(found.prefix(limit)) : found.suffix(limit).reversed()
  }

  func put(_ rows: [RelayRow], in table: RelayTable) throws(RelayError) {
    let count = table.keyColumns.count
    let keys = Set(rows.map { Array($0.values.prefix(count)) })
    let others = (tables[table] ?? []).filter { !keys.contains(Array($0.values.prefix(count))) }
    var latest: [[RelayValue]: RelayRow] = [:]
    for row in rows { latest[Array(row.values.prefix(count))] = row }
    tables[table] = (others + latest.values).sorted { $0.values.lexicographicallyPrecedes($1.values) }
  }

  func remove(_ range: RowRange, in table: RelayTable) throws(RelayError) {
    tables[table]?.removeAll { range.holds($0) }
  }
}

extension RowRange {
  /// Whether a row's key is in the range.
  fileprivate func holds(_ row: RelayRow) -> Bool {
    guard row.values.starts(with: prefix) else { return false }
    guard lower != nil || upper != nil else { return true }
    let next = row.values[prefix.count]
    return lower.map { $0 <= next } ?? true && upper.map { next < $0 } ?? true
  }
}
