internal import Synchronization

/// Finds files on the device that the relay lost, and lets them wait to be sent again: a relay that is restored from a
/// backup has only the files of that time. SPEC.md section 6.13.
final class LostAttachments: Sendable {
  private let view: AccountView
  private let store: StoreConnection
  private let relay: RelayConnection
  private let inventory: AttachmentInventory
  private let clock: DeviceClock
  /// When the relay was last asked; nil if it has to be asked now.
  private let asked = Mutex<Timestamp?>(nil)

  init(
    view: AccountView, store: StoreConnection, relay: RelayConnection, inventory: AttachmentInventory,
    clock: DeviceClock
  ) {
    (self.view, self.store, self.relay) = (view, store, relay)
    (self.inventory, self.clock) = (inventory, clock)
  }

  /// Asks again the next time, whenever it was asked last.
  func expectLoss() { asked.withLock { $0 = nil } }

  /// Asks once a day, and when a device is opened, which files the relay has.
  func find() async throws(DeviceError) {
    let now = clock.now
    let passed = asked.withLock { $0.map { now.nanoseconds(since: $0) } } ?? .max
    guard view.isActive, passed >= Timestamp.day || passed < -Timestamp.day else { return }
    let lost = try await lost()
    if !lost.isEmpty { try sendAgain(lost) }
    asked.withLock { $0 = now }
  }

  /// Files that are here, that were sent, and that the relay does not have; with what it has in their place, if somebody
  /// took their name there.
  private func lost() async throws(DeviceError) -> [BlobID: BlobUpload?] {
    var impostors: [BlobID: BlobUpload] = [:]
    var here = try store.use { (store) throws(StoreError) in
      Set(try store.allBlobs()).subtracting(try store.blobsToUpload().map(\.blob))
    }
    var last: BlobID?
    while !here.isEmpty {
      try checkCancellation()
      let after = last
      let page = try await relay.ask { (relay, account) async throws(RelayError) in
        try await relay.blobs(of: account, after: after)
      }
      guard let end = page.last?.upload.blob, after.map({ $0 < end }) ?? true else { break }
      for listed in page where listed.isComplete && here.contains(listed.upload.blob) {
        if try isSame(listed.upload) {
          here.remove(listed.upload.blob)
        } else {
          impostors[listed.upload.blob] = listed.upload
        }
      }
      last = end
    }
    return Dictionary(uniqueKeysWithValues: here.map { ($0, impostors[$0]) })
  }

  /// Whether what the relay has under a name is what is here under it.
  private func isSame(_ listed: BlobUpload) throws(DeviceError) -> Bool {
    let own = try store.use { (store) throws(StoreError) in try store.blob(listed.blob) }
    return own.map { $0.digest == listed.digest && $0.byteCount == listed.byteCount } ?? true
  }

  /// Signs for files that messages refer to, whoever sent them first.
  private func sendAgain(_ lost: [BlobID: BlobUpload?]) throws(DeviceError) {
    let references = try inventory.references()
    for (blob, impostor) in lost.sorted(by: { $0.key < $1.key }) {
      try checkCancellation()
      guard let upload = try store.use({ (store) throws(StoreError) in try store.blob(blob) }),
        references.refer(to: upload)
      else { continue }
      // What a message names is dropped at the relay by the author of another message alone.
      if let impostor, references.refer(to: impostor), try !inventory.isOwn(upload) { continue }
      let again = try asDeviceError(
        BlobUpload(
          blob: blob, byteCount: upload.byteCount, digest: upload.digest, by: view.keys, account: view.account
        ))
      try store.use { (store) throws(StoreError) in try store.finishBlob(again, isUploaded: false) }
    }
  }
}
