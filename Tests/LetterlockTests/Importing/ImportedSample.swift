@testable import Letterlock
@testable import LetterlockFormat

/// A message of a source, as an importer reads it.
enum ImportedSample {
  static func time(_ seconds: Int64) -> Timestamp { Timestamp(nanosecondsSince1970: seconds * 1_000_000_000) }

  static func message(
    _ text: String = "look", _ carriage: Carriage = .endToEnd(service: "iMessage"), edited: Int64? = nil,
    in chat: ConversationID, from sender: Sender = .other("+15550100"), identifier: String = "G-1",
    body: Message.Body? = nil, delivery: Message.Delivery? = nil
  ) -> Message {
    Message(
      id: .imported(source: "chat.db", identifier: identifier), conversation: chat, sender: sender,
      sentAt: time(1000),
      carriage: carriage, body: body ?? .text(RichText(text)), editedAt: edited.map(time),
      origin: Message.Origin(
        source: "chat.db", identifier: identifier, service: carriage == .carrier(.sms) ? "SMS" : "iMessage"),
      delivery: delivery)
  }

  static func file(_ name: String, _ bytes: [UInt8]) -> AttachmentSource {
    AttachmentSource(name: name, mediaType: "image/jpeg", content: .bytes(bytes))
  }
}

extension Device {
  /// Imports messages as one source.
  @discardableResult
  func importing(_ messages: [Message], with files: [AttachmentSource] = []) throws -> [ImportOutcome] {
    try historyImport().add(messages.map { ImportedMessage(message: $0, attachments: files) })
  }

  /// How many records there are, those that wait included.
  func recordCount() throws -> Int { try timelineIndex().recordCount }

  /// The imported message of a history.
  func imported() throws -> Message? { try timeline().messages.first { $0.origin != nil } }
}
