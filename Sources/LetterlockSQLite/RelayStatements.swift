#if SQLite
internal import SQLiteCore
internal import LetterlockRelayKit

/// The statements of one `RelayTable`. Any SQL database with `ON CONFLICT` runs them.
struct RelayStatements: Sendable {
  private let keyColumns: [String]
  private let distribution: String
  /// Inserts a row or replaces the one with its key.
  let put: String
  private let select: String
  private let delete: String

  private init(_ table: RelayTable) {
    let (name, columns) = (table.name, table.columns.map(\.name))
    distribution = table.distributionColumn
    keyColumns = table.keyColumns.map(\.name)
    let all = [distribution] + columns
    let key = ([distribution] + keyColumns).joined(separator: ", ")
    let replaced = columns.dropFirst(keyColumns.count).map { "\($0) = excluded.\($0)" }
    put = """
      INSERT INTO \(name) (\(all.joined(separator: ", "))) \
      VALUES (\(all.map { _ in "?" }.joined(separator: ", "))) \
      ON CONFLICT (\(key)) DO UPDATE SET \(replaced.joined(separator: ", "))
      """
    select = "SELECT \(columns.joined(separator: ", ")) FROM \(name)"
    delete = "DELETE FROM \(name)"
  }

  private static let all = Dictionary(
    uniqueKeysWithValues: RelayTable.allCases.map { ($0, RelayStatements($0)) })

  static func of(_ table: RelayTable) -> RelayStatements { all[table] ?? RelayStatements(table) }

  /// Reads rows of a range; the last argument is how many at most.
  func select(_ range: RowRange, _ order: RowOrder) -> String {
    var sql = select + condition(range)
    let ordered = keyColumns.dropFirst(range.prefix.count)
    if !ordered.isEmpty {
      let direction = order == .ascending ? "" : " DESC"
      sql += " ORDER BY " + ordered.map { $0 + direction }.joined(separator: ", ")
    }
    return sql + " LIMIT ?"
  }

  /// Removes rows of a range.
  func delete(_ range: RowRange) -> String { delete + condition(range) }

  private func condition(_ range: RowRange) -> String {
    var sql = " WHERE " + distribution + " = ?"
    for column in keyColumns.prefix(range.prefix.count) { sql += " AND " + column + " = ?" }
    guard keyColumns.count > range.prefix.count else { return sql }
    let next = keyColumns[range.prefix.count]
    if range.lower != nil { sql += " AND " + next + " >= ?" }
    if range.upper != nil { sql += " AND " + next + " < ?" }
    return sql
  }
}
#endif
