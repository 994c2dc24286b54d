#if Tool
import Foundation
import Letterlock

/// `--format html`: a folder of pages that need no script and no network. Every message that others could
/// read on its way carries a mark.
struct HTMLExport {
  private let timeline: Timeline
  private let device: Device
  private let folder: String
  private let byID: [MessageID: Message]
  private let reactions: [MessageID: [Message]]

  init(_ timeline: Timeline, device: Device, folder: String) {
    self.timeline = timeline
    self.device = device
    self.folder = folder
    byID = Dictionary(timeline.messages.map { ($0.id, $0) }) { first, _ in first }
    reactions = Dictionary(grouping: timeline.messages.filter { $0.reaction != nil }) {
      $0.reaction?.target ?? $0.id
    }
  }

  /// Writes the pages and the files. Gives the number of messages.
  func write() async throws -> Int {
    try makeFolder(folder)
    try makeFolder(folder + "/attachments")
    let bar = ProgressBar("Writing pages")
    var index: [String] = []
    for (number, conversation) in timeline.conversations.enumerated() {
      let messages = timeline.messages(in: conversation)
      let name = "conversation-\(number + 1).html"
      try await write(messages, of: conversation, to: name)
      index.append(indexRow(conversation, messages, name))
      bar.update(Double(number + 1) / Double(timeline.conversations.count))
    }
    bar.finish()
    try save(
      HTMLPage.page(
        title: "Messages",
        body: "<header><h1>Messages</h1></header><main class=\"list\">\(index.joined())</main>"),
      to: "index.html")
    return timeline.messages.count
  }

  private func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch { throw ToolError("Cannot make the folder \(path).") }
  }

  private func save(_ page: String, to name: String) throws {
    do {
      try Data(page.utf8).write(to: URL(fileURLWithPath: folder + "/" + name), options: .atomic)
    } catch { throw ToolError("Cannot write \(folder)/\(name).") }
  }

  private func indexRow(
    _ conversation: ConversationID, _ messages: [Message], _ page: String
  ) -> String {
    let title = timeline.title(of: conversation).html
    let last = messages.last.map { TextLine.preview($0) } ?? ""
    let when = messages.last.map { String($0.sentAt.rfc3339.prefix(10)) } ?? ""
    let open = messages.contains { !$0.protection.isEncrypted }
    let mark = open ? "<span class=\"mark\">not all encrypted</span>" : ""
    return """
      <a class="row" href="\(page)"><span class="face">\(title.prefix(1).uppercased())</span>\
      <span class="what"><b>\(title)</b>\(mark)<span class="last">\(last.html)</span></span>\
      <time>\(when)</time></a>
      """
  }

  private func write(
    _ messages: [Message], of conversation: ConversationID, to name: String
  ) async throws {
    var body =
      "<header><a href=\"index.html\">‹ Messages</a><h1>\(timeline.title(of: conversation).html)</h1></header><main>"
    var day = ""
    let isGroup = timeline.profiles[conversation].map { $0.isGroup || $0.participants.count > 1 } ?? false
    for message in messages where message.reaction == nil {
      let today = String(message.sentAt.rfc3339.prefix(10))
      if today != day {
        body += "<p class=\"day\">\(today)</p>"
        day = today
      }
      body += try await bubble(message, isGroup: isGroup)
    }
    body += "</main>"
    try save(HTMLPage.page(title: timeline.title(of: conversation), body: body), to: name)
  }

  private func bubble(_ message: Message, isGroup: Bool) async throws -> String {
    if case .groupEvent(let event) = message.body {
      return "<p class=\"event\">\(sender(of: message)) \(event.sentence.html)</p>"
    }
    let isMine = message.sender == .me
    var content = ""
    if isGroup, !isMine { content += "<span class=\"from\">\(sender(of: message))</span>" }
    if let target = message.replyTo.flatMap({ byID[$0] }) {
      content += "<span class=\"quote\">\(TextLine.preview(target).html)</span>"
    }
    for attachment in message.attachments { content += try await file(attachment) }
    content += text(of: message)
    let shown = reactions[message.id] ?? []
    if !shown.isEmpty {
      content += "<span class=\"reactions\">\(Self.symbols(shown).html)</span>"
    }
    return """
      <div class="line \(isMine ? "mine" : "theirs")"><div class="bubble \(style(of: message))">\(content)</div>\
      <p class="foot">\(foot(of: message))</p></div>
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
    case .endToEnd, .importedEndToEnd: "sealed"
    case .unencrypted: "open"
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

  private func foot(of message: Message) -> String {
    var parts = [String(message.sentAt.rfc3339.dropFirst(11).prefix(5))]
    if let service = message.origin?.service { parts.append(service.html) }
    if message.editedAt != nil { parts.append("edited") }
    if message.recentlyDeletedAt != nil { parts.append("recently deleted") }
    if case .unencrypted(let carrier) = message.protection {
      let name = carrier.description.uppercased()
      parts.append("<span class=\"mark\">🔓 Not encrypted (\(name.html))</span>")
    }
    return parts.joined(separator: " · ")
  }

  private static func symbols(_ reactions: [Message]) -> String {
    var counts: [String: Int] = [:]
    for message in reactions {
      guard let reaction = message.reaction else { continue }
      counts[reaction.kind.symbol, default: 0] += reaction.change == .added ? 1 : -1
    }
    return counts.filter { $0.value > 0 }.keys.sorted().joined(separator: " ")
  }

  private func file(_ attachment: Attachment) async throws -> String {
    let name = attachment.digest.hex.prefix(16) + "-" + (attachment.name ?? "file").safeFileName
    let path = folder + "/attachments/" + name
    do throws(DeviceError) {
      try await device.save(attachment, to: path)
    } catch {
      return "<span class=\"gone\">\((attachment.name ?? attachment.mediaType).html): not available</span>"
    }
    let link = "attachments/\(name)".html
    let size = ByteText(attachment.byteCount).description
    guard attachment.mediaType.hasPrefix("image/"), attachment.mediaType != "image/svg+xml" else {
      return
        "<a class=\"file\" href=\"\(link)\" download>📎 \((attachment.name ?? "file").html) <small>\(size)</small></a>"
    }
    return
      "<a href=\"\(link)\"><img src=\"\(link)\" alt=\"\((attachment.name ?? "picture").html)\" loading=\"lazy\"></a>"
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
      ? (message.attachments.first.map { $0.name ?? $0.mediaType } ?? message.kindName) : message.text
    return text.count > 80 ? text.prefix(80) + "…" : text
  }
}
#endif
