#if SQLite
package import GRDB
internal import GRDBSQLite

extension Configuration {
  /// Makes every value that is longer an error, whether it is stored or computed.
  package mutating func limitValues(toByteCount byteCount: Int32) {
    prepareDatabase { db in
      // The pointer is the connection's, which is open.
      _ = unsafe sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_LENGTH, byteCount)
    }
  }
}
#endif
