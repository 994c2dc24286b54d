#if SQLite
import Foundation
internal import GRDB
import Letterlock

/// The small tables of a Messages database, and the files of a page of messages.
struct MessagesLookup {
  private let database: MessagesDatabase
  private let folder: String
  private let addresses: [Int64: Address]
  private let chats: [Int64: ConversationProfile]
  private let chatOfMessage: [Int64: Int64]
  private let deletions: [Int64: (chat: Int64, date: Int64)]

  /// A file of a message.
  struct File {
    let source: AttachmentSource
    let guid: String
  }

  init(_ database: MessagesDatabase, folder: String) throws(ImportError) {
    self.database = database
    self.folder = folder
    let addresses = try Self.addresses(database)
    self.addresses = addresses
    chats = try Self.chats(database, addresses)
    chatOfMessage = try database.numbers(
      "SELECT message_id, chat_id FROM chat_message_join", needing: "chat_message_join")
    var deletions: [Int64: (chat: Int64, date: Int64)] = [:]
    let deleted = try database.rows(
      "SELECT message_id, chat_id, delete_date FROM chat_recoverable_message_join",
      needing: "chat_recoverable_message_join")
    for row in deleted {
      guard let message = row.integer("message_id"), let chat = row.integer("chat_id") else { continue }
      deletions[message] = (chat, row.number("delete_date"))
    }
    self.deletions = deletions
  }

  private static func addresses(_ database: MessagesDatabase) throws(ImportError) -> [Int64: Address] {
    var addresses: [Int64: Address] = [:]
    for row in try database.rows("SELECT ROWID AS ROWID, id FROM handle", needing: "handle") {
      guard let id = row.integer("ROWID"), let text = row.text("id") else { continue }
      addresses[id] = Address(text)
    }
    return addresses
  }

  private static func chats(
    _ database: MessagesDatabase, _ addresses: [Int64: Address]
  ) throws(ImportError) -> [Int64: ConversationProfile] {
    var members: [Int64: [Address]] = [:]
    let joins = try database.rows(
      "SELECT chat_id, handle_id FROM chat_handle_join ORDER BY chat_id, handle_id",
      needing: "chat_handle_join")
    for row in joins {
      guard let chat = row.integer("chat_id"), let handle = row.integer("handle_id"),
        let address = addresses[handle]
      else { continue }
      members[chat, default: []].append(address)
    }
    let columns = ["guid", "style", "chat_identifier", "service_name", "display_name"]
      .map { database.column($0, of: "chat") }.joined(separator: ", ")
    var chats: [Int64: ConversationProfile] = [:]
    for row in try database.rows("SELECT chat.ROWID AS ROWID, \(columns) FROM chat", needing: "chat") {
      guard let id = row.integer("ROWID") else { continue }
      let people = members[id] ?? row.text("chat_identifier").map { [Address($0)] } ?? []
      let name = row.text("display_name").flatMap { $0.isEmpty ? nil : $0 }
      chats[id] = ConversationProfile(
        id: .imported(source: AppleMessagesImporter.source, identifier: row.text("guid") ?? "chat \(id)"),
        name: name, participants: people, service: row.text("service_name"),
        isGroup: row.number("style") == 43 || people.count > 1)
    }
    return chats
  }

  var profiles: [ConversationProfile] {
    chats.sorted { $0.key < $1.key }.map(\.value)
  }

  func address(_ handle: Int64) -> Address? { addresses[handle] }

  /// The conversation of a message, deleted or not.
  func chat(of message: Int64) -> ConversationProfile? {
    (chatOfMessage[message] ?? deletions[message]?.chat).flatMap { chats[$0] }
  }

  /// When a message went to "recently deleted".
  func deletionDate(of message: Int64) -> Int64? {
    chatOfMessage[message] == nil ? deletions[message]?.date : nil
  }

  /// The files of messages, in the order in which they were attached.
  func attachments(of messages: [Int64]) throws(ImportError) -> [Int64: [File]] {
    guard database.has("attachment"), !messages.isEmpty else { return [:] }
    let columns = ["guid", "filename", "mime_type", "uti", "transfer_name", "is_sticker"]
      .map { database.column($0, of: "attachment") }.joined(separator: ", ")
    let list = messages.map(String.init).joined(separator: ",")
    let rows = try database.rows(
      """
      SELECT message_attachment_join.message_id AS message_id, \(columns) FROM message_attachment_join \
      JOIN attachment ON attachment.ROWID = message_attachment_join.attachment_id \
      WHERE message_attachment_join.message_id IN (\(list)) ORDER BY message_attachment_join.rowid
      """, needing: "message_attachment_join")
    var files: [Int64: [File]] = [:]
    for row in rows {
      guard let message = row.integer("message_id") else { continue }
      files[message, default: []].append(file(row))
    }
    return files
  }

  private func file(_ row: Row) -> File {
    let stored = row.text("filename")
    let name = row.text("transfer_name") ?? stored.map { URL(fileURLWithPath: $0).lastPathComponent }
    let type = row.text("mime_type") ?? "application/octet-stream"
    let role: Attachment.Role = row.number("is_sticker") == 1 ? .sticker : .file
    let content: AttachmentSource.Content =
      if let stored { find(stored) } else { .missing(reason: "the database names no file") }
    return File(
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

extension Row {
  /// A column that holds text; anything else reads as nothing.
  func text(_ name: String) -> String? {
    let value: DatabaseValue = self[name]
    return value.text
  }

  /// A column that holds an integer; anything else reads as nothing.
  func integer(_ name: String) -> Int64? {
    let value: DatabaseValue = self[name]
    guard case .int64(let number) = value.storage else { return nil }
    return number
  }

  /// A column that holds a whole number; anything else reads as 0.
  func number(_ name: String) -> Int64 {
    let value: DatabaseValue = self[name]
    return value.number
  }
}
#endif
