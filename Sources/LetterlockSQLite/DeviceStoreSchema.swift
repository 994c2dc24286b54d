#if SQLite
package import SQLiteCore

/// The tables of a device's store.
package enum DeviceStoreSchema {
  /// - `state`: one row: the progress; the staged signed batch and the last place in the outbox that it covers;
  ///   SHA-256 over the three, since nothing else vouches for the counter of signed batches.
  /// - `entry`: the key space of SPEC.md section 8.5. Its values are sealed, and nothing else vouches for them.
  /// - `outbox`: sealed records that no relay has yet. Sequence numbers are never used twice, or a staged
  ///   signed batch would cover records that came after it.
  /// - `batch` and `record`: the history as it was verified; `bytes` is NULL where a record is not here.
  /// - `blob`: sealed attachments: 0 being sealed, 1 being fetched, 2 waiting to be uploaded, 3 at the relay too;
  ///   `upload` is NULL while they are being sealed, `bytes` where they are in a file of their own.
  package static let schema = StoredSchema(
    applicationID: 0x4C74_5374, version: 1,
    tables: [
      StoredTable(
        "state",
        [
          "id": "INTEGER PRIMARY KEY CHECK (id = 1)", "progress": "BLOB NOT NULL", "signed_batch": "BLOB",
          "through": "INTEGER", "digest": "BLOB NOT NULL",
        ]),
      StoredTable(
        "entry", ["key": "BLOB PRIMARY KEY NOT NULL", "value": "BLOB NOT NULL"],
        options: "STRICT, WITHOUT ROWID"),
      StoredTable(
        "outbox", ["sequence": "INTEGER PRIMARY KEY AUTOINCREMENT", "record": "BLOB NOT NULL"]),
      StoredTable(
        "batch",
        [
          "first_leaf": "INTEGER PRIMARY KEY", "signed_batch": "BLOB NOT NULL", "erasures": "BLOB NOT NULL",
          "leaf_hashes": "BLOB NOT NULL",
        ]),
      StoredTable("record", ["leaf": "INTEGER PRIMARY KEY", "bytes": "BLOB"]),
      StoredTable(
        "blob",
        [
          "blob": "BLOB PRIMARY KEY NOT NULL", "upload": "BLOB",
          "stage": "INTEGER NOT NULL CHECK (stage BETWEEN 0 AND 3)", "bytes": "BLOB",
        ]),
    ], indexes: [])
}
#endif
