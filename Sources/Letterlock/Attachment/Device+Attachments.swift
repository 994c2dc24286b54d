package import SystemCore

/// Attachments: sealing files, reading them back, and the room that they take.
extension Device {
  /// Seals a message with its files to a conversation, and keeps all of it: it is on disk when the call returns, and
  /// goes to the relay with the next `sync()`.
  ///
  /// - Parameter prepare: an app's hook, called once for each file before it is sealed: it may resize a photo, strip
  ///   where it was taken, or make a preview. What it throws comes out of this call, and nothing is kept.
  /// - Throws: `DeviceError.attachmentUnreadable` if a file cannot be read, `.attachmentChanged` if somebody writes to
  ///   it meanwhile, `.archive` if the message cannot be sealed, `.noStore`, `.store`, `.cancelled`; and what `prepare`
  ///   throws.
  public func append(
    _ message: Message, attaching files: [AttachmentSource], to conversation: ConversationID,
    preparing prepare: (AttachmentSource) throws -> PreparedAttachment = { PreparedAttachment(file: $0) }
  ) throws {
    try parts.writing.attachments.append(message, attaching: files, to: conversation, preparing: prepare)
  }

  /// Seals messages with their files, and keeps them: each message with its files in one transaction, and as many
  /// messages at once as memory allows. A task that is cancelled keeps what it sealed so far.
  package func append(_ messages: [ImportedMessage]) throws(DeviceError) {
    try parts.writing.attachments.append(messages)
  }

  /// Seals a file under a fresh key, padded so that its length tells only its class.
  ///
  /// Memory stays flat whatever the file's size.
  /// - Throws: `DeviceError.attachmentUnreadable` if the source cannot be read, `.attachmentChanged` if somebody
  ///   wrote to it meanwhile, `.store`.
  package func seal(_ source: AttachmentSource) throws(DeviceError) -> SealedAttachment {
    try parts.writing.attachments.seal(source)
  }

  /// Reads a file back, part by part, from the store or else from the relay.
  ///
  /// Every part is authentic when it is lent; that it is the very file that the message's author sealed, is certain
  /// when the call returns.
  /// - Throws: `DeviceError.attachmentUnreadable` if it is absent, altered or cut, `.relay`.
  public func read(
    _ attachment: Attachment, _ body: ([UInt8]) throws(DeviceError) -> Void
  ) async throws(DeviceError) {
    try await download([attachment])
    try readStored(attachment, body)
  }

  /// Whether the store has a file.
  package func isStored(_ blob: BlobID) throws(DeviceError) -> Bool {
    try parts.reading.attachments.isStored(blob)
  }

  /// Reads a file back that is in the store.
  package func readStored(
    _ attachment: Attachment, _ body: ([UInt8]) throws(DeviceError) -> Void
  ) throws(DeviceError) {
    try parts.reading.attachments.read(attachment, body)
  }

  /// Writes a file to a path, from the store or else from the relay, on two cores and in memory that does not grow with
  /// the file. It is there whole, on disk and verified when the call returns, readable by its owner alone, or not at all.
  /// A regular file that is there is replaced; a link, a pipe or a device is not.
  /// - Throws: `DeviceError.attachmentUnreadable` if it is absent, altered or cut, `.attachmentNotWritten`, `.relay`,
  ///   `.store`.
  public func save(_ attachment: Attachment, to path: String) async throws(DeviceError) {
    try await download([attachment])
    try saveStored(attachment, to: path)
  }

  /// Writes a file, from the store or else from the relay, into one that is not in its place yet.
  package func save(_ attachment: Attachment, into file: OutputFile) async throws(DeviceError) {
    try await download([attachment])
    try parts.reading.attachments.write(attachment, into: file)
  }

  /// Writes a file that is in the store.
  package func saveStored(_ attachment: Attachment, to path: String) throws(DeviceError) {
    try parts.reading.attachments.save(attachment, to: path)
  }

  /// Opens a file of which parts are to be read: its key and its length are checked.
  /// - Throws: `DeviceError.attachmentUnreadable` if it is absent, altered or cut, `.relay`, `.store`.
  public func open(_ attachment: Attachment) async throws(DeviceError) -> AttachmentFile {
    try await AttachmentFile(attachment, in: parts.files.bytes)
  }

  /// The bytes of a file from `range`, read without the rest; fewer if the file ends before.
  /// - Throws: `DeviceError.attachmentUnreadable` if they are absent or altered, `.relay`, `.store`.
  public func read(_ attachment: Attachment, range: Range<UInt64>) async throws(DeviceError) -> [UInt8] {
    try await open(attachment).read(range)
  }
}

/// Attachments at the relay.
extension Device {
  /// Fetches files that the store does not have, each from the byte on that is not here. Returns their number.
  /// - Throws: What kept the first of them from coming, after all others have come.
  @discardableResult
  public func download(_ attachments: [Attachment]) async throws(DeviceError) -> Int {
    try await parts.files.downloads.fetch(attachments)
  }

  /// Fetches the files that an app wants among those that messages refer to and that are not here, previews first.
  /// One that does not come does not stop the others.
  /// - Throws: `DeviceError.relay`, `.noRelay`, `.noStore`, `.store`.
  @discardableResult
  public func download(
    where isWanted: @Sendable (Attachment) -> Bool
  ) async throws(DeviceError) -> AttachmentTransfer {
    try await parts.files.downloads.fetch(where: isWanted)
  }

  /// Fetches the files that `settings()` says are fetched without being asked, previews first.
  /// - Throws: as `download(where:)`.
  @discardableResult
  public func downloadAutomatically() async throws(DeviceError) -> AttachmentTransfer {
    try await parts.files.downloads.fetchAutomatically(try settings())
  }

  /// Fetches every file of the history that the store does not have. One that does not come does not stop the others.
  /// - Throws: as `download(where:)`.
  @discardableResult
  public func downloadAll() async throws(DeviceError) -> AttachmentTransfer {
    try await parts.files.downloads.fetchAll()
  }

  /// How much room attachments take on this device.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func attachmentStorage() throws(DeviceError) -> AttachmentStorage {
    try parts.reading.inventory.storage()
  }

  /// Drops files from this device that the relay is shown to hold; they are fetched again when they are read.
  ///
  /// Previews stay, and so does what is only here. Before a file goes, the relay must say that it has all of it, as
  /// its uploader signed, and give parts of it that it could not know beforehand. A file that it lacks is sent again
  /// with the next `sync()`.
  /// - Parameter isWanted: which files may go; all by default.
  /// - Throws: `DeviceError.relay`, `.noRelay`, `.noStore`, `.store`.
  public func evictOriginals(
    where isWanted: @Sendable (Attachment) -> Bool = { _ in true },
    progress report: (@Sendable (EvictionReport) -> Void)? = nil
  ) async throws(DeviceError) -> EvictionReport {
    try await parts.services.lock.locked { () async throws(DeviceError) in
      try await parts.files.eviction.evict(where: isWanted, report)
    }
  }

  /// Has the relay drop attachments that no message refers to, and drops them here: files of erased messages, and of
  /// messages that were never finished.
  ///
  /// This device synchronises first, to the newest record; it looks at its own uploads and at those of devices that
  /// were removed, since another device may be about to send the message that belongs to its upload. If the history
  /// moves on meanwhile, the relay refuses and the device looks again. While a record cannot be read, nobody knows what
  /// it refers to: files stay then, and the report says so. Those of messages that are erased go in any case
  /// (`eraseDeleted(before:confirmingEverything:)`).
  /// - Throws: `DeviceError.historyRefused` if the history is not complete, `.relay`, `.noRelay`, `.noStore`, `.store`.
  public func collectUnreferencedAttachments() async throws(DeviceError) -> CollectionReport {
    try await parts.services.lock.locked { () async throws(DeviceError) in
      try await parts.files.collection.collect(alsoErased: [])
    }
  }
}
