internal import CryptoCore
internal import TLSCodec

/// Sends sealed attachments to the relay. SPEC.md section 7.3.
struct AttachmentUploads: Sendable {
  let store: StoreConnection
  let relay: RelayConnection
  let inventory: AttachmentInventory
  let lost: LostAttachments
  let collection: AttachmentCollection

  /// Sends sealed attachments that wait, each from the byte on that the relay does not have. One that cannot be sent
  /// waits for the next time.
  func push(_ report: (@Sendable (SyncStep) -> Void)?) async throws(DeviceError) -> AttachmentTransfer {
    do throws(DeviceError) { try await lost.find() } catch {
      // Everything else goes on, and the relay is asked again the next time.
      guard error.isOfOneItem else { throw error }
    }
    let waiting = try store.use { (store) throws(StoreError) in try store.blobsToUpload() }
    var total: UInt64 = 0
    var moved = ItemTransfer()
    for upload in waiting where !moved.isRelaySilent {
      try await moved.move(upload.blob) { () async throws(DeviceError) in
        try await push(upload) { byteCount in
          total += UInt64(byteCount)
          report?(.sentAttachmentBytes(total))
        }
      }
    }
    return try inventory.transfer(moved)
  }

  /// What is sent is what was sealed and kept: nothing is sealed again, whatever became of the file since.
  private func push(_ upload: BlobUpload, _ report: (Int) -> Void) async throws(DeviceError) {
    guard var offset = try await begin(upload) else { return try finish(upload) }
    while offset < upload.byteCount {
      try checkCancellation()
      let from = offset
      let part = try store.use { (store) throws(StoreError) in
        try store.readBlob(
          upload.blob, at: from,
          // In range: the loop ends at the end.
          byteCount: Int(min(upload.byteCount - from, UInt64(RelayLimits.blobPartByteCount))))
      }
      guard !part.isEmpty else { throw .store(.corrupted("attachment")) }
      try await relay.ask { (relay, account) async throws(RelayError) in
        try await relay.writeBlob(upload.blob, of: account, at: from, part)
      }
      offset += UInt64(part.count)
      report(part.count)
    }
    try finish(upload)
  }

  private func finish(_ upload: BlobUpload) throws(DeviceError) {
    try store.use { (store) throws(StoreError) in try store.markUploaded(upload.blob) }
  }

  /// Returns how many bytes the relay has; nil if it has the same from another device already. What is no file of a
  /// message is dropped there, if it has the name.
  private func begin(_ upload: BlobUpload) async throws(DeviceError) -> UInt64? {
    do throws(DeviceError) { return try await askToBegin(upload) } catch {
      guard error == .relay(.blobRefused) else { throw error }
      let known = try await relay.ask { (relay, account) async throws(RelayError) in
        try await relay.blob(upload.blob, of: account)
      }
      guard let known else { throw error }
      guard known.digest != upload.digest else { return nil }
      guard try await collection.removeImpostor(known, of: upload) else { throw error }
      return try await askToBegin(upload)
    }
  }

  private func askToBegin(_ upload: BlobUpload) async throws(DeviceError) -> UInt64 {
    try await relay.ask { (relay, account) async throws(RelayError) in
      try await relay.beginBlob(upload, of: account)
    }
  }
}
