internal import CryptoCore
internal import TLSCodec

/// Drops files from the device that the relay is shown to hold. SPEC.md section 7.6.
struct AttachmentEviction: Sendable {
  let view: AccountView
  let store: StoreConnection
  let relay: RelayConnection
  let downloads: AttachmentDownloads
  let notes: DeviceNotes

  /// Evicts files that may go, for a caller that holds the lock.
  func evict(
    where isWanted: (Attachment) -> Bool, _ report: ((EvictionReport) -> Void)?
  ) async throws(DeviceError) -> EvictionReport {
    var outcome = EvictionReport()
    let waiting = Set(try store.use { (store) throws(StoreError) in try store.blobsToUpload().map(\.blob) })
    let known = try downloads.inventory.references().attachments.sorted { $0.key < $1.key }
    for (blob, attachment) in known
    where attachment.role != .preview && !waiting.contains(blob) && isWanted(attachment) {
      try checkCancellation()
      let upload = try store.use { (store) throws(StoreError) in try store.blob(blob) }
      guard let upload else { continue }
      if try await isAtRelay(upload, attachment) {
        // A file that stays although it is noted is only not fetched by itself.
        try notes.noteEviction(of: blob)
        try store.use { (store) throws(StoreError) in try store.removeBlobs([blob]) }
        outcome.evicted.add(upload.byteCount)
      } else {
        try sendAgain(upload)
        outcome.notAtRelay.add(upload.byteCount)
      }
      report?(outcome)
    }
    return outcome
  }

  /// Whether the relay has a file: it says so, and knows bytes of it at places that it is not told before.
  private func isAtRelay(
    _ upload: BlobUpload, _ attachment: Attachment
  ) async throws(DeviceError) -> Bool {
    do throws(DeviceError) {
      guard try await downloads.uploadAtRelay(of: attachment).digest == upload.digest else { return false }
    } catch {
      guard case .attachmentUnreadable = error else { throw error }
      return false
    }
    guard upload.byteCount > 0 else { return false }
    // In range: the minimum.
    var places: [UInt64] = [0, upload.byteCount - min(upload.byteCount, 4096)]
    for _ in 0..<4 { places.append(UInt64.random(in: 0..<upload.byteCount)) }
    for place in places {
      // In range: each place is before the end.
      let count = Int(min(4096, upload.byteCount - place))
      let own = try store.use { (store) throws(StoreError) in
        try store.readBlob(upload.blob, at: place, byteCount: count)
      }
      guard own.count == count, own == (try await part(of: upload.blob, at: place, count)) else {
        return false
      }
    }
    return true
  }

  /// Returns bytes of a file at the relay; nil if it does not know the file.
  private func part(of blob: BlobID, at place: UInt64, _ count: Int) async throws(DeviceError) -> [UInt8]? {
    do throws(DeviceError) {
      return try await relay.ask { (relay, account) async throws(RelayError) in
        try await relay.readBlob(blob, of: account, at: place, byteCount: count)
      }
    } catch {
      guard case .relay(.unknownBlob) = error else { throw error }
      return nil
    }
  }

  /// Signs for a file that the relay lost, whoever sent it first, and lets it wait to be sent.
  private func sendAgain(_ upload: BlobUpload) throws(DeviceError) {
    let again = try asDeviceError(
      BlobUpload(
        blob: upload.blob, byteCount: upload.byteCount, digest: upload.digest, by: view.keys,
        account: view.account))
    try store.use { (store) throws(StoreError) in try store.finishBlob(again, isUploaded: false) }
  }
}
