#if Tool
import Foundation
import Letterlock

/// `--format html`: a folder of pages that need no script and no network. Every message that others could
/// read on its way carries a mark.
struct HTMLExport {
  private let index: TimelineIndex
  private let device: any HistoryReading
  private let folder: OutputDirectory
  private let files: AttachmentExport

  /// - Parameter relayFiles: gives files that are not here; nil if `device` fetches them itself, or nothing does.
  init(
    _ index: TimelineIndex, device: any HistoryReading, folder: OutputDirectory,
    fetching relayFiles: RelayFiles? = nil
  ) {
    self.index = index
    self.device = device
    self.folder = folder
    files = AttachmentExport(device: device, folder: folder, fetching: relayFiles)
  }

  /// Writes the pages and the files, all or none. Returns the number of messages.
  func write() async throws -> Int {
    do {
      let count = try await writeAll()
      removeEarlier()
      folder.keep()
      return count
    } catch {
      OutputDirectory.removeBegun()
      throw error
    }
  }

  /// Removes the pages and the files that an earlier export to this folder wrote and this one did not: what was erased
  /// since may stand in them.
  private func removeEarlier() {
    folder.removeOthers { $0.wholeMatch(of: /conversation-[0-9]+\.html/) != nil }
    files.removeEarlier()
  }

  private func writeAll() async throws -> Int {
    try files.makeFolder()
    let bar = ProgressBar("Writing pages")
    let conversations = index.conversations
    var rows: [String] = []
    for (number, conversation) in conversations.enumerated() {
      let name = "conversation-\(number + 1).html"
      let summary = try await write(conversation, to: name)
      rows.append(indexRow(conversation, summary, name))
      bar.update(Double(number + 1) / Double(conversations.count))
    }
    bar.finish()
    try save(
      HTMLPage.page(
        title: "Messages",
        body: "<header><h1>Messages</h1></header><main class=\"list\">\(rows.joined())</main>"),
      to: "index.html")
    return index.references.count
  }

  /// What the list of conversations says of one.
  private struct Summary {
    var last: Message?
    var protections = ProtectionCounts()
  }

  private func save(_ page: String, to name: String) throws {
    let file = try folder.file(name)
    try file.write(Array(page.utf8))
    try file.finish()
  }

  private func indexRow(_ conversation: ConversationID, _ summary: Summary, _ page: String) -> String {
    let title = index.title(of: conversation)
    let last = summary.last.map { TextLine.preview($0) } ?? ""
    let when = summary.last?.sentAt.localDay ?? ""
    let warning = summary.protections.warning
    let mark = warning.isEmpty ? "" : "<span class=\"mark\">\(warning)</span>"
    return """
      <a class="row" href="\(page)"><span class="face">\(title.prefix(1).uppercased().html)</span>\
      <span class="what"><b>\(title.html)</b>\(mark)<span class="last">\(last.html)</span></span>\
      <time>\(when)</time></a>
      """
  }

  private static let pageCount = 2000

  private func write(_ conversation: ConversationID, to name: String) async throws -> Summary {
    let references = index.references(in: conversation)
    let title = index.title(of: conversation)
    let (head, foot) = HTMLPage.frame(title: title)
    let reactions = try reactions(references)
    let isGroup = index.profiles[conversation].map { $0.isGroup || $0.participants.count > 1 } ?? false
    var file = BufferedOutput(try folder.file(name))
    try file.write(
      head + "<header><a href=\"index.html\">‹ Messages</a><h1>\(title.html)</h1></header><main>")
    var summary = Summary()
    var day = ""
    for start in stride(from: 0, to: references.count, by: Self.pageCount) {
      let page = references[start..<min(references.count, start + Self.pageCount)]
      let messages = try device.messages(page, of: index)
      let targets = try repliedTo(by: messages)
      for message in messages {
        summary.protections.add(message)
        guard message.reaction == nil else { continue }
        var body = ""
        let today = message.sentAt.localDay
        if today != day {
          body += "<p class=\"day\">\(today)</p>"
          day = today
        }
        let context = Context(
          isGroup: isGroup, targets: targets, reactions: reactions[message.id] ?? [],
          earlier: try device.earlierVersions(of: message, in: index))
        body += try await bubble(message, context)
        try file.write(body)
      }
      summary.last = messages.last
    }
    try file.write("</main>" + foot)
    try file.finish()
    return summary
  }

  /// What a bubble shows besides its message.
  private struct Context {
    let isGroup: Bool
    let targets: [MessageID: Message]
    let reactions: [Message]
    /// What the message said before.
    let earlier: [Message]
  }

  /// The reactions of a conversation, by the message that they are to.
  private func reactions(_ references: [MessageReference]) throws -> [MessageID: [Message]] {
    var reactions: [MessageID: [Message]] = [:]
    try device.forEachMessage(references, of: index) { messages in
      for message in messages {
        if let reaction = message.reaction { reactions[reaction.target, default: []].append(message) }
      }
    }
    return reactions
  }

  private func repliedTo(by messages: [Message]) throws(DeviceError) -> [MessageID: Message] {
    let targets = Set(messages.compactMap(\.replyTo)).compactMap { index.reference(to: $0) }
    let found = try device.messages(targets, of: index)
    return Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
  }

  private func bubble(_ message: Message, _ context: Context) async throws -> String {
    if case .groupEvent(let event) = message.body {
      return """
        <p class="event">\(sender(of: message)) \(event.sentence.html) · \(message.protectionMark)</p>
        """
    }
    let isMine = message.sender == .me
    var content = ""
    if context.isGroup, !isMine { content += "<span class=\"from\">\(sender(of: message))</span>" }
    if let target = message.replyTo.flatMap({ context.targets[$0] }) {
      let mark = target.protectionSentence == message.protectionSentence ? "" : " · \(target.protectionMark)"
      content += "<span class=\"quote\">\(TextLine.preview(target).html)\(mark)</span>"
    }
    for attachment in message.attachments { content += try await files.html(of: attachment) }
    for file in message.absentFiles { content += "<i class=\"file gone\">\(file.sentence.html)</i>" }
    if let subject = message.subject, !subject.isEmpty {
      content += "<b class=\"subject\">\(subject.html)</b>"
    }
    content += text(of: message)
    if !context.earlier.isEmpty {
      let texts = context.earlier.map {
        "<span class=\"quote\">\($0.earlierText.htmlLines) · \($0.protectionMark)</span>"
      }.joined()
      content += "<details><summary>Edited</summary>\(texts)</details>"
    }
    let reactions = ShownReaction.all(in: context.reactions)
    if !reactions.isEmpty {
      let symbols = Set(reactions.map(\.symbol)).sorted().joined(separator: " ")
      content += "<span class=\"reactions\">\(symbols.html)</span>"
    }
    let parts = foot(of: message) + reactions.filter { $0.sentence != message.protectionSentence }.map(\.mark)
    return """
      <div class="line \(isMine ? "mine" : "theirs")"><div class="bubble \(style(of: message))">\(content)</div>\
      <p class="foot">\(parts.joined(separator: " · "))</p></div>
      """
  }

  private func sender(of message: Message) -> String {
    switch message.sender {
    case .me: "You"
    case .other(let address): address.rawValue.html
    }
  }

  /// The color of a bubble says how the message travelled.
  private func style(of message: Message) -> String {
    switch message.protection {
    case .endToEnd: "sealed"
    case .importedEndToEnd: "claimed"
    case .unencrypted, .notKnownYet: "open"
    case .local: "local"
    }
  }

  private func text(of message: Message) -> String {
    switch message.body {
    case .retraction: "<i>This message was unsent.</i>"
    case .app(let app): "<i>\((app.summary ?? app.mediaType).html)</i>"
    case .unknown: "<i>A newer letterlock shows this.</i>"
    case .edit(let edit): edit.newText.text.htmlLines
    default: message.text.htmlLines
    }
  }

  private func foot(of message: Message) -> [String] {
    var parts = [message.sentAt.localMinute + " " + ZoneOffset.text(ZoneOffset.seconds(at: message.sentAt))]
    if let service = message.origin?.service { parts.append(service.html) }
    if index.impliedDate(of: message) != nil { parts.append("date doubtful") }
    if message.editedAt != nil, message.body != .retraction(target: nil) { parts.append("edited") }
    if let unsent = message.unsentPartsSentence { parts.append(unsent) }
    if message.recentlyDeletedAt != nil { parts.append("recently deleted") }
    if let delivery = message.delivery { parts.append(delivery.sentence.html) }
    parts.append(message.protectionMark)
    return parts
  }
}

/// A reaction that stands on a bubble, and how it travelled: not always as the bubble's message did.
private struct ShownReaction {
  let symbol: String
  let sentence: String
  /// For the line below the bubble.
  let mark: String

  /// The reactions that were not taken back, each once for each way in which it travelled.
  static func all(in messages: [Message]) -> [Self] {
    var counts: [String: Int] = [:]
    for message in messages {
      guard let reaction = message.reaction else { continue }
      counts[reaction.kind.symbol, default: 0] += reaction.change == .added ? 1 : -1
    }
    var seen: Set<String> = []
    return messages.compactMap { message in
      guard let reaction = message.reaction, reaction.change == .added else { return nil }
      let (symbol, sentence) = (reaction.kind.symbol, message.protectionSentence)
      guard counts[symbol, default: 0] > 0, seen.insert(symbol + sentence).inserted else { return nil }
      return Self(symbol: symbol, sentence: sentence, mark: "\(symbol.html) \(message.protectionMark)")
    }
  }
}

extension Message {
  var reaction: Reaction? {
    guard case .reaction(let reaction) = body else { return nil }
    return reaction
  }
}

extension TextLine {
  /// The first words of a message.
  static func preview(_ message: Message) -> String {
    let text =
      message.text.isEmpty
      ? (message.attachments.first.map { $0.name ?? $0.mediaType } ?? message.absentFiles.first?.sentence
        ?? message.kindName) : message.text
    return text.count > 80 ? text.prefix(80) + "…" : text
  }
}
#endif
