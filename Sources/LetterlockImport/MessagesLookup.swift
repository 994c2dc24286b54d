#if SQLite
import Foundation
internal import GRDB
import Letterlock

/// The small tables of a Messages database.
struct MessagesLookup {
  private let addresses: [Int64: Address]
  private let chats: [Int64: ConversationProfile]
  private let chatOfMessage: [Int64: Int64]
  private let deletions: [Int64: (chat: Int64, date: Int64)]
  /// How many rows of which table cannot be read.
  let lostRows: [String: Int]

  /// A file of a message.
  struct File {
    let source: AttachmentSource
    let guid: String
  }

  init(_ database: MessagesDatabase) {
    var lost: [String: Int] = [:]
    func rows(_ name: String, _ columns: String...) -> [Row] {
      let table = database.table(name, columns)
      if table.lostCount > 0 { lost[name] = table.lostCount }
      return table.rows
    }
    let addresses = Self.addresses(rows("handle", "id"))
    self.addresses = addresses
    chats = Self.chats(
      rows("chat", "guid", "style", "chat_identifier", "service_name", "display_name"),
      joins: rows("chat_handle_join", "chat_id", "handle_id"), addresses)
    let joins = database.pairs("chat_message_join", "message_id", "chat_id")
    chatOfMessage = joins.pairs
    if joins.lostCount > 0 { lost["chat_message_join"] = joins.lostCount }
    var deletions: [Int64: (chat: Int64, date: Int64)] = [:]
    for row in rows("chat_recoverable_message_join", "message_id", "chat_id", "delete_date") {
      guard let message = row.integer("message_id"), let chat = row.integer("chat_id") else { continue }
      deletions[message] = (chat, row.number("delete_date"))
    }
    self.deletions = deletions
    lostRows = lost
  }

  /// The messages that belong to a conversation.
  var messages: [Int64] { Array(chatOfMessage.keys) + deletions.keys }

  private static func addresses(_ rows: [Row]) -> [Int64: Address] {
    var addresses: [Int64: Address] = [:]
    for row in rows {
      guard let id = row.integer("ROWID"), let text = row.text("id") else { continue }
      addresses[id] = Address(text)
    }
    return addresses
  }

  private static func chats(
    _ rows: [Row], joins: [Row], _ addresses: [Int64: Address]
  ) -> [Int64: ConversationProfile] {
    var handles: [Int64: [Int64]] = [:]
    for row in joins {
      guard let chat = row.integer("chat_id"), let handle = row.integer("handle_id") else { continue }
      handles[chat, default: []].append(handle)
    }
    var chats: [Int64: ConversationProfile] = [:]
    for row in rows {
      guard let id = row.integer("ROWID") else { continue }
      let members = handles[id]?.sorted().compactMap { addresses[$0] } ?? []
      let people = members.isEmpty ? row.text("chat_identifier").map { [Address($0)] } ?? [] : members
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

  /// How many bytes the texts of its columns take.
  var textByteCount: Int {
    databaseValues.reduce(0) { $0 + $1.byteCount }
  }

  /// A column that holds a whole number; anything else reads as 0.
  func number(_ name: String) -> Int64 {
    let value: DatabaseValue = self[name]
    return value.number
  }
}
#endif
