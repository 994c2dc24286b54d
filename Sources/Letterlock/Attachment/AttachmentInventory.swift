/// What messages refer to.
struct AttachmentReferences: Sendable {
  var attachments: [BlobID: Attachment] = [:]
  /// How many records could not be read: only without any is it known what nothing refers to.
  var unreadableCount = 0

  mutating func add(_ read: HistoryEntry) {
    switch read.entry {
    // A newer version may refer to files in ways of its own.
    case .success(.unknown), .failure: unreadableCount += 1
    case .success(let entry):
      for attachment in entry.attachments { attachments[attachment.blob] = attachment }
    }
  }
}

/// Says which files messages refer to, and which are on the device.
struct AttachmentInventory: Sendable {
  let history: HistoryReader

  /// Goes through the whole history, and what waits here, for the files that messages refer to.
  func references() throws(DeviceError) -> AttachmentReferences {
    var references = AttachmentReferences()
    try history.forEach { references.add($0) }
    return references
  }

  /// Returns the files that messages refer to and that are not here.
  func absent(
    where isWanted: (Attachment) throws(DeviceError) -> Bool = { _ in true }
  ) throws(DeviceError) -> [Attachment] {
    let all = try references().attachments.values
    let here = Set(try history.store.use { (store) throws(StoreError) in try store.allBlobs() })
    var absent: [Attachment] = []
    for attachment in all where !here.contains(attachment.blob) {
      if try isWanted(attachment) { absent.append(attachment) }
    }
    return absent
  }

  /// Returns how much room attachments take on the device.
  func storage() throws(DeviceError) -> AttachmentStorage {
    let references = try references().attachments
    let (here, waiting) = try history.store.use { (store) throws(StoreError) in
      (Set(try store.allBlobs()), Set(try store.blobsToUpload().map(\.blob)))
    }
    var storage = AttachmentStorage()
    for (blob, attachment) in references {
      let byteCount = SealedSegments.sealedByteCount(of: attachment.byteCount)
      if !here.contains(blob) {
        storage.absent.add(byteCount)
      } else if waiting.contains(blob) {
        storage.waiting.add(byteCount)
      } else if attachment.role == .preview {
        storage.previews.add(byteCount)
      } else {
        storage.originals.add(byteCount)
      }
    }
    for blob in here where references[blob] == nil {
      try checkCancellation()
      let upload = try history.store.use { (store) throws(StoreError) in try store.blob(blob) }
      storage.unreferenced.add(upload?.byteCount ?? 0)
    }
    return storage
  }
}
