#if SQLite
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

  /// The names of the columns, in order.
  package var columns: [String] { declarations.map(\.name) }

  /// Declares a table: names and declarations of its columns, and what comes after them.
  package init(
    _ name: String, _ columns: KeyValuePairs<String, String>, key: String? = nil,
    options: String = "STRICT"
  ) {
    self.init(name: name, columns: columns.map { ($0.key, $0.value) }, key: key, options: options)
  }

  /// A table whose columns were put together.
  package init(name: String, columns: [(String, String)], key: String?, options: String) {
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
