#if SQLite
import Foundation
internal import GRDB
import Letterlock

/// The files of a page of messages.
struct MessagesFiles {
  private let database: MessagesDatabase
  private let folder: String
  /// Which files belong to which message, once they could not be read together.
  private var joins: [Int64: [Int64]]?
  /// How many rows of which table cannot be read: those that were found damaged since this was taken.
  private var lostRows: [String: Int] = [:]
  /// The files of one page may name no more than this.
  private static let maximumByteCount = 32 << 20

  /// - Parameter folder: where the database lies.
  init(_ database: MessagesDatabase, folder: String) { (self.database, self.folder) = (database, folder) }

  /// The files of messages, in the order in which they were attached.
  mutating func files(of messages: [Int64]) -> [Int64: [MessagesLookup.File]] {
    guard database.has("attachment"), database.has("message_attachment_join"), !messages.isEmpty else {
      return [:]
    }
    if joins == nil, let files = joined(messages) { return files }
    return salvaged(messages)
  }

  /// Returns what `lostRows` counts, and begins to count anew.
  mutating func takeLostRows() -> [String: Int] {
    defer { lostRows = [:] }
    return lostRows
  }

  private var columns: String {
    ["guid", "filename", "mime_type", "uti", "transfer_name", "is_sticker"]
      .map { database.shortColumn($0, of: "attachment") }.joined(separator: ", ")
  }

  /// All at once; nil if they cannot be read, or are too long together.
  private func joined(_ messages: [Int64]) -> [Int64: [MessagesLookup.File]]? {
    let list = messages.map(String.init).joined(separator: ",")
    let sql = """
      SELECT message_attachment_join.message_id AS message_id, \(columns) FROM message_attachment_join \
      JOIN attachment ON attachment.ROWID = message_attachment_join.attachment_id \
      WHERE message_attachment_join.message_id IN (\(list)) ORDER BY message_attachment_join.rowid
      """
    return try? database.queue.read { database in
      var files: [Int64: [MessagesLookup.File]] = [:]
      var left = Self.maximumByteCount
      let rows = try Row.fetchCursor(database, sql: sql)
      while let row = try rows.next() {
        guard let message = row.integer("message_id") else { continue }
        left -= row.textByteCount
        guard left > 0 else { throw ImportError.database("too many names") }
        files[message, default: []].append(file(row))
      }
      return files
    }
  }

  /// One by one, where a page of the database is damaged: a file whose row cannot be read is a damaged file.
  private mutating func salvaged(_ messages: [Int64]) -> [Int64: [MessagesLookup.File]] {
    let joins = self.joins ?? readJoins()
    self.joins = joins
    let wanted = Set(messages.flatMap { joins[$0] ?? [] }).sorted()
    var left = Self.maximumByteCount
    let sql =
      "SELECT attachment.ROWID AS ROWID, \(columns) FROM attachment NOT INDEXED WHERE attachment.ROWID IN"
    let read = SalvagedRows<MessagesLookup.File>(wanted, atOnce: 100) { numbers in
      guard left > 0, let rows = database.rows("\(sql) (\(numbers))") else { return nil }
      for row in rows { left -= row.textByteCount }
      return rows.map { ($0.number("ROWID"), file($0)) }
    }
    var known = Dictionary(read.rows.map { ($0.rowID, $0.content) }) { first, _ in first }
    for number in read.lost { known[number] = Self.unreadable }
    var files: [Int64: [MessagesLookup.File]] = [:]
    for message in messages {
      let own = (joins[message] ?? []).compactMap { known[$0] }
      if !own.isEmpty { files[message] = own }
    }
    return files
  }

  private static let unreadable = MessagesLookup.File(
    source: AttachmentSource(
      name: nil, mediaType: "application/octet-stream",
      content: .damaged(reason: "the database cannot be read where it names the file")), guid: "")

  private mutating func readJoins() -> [Int64: [Int64]] {
    let table = database.table("message_attachment_join", ["message_id", "attachment_id"])
    if table.lostCount > 0 { lostRows["message_attachment_join"] = table.lostCount }
    var joins: [Int64: [Int64]] = [:]
    for row in table.rows {
      guard let message = row.integer("message_id"), let attachment = row.integer("attachment_id") else {
        continue
      }
      joins[message, default: []].append(attachment)
    }
    return joins
  }

  private func file(_ row: Row) -> MessagesLookup.File {
    let stored = row.text("filename")
    let name = row.text("transfer_name") ?? stored.map { URL(fileURLWithPath: $0).lastPathComponent }
    let type = row.text("mime_type") ?? "application/octet-stream"
    let role: Attachment.Role = row.number("is_sticker") == 1 ? .sticker : .file
    let content: AttachmentSource.Content =
      if let stored { find(stored) } else { .missing(reason: "the database names no file") }
    return MessagesLookup.File(
      source: AttachmentSource(name: name, mediaType: type, role: role, content: content),
      guid: row.text("guid") ?? "")
  }

  /// Messages names files by where they lie in the home folder; a copy of the database has them beside it.
  ///
  /// A database could name any file of the machine: only regular files under these folders are taken, wherever
  /// links lead.
  private func find(_ stored: String) -> AttachmentSource.Content {
    let home = NSString(string: stored).expandingTildeInPath
    var candidates = [home]
    for marker in Self.folders {
      if let range = stored.range(of: marker) {
        candidates.insert(folder + "/" + stored[range.upperBound...], at: 0)
      }
    }
    let present = candidates.filter { FileManager.default.fileExists(atPath: $0) }
    guard !present.isEmpty else { return .missing(reason: "the file is not there") }
    let roots = [folder] + Self.folders.map { NSString(string: "~/" + $0).expandingTildeInPath }
    for path in present {
      let real = URL(fileURLWithPath: path).resolvingSymlinksInPath()
      let isInside = roots.contains { root in
        real.path.hasPrefix(URL(fileURLWithPath: root).resolvingSymlinksInPath().path + "/")
      }
      let values = try? real.resourceValues(forKeys: [.isRegularFileKey])
      guard isInside, values?.isRegularFile == true else { continue }
      guard FileManager.default.isReadableFile(atPath: real.path) else {
        return .damaged(reason: "the file cannot be read")
      }
      return .file(path: real.path)
    }
    return .missing(reason: "it is not a file of Messages")
  }

  private static let folders = ["Library/Messages/", "Library/SMS/"]
}
#endif
