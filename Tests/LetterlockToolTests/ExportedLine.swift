#if Tool
import CryptoCore
import Foundation
import Testing

/// A line of `letterlock export --format json`, as far as these tests read it.
struct ExportedLine: Decodable {
  struct File: Decodable {
    var name: String?
    var byteCount: UInt64
    var sha256: String
  }

  var source: String
  var conversationTitle: String
  var sender: String?
  var fromMe: Bool
  var sentAt: String
  var kind: String
  var text: String
  var service: String
  var carriage: String
  var protection: String
  var encrypted: Bool?
  var saidBy: String?
  var attachments: [File]
}

extension ToolFolder {
  /// Exports an archive's history. The command must succeed, or end as is said.
  func export(
    _ archive: String, _ options: String..., exitCode: Int32 = 0,
    at place: SourceLocation = #_sourceLocation
  ) throws -> String {
    let name = "export-" + UUID().uuidString
    let outcome = try start(["export", archive, "--format", "json", "--output", name] + options).outcome()
    #expect(outcome.exitCode == exitCode, "\(outcome.errors)", sourceLocation: place)
    return try text(of: name)
  }
}

extension SampleHistory {
  /// Compares a history with what an export says, line by line.
  func expect(in export: String, at place: SourceLocation = #_sourceLocation) throws {
    let lines = try export.split(separator: "\n").map {
      try JSONDecoder().decode(ExportedLine.self, from: Data($0.utf8))
    }
    #expect(lines.map(\.text) == messages.map(\.text), sourceLocation: place)
    for (line, message) in zip(lines, messages) {
      #expect(Self.says(line, message), "\(line) is not \(message)", sourceLocation: place)
    }
  }

  private static func says(_ line: ExportedLine, _ message: SampleMessage) -> Bool {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let sentAt = (try? style.parse(line.sentAt)) ?? (try? Date.ISO8601FormatStyle().parse(line.sentAt))
    let file = message.attachment
    return sentAt.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) } == message.sentAt
      && line.sender == message.sender && line.fromMe == (message.sender == nil)
      && line.conversationTitle == message.title && line.kind == message.kind
      && line.service == message.service && line.carriage == message.carriage
      && line.encrypted == (message.isEncrypted ? nil : false)
      && line.saidBy == (message.isEncrypted ? "iMessage (chat.db)" : nil)
      && line.protection == (message.isEncrypted ? "importedEndToEnd" : "unencrypted")
      && line.attachments.map(\.name) == (file.map { [$0.name] } ?? [])
      && line.attachments.map(\.sha256) == (file.map { [hash($0.bytes)] } ?? [])
      && line.attachments.map(\.byteCount) == (file.map { [UInt64($0.bytes.count)] } ?? [])
  }

  private static func hash(_ bytes: [UInt8]) -> String {
    SHA256Hash.hash(bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
#endif
