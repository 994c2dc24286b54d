#if SQLite
/// Finds the rows of a table some of whose pages are damaged: those that stand behind the damage too.
struct TableScan {
  private let database: MessagesDatabase
  private let table: String
  /// Queries that may fail. Numbers that lie far apart, as Messages never gives them, could else be looked for without end.
  private var attempts = 200_000
  /// The numbers of the rows that were found, in order.
  private(set) var found: [Int64] = []
  /// Where rows may stand that cannot be found.
  private(set) var gaps: [ClosedRange<Int64>] = []

  /// Looks at the whole table.
  init(_ database: MessagesDatabase, table: String) {
    (self.database, self.table) = (database, table)
    // Messages counts from 1.
    _ = take(Int64.min...0)
    var start: Int64? = 1
    while let next = start { start = scan(from: next) }
  }

  /// Finds rows up to the next damage, and those next to it; gives where reading can go on behind it.
  private mutating func scan(from start: Int64) -> Int64? {
    guard let damage = take(start...Int64.max) else { return nil }
    var step: Int64 = 1
    while attempts > 0, let next = damage.addingUnlessOverflow(step) {
      if canRead(from: next) {
        gaps.append(damage...(next - 1))
        search(damage...(next - 1))
        return next
      }
      guard let doubled = step.addingUnlessOverflow(step) else { break }
      step = doubled
    }
    gaps.append(damage...Int64.max)
    return nil
  }

  /// Finds rows in a range that is damaged in some places.
  private mutating func search(_ range: ClosedRange<Int64>) {
    var waiting = [range]
    while let range = waiting.popLast(), attempts > 0 {
      guard let damage = take(range), damage < range.upperBound else { continue }
      // Both ends are of the same sign or near each other: the range was found by steps from its start.
      let middle = damage + (range.upperBound - damage) / 2
      waiting.append((middle + 1)...range.upperBound)
      waiting.append(damage...middle)
    }
  }

  /// Takes the rows of a range in order; gives the first number at which it fails.
  private mutating func take(_ range: ClosedRange<Int64>) -> Int64? {
    let (numbers, _, isWhole) = database.integers(
      """
      SELECT ROWID FROM \(table) NOT INDEXED WHERE ROWID BETWEEN \(range.lowerBound.literal) AND \
      \(range.upperBound.literal) ORDER BY ROWID
      """)
    found += numbers
    guard !isWhole else { return nil }
    attempts -= 1
    guard let last = numbers.last else { return range.lowerBound }
    return last < range.upperBound ? last + 1 : nil
  }

  private mutating func canRead(from start: Int64) -> Bool {
    let (_, _, isWhole) = database.integers(
      "SELECT ROWID FROM \(table) NOT INDEXED WHERE ROWID >= \(start.literal) ORDER BY ROWID LIMIT 1")
    if !isWhole { attempts -= 1 }
    return isWhole
  }
}

/// Rows of a table that nobody expects to be long, read one by one where they cannot be read together.
struct SalvagedRows<Content> {
  /// Those that could be read, by their numbers.
  private(set) var rows: [(rowID: Int64, content: Content)] = []
  /// The numbers of those that could not.
  private(set) var lost: [Int64] = []

  /// Reads rows by their numbers, in that order; `read` gives nil if one of a list cannot be read.
  init(_ numbers: [Int64], atOnce count: Int = 500, _ read: (String) -> [(rowID: Int64, content: Content)]?) {
    var waiting = stride(from: 0, to: numbers.count, by: count).map {
      numbers[$0..<min(numbers.count, $0 + count)]
    }
    waiting.reverse()
    while let part = waiting.popLast() {
      if let some = read(part.map(String.init).joined(separator: ",")) {
        rows += some
      } else if part.count == 1 {
        lost += part
      } else {
        let middle = part.startIndex + part.count / 2
        waiting.append(part[middle...])
        waiting.append(part[..<middle])
      }
    }
  }
}

extension Int64 {
  /// The sum, if there is one.
  fileprivate func addingUnlessOverflow(_ other: Int64) -> Int64? {
    let (sum, isOverflow) = addingReportingOverflow(other)
    return isOverflow ? nil : sum
  }

  /// The number in SQL, which reads the lowest one as a minus and a number that is too large.
  fileprivate var literal: String { self == .min ? "(-9223372036854775807 - 1)" : String(self) }
}
#endif
