#if SQLite
internal import SQLiteCore
internal import LetterlockRelayKit

/// The statements of one `RelayTable`, put together once. Any SQL database with `ON CONFLICT` runs them.
final class RelayStatements: Sendable {
  /// How many columns a row has, but for the distribution key.
  let columnCount: Int
  /// Inserts a row or replaces the one with its key.
  let put: String
  private let ranges: [Shape: (ascending: String, descending: String, delete: String)]

  /// What of a range the text of a statement depends on.
  private struct Shape: Hashable {
    let prefixCount: Int
    let isBoundedBelow: Bool
    let isBoundedAbove: Bool
  }

  private init(_ table: RelayTable) {
    let (name, columns, keyColumns) = (table.name, table.columns.map(\.name), table.keyColumns.map(\.name))
    let all = [table.distributionColumn] + columns
    let key = ([table.distributionColumn] + keyColumns).joined(separator: ", ")
    let replaced = columns.dropFirst(keyColumns.count).map { "\($0) = excluded.\($0)" }
    columnCount = columns.count
    put = """
      INSERT INTO \(name) (\(all.joined(separator: ", "))) \
      VALUES (\(all.map { _ in "?" }.joined(separator: ", "))) \
      ON CONFLICT (\(key)) DO UPDATE SET \(replaced.joined(separator: ", "))
      """
    let select = "SELECT \(columns.joined(separator: ", ")) FROM \(name)"
    var ranges: [Shape: (ascending: String, descending: String, delete: String)] = [:]
    for shape in Self.shapes(keyColumns.count) {
      let condition = Self.condition(shape, table.distributionColumn, keyColumns)
      let ordered = keyColumns.dropFirst(shape.prefixCount)
      func order(_ direction: String) -> String {
        ordered.isEmpty ? "" : " ORDER BY " + ordered.map { $0 + direction }.joined(separator: ", ")
      }
      ranges[shape] = (
        select + condition + order("") + " LIMIT ?", select + condition + order(" DESC") + " LIMIT ?",
        "DELETE FROM \(name)" + condition
      )
    }
    self.ranges = ranges
  }

  private static let all = Dictionary(
    uniqueKeysWithValues: RelayTable.allCases.map { ($0, RelayStatements($0)) })

  static func of(_ table: RelayTable) -> RelayStatements { all[table] ?? RelayStatements(table) }

  /// Reads rows of a range; the last argument is how many at most. Nil if the table's key has too few columns.
  func select(_ range: RowRange, _ order: RowOrder) -> String? {
    let statements = ranges[Self.shape(of: range)]
    return order == .ascending ? statements?.ascending : statements?.descending
  }

  /// Removes rows of a range. Nil if the table's key has too few columns.
  func delete(_ range: RowRange) -> String? { ranges[Self.shape(of: range)]?.delete }

  private static func shape(of range: RowRange) -> Shape {
    Shape(
      prefixCount: range.prefix.count, isBoundedBelow: range.lower != nil, isBoundedAbove: range.upper != nil)
  }

  private static func shapes(_ keyColumnCount: Int) -> [Shape] {
    (0...keyColumnCount).flatMap { prefixCount in
      (prefixCount < keyColumnCount ? [false, true] : [false]).flatMap { below in
        (prefixCount < keyColumnCount ? [false, true] : [false]).map { above in
          Shape(prefixCount: prefixCount, isBoundedBelow: below, isBoundedAbove: above)
        }
      }
    }
  }

  private static func condition(_ shape: Shape, _ distribution: String, _ keyColumns: [String]) -> String {
    var conditions = ([distribution] + keyColumns.prefix(shape.prefixCount)).map { "\($0) = ?" }
    if shape.isBoundedBelow { conditions.append("\(keyColumns[shape.prefixCount]) >= ?") }
    if shape.isBoundedAbove { conditions.append("\(keyColumns[shape.prefixCount]) < ?") }
    return " WHERE " + conditions.joined(separator: " AND ")
  }
}
#endif
