#if SQLite
internal import GRDB

/// What a file of ours holds, declared once: the tables are made from it, and a test holds SPEC.md's table of
/// fields against it.
package struct StoredSchema: Sendable {
  /// Says in the file's header what kind of file it is.
  let applicationID: Int32
  /// The format; a newer one is refused.
  let version: Int32
  /// Every table.
  package let tables: [StoredTable]
  /// Statements that make what is not a table.
  let indexes: [String]

  /// Declares what a file holds.
  package init(applicationID: Int32, version: Int32, tables: [StoredTable], indexes: [String]) {
    self.applicationID = applicationID
    self.version = version
    self.tables = tables
    self.indexes = indexes
  }

  /// The tables that a file of a version has.
  func tables(in version: Int32) -> [StoredTable] { tables.filter { $0.since <= version } }

  /// The tables that a file of a version lacks.
  func tables(after version: Int32) -> [StoredTable] { tables.filter { $0.since > version } }

  /// Whether a file of a version holds its tables and indexes, and nothing else but what SQLite makes by itself.
  func matches(_ db: Database, version: Int32) throws -> Bool {
    var found: [String] = []
    let rows = try Row.fetchCursor(db, sql: "SELECT type, name, sql, rootpage FROM sqlite_schema")
    while let row = try rows.next() {
      let values: [DatabaseValue] = (0..<3).map { row[$0] }
      guard case .string(let type) = values[0].storage, case .string(let name) = values[1].storage,
        try row.integer(3) > 0
      else { return false }
      switch (type, values[2].storage) {
      case ("index", .null) where name.hasPrefix("sqlite_autoindex_"): break
      case ("table", .string) where Self.namesOfSQLite.contains(name): break
      case ("table", .string(let sql)), ("index", .string(let sql)): found.append(Self.words(sql))
      default: return false
      }
    }
    return found.sorted() == (tables(in: version).map(\.sql) + indexes).map(Self.words).sorted()
  }

  private static let namesOfSQLite: Set = ["sqlite_sequence", "sqlite_stat1", "sqlite_stat4"]

  private static func words(_ sql: String) -> String {
    sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}

/// A table: its columns, and what holds for all of them.
package struct StoredTable: Sendable {
  /// The name.
  package let name: String
  /// Names and declarations, in order.
  let declarations: [(name: String, declaration: String)]
  /// What comes after the columns.
  let key: String?
  /// What comes after the table.
  let options: String
  /// The first version of the file that has it. Later versions add tables, and change none.
  let since: Int32

  /// The names of the columns, in order.
  package var columns: [String] { declarations.map(\.name) }

  /// Declares a table: names and declarations of its columns, and what comes after them.
  package init(
    _ name: String, _ columns: KeyValuePairs<String, String>, key: String? = nil,
    options: String = "STRICT", since: Int32 = 1
  ) {
    self.init(
      name: name, columns: columns.map { ($0.key, $0.value) }, key: key, options: options, since: since)
  }

  /// A table whose columns were put together.
  package init(
    name: String, columns: [(String, String)], key: String?, options: String, since: Int32 = 1
  ) {
    self.since = since
    self.name = name
    declarations = columns.map { (name: $0.0, declaration: $0.1) }
    self.key = key
    self.options = options
  }

  var sql: String {
    let parts = declarations.map { "\($0.name) \($0.declaration)" } + [key].compactMap { $0 }
    return "CREATE TABLE \(name) (\(parts.joined(separator: ", "))) \(options)"
  }
}
#endif
