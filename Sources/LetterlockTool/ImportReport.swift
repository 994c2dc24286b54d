#if Tool
import Letterlock

/// What an import did, for people and programs. The names are part of the tool's interface: docs/tool.md lists them.
struct ImportReport: Encodable {
  var source: String
  var read = 0
  var sealed = 0
  var alreadyThere = 0
  /// Messages that were there, and of which a new version was sealed.
  var revised = 0
  /// What the new versions change.
  var changes: [String: Int] = [:]
  var attachments = 0
  var missingAttachments = 0
  /// Files that are not whole, or cannot be read.
  var damagedAttachments: [Damage] = []
  /// Records of an archive that cannot be read, in words.
  var damagedRecords: [String] = []
  /// What is no message to keep, by its kind.
  var skipped: [String: Int] = [:]
  /// What should be in the archive and cannot be, by the reason.
  var lost: [String: Int] = [:]
  var services: [String: Int] = [:]
  var carriages: [String: Int] = [:]
  var kinds: [String: Int] = [:]
  /// Why the source was not read, or not to its end.
  var failure: String?

  /// A file that is not in the archive, though the source has it.
  struct Damage: Encodable {
    var source: String
    var message: String
    var sentAt: String
    var sender: String?
    var name: String?
    var mediaType: String
    var reason: String

    /// The same for a person.
    var sentence: String {
      "\(source): the file \((name ?? mediaType).shown) of the message of \(sentAt.prefix(19)) by "
        + "\((sender ?? "me").shown) (\(message.shown)) is damaged: \(reason). Everything else is sealed."
    }
  }

  mutating func count(_ imported: ImportedMessage, _ outcome: ImportOutcome) {
    switch outcome.action {
    case .added:
      sealed += 1
      services[imported.message.origin?.service ?? "unknown", default: 0] += 1
      carriages[imported.message.carriageName, default: 0] += 1
      kinds[imported.message.kindName(hasAttachments: !imported.attachments.isEmpty), default: 0] += 1
      missingAttachments += imported.attachments.count - outcome.fileCount - outcome.damaged.count
    case .revised(let what):
      revised += 1
      for change in what { changes[change.rawValue, default: 0] += 1 }
    case .unchanged, .erased: alreadyThere += 1
    case .full: lost["a version of a message that has as many as it may have", default: 0] += 1
    }
    attachments += outcome.fileCount
    for file in outcome.damaged { damagedAttachments.append(damage(file, imported.message)) }
  }

  private func damage(_ file: DamagedFile, _ message: Message) -> Damage {
    let sender: String? =
      switch message.sender {
      case .me: nil
      case .other(let address): address.rawValue
      }
    return Damage(
      source: source, message: message.origin?.identifier ?? message.id.description,
      sentAt: message.sentAt.rfc3339,
      sender: sender, name: file.name, mediaType: file.mediaType, reason: file.reason)
  }

  mutating func add(_ other: ImportReport) {
    read += other.read
    sealed += other.sealed
    alreadyThere += other.alreadyThere
    revised += other.revised
    changes.merge(other.changes, uniquingKeysWith: +)
    attachments += other.attachments
    missingAttachments += other.missingAttachments
    damagedAttachments += other.damagedAttachments
    damagedRecords += other.damagedRecords
    skipped.merge(other.skipped, uniquingKeysWith: +)
    lost.merge(other.lost, uniquingKeysWith: +)
    services.merge(other.services, uniquingKeysWith: +)
    carriages.merge(other.carriages, uniquingKeysWith: +)
    kinds.merge(other.kinds, uniquingKeysWith: +)
    if let failure = other.failure { note(failure: failure) }
  }

  /// Notes why something was not done, behind what was noted before.
  mutating func note(failure reason: String) {
    failure = [failure, reason].compactMap { $0 }.joined(separator: " ").nilIfEmpty
  }

  /// The summary: every message that was read is in one of these numbers.
  var lines: [String] {
    var lines = ["\(source): \(read) read, \(sealed) sealed, \(alreadyThere) there already."]
    if revised > 0 { lines.append("  \(revised) revised: \(Self.list(changes))") }
    if !services.isEmpty { lines.append("  by service: \(Self.list(services))") }
    if !kinds.isEmpty { lines.append("  by kind: \(Self.list(kinds))") }
    if attachments + missingAttachments + damagedAttachments.count > 0 {
      let damaged = damagedAttachments.isEmpty ? "" : ", \(damagedAttachments.count) damaged"
      lines.append("  attachments: \(attachments) sealed, \(missingAttachments) not found\(damaged)")
    }
    for (reason, count) in skipped.sorted(by: { $0.key < $1.key }) {
      lines.append("  skipped \(count): \(reason)")
    }
    for (reason, count) in lost.sorted(by: { $0.key < $1.key }) {
      lines.append("  not sealed \(count): \(reason)")
    }
    return lines
  }

  /// What should be in the archive and is not; nil if everything is.
  var incompleteness: String? {
    var sentences: [String] = []
    if !lost.isEmpty { sentences.append("Not sealed: \(Self.list(lost)). Everything else is sealed.") }
    if !damagedRecords.isEmpty {
      sentences.append(
        "Records that cannot be read: \(damagedRecords.count). Everything else is sealed.")
    }
    if !damagedAttachments.isEmpty {
      sentences.append(
        "Damaged files: \(damagedAttachments.count). Their messages are sealed without them. Import the source again "
          + "when the files are whole.")
    }
    return sentences.joined(separator: " ").nilIfEmpty
  }

  private static func list(_ counts: [String: Int]) -> String {
    counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}

extension String {
  fileprivate var nilIfEmpty: String? { isEmpty ? nil : self }
}
#endif
