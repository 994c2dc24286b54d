#if SQLite
internal import Foundation

/// A rollback journal: what SQLite puts back into a database whose writer ended in the middle of a transaction.
/// https://www.sqlite.org/fileformat2.html#the_rollback_journal
package struct RollbackJournal {
  /// Stands at a journal's start, and behind the name of a super-journal at its end.
  private static let magic: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
  private static let headerByteCount = 28
  /// The length of the name, its checksum, and the magic number.
  private static let trailerByteCount = 16

  private let start: [UInt8]
  private let end: [UInt8]
  private let byteCount: UInt64

  /// Reads the two ends of the regular file at `path`.
  package init(path: String) throws {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { try? file.close() }
    byteCount = try file.seekToEnd()
    try file.seek(toOffset: 0)
    start = Array(try file.read(upToCount: Self.headerByteCount) ?? Data())
    try file.seek(toOffset: byteCount - min(byteCount, UInt64(Self.trailerByteCount)))
    end = Array(try file.read(upToCount: Self.trailerByteCount) ?? Data())
  }

  /// Whether it names a super-journal, the list of the journals of one transaction in several databases. SQLite deletes
  /// the file of that name, whatever it holds, when the journal was put back.
  package var namesSuperJournal: Bool {
    end.count == Self.trailerByteCount && end.suffix(8) == Self.magic[...]
  }

  /// What stands before the trailer and is as long as the trailer says: the name of the super-journal.
  package static func superJournalName(path: String) -> String? {
    guard let file = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)) else { return nil }
    defer { try? file.close() }
    guard let byteCount = try? file.seekToEnd(), byteCount > trailerByteCount else { return nil }
    let nameEnd = byteCount - UInt64(trailerByteCount)
    guard (try? file.seek(toOffset: nameEnd)) != nil, let trailer = try? file.read(upToCount: 4),
      trailer.count == 4
    else { return nil }
    let length = trailer.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length > 0, length <= min(nameEnd, 4096), (try? file.seek(toOffset: nameEnd - length)) != nil,
      let name = try? file.read(upToCount: Int(length))
    else { return nil }
    return String(decoding: name, as: UTF8.self)
  }

  /// Makes the journal name no super-journal; all else that it says stays.
  ///
  /// SQLite looks for the name at the very end alone, and ends where a page has the number 0.
  package static func forgetSuperJournal(path: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? file.close() }
    try file.seekToEnd()
    try file.write(contentsOf: Data(repeating: 0, count: trailerByteCount))
  }

  /// Whether SQLite would put it back: its header is there.
  private var isHot: Bool { start.prefix(8) == Self.magic[...] }

  private func number(at offset: Int) -> UInt64 {
    start.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Whether it may belong to a database of `databaseByteCount` bytes that keeps a write-ahead log: such a database has a
  /// journal only while it is put into that mode, which changes its first page and not its length.
  func belongs(toDatabaseOf databaseByteCount: UInt64) -> Bool {
    guard isHot, start.count == Self.headerByteCount else { return true }
    let (pageCount, sector, page) = (number(at: 16), number(at: 20), number(at: 24))
    guard byteCount <= sector + page + 8 else { return false }
    return databaseByteCount <= page || pageCount * page == databaseByteCount
  }
}
#endif
