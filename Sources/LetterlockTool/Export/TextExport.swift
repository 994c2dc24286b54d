#if Tool
import CryptoCore
import Dispatch
import Foundation
import Letterlock
import Synchronization

/// `--format json` and `--format text`: one file, written beside its place and moved there whole. Messages go
/// through a page at a time.
struct LinesExport {
  private let index: TimelineIndex
  private let device: any HistoryReading
  private let output: Output

  init(_ index: TimelineIndex, device: any HistoryReading, output: Output) {
    self.index = index
    self.device = device
    self.output = output
  }

  /// Writes one JSON object a line, in the order sent.
  func json() throws -> Int {
    let titles = Dictionary(uniqueKeysWithValues: index.conversations.map { ($0, index.title(of: $0)) })
    return try write { file in
      let bar = ProgressBar("Writing messages")
      var count = 0
      try device.forEachMessage(nil, of: index) { messages in
        for line in try JSONLines.encoded(messages, titles: titles, index: index, device: device) {
          try file.write(line)
        }
        count += messages.count
        bar.update(Double(count) / Double(max(1, index.references.count)))
      }
      bar.finish()
      return count
    }
  }

  /// Writes each conversation as a transcript.
  func text() throws -> Int {
    try write { file in
      let bar = ProgressBar("Writing messages")
      var count = 0
      for conversation in index.conversations {
        try file.write("== \(index.title(of: conversation).shown) ==\n")
        try device.forEachMessage(index.references(in: conversation), of: index) { messages in
          for message in messages {
            let line = TextLine(message, isDateDoubtful: index.impliedDate(of: message) != nil)
            try file.write(line.description + "\n")
            for version in try device.earlierVersions(of: message, in: index) {
              // The mark stands last here too, so that nothing a sender wrote stands after it.
              let line = "\(version.earlierText) [\(version.protectionSentence)]"
              try file.write("    \(line.shown)\n")
            }
          }
          count += messages.count
          bar.update(Double(count) / Double(max(1, index.references.count)))
        }
        try file.write("\n")
      }
      bar.finish()
      return count
    }
  }

  private func write(_ body: (inout BufferedOutput) throws -> Int) throws -> Int {
    var file = BufferedOutput(output)
    let count = try body(&file)
    try file.finish()
    return count
  }
}

/// JSON objects, made on all cores.
private enum JSONLines {
  private static let chunkCount = 256

  /// Whole lines.
  static func encoded(
    _ messages: [Message], titles: [ConversationID: String], index: TimelineIndex, device: any HistoryReading
  ) throws -> [Data] {
    let starts = Array(stride(from: 0, to: messages.count, by: chunkCount))
    let results = Mutex([Result<Data, any Error>?](repeating: nil, count: starts.count))
    DispatchQueue.concurrentPerform(iterations: starts.count) { chunk in
      let part = messages[starts[chunk]..<min(messages.count, starts[chunk] + chunkCount)]
      let lines = Result { try encoded(part, titles, index, device) }
      results.withLock { $0[chunk] = lines }
    }
    return try results.withLock { $0 }.compactMap { try $0?.get() }
  }

  private static func encoded(
    _ messages: ArraySlice<Message>, _ titles: [ConversationID: String], _ index: TimelineIndex,
    _ device: any HistoryReading
  ) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var lines = Data()
    for message in messages {
      let title = message.conversation.flatMap { titles[$0] } ?? ""
      lines += try encoder.encode(
        ExportedMessage(
          message, title: title, isDateDoubtful: index.impliedDate(of: message) != nil,
          versions: try device.otherVersions(of: message, in: index), sha256: device.sha256))
      lines.append(0x0a)
    }
    return JSONText.escaped(lines)
  }
}

extension HistoryReading {
  /// The SHA-256 of a file that is here and opens. One that is here and does not open is named.
  fileprivate func sha256(of attachment: Attachment) -> String? {
    var hasher = SHA256Hash.Hasher()
    do throws(DeviceError) {
      try readStored(attachment) { (part) throws(DeviceError) in hasher.update(part) }
    } catch {
      noteUnreadable(attachment)
      return nil
    }
    return hasher.finalize().hex
  }
}

extension HistoryReading {
  /// The versions of an edited message that said something else than it says now. What a person unsent stays unsaid.
  func earlierVersions(of message: Message, in index: TimelineIndex) throws(DeviceError) -> [Message] {
    if case .retraction = message.body { return [] }
    return try otherVersions(of: message, in: index).map(\.message).filter { $0.text != message.text }
  }
}

extension Message {
  /// What an earlier version said, and when that was written.
  var earlierText: String { "said at \((editedAt ?? sentAt).localSecond): \(text)" }
}

/// A message on one line, for a terminal or a transcript.
struct TextLine: CustomStringConvertible {
  let description: String

  init(_ message: Message, isDateDoubtful: Bool = false) {
    let sender =
      switch message.sender {
      case .me: "me"
      case .other(let address): address.rawValue
      }
    var parts = [message.sentAt.localSecond]
    parts.append("\(sender):")
    if let subject = message.subject, !subject.isEmpty { parts.append("(\(subject))") }
    parts.append(Self.content(of: message))
    parts += message.attachments.map { "[\($0.name ?? $0.mediaType), \($0.byteCount) bytes]" }
    parts += message.absentFiles.map { "[\($0.sentence)]" }
    if let unsent = message.unsentPartsSentence { parts.append("(\(unsent))") }
    if isDateDoubtful { parts.append("(date doubtful)") }
    if message.recentlyDeletedAt != nil { parts.append("(recently deleted)") }
    if let delivery = message.delivery { parts.append("(\(delivery.sentence))") }
    // Last, so that nothing a sender wrote stands after it.
    parts.append("[\(message.protectionSentence)]")
    description = parts.filter { !$0.isEmpty }.joined(separator: " ").shown
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
