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

  /// Adds a message with the versions that it had before, or what of that is not there yet.
  ///
  /// - Parameter known: what is there of it; nil if it is not there.
  mutating func add(
    _ imported: ImportedMessage, to known: KnownVersions?
  ) throws(DeviceError) -> ImportOutcome {
    // The files come with the first version that is added, and are referred to by the last one.
    var rest = imported.earlier.map { ImportedMessage(message: $0) } + [imported]
    if let known { return try revise(known, by: rest) }
    rest[0].attachments = imported.attachments
    rest[0].earlier = []
    var (outcome, message) = try append(rest.removeFirst())
    if !rest.isEmpty { outcome.add(try revise(KnownVersions(all: [message]), by: rest)) }
    return outcome
  }

  private mutating func revise(
    _ known: KnownVersions, by versions: [ImportedMessage]
  ) throws(DeviceError) -> ImportOutcome {
    var known = known
    var outcome = ImportOutcome(.unchanged)
    for version in versions {
      let (made, revision) = try revise(known, by: version)
      outcome.add(made)
      if let revision { known.all.append(revision.message) }
    }
    return outcome
  }

  private mutating func add(_ entry: ArchiveEntry) throws(DeviceError) {
    entries.append(entry)
    if waitingByteCount > AttachmentWriter.waitingByteCount { try keep() }
  }

  /// Adds a message that is not there.
  private mutating func append(
    _ imported: ImportedMessage
  ) throws(DeviceError) -> (ImportOutcome, Message) {
    var outcome = ImportOutcome(.added)
    var message = imported.message
    var files: [Attachment] = []
    var absent: [Message.AbsentFile] = []
    for source in imported.attachments {
      switch try seal(source, &outcome) {
      case .sealed(let file): files.append(file)
      case .absent(let file): absent.append(file)
      }
    }
    if !files.isEmpty { message.attachments += files }
    if !absent.isEmpty { message.absentFiles += absent }
    try add(.message(message))
    return (outcome, message)
  }

  /// Adds a version to a message that is there, if it says what no version says.
  private mutating func revise(
    _ known: KnownVersions, by imported: ImportedMessage
  ) throws(DeviceError) -> (ImportOutcome, Revision?) {
    let versions = known.all
    guard let first = versions.first else { return (ImportOutcome(.unchanged), nil) }
    let imported = placed(imported, with: first, known)
    // As it would be read: not all that an importer says has one way to be written.
    guard let read = try? imported.message.reread(), let revision = Revision(read), revision.fits(first)
    else { return (ImportOutcome(.unchanged), nil) }
    var files = KnownFiles(versions)
    let wanted = imported.attachments.map { files.find($0) }
    let changes = versions.map { revision.changes(from: $0, adding: wanted) }
    guard !changes.contains([]) else { return (ImportOutcome(.unchanged), nil) }
    let shown = known.shown(of: first)
    let lowers = imported.message.protection.isUnencrypted && !shown.protection.isUnencrypted
    guard versions.count <= Revision.maximumCount || lowers else { return (ImportOutcome(.full), nil) }
    var said = revision.changes(from: shown, adding: wanted)
    if !lowers { said.remove(.protection) }
    var outcome = ImportOutcome(.revised(said))
    var attachments = imported.message.attachments
    var absent = imported.message.absentFiles
    for (source, known) in zip(imported.attachments, wanted) {
      if case .known(let attachment) = known {
        attachments.append(attachment)
        continue
      }
      switch try seal(source, &outcome) {
      case .sealed(let file): attachments.append(file)
      case .absent(let file): absent.append(file)
      }
    }
    // Nothing but files that turned out to be damaged: there is no new version yet.
    if changes.contains([.files]), outcome.fileCount == 0 {
      var unchanged = ImportOutcome(.unchanged)
      unchanged.damaged = outcome.damaged
      return (unchanged, nil)
    }
    var message = imported.message
    if !attachments.isEmpty { message.attachments = attachments }
    if !absent.isEmpty { message.absentFiles = absent }
    guard let made = Revision(message) else { return (ImportOutcome(.unchanged), nil) }
    try add(.revision(made))
    return (outcome, made)
  }

  /// A version as it stands where its message stands, whatever the source calls the conversation by now: a message that
  /// falls back to SMS moves to another chat. What the source gives under another sender counts for how the message travelled,
  /// if others could read it, and for nothing else.
  private func placed(
    _ imported: ImportedMessage, with first: Message, _ known: KnownVersions
  ) -> ImportedMessage {
    guard first.hasOrigin(of: imported.message) else { return imported }
    var placed = imported
    if imported.message.sender != first.sender, imported.message.protection.isUnencrypted {
      placed = ImportedMessage(message: known.shown(of: first))
      placed.message.lower(to: imported.message)
    }
    placed.message.conversation = first.conversation
    return placed
  }

  /// What became of a file.
  private enum SealedFile {
    case sealed(Attachment)
    case absent(Message.AbsentFile)
  }

  /// Seals a file; one that is not whole is noted in `outcome`.
  private mutating func seal(
    _ source: AttachmentSource, _ outcome: inout ImportOutcome
  ) throws(DeviceError) -> SealedFile {
    switch source.content {
    case .missing: return .absent(source.absence(.notFound))
    case .damaged(let reason):
      outcome.damaged.append(DamagedFile(source, reason))
      return .absent(source.absence(.damaged))
    case .file, .bytes, .stream: break
    }
    let sealed: SealedAttachment
    do throws(DeviceError) { sealed = try writer.seal(source) } catch {
      switch error {
      case .attachmentUnreadable: outcome.damaged.append(DamagedFile(source, "it cannot be read to its end"))
      case .attachmentChanged: outcome.damaged.append(DamagedFile(source, "it changed while it was read"))
      default: throw error
      }
      return .absent(source.absence(.damaged))
    }
    attached.append(sealed.attachment.blob)
    if let blob = sealed.blob {
      blobs.append(blob)
      waitingByteCount += blob.bytes.count
    }
    outcome.fileCount += 1
    return .sealed(sealed.attachment)
  }
}

extension AttachmentSource {
  /// What a message says of this file while it has not come.
  fileprivate func absence(_ cause: Message.AbsentFile.Cause) -> Message.AbsentFile {
    Message.AbsentFile(name: name, mediaType: mediaType, cause: cause)
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
    if message.unsentPartCount != version.unsentPartCount { changes.insert(.unsent) }
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
