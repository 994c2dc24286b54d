#if SQLite
internal import CryptoCore
internal import Foundation
internal import GRDB
internal import Letterlock
internal import LetterlockRelayKit
internal import SQLiteCore
internal import TLSCodec

/// The files of attachments' large parts, beside a relay's store: SQLite would write each byte twice.
///
/// A part counts only through its row, which is empty, and one of the table `file_part`, which says how much of the file it
/// is. A file's name is random and used once, so a file that was dropped is removed when the transaction is over, however
/// long that takes.
struct RelayPartFiles: Sendable {
  /// Parts of fewer bytes stand in their rows.
  private static let smallestByteCount = 1 << 16

  let folder: BlobFolder

  init(besideStore store: String) { folder = BlobFolder(besideStore: store) }

  /// Which file an attachment has, which parts stand in it, and which files are to be removed.
  static let tables = [
    StoredTable(
      "blob_file", ["account": "BLOB NOT NULL", "blob": "BLOB NOT NULL", "name": "BLOB NOT NULL"],
      key: "PRIMARY KEY (account, blob)", options: "STRICT, WITHOUT ROWID", since: 2),
    StoredTable(
      "file_part",
      [
        "account": "BLOB NOT NULL", "blob": "BLOB NOT NULL", "offset": "INTEGER NOT NULL",
        "byte_count": "INTEGER NOT NULL",
      ],
      key: "PRIMARY KEY (account, blob, offset)", options: "STRICT, WITHOUT ROWID", since: 2),
    StoredTable(
      "dropped_file", ["name": "BLOB NOT NULL PRIMARY KEY"], options: "STRICT, WITHOUT ROWID", since: 2),
  ]

  /// A statement about `file_part` in place of one about `blob_part`: their keys have the same columns.
  static func alike(_ sql: String) -> String { sql.replacing("blob_part", with: "file_part") }

  /// Keeps a part in its attachment's file if it is large. Returns the row to keep in its place; nil if it is small.
  func put(_ row: RelayRow, _ key: Data, _ db: Database) throws -> RelayRow? {
    guard row.values.count == 3, case .bytes(let blob) = row.values[0],
      case .integer(let offset) = row.values[1],
      case .bytes(let bytes) = row.values[2]
    else { throw RelayError.internalError("part") }
    guard bytes.count >= Self.smallestByteCount, offset >= 0 else {
      try db.run(
        "DELETE FROM file_part WHERE account = ? AND blob = ? AND offset = ?", [key, blob.stored, offset])
      return nil
    }
    let name = try name(of: blob, key, db) ?? makeFile(of: blob, key, db)
    try bytes.withRawSpan { (span) throws(StorageFailure) in
      try folder.write(span, to: name, at: UInt64(offset))
    }
    try db.run(
      "INSERT OR REPLACE INTO file_part (account, blob, offset, byte_count) VALUES (?, ?, ?, ?)",
      [key, blob.stored, offset, bytes.count])
    return RelayRow([.bytes(blob), .integer(offset), .bytes([])])
  }

  private func name(of blob: [UInt8], _ key: Data, _ db: Database) throws -> String? {
    try db.row("SELECT name FROM blob_file WHERE account = ? AND blob = ?", [key, blob.stored])
      .map { Self.name(try $0.bytes(0)) }
  }

  private static func name(_ bytes: [UInt8]) -> String { Hex.encode(bytes) }

  private func makeFile(of blob: [UInt8], _ key: Data, _ db: Database) throws -> String {
    let bytes = SecureRandom.bytes(16)
    let name = Self.name(bytes)
    try folder.create(name)
    db.afterNextTransaction(onCommit: { _ in }, onRollback: { [folder] _ in folder.remove(name) })
    try db.run(
      "INSERT INTO blob_file (account, blob, name) VALUES (?, ?, ?)", [key, blob.stored, bytes.stored])
    return name
  }

  /// Puts in the bytes that stand in a file. Of a file that is not there, or too short, there are fewer.
  func complete(_ values: inout [RelayValue], _ key: Data, _ db: Database) throws {
    guard values.count == 3, values[2] == .bytes([]), case .bytes(let blob) = values[0],
      case .integer(let offset) = values[1], offset >= 0,
      let row = try db.row(
        "SELECT byte_count FROM file_part WHERE account = ? AND blob = ? AND offset = ?",
        [key, blob.stored, offset]),
      let name = try name(of: blob, key, db)
    else { return }
    let count = Int(min(try row.count(0), UInt64(RelayLimits.blobPartByteCount)))
    values[2] = .bytes(try folder.bytes(of: name, at: UInt64(offset), count: count))
  }

  /// Waits until the bytes of a range's files are on disk.
  func synchronise(_ range: RowRange, _ key: Data, _ db: Database) throws {
    guard case .bytes(let blob)? = range.prefix.first, let name = try name(of: blob, key, db) else { return }
    try folder.synchronise(name)
  }

  /// Drops the files that no part refers to any more, after parts of a range were removed.
  func dropUnused(in range: RowRange, _ key: Data, _ db: Database) throws {
    var (condition, arguments) = ("account = ?", [key as (any DatabaseValueConvertible)?])
    if case .bytes(let blob)? = range.prefix.first {
      condition += " AND blob = ?"
      arguments.append(blob.stored)
    }
    condition += """
       AND NOT EXISTS (SELECT 1 FROM file_part p WHERE p.account = blob_file.account AND p.blob = blob_file.blob)
      """
    let values = StatementArguments(arguments)
    try db.run("INSERT INTO dropped_file (name) SELECT name FROM blob_file WHERE " + condition, values)
    try db.run("DELETE FROM blob_file WHERE " + condition, values)
  }

  /// Whether files wait to be removed.
  func hasDropped(_ db: Database) throws -> Bool { try db.row("SELECT 1 FROM dropped_file LIMIT 1") != nil }

  /// Removes the files that were dropped by transactions that are over.
  func removeDropped(_ db: Database) throws {
    var names: [[UInt8]] = []
    try db.forEachRow("SELECT name FROM dropped_file", []) { names.append(try $0.bytes(0)) }
    for name in names {
      folder.remove(Self.name(name))
      guard !folder.contains(Self.name(name)) else { continue }
      try db.run("DELETE FROM dropped_file WHERE name = ?", [name.stored])
    }
  }

  /// What a check finds of the files.
  func findings(_ db: Database) throws -> [RelayFinding] {
    var (findings, known) = ([RelayFinding](), Set<String>())
    func damage(_ text: String, of account: [UInt8]) {
      findings.append(RelayFinding(account: try? AccountID(bytes: account), text: text, isDamage: true))
    }
    try db.forEachRow("SELECT name FROM dropped_file", []) { known.insert(Self.name(try $0.bytes(0))) }
    let sql = """
      SELECT f.account, f.name, (SELECT max(p.offset + p.byte_count) FROM file_part p \
      WHERE p.account = f.account AND p.blob = f.blob) FROM blob_file f
      """
    try db.forEachRow(sql, []) { row in
      let (account, name) = (try row.bytes(0), Self.name(try row.bytes(1)))
      known.insert(name)
      guard let needed = try? row.count(2) else {
        return damage("a file belongs to an attachment that is not there", of: account)
      }
      guard folder.byteCount(of: name) < needed else { return }
      damage("the file of an attachment is not there, or too short", of: account)
    }
    let strays = """
      SELECT DISTINCT account FROM file_part p \
      WHERE NOT EXISTS (SELECT 1 FROM blob_file f WHERE f.account = p.account AND f.blob = p.blob) \
      OR NOT EXISTS (SELECT 1 FROM blob_part b WHERE b.account = p.account AND b.blob = p.blob \
      AND b.offset = p.offset AND length(b.bytes) = 0)
      """
    try db.forEachRow(strays, []) { row in
      damage("parts of an attachment stand in a file that is not there", of: try row.bytes(0))
    }
    // A process that was killed leaves one, and a backup that was put back leaves those of its future.
    let strange = folder.names.filter { !known.contains($0) }.count
    if strange > 0 {
      findings.append(
        RelayFinding(
          account: nil, text: "files beside the store that belong to no attachment: \(strange)",
          isDamage: false))
    }
    return findings
  }

  /// Copies the files that a copy of the store names to a folder beside it. Returns how many there were. A file that was
  /// dropped meanwhile is left out, and so is one that was lost.
  func copyFiles(to copy: RelayPartFiles, _ db: Database) throws -> Int {
    var count = 0
    try db.forEachRow("SELECT name FROM blob_file", []) { row in
      if try folder.copy(Self.name(try row.bytes(0)), to: copy.folder) { count += 1 }
    }
    return count
  }
}
#endif
