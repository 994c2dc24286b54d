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
    var importedEndToEnd: Int
    var newest: String
    let warning: String
    let day: String

    private enum CodingKeys: CodingKey {
      case id, title, messages, unencrypted, importedEndToEnd, newest
    }
  }

  private struct Listing: Encodable {
    var conversations: [Row]
    var unreadableRecords: Int
  }

  func run() async throws {
    try await Terminal.run {
      let opened = try ArchiveFolder(path: dir).openForReading(try keys.passphrase())
      let index = try opened.timelineIndex()
      let rows = try Self.rows(opened, index)
      guard !json else {
        return try Terminal.print(
          json: Listing(conversations: rows, unreadableRecords: index.unreadable.count))
      }
      for row in rows {
        let mark = row.warning.isEmpty ? "" : "  \(row.warning)"
        Terminal.line("\(row.id.prefix(8))  \(row.day)  \(row.messages)  \(row.title)\(mark)")
      }
    }
  }
}

extension ConversationsCommand {
  private static func rows(_ opened: any OpenedArchive, _ index: TimelineIndex) throws -> [Row] {
    var protections: [ConversationID: ProtectionCounts] = [:]
    var newest: [ConversationID: Timestamp] = [:]
    var counts: [ConversationID: Int] = [:]
    try opened.forEachMessage(of: index) { messages in
      for message in messages {
        guard let id = message.conversation else { continue }
        counts[id, default: 0] += 1
        protections[id, default: ProtectionCounts()].add(message)
        newest[id] = message.sentAt
      }
    }
    return index.conversations.map { id in
      let protection = protections[id] ?? ProtectionCounts()
      return Row(
        id: id.description, title: index.title(of: id), messages: counts[id] ?? 0,
        unencrypted: protection.unencrypted, importedEndToEnd: protection.imported,
        newest: newest[id]?.rfc3339 ?? "", warning: protection.warning,
        day: newest[id]?.localDay ?? "")
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
  @Option(
    help: "Asks the relay for the newest messages alone, this many, and proves them: before a first `sync`.")
  var newest: Int?
  @Flag(help: "Shows the earlier versions of imported messages too, and which device imported each.")
  var versions = false
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Prints one JSON object.") var json = false

  private struct Listing: Encodable {
    var title: String
    var messages: [ExportedMessage]
    /// Absent where only a part of the history was read.
    var unreadableRecords: Int?
  }

  func validate() throws {
    guard last == nil || newest == nil else { throw ValidationError("Either --last or --newest.") }
    guard last ?? 1 > 0, newest ?? 1 > 0 else {
      throw ValidationError("--last and --newest take a number above 0.")
    }
    guard !versions || newest == nil else {
      throw ValidationError("--versions does not go with --newest.")
    }
  }

  func run() async throws {
    try await Terminal.run {
      if let newest { return try await show(newest: newest) }
      let opened = try ArchiveFolder(path: dir).openForReading(try keys.passphrase())
      let index = try opened.timelineIndex()
      let id = try ConversationChoice.find(conversation, in: index, folder: dir)
      let all = index.references(in: id)
      let shown = last.map { Array(all.suffix(max(0, $0))) } ?? all
      let title = index.title(of: id)
      if versions, !json { return try show(shown, opened, index) }
      var listed: [ExportedMessage] = []
      try opened.forEachMessage(shown, of: index) { messages in
        if json {
          listed += try messages.map {
            ExportedMessage(
              $0, title: title, isDateDoubtful: index.impliedDate(of: $0) != nil,
              versions: versions ? try opened.device.otherVersions(of: $0, in: index) : [])
          }
        } else {
          for message in messages {
            Terminal.line("\(TextLine(message, isDateDoubtful: index.impliedDate(of: message) != nil))")
          }
        }
      }
      guard json else { return }
      try Terminal.print(
        json: Listing(title: title, messages: listed, unreadableRecords: index.unreadable.count))
    }
  }

  /// Each message, and below it the versions that it had.
  private func show(
    _ references: [MessageReference], _ opened: ArchiveFolder.Reading, _ index: TimelineIndex
  ) throws {
    do throws(DeviceError) {
      for reference in references {
        for message in try opened.device.messages([reference], of: index) {
          Terminal.line("\(TextLine(message, isDateDoubtful: index.impliedDate(of: message) != nil))")
        }
        let versions = try opened.device.versions(of: reference, of: index)
        guard versions.count > 1 else { continue }
        for version in versions {
          let source = version.source.map { ", from \($0.source)" } ?? ""
          let edited = version.message.editedAt.map { ", edited at \($0.localSecond)" } ?? ""
          Terminal.line(
            "    version by device \(version.device.description.prefix(8))\(source)\(edited): \(TextLine(version.message))"
          )
        }
      }
    } catch { throw ToolError(error, folder: dir) }
  }

  /// Without the rest of the history.
  private func show(newest count: Int) async throws {
    let device = try ArchiveFolder(path: dir).open(try keys.passphrase()).device
    do {
      let choice = Choice(
        of: conversation, "conversation among the newest", "letterlock conversations \(dir)")
      let first = try choice.pick(try await device.newestConversations(count: 200)) {
        [$0.id.description, $0.title]
      }
      let window = try await device.newestMessages(in: first.id, count: max(1, count))
      let title = window.profile.map(\.title) ?? first.title
      guard !json else {
        return try Terminal.print(
          json: Listing(title: title, messages: window.messages.map { ExportedMessage($0, title: title) }))
      }
      for message in window.messages { Terminal.line("\(TextLine(message))") }
      Terminal.note(
        "Proven: who signed each, and its place among the \(window.historySize) records that the relay signed for. "
          + "That none in between is left out, `letterlock sync \(dir)` proves.")
    } catch let error as DeviceError { throw ToolError(error, folder: dir) }
  }
}

extension ConversationSummary {
  fileprivate var title: String {
    profile?.title ?? newest.flatMap(\.correspondents) ?? "(no name)"
  }
}

extension Message {
  /// Whom it came from, or went to.
  fileprivate var correspondents: String? {
    guard case .other(let address) = sender else {
      return recipients.isEmpty ? nil : recipients.map(\.rawValue).joined(separator: ", ")
    }
    return address.rawValue
  }
}

extension ConversationProfile {
  fileprivate var title: String {
    if let name, !name.isEmpty { return name }
    return participants.isEmpty ? "(no name)" : participants.map(\.rawValue).joined(separator: ", ")
  }
}

/// Finds a conversation by the beginning of its number or title.
enum ConversationChoice {
  static func find(
    _ conversation: String, in index: TimelineIndex, folder dir: String
  ) throws -> ConversationID {
    try Choice(of: conversation, "conversation", "letterlock conversations \(dir)").pick(index.conversations)
    {
      [$0.description, index.title(of: $0)]
    }
  }
}
#endif
