#if SQLite
package import SQLiteCore

/// The tables of an embedded relay: everything that it learns. SPEC.md section 9.
package enum RelaySchema {
  /// - `relay`: one row: the checkpoint key's seed; the quota of each account; SHA-256 over both.
  /// - `account`: the accounts, and each one's newest recovery device, which its log says too; what the rules
  ///   of the history need to know of it so far, and the bytes that it takes; SHA-256 over these.
  /// - `log_entry`, `wrap`: the log, and the epochs' secrets wrapped for devices that were not removed.
  /// - `batch`, `record`, `tree`: the history: signed batches and the records that they sign for, and the hashes of the
  ///   tree over them.
  /// - `stream`, `stream_part`: which records, by their indices in a batch, bear which tag: for whoever asks for the
  ///   newest.
  /// - `blob`, `blob_part`: sealed attachments and what their devices signed about them.
  /// - `erasure`: accounts whose copy was erased, and the order.
  /// - `mailbox`: messages of devices that join, none of any account; SHA-256 over each one's place and bytes.
  package static let schema = StoredSchema(
    applicationID: 0x4C74_5265, version: 1,
    tables: [
      StoredTable(
        "relay",
        [
          "id": "INTEGER PRIMARY KEY CHECK (id = 1)", "checkpoint_seed": "BLOB NOT NULL",
          "quota": "INTEGER NOT NULL", "digest": "BLOB NOT NULL",
        ]),
      StoredTable(
        "account",
        [
          "account": "BLOB PRIMARY KEY NOT NULL", "recovery": "BLOB NOT NULL", "history": "BLOB NOT NULL",
          "records": "INTEGER NOT NULL", "digest": "BLOB NOT NULL",
        ], options: keyed),
      StoredTable(
        "log_entry",
        ["account": "BLOB NOT NULL", "idx": "INTEGER NOT NULL", "entry": "BLOB NOT NULL"],
        key: "PRIMARY KEY (account, idx)", options: keyed),
      StoredTable(
        "wrap",
        [
          "account": "BLOB NOT NULL", "device": "BLOB NOT NULL", "epoch": "INTEGER NOT NULL",
          "wrap": "BLOB NOT NULL",
        ], key: "PRIMARY KEY (account, device, epoch)", options: keyed),
      StoredTable(
        "batch",
        [
          "account": "BLOB NOT NULL", "first_leaf": "INTEGER NOT NULL", "signed_batch": "BLOB NOT NULL",
          "erasures": "BLOB NOT NULL",
        ], key: "PRIMARY KEY (account, first_leaf)", options: keyed),
      StoredTable(
        "record",
        ["account": "BLOB NOT NULL", "leaf": "INTEGER NOT NULL", "bytes": "BLOB"],
        key: "PRIMARY KEY (account, leaf)", options: keyed),
      StoredTable(
        "tree",
        [
          "account": "BLOB NOT NULL", "level": "INTEGER NOT NULL", "tile": "INTEGER NOT NULL",
          "hashes": "BLOB NOT NULL",
        ], key: "PRIMARY KEY (account, level, tile)", options: keyed),
      StoredTable(
        "stream",
        [
          "account": "BLOB NOT NULL", "tag": "BLOB NOT NULL", "newest": "INTEGER NOT NULL",
          "count": "INTEGER NOT NULL",
        ], key: "PRIMARY KEY (account, tag)", options: keyed),
      StoredTable(
        "stream_part",
        [
          "account": "BLOB NOT NULL", "tag": "BLOB NOT NULL", "first_leaf": "INTEGER NOT NULL",
          "indices": "BLOB NOT NULL",
        ], key: "PRIMARY KEY (account, tag, first_leaf)", options: keyed),
      StoredTable(
        "blob",
        ["account": "BLOB NOT NULL", "blob": "BLOB NOT NULL", "upload": "BLOB NOT NULL"],
        key: "PRIMARY KEY (account, blob)", options: keyed),
      StoredTable(
        "blob_part",
        [
          "account": "BLOB NOT NULL", "blob": "BLOB NOT NULL", "offset": "INTEGER NOT NULL",
          "bytes": "BLOB NOT NULL",
        ], key: "UNIQUE (account, blob, offset)"),
      StoredTable(
        "erasure", ["account": "BLOB PRIMARY KEY NOT NULL", "request": "BLOB NOT NULL"], options: keyed),
      StoredTable(
        "mailbox",
        [
          "seq": "INTEGER PRIMARY KEY AUTOINCREMENT", "mailbox": "BLOB NOT NULL",
          "message": "BLOB NOT NULL", "digest": "BLOB NOT NULL",
        ]),
    ],
    indexes: [
      "CREATE UNIQUE INDEX account_recovery ON account (recovery)",
      "CREATE INDEX stream_newest ON stream (account, newest)",
      "CREATE INDEX mailbox_name ON mailbox (mailbox, seq)",
    ])

  private static let keyed = "STRICT, WITHOUT ROWID"
}
#endif
