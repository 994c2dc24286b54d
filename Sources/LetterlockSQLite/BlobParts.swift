#if SQLite
internal import Foundation
internal import GRDB
internal import Letterlock
internal import SQLiteCore

/// The bytes of one sealed attachment at a relay, in rows of at most 1 MiB.
struct BlobParts {
  /// How many bytes a row holds at most.
  static let maximumPartByteCount = 1 << 20

  let account: AccountID
  let blob: BlobID

  private var condition: String { "account = ? AND blob = ?" }
  private var key: [any DatabaseValueConvertible] { [account.bytes.stored, blob.bytes.stored] }

  private func arguments(_ more: any DatabaseValueConvertible...) -> StatementArguments {
    StatementArguments(key + more)
  }

  /// How many bytes there are.
  func byteCount(_ db: Database) throws -> UInt64 {
    try db.number(
      "SELECT offset + length(bytes) FROM blob_part WHERE \(condition) ORDER BY offset DESC LIMIT 1",
      arguments())
  }

  /// Adds bytes at the end, which is at `offset`.
  func insert(_ db: Database, at offset: UInt64, _ bytes: [UInt8]) throws {
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + Self.maximumPartByteCount)
      try db.run(
        "INSERT INTO blob_part (account, blob, offset, bytes) VALUES (?, ?, ?, ?)",
        arguments(Int64(clamping: offset + UInt64(start)), Data(bytes[start..<end])))
      start = end
    }
  }

  /// Bytes from a place on, at most `byteCount` of them.
  func read(_ db: Database, at offset: UInt64, byteCount: Int) throws -> [UInt8] {
    guard byteCount > 0, let start = Int64(exactly: offset) else { return [] }
    let (sum, overflow) = start.addingReportingOverflow(Int64(byteCount))
    let end = overflow ? .max : sum
    var bytes: [UInt8] = []
    let sql = """
      SELECT offset, bytes FROM blob_part WHERE \(condition) AND offset < ? AND offset >= \
      coalesce((SELECT max(offset) FROM blob_part WHERE \(condition) AND offset <= ?), 0) \
      ORDER BY offset
      """
    try db.forEachRow(sql, StatementArguments(key + [end] + key + [start])) { row in
      let (first, part) = (try row.integer(0), try row.bytes(1))
      // A part that is missing ends what can be read.
      guard first <= start + Int64(bytes.count) else { return }
      let skipped = Int(clamping: start + Int64(bytes.count) - first)
      bytes += part.dropFirst(skipped).prefix(byteCount - bytes.count)
    }
    return bytes
  }

  /// Goes through all bytes in order, part by part.
  func forEach(_ db: Database, _ body: ([UInt8]) throws -> Void) throws {
    let sql = "SELECT bytes FROM blob_part WHERE \(condition) ORDER BY offset"
    try db.forEachRow(sql, arguments()) { try body(try $0.bytes(0)) }
  }

  /// Drops them.
  func remove(_ db: Database) throws {
    try db.run("DELETE FROM blob_part WHERE \(condition)", arguments())
  }
}
#endif
