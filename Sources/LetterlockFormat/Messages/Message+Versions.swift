package import TLSCodec

extension Message {
  /// The message as its newest version says it, with the files of all versions and the lowest protection of all.
  ///
  /// - Parameter revisions: in the order of the tree; what does not fit this message is left out.
  package func revised(by revisions: some Sequence<Revision>) -> Message {
    let fitting = revisions.filter { $0.fits(self) }.map(\.message)
    guard !fitting.isEmpty else { return self }
    let versions = [self] + fitting
    // Of two that are equally new, the later one in the tree.
    let newest = fitting.reduce(self) { $1.editTime >= $0.editTime ? $1 : $0 }
    var made = self
    made.take(body: newest.body, editedAt: newest.editedAt, attachments: newest.files(of: versions))
    made.delivery = newest.delivery
    made.absentFiles = newest.absentFiles(beside: made.attachments)
    made.unsentPartCount = newest.unsentPartCount
    made.take(carriageOf: newest)
    for version in versions { made.lower(to: version) }
    return made
  }

  /// When the source says that this version was made.
  private var editTime: Timestamp { editedAt ?? Timestamp(nanosecondsSince1970: .min) }

  /// What this version lacks: not what another version has brought.
  private func absentFiles(beside shown: [Attachment]) -> [AbsentFile] {
    if case .retraction = body { return [] }
    var brought = Array(shown.dropFirst(attachments.count))
    return absentFiles.filter { file in
      let found = brought.firstIndex { $0.name == file.name && $0.mediaType == file.mediaType }
      if let found { brought.remove(at: found) }
      return found == nil
    }
  }

  /// The files of this version, and those of the others that it does not have: a source that has lost a file takes
  /// none away. What was unsent has none.
  private func files(of versions: [Message]) -> [Attachment] {
    if case .retraction = body { return [] }
    var kept = attachments
    var counts = kept.reduce(into: [AttachmentKind: Int]()) { $0[$1.kind, default: 0] += 1 }
    for version in versions {
      var seen: [AttachmentKind: Int] = [:]
      for attachment in version.attachments {
        seen[attachment.kind, default: 0] += 1
        guard seen[attachment.kind, default: 0] > counts[attachment.kind, default: 0] else { continue }
        counts[attachment.kind, default: 0] += 1
        kept.append(attachment)
      }
    }
    return kept
  }
}

extension Message {
  /// The message as a device would read it.
  package func reread() throws(TLSError) -> Message {
    guard
      case .message(let message) = try ArchiveEntry(decodingArchiveEntry: ArchiveEntry.message(self).padded())
    else { throw .invalidValue }
    return message
  }
}

/// What tells the files of one message apart, without opening them.
package struct AttachmentKind: Hashable, Sendable {
  private let name: String?
  private let mediaType: String
  private let role: Attachment.Role
  private let byteCount: UInt64

  package init(name: String?, mediaType: String, role: Attachment.Role, byteCount: UInt64) {
    (self.name, self.mediaType, self.role, self.byteCount) = (name, mediaType, role, byteCount)
  }
}

extension Attachment {
  /// What tells it from the other files of its message.
  package var kind: AttachmentKind {
    AttachmentKind(name: name, mediaType: mediaType, role: role, byteCount: byteCount)
  }
}
