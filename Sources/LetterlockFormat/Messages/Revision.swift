import TLSCodec

/// Another version of a message, as its source has it by now: what the source added, edited or took back, or that the
/// message travelled in another way than the source had said. SPEC.md section 10.12.
package struct Revision: Hashable, Sendable {
  /// The message in this version.
  package let message: Message

  /// More versions of a message than these are not shown; they count for its protection alone.
  package static let maximumCount = 64

  /// This version of a message; nil if it is none that an importer may bring: it needs an origin and the carriage of
  /// an import, and does not change another message.
  package init?(_ message: Message) {
    guard message.isRevisable else { return nil }
    switch message.body {
    case .edit, .retraction(target: .some): return nil
    default: self.message = message
    }
  }

  /// Whether this is another version of `message`.
  package func fits(_ message: Message) -> Bool {
    self.message.id == message.id && self.message.revisionKey == message.revisionKey
      && message.revisionKey != nil
  }
}

/// What a message and its revisions have in common.
package struct RevisionKey: Hashable, Sendable {
  private let source: String
  private let identifier: String
  private let sender: Sender
  private let conversation: ConversationID?

  fileprivate init(_ message: Message, _ origin: Message.Origin) {
    (source, identifier) = (origin.source, origin.identifier)
    (sender, conversation) = (message.sender, message.conversation)
  }
}

extension Message {
  /// What revisions of this message must have in common with it; nil if it has none.
  package var revisionKey: RevisionKey? {
    guard isRevisable, let origin else { return nil }
    return RevisionKey(self, origin)
  }

  /// Whether other copies of this imported message are shown as unencrypted because of this one. SPEC.md section 10.12.
  package var lowersCopies: Bool { isRevisable && protection.isUnencrypted }

  /// Whether this message and another were brought in as the same message of the same source.
  package func hasOrigin(of other: Message) -> Bool {
    guard let origin, let other = other.origin else { return false }
    return (origin.source, origin.identifier) == (other.source, other.identifier)
  }

  /// Whether it was brought in from elsewhere, with a carriage that an importer gives: 1, or 17 and above.
  fileprivate var isRevisable: Bool {
    let code = CarriageCode(core.carriage, standing: core.standing).rawValue
    return origin != nil && (code == 1 || code >= 17)
  }
}

extension Revision {
  /// Reads the fields of a message that is a revision.
  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    guard let revision = Revision(try Message(readingFields: &reader, from: bytes)) else {
      throw .invalidValue
    }
    self = revision
  }
}
