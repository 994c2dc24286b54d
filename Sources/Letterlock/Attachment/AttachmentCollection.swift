internal import CryptoCore
internal import TLSCodec

/// Dropping attachments that nothing refers to. SPEC.md section 7.5.
extension Device {
  /// Has the relay drop attachments that no message refers to, and drops them here: files of erased messages, and of
  /// messages that were never finished.
  ///
  /// This device synchronises first, to the newest record; it looks at its own uploads and at those of devices that
  /// were removed, since another device may be about to send the message that belongs to its upload. If the history
  /// moves on meanwhile, the relay refuses and the device looks again. Nothing is collected while a record is missing
  /// or cannot be read.
  /// - Throws: `DeviceError.historyRefused` if the history is not complete, `.relay`, `.noRelay`, `.noStore`, `.store`.
  public func collectUnreferencedAttachments() async throws(DeviceError) -> AttachmentStorage.Share {
    try await lock.locked { () async throws(DeviceError) in try await collect(alsoErased: []) }
  }

  /// Collects within a turn. What was erased was referred to, so whoever sent it is done with it.
  func collect(alsoErased erased: Set<BlobID>) async throws(DeviceError) -> AttachmentStorage.Share {
    for _ in 0..<8 {
      try await pullEverything()
      let progress = try progress()
      guard progress.history.absent.isEmpty else {
        throw .historyRefused(.missing(leaves: progress.history.absent))
      }
      guard let knownCheckpoint = progress.checkpoint, isActive else { return .init() }
      // What is being attached now has no record yet.
      let attaching = attaching.withLock { $0 }
      let references = try references()
      guard references.isComplete else { return .init() }
      let found = try await unreferenced(alsoErased: erased).filter {
        references.attachments[$0.blob] == nil && !attaching.contains($0.blob)
      }
      do throws(DeviceError) {
        try await remove(found, knownCheckpoint)
        try dropLocally(found.map(\.blob), references, attaching)
        return found.reduce(into: .init()) { $0.add($1.byteCount) }
      } catch {
        guard case .relay(let refusal) = error, refusal.isOvertakenByHistory else { throw error }
      }
    }
    throw .relay(.unavailable("the account keeps changing"))
  }

  /// Uploads at the relay of which this device may say that nothing refers to them, if nothing does.
  private func unreferenced(
    alsoErased erased: Set<BlobID>
  ) async throws(DeviceError) -> [BlobUpload] {
    let relay = try neededRelay()
    var found: [BlobUpload] = []
    var last: BlobID?
    while true {
      let after = last
      let page = try await Self.asking { () async throws(RelayError) in
        try await relay.blobs(of: account, after: after)
      }
      guard let end = page.last?.upload.blob, after.map({ $0 < end }) ?? true else { return found }
      let log = log
      found += page.filter { stored in
        let uploader = stored.upload.device
        return uploader == id || log.activeMember(uploader) == nil
          || (stored.isComplete && erased.contains(stored.upload.blob))
      }.map(\.upload)
      last = end
    }
  }

  private func remove(_ uploads: [BlobUpload], _ knownCheckpoint: Checkpoint) async throws(DeviceError) {
    let (relay, keys) = (try neededRelay(), state.read { $0.keys })
    var rest = uploads.map(\.blob)[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(BlobRemoval.maximumBlobCount))
      rest = rest.dropFirst(part.count)
      let removal = try asDeviceError(
        BlobRemoval(of: part, knownCheckpoint: knownCheckpoint, by: keys, account: account))
      try await Self.asking { () async throws(RelayError) in try await relay.removeBlobs(removal, of: account)
      }
    }
  }

  /// Copies here that no message refers to go too, whoever sent them, but for what no relay has.
  private func dropLocally(
    _ collected: [BlobID], _ references: References, _ attaching: Set<BlobID>
  ) throws(DeviceError) {
    let store = try neededStore()
    try Self.storing { () throws(StoreError) in
      let waiting = Set(try store.blobsToUpload().map(\.blob))
      let orphans = try store.allBlobs().filter {
        references.attachments[$0] == nil && !attaching.contains($0) && !waiting.contains($0)
      }
      try store.removeBlobs(orphans + collected)
    }
  }
}

extension RelayError {
  /// Whether pulling and looking again helps.
  fileprivate var isOvertakenByHistory: Bool {
    switch self {
    case .staleLogHead, .staleHistory: true
    default: false
    }
  }
}
