/// What a person should be told about who could read a message on its way.
///
/// Computed from a message, never handed to one. SPEC.md section 10.4.
public enum Protection: Hashable, Sendable {
  /// This account's own devices opened it from an end-to-end encrypted conversation.
  case endToEnd(EndToEndEvidence)
  /// Its source says that this service encrypted it; nobody here checked.
  case importedEndToEnd(service: String)
  /// Its source says that this service encrypted it, and what was read of the history does not settle that: a later
  /// version may say that it travelled in the clear. Synchronise, and read it again.
  case notKnownYet(service: String)
  /// Whoever carried it could read it.
  case unencrypted(Carrier)
  /// It never travelled.
  case local

  /// Whether whoever carried the message could read it, or may have. The others are not alike: `importedEndToEnd` is
  /// somebody's word, and is to be shown with whose word it is.
  public var isUnencrypted: Bool {
    switch self {
    case .unencrypted, .notKnownYet: true
    case .endToEnd, .importedEndToEnd, .local: false
    }
  }
}

/// What a device saw when it opened a message from an end-to-end encrypted conversation.
///
/// Apps cannot make one: it comes only with a message that was opened from a conversation, or from a
/// verified record that one of the account's own devices sealed as such.
public struct EndToEndEvidence: Hashable, Sendable {
  /// The service or protocol that encrypted it.
  public let service: String
  /// Whether the sender's account had been verified by safety number when the message was opened.
  public let isSenderVerified: Bool

  package init(service: String, isSenderVerified: Bool) {
    self.service = service
    self.isSenderVerified = isSenderVerified
  }
}

extension Protection: CustomStringConvertible {
  /// Such as `unencrypted(sms)`.
  public var description: String {
    switch self {
    case .endToEnd(let evidence): "endToEnd(\(evidence.service))"
    case .importedEndToEnd(let service): "importedEndToEnd(\(service))"
    case .notKnownYet(let service): "notKnownYet(\(service))"
    case .unencrypted(let carrier): "unencrypted(\(carrier))"
    case .local: "local"
    }
  }
}
