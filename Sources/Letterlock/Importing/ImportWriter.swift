internal import LetterlockFormat

/// Seals imported messages, and keeps as many at once as memory allows: each with its files in one transaction.
struct ImportWriter {
  private let writer: AttachmentWriter
  private var entries: [ArchiveEntry] = []
  private var blobs: [SealedBlob] = []
  private var attached: [BlobID] = []
  private var waitingByteCount = 0

  init(_ writer: AttachmentWriter) { self.writer = writer }

  /// Keeps what was sealed.
  mutating func keep() throws(DeviceError) {
    guard !entries.isEmpty else { return }
    try writer.outbox.enqueue(entries, blobs: blobs)
    (entries, blobs, waitingByteCount) = ([], [], 0)
  }

  /// Says that every record is kept which refers to a file that was sealed here, or that none ever will.
  func finish() { writer.inProgress.remove(attached) }

  private mutating func add(_ entry: ArchiveEntry) throws(DeviceError) {
    entries.append(entry)
    if waitingByteCount > AttachmentWriter.waitingByteCount { try keep() }
  }

  /// Adds a message that is not there.
  mutating func append(_ imported: ImportedMessage) throws(DeviceError) -> ImportOutcome {
    var outcome = ImportOutcome(.added)
    var message = imported.message
    var files: [Attachment] = []
    for source in imported.attachments {
      if let file = try seal(source, &outcome) { files.append(file) }
    }
    if !files.isEmpty { message.attachments += files }
    try add(.message(message))
    return outcome
  }

  /// Adds a version to a message that is there, if it says what no version says.
  mutating func revise(
    _ known: KnownVersions, by imported: ImportedMessage
  ) throws(DeviceError) -> ImportOutcome {
    let versions = known.all
    // As it would be read: not all that an importer says has one way to be written.
    guard let first = versions.first, let read = try? imported.message.reread(),
      let revision = Revision(read),
      revision.fits(first)
    else { return ImportOutcome(.unchanged) }
    var files = KnownFiles(versions)
    let wanted = imported.attachments.map { files.find($0) }
    let changes = versions.map { revision.changes(from: $0, adding: wanted) }
    guard !changes.contains([]) else { return ImportOutcome(.unchanged) }
    var shown = first.revised(by: versions.dropFirst().compactMap(Revision.init))
    if let unencrypted = known.unencrypted { shown.lower(to: unencrypted) }
    let lowers = imported.message.protection.isUnencrypted && !shown.protection.isUnencrypted
    guard versions.count <= Revision.maximumCount || lowers else { return ImportOutcome(.full) }
    var said = revision.changes(from: shown, adding: wanted)
    if !lowers { said.remove(.protection) }
    var outcome = ImportOutcome(.revised(said))
    var attachments = imported.message.attachments
    for (source, known) in zip(imported.attachments, wanted) {
      if case .known(let attachment) = known {
        attachments.append(attachment)
      } else if let sealed = try seal(source, &outcome) {
        attachments.append(sealed)
      }
    }
    // Nothing but files that turned out to be damaged: there is no new version yet.
    if changes.contains([.files]), outcome.fileCount == 0 {
      var unchanged = ImportOutcome(.unchanged)
      unchanged.damaged = outcome.damaged
      return unchanged
    }
    var message = imported.message
    if !attachments.isEmpty { message.attachments = attachments }
    guard let made = Revision(message) else { return ImportOutcome(.unchanged) }
    try add(.revision(made))
    return outcome
  }

  /// Seals a file; nil, and a note in `outcome`, if it is not whole.
  private mutating func seal(
    _ source: AttachmentSource, _ outcome: inout ImportOutcome
  ) throws(DeviceError) -> Attachment? {
    switch source.content {
    case .missing: return nil
    case .damaged(let reason):
      outcome.damaged.append(DamagedFile(source, reason))
      return nil
    case .file, .bytes, .stream: break
    }
    let sealed: SealedAttachment
    do throws(DeviceError) { sealed = try writer.seal(source) } catch {
      switch error {
      case .attachmentUnreadable: outcome.damaged.append(DamagedFile(source, "it cannot be read to its end"))
      case .attachmentChanged: outcome.damaged.append(DamagedFile(source, "it changed while it was read"))
      default: throw error
      }
      return nil
    }
    attached.append(sealed.attachment.blob)
    if let blob = sealed.blob {
      blobs.append(blob)
      waitingByteCount += blob.bytes.count
    }
    outcome.fileCount += 1
    return sealed.attachment
  }
}

/// The files of a message's versions, to be found again at their source.
private struct KnownFiles {
  private var kinds: [AttachmentKind: ArraySlice<Attachment>] = [:]

  init(_ versions: [Message]) {
    var seen: Set<BlobID> = []
    for attachment in versions.flatMap(\.attachments) where seen.insert(attachment.blob).inserted {
      kinds[attachment.kind, default: []].append(attachment)
    }
  }

  /// The same file in a version, if there is one that was not found yet: it is not sealed again.
  mutating func find(_ source: AttachmentSource) -> WantedFile {
    if case .damaged = source.content { return .unreadable }
    guard source.content.isPresent else { return .absent }
    guard let byteCount = source.content.byteCount else { return .unreadable }
    let kind = AttachmentKind(
      name: source.name, mediaType: source.mediaType, role: source.role, byteCount: byteCount)
    return kinds[kind]?.popFirst().map { .known($0) } ?? .new
  }
}

/// A file of a message that was found again.
enum WantedFile {
  case known(Attachment)
  case new
  /// It is there, and cannot be read: no version can be said to have it.
  case unreadable
  case absent
}

extension Revision {
  /// What this version, with these files, says that another does not. A file that the source has lost is no change.
  fileprivate func changes(from version: Message, adding files: [WantedFile]) -> Set<ImportChange> {
    var changes: Set<ImportChange> = []
    if message.body != version.body || message.editedAt != version.editedAt {
      changes.insert(message.body == .retraction(target: nil) ? .unsent : .text)
    }
    if message.carriage != version.carriage { changes.insert(.protection) }
    if message.delivery != version.delivery { changes.insert(.delivery) }
    let blobs = Set(version.attachments.map(\.blob))
    let kinds = Set(version.attachments.map(\.kind))
    let isAnyNew = files.contains { file in
      switch file {
      case .known(let attachment): !blobs.contains(attachment.blob) && !kinds.contains(attachment.kind)
      case .new, .unreadable: true
      case .absent: false
      }
    }
    if isAnyNew { changes.insert(.files) }
    return changes
  }
}
