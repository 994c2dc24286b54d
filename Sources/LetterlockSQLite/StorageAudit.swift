#if SQLite
internal import CryptoCore
internal import GRDB
package import Letterlock
internal import SQLiteCore

/// What only the file itself can tell: rows that nothing else would ever read.
extension SQLiteDeviceStore {
  /// What is wrong, in words.
  package func audit() throws(StoreError) -> [String] {
    do {
      return try file.queue.read { database in
        try StorageAudit.historyProblems(
          "SELECT x'' AS account, first_leaf, signed_batch FROM batch ORDER BY first_leaf",
          records: "SELECT count(*) FROM record WHERE ? = x'' AND (leaf >= ? OR leaf < 0)", database)
      }
    } catch { throw StoreError(error) }
  }
}

enum StorageAudit {
  /// Signed batches out of place, and records beyond the last of them.
  static func historyProblems(
    _ batches: String, records: String, _ database: Database
  ) throws -> [String] {
    var ends: [[UInt8]: Int64] = [:]
    var problems: [String] = []
    let rows = try Row.fetchCursor(database, sql: batches)
    while let row = try rows.next() {
      let account = try row.bytes(0)
      let first: Int64 = row[1]
      if first != ends[account, default: 0] {
        problems.append("a signed batch is out of place at record \(first)")
      }
      let count = (try? SignedBatch(decoding: try row.bytes(2)))?.leafCount ?? 0
      ends[account] = first + Int64(count)
    }
    for (account, end) in ends {
      let beyond = try Int.fetchOne(database, sql: records, arguments: [account.stored, end])
      if beyond != 0 { problems.append("records stand beyond the end of the history") }
    }
    return problems
  }
}
#endif
