#if Tool
import CryptoCore
import Foundation
import Letterlock

/// `--format json` and `--format text`: one file, written beside its place and moved there whole.
struct LinesExport {
  /// Writes one JSON object a line, in the order sent.
  static func json(_ timeline: Timeline, of device: Device, to path: String) throws -> Int {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try write(timeline.messages, to: path) { message in
      let title = message.conversation.map { timeline.title(of: $0) } ?? ""
      return try encoder.encode(ExportedMessage(message, title: title, sha256: device.sha256))
    }
  }

  /// Writes each conversation as a transcript.
  static func text(_ timeline: Timeline, to path: String) throws -> Int {
    var lines: [String] = []
    for conversation in timeline.conversations {
      lines.append("== \(timeline.title(of: conversation)) ==")
      lines += timeline.messages(in: conversation).map { TextLine($0).description }
      lines.append("")
    }
    _ = try write(lines, to: path) { Data($0.utf8) }
    return timeline.messages.count
  }

  private static func write<Element>(
    _ elements: [Element], to path: String, _ line: (Element) throws -> Data
  ) throws -> Int {
    // What is in the way is replaced: a folder would be lost with all that it holds.
    let values = try? URL(fileURLWithPath: path).resourceValues(forKeys: [.isDirectoryKey])
    guard values?.isDirectory != true else { throw ToolError("Cannot write \(path): it is a folder.") }
    let temporary = path + ".part"
    guard
      FileManager.default.createFile(
        atPath: temporary, contents: nil, attributes: [.posixPermissions: 0o600]),
      let handle = FileHandle(forWritingAtPath: temporary)
    else { throw ToolError("Cannot write \(path): is its folder there?") }
    var buffer = Data()
    for element in elements {
      buffer += try line(element)
      buffer.append(0x0a)
      if buffer.count > 1 << 20 {
        try handle.write(contentsOf: buffer)
        buffer.removeAll(keepingCapacity: true)
      }
    }
    try handle.write(contentsOf: buffer)
    try handle.close()
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: temporary, toPath: path)
    return elements.count
  }
}

extension Device {
  /// The SHA-256 of a file that is here and opens.
  fileprivate func sha256(of attachment: Attachment) -> String? {
    var hasher = SHA256Hash.Hasher()
    do throws(DeviceError) {
      try readStored(attachment) { (part) throws(DeviceError) in hasher.update(part) }
    } catch { return nil }
    return hasher.finalize().hex
  }
}

/// A message on one line, for a terminal or a transcript.
struct TextLine: CustomStringConvertible {
  let description: String

  init(_ message: Message) {
    let sender =
      switch message.sender {
      case .me: "me"
      case .other(let address): address.rawValue
      }
    var parts = [String(message.sentAt.rfc3339.prefix(19)).replacingOccurrences(of: "T", with: " ")]
    parts.append("\(sender):")
    parts.append(Self.content(of: message))
    parts += message.attachments.map { "[\($0.name ?? $0.mediaType), \($0.byteCount) bytes]" }
    if message.recentlyDeletedAt != nil { parts.append("(recently deleted)") }
    if case .unencrypted(let carrier) = message.protection {
      parts.append("[not encrypted: \(carrier.description.uppercased())]")
    }
    description = parts.filter { !$0.isEmpty }.joined(separator: " ")
  }

  private static func content(of message: Message) -> String {
    switch message.body {
    case .text(let text): text.text
    case .reaction(let reaction):
      reaction.change == .added ? "\(reaction.kind.symbol)" : "took back \(reaction.kind.symbol)"
    case .edit(let edit): "edited: \(edit.newText.text)"
    case .retraction: "(unsent)"
    case .sticker: "(sticker)"
    case .groupEvent(let event): "(\(event.sentence))"
    case .app(let app): app.summary ?? "(\(app.mediaType))"
    case .unknown: "(a newer letterlock shows this)"
    }
  }
}
#endif
