#if Tool
import Letterlock

/// One line of `letterlock export --format json`. The names are part of the tool's interface.
struct ExportedMessage: Encodable {
  var source: String?
  var id: String
  /// The number by which `replyTo`, `reaction` and `delete --message` name it.
  var message: String
  var conversation: String
  var conversationTitle: String
  var sender: String?
  var fromMe: Bool
  var sentAt: String
  /// Whether the history's order contradicts `sentAt` by more than a day.
  var dateDoubtful: Bool
  var receivedAt: String?
  var editedAt: String?
  var kind: String
  var text: String
  var subject: String?
  var effect: String?
  var replyTo: String?
  var reaction: ExportedReaction?
  var event: String?
  var service: String?
  var carriage: String
  var protection: String
  /// Left out if nobody here knows, and for what never travelled.
  var encrypted: Bool?
  /// Whose word it is that it was end-to-end encrypted.
  var saidBy: String?
  /// Why it has not arrived; left out for what was sent or received.
  var delivery: String?
  /// The device that was asked to send it through its carrier, until it was sent.
  var sendingDevice: String?
  /// Why it was not sent, in words.
  var failureReason: String?
  /// How many parts were unsent while others stayed; left out if none were.
  var unsentParts: UInt32?
  var recentlyDeleted: Bool
  var attachments: [ExportedAttachment]
  /// What it said before and says now, in the order in which it came in; left out if it has one version.
  var versions: [ExportedVersion]?

  struct ExportedReaction: Encodable {
    var target: String
    var kind: String
    var removed: Bool
  }

  struct ExportedVersion: Encodable {
    var kind: String
    var text: String
    var editedAt: String?
    var device: String
    var source: String?
    /// As the message that it is a version of: the lowest of all.
    var protection: String
    /// Whose word it is that it was end-to-end encrypted.
    var saidBy: String?

    init(_ version: MessageVersion) {
      (kind, text) = (version.message.kindName, version.message.text)
      editedAt = version.message.editedAt?.rfc3339
      (device, source) = (version.device.description, version.source?.source)
      (protection, saidBy) = (version.message.protectionName, version.message.saidBy)
    }
  }

  struct ExportedAttachment: Encodable {
    var name: String?
    var mediaType: String
    /// Left out of a file that is absent.
    var byteCount: UInt64?
    /// Of the file as it opens; left out where it is not on this device.
    var sha256: String?
    /// Why no import has brought the file; left out of one that is there.
    var absent: String?
  }

  init(
    _ message: Message, title: String, isDateDoubtful: Bool = false, versions all: [MessageVersion] = [],
    sha256: (Attachment) -> String? = { _ in nil }
  ) {
    dateDoubtful = isDateDoubtful
    source = message.origin?.source
    id = message.origin?.identifier ?? message.id.description
    self.message = message.id.description
    conversation = message.conversation?.description ?? ""
    conversationTitle = title
    switch message.sender {
    case .me: (sender, fromMe) = (nil, true)
    case .other(let address): (sender, fromMe) = (address.rawValue, false)
    }
    sentAt = message.sentAt.rfc3339
    receivedAt = message.receivedAt?.rfc3339
    editedAt = message.editedAt?.rfc3339
    kind = message.kindName
    text = message.text
    subject = message.subject
    effect = message.effect?.name
    replyTo = message.replyTo?.description
    service = message.origin?.service
    carriage = message.carriageName
    protection = message.protectionName
    (encrypted, saidBy) = (message.wasEncrypted, message.saidBy)
    delivery = message.delivery?.name
    sendingDevice = message.delivery?.sendingDevice?.description
    failureReason = message.delivery?.failureReason
    recentlyDeleted = message.recentlyDeletedAt != nil
    attachments = message.attachments.map {
      ExportedAttachment(
        name: $0.name, mediaType: $0.mediaType, byteCount: $0.byteCount, sha256: sha256($0))
    }
    attachments += message.absentFiles.map {
      ExportedAttachment(name: $0.name, mediaType: $0.mediaType, absent: $0.cause.name)
    }
    versions = all.isEmpty ? nil : all.map(ExportedVersion.init)
    unsentParts = message.unsentPartCount == 0 ? nil : message.unsentPartCount
    if case .reaction(let made) = message.body {
      reaction = ExportedReaction(
        target: made.target.description, kind: made.kind.name, removed: made.change == .removed)
    }
    if case .groupEvent(let happened) = message.body { event = happened.sentence }
  }
}

extension Reaction.Kind {
  /// The reaction's name, or its emoji.
  var name: String {
    switch self {
    case .love: "love"
    case .like: "like"
    case .dislike: "dislike"
    case .laugh: "laugh"
    case .emphasize: "emphasize"
    case .question: "question"
    case .emoji(let emoji): emoji
    case .unknown: "unknown"
    }
  }

  /// What a bubble shows.
  var symbol: String {
    switch self {
    case .love: "❤️"
    case .like: "👍"
    case .dislike: "👎"
    case .laugh: "😂"
    case .emphasize: "‼️"
    case .question: "❓"
    case .emoji(let emoji): emoji
    case .unknown: "•"
    }
  }
}

extension GroupEvent {
  /// What happened, in words.
  var sentence: String {
    switch self {
    case .nameChanged(let name?): "named the conversation “\(name)”"
    case .nameChanged(nil): "removed the name of the conversation"
    case .memberAdded(let address): "added \(address.rawValue)"
    case .memberRemoved(let address): "removed \(address.rawValue)"
    case .memberLeft(let address): "\(address.rawValue) left"
    case .photoChanged: "changed the group photo"
    case .other(let text): text
    case .unknown: "something that a newer version shows"
    }
  }
}

extension [UInt8] {
  /// Lower-case hexadecimal.
  var hex: String {
    map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }
}
#endif
