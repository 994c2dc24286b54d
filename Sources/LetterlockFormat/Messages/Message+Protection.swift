/// What is known about a message whose carriage is `endToEnd`. SPEC.md section 10.4.
enum EndToEndStanding: Hashable, Sendable {
  /// Its source or an app says so.
  case claimed
  /// Bytes say that one of the account's devices opened it; whose bytes they are has not been checked.
  case marked(isSenderVerified: Bool)
  /// One of the account's devices did open it.
  case verified(isSenderVerified: Bool)
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
      case .claimed, .marked: .importedEndToEnd(service: service)
      case .verified(let isSenderVerified):
        .endToEnd(EndToEndEvidence(service: service, isSenderVerified: isSenderVerified))
      }
    case .carrier(let carrier): .unencrypted(carrier)
    case .local: .local
    case .unknown(let code): .unencrypted(.unknown(code))
    }
  }

  /// The only way up to `Protection.endToEnd`.
  ///
  /// A verified record lifts only what its author sealed as end-to-end encrypted, so a carrier message and
  /// an importer's claim come back as they were.
  package func markedVerified(by evidence: ProtectionEvidence) -> Message {
    var message = self
    switch (evidence, core.standing) {
    case (.conversation(let evidence), _):
      message.carriage = .endToEnd(service: evidence.service)
      message.core.standing = .verified(isSenderVerified: evidence.isSenderVerified)
    case (.verifiedRecord, .marked(let isSenderVerified)):
      message.core.standing = .verified(isSenderVerified: isSenderVerified)
    case (.verifiedRecord, .claimed), (.verifiedRecord, .verified):
      break
    }
    return message
  }
}

extension Message {
  /// Folds a change by the same sender in: the message then counts as no better protected than the change.
  package mutating func fold(_ body: Body, editedAt: Timestamp?, from change: Message) {
    var (carriage, standing) = (core.carriage, core.standing)
    if change.protectionRank < protectionRank {
      (carriage, standing) = (change.core.carriage, change.core.standing)
    }
    self.body = body
    if let editedAt { self.editedAt = editedAt }
    core.carriage = carriage
    core.standing = standing
  }

  /// By how well a message was protected on its way; what never travelled could not be read by anyone.
  private var protectionRank: Int {
    switch protection {
    case .unencrypted: 0
    case .importedEndToEnd: 1
    case .endToEnd(let evidence): evidence.isSenderVerified ? 3 : 2
    case .local: 4
    }
  }
}
