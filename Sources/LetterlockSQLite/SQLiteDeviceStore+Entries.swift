#if SQLite
internal import GRDB
public import Letterlock
internal import SQLiteCore

/// The key space. SQLite compares BLOBs byte by byte, as `EntryRange` does.
extension SQLiteDeviceStore {
  /// Returns the value at a key; nil if there is none.
  public func value(at key: [UInt8]) throws(StoreError) -> [UInt8]? {
    try read { db in try Self.value(at: key, db) }
  }

  private static func value(at key: [UInt8], _ db: Database) throws -> [UInt8]? {
    try db.row("SELECT value FROM entry WHERE key = coalesce(?, x'')", [key.stored])?.bytes(0)
  }

  /// Returns the entries in a range of keys, at most `limit` of them, in one order or the other.
  public func entries(
    in range: EntryRange, order: EntryOrder, limit: Int
  ) throws(StoreError) -> [StoreEntry] {
    let (condition, arguments) = Self.condition(range)
    let direction = order == .ascending ? "" : " DESC"
    let sql = "SELECT key, value FROM entry WHERE \(condition) ORDER BY key\(direction) LIMIT ?"
    return try read { db in
      var entries: [StoreEntry] = []
      try db.forEachRow(sql, arguments + [max(0, limit)]) { row in
        entries.append(StoreEntry(key: try row.bytes(0), value: try row.bytes(1)))
      }
      return entries
    }
  }

  /// Applies changes of the key space, one after the other.
  public func apply(_ changes: [StoreChange]) throws(StoreError) {
    try write { db in try Self.apply(changes, db) }
  }

  /// Empties the write-ahead log: what was removed or replaced is in no file any more. In the file itself,
  /// `secure_delete` has overwritten it with zeros.
  public func purge() throws(StoreError) {
    do { try file.purge() } catch { throw StoreError(error) }
  }

  static func apply(_ changes: [StoreChange], _ db: Database) throws {
    for change in changes {
      switch change {
      case .put(let entry):
        try db.run(
          "INSERT OR REPLACE INTO entry (key, value) VALUES (coalesce(?, x''), coalesce(?, x''))",
          [entry.key.stored, entry.value.stored])
      case .remove(let key): try db.run("DELETE FROM entry WHERE key = coalesce(?, x'')", [key.stored])
      case .removeAll(let range):
        let (condition, arguments) = condition(range)
        try db.run("DELETE FROM entry WHERE \(condition)", arguments)
      case .require(let key, let value):
        guard try self.value(at: key, db) == value else { throw StoreError.conflict }
      }
    }
  }

  private static func condition(_ range: EntryRange) -> (String, StatementArguments) {
    let lower: StatementArguments = [range.lowerBound.stored]
    guard let upper = range.upperBound else { return ("key >= coalesce(?, x'')", lower) }
    return ("key >= coalesce(?, x'') AND key < coalesce(?, x'')", lower + [upper.stored])
  }
}
#endif
