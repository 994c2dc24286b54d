#if SQLite
package import GRDB

extension Configuration {
  /// For a file that somebody else may have written: what it declares runs no function that does more than compute,
  /// and its pages are checked as they are read.
  package static var ofHostileFile: Configuration {
    var configuration = Configuration()
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA trusted_schema = OFF")
      try db.execute(sql: "PRAGMA cell_size_check = ON")
    }
    return configuration
  }
}
#endif
