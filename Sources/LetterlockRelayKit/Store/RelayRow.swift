internal import LetterlockFormat

/// A value of a row.
public enum RelayValue: Hashable, Sendable, Comparable {
  /// A 64-bit number.
  case integer(Int64)
  /// Bytes.
  case bytes([UInt8])

  /// Orders numbers by value and bytes as SQL does, by the first byte that differs; numbers stand before bytes.
  public static func < (left: RelayValue, right: RelayValue) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left < right
    case (.bytes(let left), .bytes(let right)): left.lexicographicallyPrecedes(right)
    case (.integer, .bytes): true
    case (.bytes, .integer): false
    }
  }
}

/// A row without its distribution key.
public struct RelayRow: Hashable, Sendable {
  /// The values of the table's columns, in order: those of the key first.
  public let values: [RelayValue]

  /// A row with the values of all columns.
  public init(_ values: [RelayValue]) { self.values = values }
}

extension RelayRow {
  /// The number in a column.
  func integer(_ column: Int) throws(RelayError) -> Int64 {
    guard column < values.count, case .integer(let number) = values[column] else {
      throw .corrupted("A stored number is missing.")
    }
    return number
  }

  /// The number in a column, which is never negative.
  func count(_ column: Int) throws(RelayError) -> UInt64 {
    guard let number = UInt64(exactly: try integer(column)) else {
      throw .corrupted("A stored number is negative.")
    }
    return number
  }

  /// The bytes in a column.
  func bytes(_ column: Int) throws(RelayError) -> [UInt8] {
    guard column < values.count, case .bytes(let bytes) = values[column] else {
      throw .corrupted("A stored value is missing.")
    }
    return bytes
  }
}

extension RelayValue {
  /// A number that is never negative; one that is larger than every stored one stands for itself.
  static func count(_ number: UInt64) -> RelayValue { .integer(Int64(clamping: number)) }
}

/// Which rows of a table, by their keys.
public struct RowRange: Hashable, Sendable {
  /// The values of the key's first columns.
  public let prefix: [RelayValue]
  /// The smallest value of the key's next column.
  public let lower: RelayValue?
  /// The smallest value of the key's next column that is too large.
  public let upper: RelayValue?

  /// The rows whose keys begin with `prefix` and whose next value is at least `lower` and below `upper`. Where a bound
  /// is given, the key has a column after the prefix.
  public init(_ prefix: [RelayValue] = [], from lower: RelayValue? = nil, below upper: RelayValue? = nil) {
    self.prefix = prefix
    self.lower = lower
    self.upper = upper
  }

  /// Every row.
  public static let all = RowRange()
}

/// In which order rows come.
public enum RowOrder: Hashable, Sendable {
  /// The smallest key first.
  case ascending
  /// The largest key first.
  case descending
}

extension RelayRows {
  /// The one row with a key.
  func row(in table: RelayTable, _ key: RelayValue...) throws(RelayError) -> RelayRow? {
    try rows(in: table, RowRange(key), .ascending, limit: 1).first
  }

  /// The last row of a range.
  func last(in table: RelayTable, _ range: RowRange) throws(RelayError) -> RelayRow? {
    try rows(in: table, range, .descending, limit: 1).first
  }

  /// All rows of a range.
  func all(in table: RelayTable, _ range: RowRange = .all) throws(RelayError) -> [RelayRow] {
    try rows(in: table, range, .ascending, limit: .max)
  }
}

extension WritableRelayRows {
  /// Inserts a row; a row with the same key is replaced.
  func put(_ values: RelayValue..., in table: RelayTable) throws(RelayError) {
    try put([RelayRow(values)], in: table)
  }
}
