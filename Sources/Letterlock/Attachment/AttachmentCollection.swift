internal import CryptoCore
internal import TLSCodec

/// Drops attachments that nothing refers to. SPEC.md section 7.5.
struct AttachmentCollection: Sendable {
  let view: AccountView
  let store: StoreConnection
  let relay: RelayConnection
  let progress: SyncProgress
  let puller: AccountPuller
  let inventory: AttachmentInventory
  let inProgress: AttachmentsInProgress

  private static let attempts = 8

  /// Collects, for a caller that holds the lock. What was erased was referred to, so whoever sent it is done with it: it
  /// goes whatever else cannot be read, since two messages never share a file.
  func collect(alsoErased erased: Set<BlobID>) async throws(DeviceError) -> CollectionReport {
    for _ in 0..<Self.attempts {
      try await puller.pull()
      let progress = try progress.current()
      guard progress.history.absent.isEmpty else {
        throw .historyRefused(.missing(leaves: progress.history.absent))
      }
      guard let knownCheckpoint = progress.checkpoint, view.isActive else { return .init() }
      // What is being attached now has no record yet.
      let attaching = inProgress.all
      let references = try inventory.references()
      let isEverythingRead = references.unreadableCount == 0
      let found = try await unreferenced(references, alsoErased: erased).filter {
        !attaching.contains($0.blob)
          && (isEverythingRead || erased.contains($0.blob) || references.areTakenIn(by: $0))
      }
      do throws(DeviceError) {
        try await remove(found, knownCheckpoint)
        try dropLocally(erased.union(found.map(\.blob)), references, attaching)
        return CollectionReport(
          collected: found.reduce(into: .init()) { $0.add($1.byteCount) },
          unreadableRecordCount: references.unreadableCount)
      } catch {
        guard case .relay(let refusal) = error, refusal.isOvertakenByHistory else { throw error }
      }
    }
    throw .relay(.unavailable("the account keeps changing"))
  }

  /// Returns uploads at the relay of which this device may say that nothing refers to them, if nothing does. One that its
  /// uploader did not sign is nobody's: what the relay says of it counts for nothing.
  private func unreferenced(
    _ references: AttachmentReferences, alsoErased erased: Set<BlobID>
  ) async throws(DeviceError) -> [BlobUpload] {
    var found: [BlobUpload] = []
    var last: BlobID?
    while true {
      try checkCancellation()
      let after = last
      let page = try await relay.ask { (relay, account) async throws(RelayError) in
        try await relay.blobs(of: account, after: after)
      }
      guard let end = page.last?.upload.blob, after.map({ $0 < end }) ?? true else { return found }
      let log = view.log
      found += page.filter { stored in
        let uploader = stored.upload.device
        guard !references.refer(to: stored.upload) else { return false }
        guard let member = log.members[uploader],
          stored.upload.isSigned(by: member.bundle.signingKeys, account: log.account)
        else { return false }
        return uploader == view.device || !member.isActive
          || (stored.isComplete
            && (erased.contains(stored.upload.blob) || references.areTakenIn(by: stored.upload)))
      }.map(\.upload)
      last = end
    }
  }

  /// Has the relay drop what somebody else put under the name of a file that waits here to be sent. Returns whether it
  /// was for this device to say so: a message of its own names its bytes, or no message names the others.
  func removeImpostor(_ impostor: BlobUpload, of upload: BlobUpload) async throws(DeviceError) -> Bool {
    let references = try inventory.references()
    guard references.refer(to: upload), let knownCheckpoint = try progress.current().checkpoint else {
      return false
    }
    let mayBeDropped = references.refer(to: impostor) ? try inventory.isOwn(upload) : true
    guard mayBeDropped else { return false }
    try await remove([impostor], knownCheckpoint)
    return true
  }

  private func remove(_ uploads: [BlobUpload], _ knownCheckpoint: Checkpoint) async throws(DeviceError) {
    let keys = view.keys
    var rest = uploads.map(\.blob)[...]
    while !rest.isEmpty {
      try checkCancellation()
      let part = Array(rest.prefix(BlobRemoval.maximumBlobCount))
      rest = rest.dropFirst(part.count)
      let removal = try asDeviceError(
        BlobRemoval(of: part, knownCheckpoint: knownCheckpoint, by: keys, account: view.account))
      try await relay.ask { (relay, account) async throws(RelayError) in
        try await relay.removeBlobs(removal, of: account)
      }
    }
  }

  /// Copies here that no message refers to go too, whoever sent them, but for what no relay has.
  private func dropLocally(
    _ collected: Set<BlobID>, _ references: AttachmentReferences, _ attaching: Set<BlobID>
  ) throws(DeviceError) {
    try store.use { (store) throws(StoreError) in
      let waiting = Set(try store.blobsToUpload().map(\.blob))
      let isEverythingRead = references.unreadableCount == 0
      let orphans = try store.allBlobs().filter {
        references.attachments[$0] == nil && !attaching.contains($0)
          && (collected.contains($0) || isEverythingRead && !waiting.contains($0))
      }
      try store.removeBlobs(orphans)
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
