public import LetterlockRelayKit
internal import LetterlockFormat

/// Whether a `RelayStore` does what `RelayService` counts on.
public enum RelayStoreConformance {
  /// Runs every check, each on a store that `makeStore` makes: a new one, without rows.
  /// - Returns: What is wrong, a sentence each; nothing if the store conforms.
  public static func findings<Store: RelayStore>(
    _ makeStore: @Sendable () async throws -> Store
  ) async -> [String] {
    await Findings.of(
      [
        ("rows of every table come back in order", rowsComeBackInOrder),
        ("a range bounds what is read and removed", rangesBound),
        ("a row with the same key is replaced", rowsAreReplaced),
        ("values come back as they were", valuesComeBack),
        ("keys do not see each other's rows", keysAreSeparate),
        ("a transaction reads its own changes", transactionsReadTheirChanges),
        ("a transaction that throws changes nothing", refusedWritesChangeNothing),
        ("writes at once do not overwrite each other", writesAreSerial),
        ("a read is of one state", readsAreOfOneState),
        ("messages go when they expire", messagesExpire),
        ("versions of many accounts are told", versionsAreTold),
      ], makeStore)
  }

  static let account = DistributionKey.account(AccountID(unchecked: [UInt8](repeating: 1, count: 32)))

  /// The distribution key of a table's rows, with the same bytes for all of them.
  static func key(of table: RelayTable) -> DistributionKey {
    let bytes = [UInt8](repeating: 1, count: 32)
    return switch table.distributionColumn {
    case "recovery": .recovery(DeviceID(unchecked: bytes))
    case "mailbox": .mailbox(MailboxID(unchecked: bytes))
    default: .account(AccountID(unchecked: bytes))
    }
  }

  /// A row of a table with numbers, or bytes, that follow from one number.
  static func row(_ number: Int64, of table: RelayTable) -> RelayRow {
    RelayRow(table.columns.map { $0.isInteger ? .integer(number) : .bytes([UInt8(clamping: number), 7]) })
  }

  @Sendable private static func rowsComeBackInOrder(
    _ store: some RelayStore, _ findings: inout Findings
  ) async throws {
    for table in RelayTable.allCases {
      // A table without a key of its own has one row.
      let numbers: [Int64] = table.keyColumns.isEmpty ? [3] : [3, 9, 1, 7, 200]
      let rows = numbers.map { row($0, of: table) }
      try await store.write(key(of: table)) { (transaction) throws(RelayError) in
        try transaction.put(rows, in: table)
      }
      let sorted = numbers.sorted().map { row($0, of: table) }
      for (order, wanted) in [(RowOrder.ascending, sorted), (.descending, sorted.reversed())] {
        for limit in [0, 1, 2, .max] {
          let found = try await store.read(key(of: table)) { (transaction) throws(RelayError) in
            try transaction.rows(in: table, .all, order, limit: limit)
          }
          findings.expect(
            found == Array(wanted.prefix(limit)), "\(table.name), \(order), at most \(limit), is not in order"
          )
        }
      }
    }
  }

  @Sendable private static func rangesBound(
    _ store: some RelayStore, _ findings: inout Findings
  ) async throws {
    func tile(_ level: Int64, _ tile: Int64) -> RelayRow {
      RelayRow([.integer(level), .integer(tile), .bytes([])])
    }
    let all = [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (2, 1)].map { tile($0.0, $0.1) }
    try await store.write(account) { (rows) throws(RelayError) in try rows.put(all.reversed(), in: .tree) }
    let ranges: [(RowRange, Range<Int>)] = [
      (.all, 0..<6), (RowRange([.integer(0)]), 0..<3), (RowRange([.integer(3)]), 6..<6),
      (RowRange([.integer(1), .integer(2)]), 4..<5), (RowRange(from: .integer(1)), 3..<6),
      (RowRange(below: .integer(1)), 0..<3), (RowRange(from: .integer(1), below: .integer(2)), 3..<5),
      (RowRange([.integer(0)], from: .integer(2)), 1..<3),
      (RowRange([.integer(0)], below: .integer(3)), 0..<2),
      (RowRange([.integer(0)], from: .integer(2), below: .integer(3)), 1..<2),
      (RowRange([.integer(0)], from: .integer(3), below: .integer(2)), 6..<6),
    ]
    for (range, indices) in ranges {
      for order in [RowOrder.ascending, .descending] {
        let found = try await store.read(account) { (rows) throws(RelayError) in
          try rows.rows(in: .tree, range, order, limit: .max)
        }
        let wanted = order == .ascending ? Array(all[indices]) : all[indices].reversed()
        findings.expect(found == wanted, "\(range), \(order), brings other rows")
      }
      let left = try await store.write(account) { (rows) throws(RelayError) in
        try rows.remove(range, in: .tree)
        let left = try rows.rows(in: .tree, .all, .ascending, limit: .max)
        try rows.put(all, in: .tree)
        return left
      }
      findings.expect(
        left == Array(all[..<indices.lowerBound] + all[indices.upperBound...]), "\(range) removes other rows")
    }
  }

  @Sendable private static func rowsAreReplaced(
    _ store: some RelayStore, _ findings: inout Findings
  ) async throws {
    for bytes in [[1], [2, 2]] as [[UInt8]] {
      try await store.write(account) { (rows) throws(RelayError) in
        try rows.put([RelayRow([.integer(5), .bytes(bytes)])], in: .record)
      }
    }
    let found = try await all(.record, in: store)
    findings.expect(found, is: [RelayRow([.integer(5), .bytes([2, 2])])], "the row is")
  }

  @Sendable private static func valuesComeBack(
    _ store: some RelayStore, _ findings: inout Findings
  ) async throws {
    let large = (0..<(256 << 10)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let rows = [Int64.min, -1, 0, .max].map { RelayRow([.integer($0), .bytes($0 == 0 ? large : [])]) }
    try await store.write(account) { (transaction) throws(RelayError) in
      try transaction.put(rows, in: .record)
    }
    let found = try await all(.record, in: store)
    findings.expect(
      found == rows, "an extreme number, no bytes, or 256 KiB of them, come back as something else")
    // The first byte that differs decides, and what is shorter stands before.
    let tags = [[], [0], [0, 0], [0, 1], [1], [127, 255], [128], [255], [255, 0]] as [[UInt8]]
    let streams = tags.map { RelayRow([.bytes($0), .integer(0), .bytes([])]) }
    try await store.write(account) { (rows) throws(RelayError) in
      try rows.put(streams.reversed(), in: .streamPart)
    }
    let sorted = try await all(.streamPart, in: store)
    findings.expect(sorted == streams, "keys of bytes are not in the order of their bytes")
  }

  @Sendable private static func keysAreSeparate(
    _ store: some RelayStore, _ findings: inout Findings
  ) async throws {
    let other = DistributionKey.account(AccountID(unchecked: [UInt8](repeating: 2, count: 32)))
    for (key, number) in [(account, Int64(1)), (other, 2)] {
      try await store.write(key) { (rows) throws(RelayError) in
        try rows.put([RelayRow([.integer(number), .bytes([])])], in: .record)
      }
    }
    try await store.write(other) { (rows) throws(RelayError) in try rows.remove(.all, in: .record) }
    let found = try await all(.record, in: store)
    findings.expect(found.count, is: 1, "rows of an account after another's were removed")
  }

  @Sendable private static func transactionsReadTheirChanges(
    _ store: some RelayStore, _ findings: inout Findings
  ) async throws {
    let counts = try await store.write(account) { (rows) throws(RelayError) -> [Int] in
      func count() throws(RelayError) -> Int {
        try rows.rows(in: .record, .all, .ascending, limit: .max).count
      }
      let before = try count()
      try rows.put((0..<3).map { row($0, of: .record) }, in: .record)
      let between = try count()
      try rows.remove(RowRange([.integer(1)]), in: .record)
      return [before, between, try count()]
    }
    findings.expect(counts, is: [0, 3, 2], "the counts of its rows are")
  }

  static func all(_ table: RelayTable, in store: some RelayStore) async throws -> [RelayRow] {
    try await store.read(key(of: table)) { (rows) throws(RelayError) in
      try rows.rows(in: table, .all, .ascending, limit: .max)
    }
  }
}
