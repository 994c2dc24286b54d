/// What is known about a message whose carriage is `endToEnd`. SPEC.md section 10.4.
enum EndToEndStanding: Hashable, Sendable {
  /// Its source says so, and not all of the history was read that may say otherwise.
  case unsettled
  /// Its source or an app says so.
  case claimed
  /// Bytes say that one of the account's devices opened it; whose bytes they are has not been checked.
  case marked(isSenderVerified: Bool)
  /// One of the account's devices did open it.
  case verified(isSenderVerified: Bool)

  /// What is known once an app changed the message: no more than a claim.
  var afterChange: Self { self == .unsettled ? .unsettled : .claimed }
}

/// Why a message may be shown as end-to-end encrypted.
package enum ProtectionEvidence: Sendable {
  /// It was opened from an end-to-end encrypted conversation just now.
  case conversation(EndToEndEvidence)
  /// It was opened from a record whose author was verified to be one of the account's own devices.
  case verifiedRecord
}

extension Message {
  /// What a person should be told about who could read it on its way.
  public var protection: Protection {
    switch core.carriage {
    case .endToEnd(let service):
      switch core.standing {
      case .unsettled: .notKnownYet(service: service)
      case .claimed, .marked: .importedEndToEnd(service: service)
      case .verified(let isSenderVerified):
        .endToEnd(EndToEndEvidence(service: service, isSenderVerified: isSenderVerified))
      }
    case .carrier(let carrier): .unencrypted(carrier)
    case .local: .local
    case .unknown(let code): .unencrypted(.unknown(code))
    }
  }

  /// The only way up to `Protection.endToEnd`, and only for a message that travelled end-to-end encrypted.
  ///
  /// A verified record lifts only what its author sealed as end-to-end encrypted, so a carrier message and
  /// an importer's claim come back as they were. Nothing lifts a message that came through a carrier, or never
  /// travelled.
  package func markedVerified(by evidence: ProtectionEvidence) -> Message {
    guard case .endToEnd = core.carriage else { return self }
    var message = self
    switch (evidence, core.standing) {
    case (.conversation(let evidence), _):
      message.core.carriage = .endToEnd(service: evidence.service)
      message.core.standing = .verified(isSenderVerified: evidence.isSenderVerified)
    case (.verifiedRecord, .marked(let isSenderVerified)):
      message.core.standing = .verified(isSenderVerified: isSenderVerified)
    case (.verifiedRecord, .unsettled), (.verifiedRecord, .claimed), (.verifiedRecord, .verified):
      break
    }
    return message
  }

  /// As it is shown before the whole history was read: a source's claim may have been taken back in the rest of it.
  package var unsettled: Message {
    guard case .endToEnd = core.carriage, origin != nil, case .importedEndToEnd = protection else {
      return self
    }
    var message = self
    message.core.standing = .unsettled
    return message
  }
}

extension Message {
  /// The message as one that was brought in from elsewhere, without its files: its end-to-end encryption is the source's
  /// word then.
  package func asImported(from origin: Origin) -> Message {
    var message = self
    message.origin = origin
    message.attachments = []
    message.core.standing = .claimed
    return message
  }

  /// Folds a change by the same sender in: the message then counts as no better protected than the change.
  package mutating func fold(_ body: Body, editedAt: Timestamp?, from change: Message) {
    let standing = core.standing
    self.body = body
    if let editedAt { self.editedAt = editedAt }
    core.standing = standing
    lower(to: change)
  }

  /// Counts as no better protected than `other`.
  package mutating func lower(to other: Message) {
    guard other.protectionRank < protectionRank else { return }
    take(carriageOf: other)
  }

  /// Takes how another version travelled, and the service as the source spells it there.
  mutating func take(carriageOf other: Message) {
    // The service of an unknown carriage is an unknown field, and means nothing for another carriage.
    if case .unknown = core.carriage { unknownFields.removeAll { $0.code == FieldNumber.service.rawValue } }
    if let service = other.origin?.service, origin != nil { origin?.service = service }
    core.carriage = other.core.carriage
    core.standing = other.core.standing
  }

  /// Takes what another version says.
  mutating func take(body: Body, editedAt: Timestamp?, attachments: [Attachment]) {
    self.body = body
    self.editedAt = editedAt
    self.attachments = attachments
  }

  /// By how well a message was protected on its way; what never travelled could not be read by anyone.
  private var protectionRank: Int {
    switch protection {
    case .unencrypted: 0
    case .notKnownYet: 1
    case .importedEndToEnd: 2
    case .endToEnd(let evidence): evidence.isSenderVerified ? 4 : 3
    case .local: 5
    }
  }
}
