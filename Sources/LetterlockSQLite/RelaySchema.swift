#if SQLite
package import SQLiteCore
internal import LetterlockRelayKit

/// The tables of an embedded relay: its own, and every `RelayTable`. SPEC.md section 9 says what each column tells.
package enum RelaySchema {
  package static let schema = StoredSchema(
    applicationID: 0x4C74_5265, version: 2,
    tables: [
      // One row: the checkpoint key's seed; the quota of each account; SHA-256 over both.
      StoredTable(
        "relay",
        [
          "id": "INTEGER PRIMARY KEY CHECK (id = 1)", "checkpoint_seed": "BLOB NOT NULL",
          "quota": "INTEGER NOT NULL", "digest": "BLOB NOT NULL",
        ])
    ] + RelayTable.allCases.map(StoredTable.init(_:)),
    indexes: ["CREATE INDEX mailbox_expires ON mailbox (expires)"])
}

extension StoredTable {
  /// A table of rows as `RelayTable` declares them.
  fileprivate init(_ table: RelayTable) {
    let key = [table.distributionColumn] + table.keyColumns.map(\.name)
    let columns = table.columns.map { ($0.name, $0.isInteger ? "INTEGER NOT NULL" : "BLOB NOT NULL") }
    // Large values in the key's own tree would make every look-up read around them.
    let isLarge = table == .blobPart
    self.init(
      name: table.name, columns: [(table.distributionColumn, "BLOB NOT NULL")] + columns,
      key: "\(isLarge ? "UNIQUE" : "PRIMARY KEY") (\(key.joined(separator: ", ")))",
      options: isLarge ? "STRICT" : "STRICT, WITHOUT ROWID", since: table == .accountSetting ? 2 : 1)
  }
}
#endif
