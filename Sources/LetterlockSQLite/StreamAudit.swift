#if SQLite
internal import GRDB
internal import Letterlock
internal import SQLiteCore

/// Whether a relay's index of streams and the nodes of its trees say what its records say.
enum StreamAudit {
  /// What is wrong, in words.
  static func problems(_ database: Database) throws -> [String] {
    var problems: [String] = []
    for row in try Row.fetchAll(database, sql: "SELECT account, history FROM account") {
      guard let account = try? AccountID(bytes: try row.bytes(0)),
        let history = try? History(decoding: try row.bytes(1))
      else { continue }
      do {
        let tree = StoredTree(db: database, account: account)
        problems += try tree.problems(size: history.tree.size)
      } catch { problems.append("the nodes of a history's tree are not all there") }
      problems += try streamProblems(of: account, database)
    }
    return problems
  }

  private struct Stream: Equatable {
    var newest: UInt64 = 0
    var count: UInt64 = 0
  }

  /// Compares the rows with what the records' own tags say, batch by batch.
  private static func streamProblems(of account: AccountID, _ database: Database) throws -> [String] {
    let key = account.bytes.stored
    var (streams, partCount): ([StreamTag: Stream], UInt64) = ([:], 0)
    var problems: [String] = []
    let firsts = try Int64.fetchAll(
      database, sql: "SELECT first_leaf FROM batch WHERE account = ? ORDER BY first_leaf", arguments: [key])
    for (index, first) in firsts.enumerated() {
      let end = index + 1 < firsts.count ? firsts[index + 1] : Int64.max
      var positions: [StreamTag: [Int]] = [:]
      let sql = "SELECT leaf, bytes FROM record WHERE account = ? AND leaf >= ? AND leaf < ? ORDER BY leaf"
      try database.forEachRow(sql, [key, first, end]) { row in
        guard let record = try row.optionalBytes(1), let sealed = try? SealedRecord(decoding: record) else {
          return
        }
        let leaf = try row.count(0)
        positions[sealed.streamTag, default: []].append(Int(leaf) - Int(first))
        streams[sealed.streamTag, default: Stream()].newest = leaf
        streams[sealed.streamTag, default: Stream()].count += 1
      }
      for (tag, indices) in positions {
        partCount += 1
        let row = try database.row(
          "SELECT indices FROM stream_part WHERE account = ? AND tag = ? AND first_leaf = ?",
          [key, tag.bytes.stored, first])
        guard try row?.bytes(0) == StoredStreams.bytes(indices) else {
          problems.append("the streams at record \(first) are damaged")
          continue
        }
      }
    }
    let stored = try database.number("SELECT count(*) FROM stream_part WHERE account = ?", [key])
    if stored != partCount { problems.append("streams have records that are not there") }
    return try problems + newestProblems(streams, key.databaseValue, database)
  }

  private static func newestProblems(
    _ streams: [StreamTag: Stream], _ account: DatabaseValue, _ database: Database
  ) throws -> [String] {
    var found: [StreamTag: Stream] = [:]
    try database.forEachRow("SELECT tag, newest, count FROM stream WHERE account = ?", [account]) { row in
      guard let tag = try? StreamTag(bytes: try row.bytes(0)) else { return }
      found[tag] = Stream(newest: try row.count(1), count: try row.count(2))
    }
    return found == streams ? [] : ["the list of streams is damaged"]
  }
}
#endif
