extension ArchiveEntry {
  /// Whose stream the entry belongs to; nil if only a newer version knows.
  package var conversation: ConversationID? {
    switch self {
    case .message(let message): message.conversation ?? .account
    case .revision(let revision): revision.message.conversation ?? .account
    case .conversation(let profile): profile.id
    case .device, .snapshot: .account
    case .deletion(let deletion): deletion.conversation
    case .sendRequest(let request): request.message.conversation ?? .account
    case .sendReport(let report): report.conversation
    case .unknown: nil
    }
  }
}

extension ArchiveEntry {
  /// The files that the entry refers to.
  package var attachments: [Attachment] {
    switch self {
    case .message(let message): message.attachments
    case .revision(let revision): revision.message.attachments
    case .sendRequest(let request): request.message.attachments
    case .conversation, .device, .deletion, .snapshot, .sendReport, .unknown: []
    }
  }
}

extension ConversationID {
  /// The stream of what belongs to no conversation: devices' names. 16 zero bytes.
  package static let account = ConversationID(Bytes16(high: 0, low: 0))
}
