#if SQLite
internal import GRDB
public import MLS
internal import SQLiteCore

/// Why MLS groups were not stored or read.
public enum SQLiteGroupStoreError: Error, Hashable, Sendable {
  /// The storage failed: no room, no rights, or a broken file.
  case unavailable(String)
  /// What the file holds is not what was put there.
  case corrupted(String)

  init(_ error: any Error) {
    switch StorageFailure(error) {
    case .busy: self = .unavailable(StorageFailure.busySentence)
    case .unavailable(let sentence): self = .unavailable(sentence)
    case .corrupted(let sentence): self = .corrupted(sentence)
    }
  }
}

/// MLS groups in one SQLite file, readable by its owner alone. What changed in a group is one transaction, on
/// disk when the call returns; what was deleted is overwritten with zeros.
public final class SQLiteGroupStore: GroupStore {
  private let file: StorageFile

  /// - `record`: the parts of groups, as `GroupRecord` has them.
  private static let schema = StoredSchema(
    applicationID: 0x4C74_4D67, version: 1,
    tables: [
      StoredTable(
        "record",
        ["group_id": "BLOB NOT NULL", "key": "BLOB NOT NULL", "value": "BLOB NOT NULL"],
        key: "PRIMARY KEY (group_id, key)", options: "STRICT, WITHOUT ROWID")
    ], indexes: [])

  /// Opens the store at `path`, making it if it is not there. Its folder must be.
  /// - Throws: `SQLiteGroupStoreError.unavailable`, `.corrupted` if the file is something else.
  public init(path: String) throws(SQLiteGroupStoreError) {
    do { file = try StorageFile(path: path, .made, schema: Self.schema) } catch {
      throw SQLiteGroupStoreError(error)
    }
  }

  /// Writes all changes of a group, or none.
  public func apply(_ changes: GroupChanges) throws(SQLiteGroupStoreError) {
    try write { db in
      if changes.replacesAll { try db.run("DELETE FROM record WHERE group_id = ?", [changes.groupID.stored]) }
      for key in changes.deleted {
        try db.run("DELETE FROM record WHERE group_id = ? AND key = ?", [changes.groupID.stored, key.stored])
      }
      for record in changes.written {
        try db.run(
          "INSERT OR REPLACE INTO record (group_id, key, value) VALUES (?, ?, ?)",
          [changes.groupID.stored, record.key.stored, record.value.stored])
      }
    }
  }

  /// Everything that is stored of a group.
  public func records(of groupID: [UInt8]) throws(SQLiteGroupStoreError) -> [GroupRecord] {
    try read { db in
      var records: [GroupRecord] = []
      try db.forEachRow("SELECT key, value FROM record WHERE group_id = ?", [groupID.stored]) { row in
        records.append(GroupRecord(key: try row.bytes(0), value: try row.bytes(1)))
      }
      return records
    }
  }

  /// The groups that are stored.
  public func groupIDs() throws(SQLiteGroupStoreError) -> [[UInt8]] {
    try read { db in
      var groups: [[UInt8]] = []
      try db.forEachRow("SELECT DISTINCT group_id FROM record", []) { groups.append(try $0.bytes(0)) }
      return groups
    }
  }

  /// Forgets a group.
  public func delete(_ groupID: [UInt8]) throws(SQLiteGroupStoreError) {
    try write { db in try db.run("DELETE FROM record WHERE group_id = ?", [groupID.stored]) }
  }

  private func read<Answer>(_ body: (Database) throws -> Answer) throws(SQLiteGroupStoreError) -> Answer {
    do { return try file.queue.read(body) } catch { throw SQLiteGroupStoreError(error) }
  }

  private func write(_ body: (Database) throws -> Void) throws(SQLiteGroupStoreError) {
    do { try file.queue.write(body) } catch { throw SQLiteGroupStoreError(error) }
  }
}
#endif
