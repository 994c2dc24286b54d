#if SQLite
internal import GRDB

/// Rows of `message` that are read together: as many as asked for, or as memory allows.
struct MessagePage {
  /// Those that could be read.
  private(set) var rows: [MessageValues] = []
  /// Those that could not, and why: a damaged page of the database stops none that stands elsewhere.
  private(set) var lost: [ImportSkip] = []
  /// Where the next page begins.
  private(set) var end: Int
  private var byteCount = 0

  /// Longer messages could not be sealed: a record holds half of it.
  private static let maximumByteCount = 32 << 20

  /// The reason for a row on a damaged page.
  static let unreadable = ImportSkip.lost("a row that cannot be read")

  /// Reads rows by their numbers, in that order.
  init(_ numbers: ArraySlice<Int64>, of database: MessagesDatabase) {
    end = numbers.startIndex
    var waiting = numbers.isEmpty ? [] : [numbers]
    while let part = waiting.popLast() {
      switch Self.read(part, of: database, room: Self.maximumByteCount - byteCount) {
      case .rows(let some, let count):
        rows += some
        byteCount += count
      case .failed where part.count > 1, .tooLong where part.count > 1:
        let middle = part.startIndex + part.count / 2
        waiting.append(part[middle...])
        waiting.append(part[..<middle])
        continue
      case .failed: lost.append(Self.unreadable)
      case .tooLong:
        // Alone it may be short enough.
        guard byteCount == 0 else { return }
        lost.append(.tooLong)
      }
      end = part.endIndex
    }
  }

  private enum Outcome {
    case rows([MessageValues], byteCount: Int)
    case tooLong
    case failed
  }

  private static func read(
    _ numbers: ArraySlice<Int64>, of database: MessagesDatabase, room: Int
  ) -> Outcome {
    let columns = MessageColumn.allCases.map { column in
      column == .rowID ? "message.ROWID" : database.column(column.name, of: "message")
    }
    let list = numbers.map(String.init).joined(separator: ",")
    let sql = "SELECT \(columns.joined(separator: ", ")) FROM message WHERE message.ROWID IN (\(list))"
    do {
      return try database.queue.read { database in
        let rows = try Row.fetchCursor(database, sql: sql)
        var found: [Int64: MessageValues] = [:]
        found.reserveCapacity(numbers.count)
        var byteCount = 0
        while let row = try rows.next() {
          let values = MessageValues(row)
          byteCount += values.byteCount
          guard byteCount <= room else { return .tooLong }
          found[values.number(.rowID)] = values
        }
        return .rows(numbers.compactMap { found[$0] }, byteCount: byteCount)
      }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_TOOBIG {
      return .tooLong
    } catch { return .failed }
  }
}

/// The numbers of the rows of `message`, by date, then by number.
struct MessageNumbers {
  /// In that order; those that a damaged page holds among them, as far as anything names them.
  let inOrder: [Int64]
  /// How many more there are, or more.
  let lostCount: Int

  /// Finds the rows, also of a table that is damaged in some places.
  /// - Parameter expected: numbers that other tables name.
  init(_ database: MessagesDatabase, expecting expected: [Int64]) {
    let (numbers, otherCount, isWhole) = database.integers(
      "SELECT ROWID FROM message ORDER BY coalesce(date, 0), ROWID")
    guard !isWhole else {
      (inOrder, lostCount) = (numbers, otherCount)
      return
    }
    let scan = TableScan(database, table: "message")
    var all = Set(scan.found)
    // An index of the table may be whole.
    let indexed = database.integers("SELECT ROWID FROM message").numbers
    let named = Set(expected + indexed).subtracting(all).sorted()
    var lost = 0
    for gap in scan.gaps {
      let inside = named.filter { gap.contains($0) }
      if inside.isEmpty { lost += 1 }
      all.formUnion(inside)
    }
    inOrder = Self.sorted(all.sorted(), database)
    lostCount = lost
  }

  /// By date, read row by row where it cannot be read otherwise: it stands behind the text, which may be damaged.
  private static func sorted(_ numbers: [Int64], _ database: MessagesDatabase) -> [Int64] {
    let column = database.shortColumn("date", of: "message")
    let read = SalvagedRows(numbers) { list in
      database.rows("SELECT message.ROWID AS ROWID, \(column) FROM message WHERE message.ROWID IN (\(list))")?
        .map { ($0.number("ROWID"), $0.number("date")) }
    }
    let dates = Dictionary(read.rows.map { ($0.rowID, $0.content) }) { first, _ in first }
    return numbers.sorted { (dates[$0] ?? 0, $0) < (dates[$1] ?? 0, $1) }
  }
}
#endif
