#if Tool
import ArgumentParser
import Letterlock

/// `letterlock conversations`
struct ConversationsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conversations", abstract: "Lists conversations, the one with the newest message first.")

  @Argument(help: "The archive's folder.") var dir: String
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Prints one JSON object.") var json = false

  private struct Row: Encodable {
    var id: String
    var title: String
    var messages: Int
    var unencrypted: Int
    var newest: String
  }

  private struct Listing: Encodable {
    var conversations: [Row]
  }

  func run() async throws {
    try await Terminal.run {
      let timeline = try ArchiveFolder(path: dir).open(try keys.passphrase()).timeline()
      let rows = timeline.conversations.map { id in
        let messages = timeline.messages(in: id)
        return Row(
          id: id.description, title: timeline.title(of: id), messages: messages.count,
          unencrypted: messages.filter { !$0.protection.isEncrypted }.count,
          newest: messages.last?.sentAt.rfc3339 ?? "")
      }
      guard !json else { return try Terminal.print(json: Listing(conversations: rows)) }
      for row in rows {
        let mark = row.unencrypted > 0 ? "  \(row.unencrypted) not encrypted" : ""
        print("\(row.id.prefix(8))  \(row.newest.prefix(10))  \(row.messages)  \(row.title)\(mark)")
      }
    }
  }
}

/// `letterlock show`
struct ShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows a conversation.")

  @Argument(help: "The archive's folder.") var dir: String
  @Argument(help: "The beginning of a conversation's number, or of its title.") var conversation: String
  @Option(help: "Only the newest messages, this many.") var last: Int?
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Prints one JSON object.") var json = false

  private struct Listing: Encodable {
    var title: String
    var messages: [ExportedMessage]
  }

  func run() async throws {
    try await Terminal.run {
      let timeline = try ArchiveFolder(path: dir).open(try keys.passphrase()).timeline()
      let id = try ConversationChoice.find(conversation, in: timeline, folder: dir)
      let all = timeline.messages(in: id)
      let messages = last.map { Array(all.suffix(max(0, $0))) } ?? all
      let title = timeline.title(of: id)
      guard !json else {
        return try Terminal.print(
          json: Listing(title: title, messages: messages.map { ExportedMessage($0, title: title) }))
      }
      for message in messages { print(TextLine(message)) }
    }
  }

}

/// Finds a conversation by the beginning of its number or title.
enum ConversationChoice {
  static func find(
    _ conversation: String, in timeline: Timeline, folder dir: String
  ) throws -> ConversationID {
    let wanted = conversation.lowercased()
    let found = timeline.conversations.filter {
      $0.description.hasPrefix(wanted) || timeline.title(of: $0).lowercased().hasPrefix(wanted)
    }
    guard let first = found.first else {
      throw ToolError("No conversation begins with “\(conversation)”: see `letterlock conversations \(dir)`.")
    }
    guard found.count == 1 else {
      throw ToolError("\(found.count) conversations begin with “\(conversation)”: give more of its number.")
    }
    return first
  }
}
#endif
