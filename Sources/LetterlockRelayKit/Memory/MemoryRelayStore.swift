public import LetterlockFormat

/// A store that forgets everything when it goes: for tests and examples.
public actor MemoryRelayStore: RelayStore {
  private var partitions: [DistributionKey: Partition]

  /// An empty store.
  public init() { partitions = [:] }

  init(_ partitions: [DistributionKey: Partition]) { self.partitions = partitions }

  /// A store with the same rows, which goes its own way from here on.
  func fork() -> MemoryRelayStore { MemoryRelayStore(partitions) }

  /// Runs `body` on the rows under `key`.
  public func read<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any RelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    let rows = MemoryRows(partitions[key] ?? Partition())
    return try body(rows)
  }

  /// Runs `body` on the rows under `key`, and puts back what it changed if it throws.
  public func write<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any WritableRelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    // Taken out, so that rows are changed where they are and not copied.
    let rows = MemoryRows(partitions.removeValue(forKey: key) ?? Partition())
    do throws(RelayError) {
      let answer = try body(rows)
      partitions[key] = rows.partition
      return answer
    } catch {
      rows.rollBack()
      partitions[key] = rows.partition.tables.isEmpty ? nil : rows.partition
      throw error
    }
  }

  /// Removes messages that have expired.
  public func removeMessages(expiredBefore time: Int64) async throws(RelayError) {
    for (key, partition) in partitions {
      guard case .mailbox = key, let rows = partition.tables[.mailbox] else { continue }
      let left = rows.filter { ((try? $0.integer(1)) ?? time) >= time }
      partitions[key] = left.isEmpty ? nil : Partition(tables: [.mailbox: left])
    }
  }
}

extension MemoryRelayStore {
  /// Returns the versions of accounts.
  public func versions(of accounts: [AccountID]) async throws(RelayError) -> [AccountID: UInt64] {
    var versions: [AccountID: UInt64] = [:]
    for account in accounts {
      guard let row = partitions[.account(account)]?.tables[.account]?.first else { continue }
      versions[account] = try row.count(0)
    }
    return versions
  }
}

/// The rows under one distribution key, in the order of their keys.
struct Partition {
  var tables: [RelayTable: [RelayRow]] = [:]
}

/// A transaction on one partition.
private final class MemoryRows: WritableRelayRows {
  private(set) var partition: Partition
  /// What undoes the changes, the newest last.
  private var undo: [(table: RelayTable, key: [RelayValue], before: RelayRow?)] = []

  init(_ partition: Partition) { self.partition = partition }

  func rows(
    in table: RelayTable, _ range: RowRange, _ order: RowOrder, limit: Int
  ) throws(RelayError) -> [RelayRow] {
    guard let rows = partition.tables[table] else { return [] }
    let found = rows[Self.indices(of: range, in: rows)]
    return order == .ascending ? Array(found.prefix(limit)) : found.suffix(limit).reversed()
  }

  func put(_ rows: [RelayRow], in table: RelayTable) throws(RelayError) {
    let (keyCount, columnCount) = (table.keyColumns.count, table.columns.count)
    for row in rows {
      guard row.values.count == columnCount else { throw .internalError("row") }
      set(row, at: Array(row.values[..<keyCount]), in: table, isUndone: true)
    }
  }

  func remove(_ range: RowRange, in table: RelayTable) throws(RelayError) {
    var rows = taken(table)
    let indices = Self.indices(of: range, in: rows)
    let keyCount = table.keyColumns.count
    for row in rows[indices] { undo.append((table, Array(row.values[..<keyCount]), row)) }
    rows.removeSubrange(indices)
    partition.tables[table] = rows
  }

  func rollBack() {
    for change in undo.reversed() { set(change.before, at: change.key, in: change.table, isUndone: false) }
  }

  private func set(_ row: RelayRow?, at key: [RelayValue], in table: RelayTable, isUndone: Bool) {
    var rows = taken(table)
    let indices = Self.indices(of: RowRange(key), in: rows)
    if isUndone { undo.append((table, key, rows[indices].first)) }
    rows.replaceSubrange(indices, with: row.map { [$0] } ?? [])
    partition.tables[table] = rows
  }

  /// The rows of a table, which nothing else refers to: they are changed where they are, and put back.
  private func taken(_ table: RelayTable) -> [RelayRow] {
    partition.tables.updateValue([], forKey: table) ?? []
  }

  /// Where the rows of a range stand.
  private static func indices(of range: RowRange, in rows: [RelayRow]) -> Range<Int> {
    let (prefix, lower) = (range.prefix, range.prefix + (range.lower.map { [$0] } ?? []))
    let upper = range.upper.map { range.prefix + [$0] }
    let start = firstIndex(in: rows) { !$0.values.precedes(lower) }
    let end = firstIndex(in: rows) { row in
      prefix.lexicographicallyPrecedes(row.values.prefix(prefix.count))
        || upper.map { !row.values.precedes($0) } ?? false
    }
    return start..<max(start, end)
  }

  /// The first row of which something holds that holds of all rows after it.
  private static func firstIndex(in rows: [RelayRow], where holds: (RelayRow) -> Bool) -> Int {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(rows[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension [RelayValue] {
  /// Whether the first values stand before others, as many of them as there are.
  fileprivate func precedes(_ others: [RelayValue]) -> Bool {
    prefix(others.count).lexicographicallyPrecedes(others)
  }
}
