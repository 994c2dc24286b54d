#if SQLite
import Foundation
internal import GRDB

/// Attachments lie in parts, each with the offset of its first byte.
enum BlobParts {
  /// Up to `byteCount` bytes of what `owner` (a value of the table's first columns, one after the other)
  /// names, from `offset` on.
  static func read(
    table: String, owner: [UInt8], at offset: UInt64, _ byteCount: Int, _ database: Database,
    filter: String = "blob = ?", arguments: StatementArguments? = nil
  ) throws -> [UInt8] {
    guard byteCount > 0 else { return [] }
    let from = offset.sqlite
    let (end, isOverflow) = from.addingReportingOverflow(Int64(byteCount))
    guard !isOverflow else { return [] }
    // The part that holds the first byte, and all that begin before the last.
    let rows = try Row.fetchAll(
      database.cachedStatement(
        sql: """
          SELECT start, bytes FROM \(table) WHERE \(filter) AND start < ? AND start >= \
          coalesce((SELECT max(start) FROM \(table) WHERE \(filter) AND start <= ?), 0) ORDER BY start
          """),
      arguments: (arguments ?? [owner.data]) + [end] + (arguments ?? [owner.data]) + [from])
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    var next = from
    for row in rows {
      let start: Int64 = row["start"]
      let part = try row.bytes("bytes")
      // A gap is where the attachment ends, as far as it is there.
      guard start <= next, next - start <= part.count else { break }
      let wanted = part[Int(next - start)...].prefix(byteCount - bytes.count)
      bytes += wanted
      next += Int64(wanted.count)
    }
    return bytes
  }
}

extension [UInt8] {
  /// As GRDB takes it.
  var data: Data { Data(self) }
}

extension Row {
  /// A column that holds bytes; anything else is damage.
  func bytes(_ column: String) throws -> [UInt8] {
    guard let bytes = try optionalBytes(column) else { throw SQLiteDamage() }
    return bytes
  }

  /// A column that holds bytes or NULL.
  func optionalBytes(_ column: String) throws -> [UInt8]? {
    let value: DatabaseValue = self[column]
    switch value.storage {
    case .null: return nil
    case .blob(let data): return [UInt8](data)
    default: throw SQLiteDamage()
    }
  }
}

/// A stored value is not of the kind that was stored.
struct SQLiteDamage: Error {}
#endif
