/// What messages refer to.
struct AttachmentReferences: Sendable {
  /// Each file, as the first message says that refers to it.
  var attachments: [BlobID: Attachment] = [:]
  /// Every digest that a message names with a file.
  private var digests: [BlobID: Set<[UInt8]>] = [:]
  /// How many records could not be read: only without any is it known what nothing refers to.
  var unreadableCount = 0

  mutating func add(_ read: HistoryEntry) {
    switch read.entry {
    // A newer version may refer to files in ways of its own.
    case .success(.unknown), .failure: unreadableCount += 1
    case .success(let entry):
      for attachment in entry.attachments {
        digests[attachment.blob, default: []].insert(attachment.digest)
        if attachments[attachment.blob] == nil { attachments[attachment.blob] = attachment }
      }
    }
  }

  /// Whether a message refers to exactly these bytes.
  func refer(to upload: BlobUpload) -> Bool {
    digests[upload.blob]?.contains(upload.digest.bytes) ?? false
  }

  /// Whether an upload has the name of a file that messages refer to, and is another one.
  func areTakenIn(by upload: BlobUpload) -> Bool { digests[upload.blob] != nil && !refer(to: upload) }
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

  /// Whether a message that this device wrote refers to exactly these bytes.
  func isOwn(_ upload: BlobUpload) throws(DeviceError) -> Bool {
    var isOwn = false
    try history.forEach { read in
      guard read.author == history.device, case .success(let entry) = read.entry else { return }
      if entry.attachments.contains(where: { $0.blob == upload.blob && $0.digest == upload.digest.bytes }) {
        isOwn = true
      }
    }
    return isOwn
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
