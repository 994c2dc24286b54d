internal import CryptoCore
internal import TLSCodec

/// The attachments on both sides.
extension ArchiveVerifier {
  mutating func checkAttachments(_ attachments: [Attachment]) async throws(DeviceError) {
    let referenced = Dictionary(attachments.map { ($0.blob, $0) }) { first, _ in first }
    for (blob, attachment) in referenced.sorted(by: { $0.key < $1.key }) {
      // What is at the relay alone is verified there.
      let isHere = (try? store.store?.blob(blob)) != nil
      guard isHere || !relay.isPresent else { continue }
      do throws(DeviceError) { try reading.attachments.check(attachment) } catch {
        if error == .cancelled { throw error }
        fail(.device, "attachment \(blob)", "it is absent, or does not open")
      }
    }
    try await checkStoredBlobs(referenced: Set(referenced.keys))
    try await checkRelayBlobs(referenced)
  }

  /// Every sealed attachment on the device, whoever refers to it.
  private mutating func checkStoredBlobs(referenced: Set<BlobID>) async throws(DeviceError) {
    var blobs: [BlobID] = []
    try attempt(.device, "attachments") { (verifier) throws(DeviceError) in
      blobs = try verifier.store.use { (store) throws(StoreError) in try store.allBlobs() }
    }
    verification.unreferencedCount += blobs.filter { !referenced.contains($0) }.count
    let store = store
    for blob in blobs {
      verification.attachmentCount += 1
      var upload: BlobUpload?
      try attempt(.device, "attachments") { (_) throws(DeviceError) in
        upload = try store.use { (store) throws(StoreError) in try store.blob(blob) }
      }
      try await check(upload, blob, .device) { (offset, count) throws(DeviceError) in
        try store.use { (store) throws(StoreError) in
          try store.readBlob(blob, at: offset, byteCount: count)
        }
      }
    }
  }

  private mutating func checkRelayBlobs(_ referenced: [BlobID: Attachment]) async throws(DeviceError) {
    guard relay.isPresent, view.erasedBy == nil else { return }
    let relay = relay
    let waiting = (try? store.store?.blobsToUpload().map(\.blob)) ?? []
    for blob in Set(referenced.keys).subtracting(waiting).sorted() {
      verification.attachmentCount += 1
      let upload: BlobUpload?
      do throws(DeviceError) {
        upload = try await relay.ask { (relay, account) async throws(RelayError) in
          try await relay.blob(blob, of: account)
        }
      } catch {
        if error == .cancelled { throw error }
        fail(.relay, "attachment \(blob)", error.reason)
        continue
      }
      if let upload, upload.digest.bytes != referenced[blob]?.digest {
        fail(.relay, "attachment \(blob)", "it is not the one that its message names")
      }
      try await check(upload, blob, .relay) { (offset, count) async throws(DeviceError) in
        try await relay.ask { (relay, account) async throws(RelayError) in
          try await relay.readBlob(blob, of: account, at: offset, byteCount: count)
        }
      }
    }
  }

  /// The uploader's signature, the length and the digest.
  private mutating func check(
    _ upload: BlobUpload?, _ blob: BlobID, _ place: ArchiveVerification.Place,
    _ read: (UInt64, Int) async throws(DeviceError) -> [UInt8]
  ) async throws(DeviceError) {
    let thing = "attachment \(blob)"
    guard let upload else { return fail(place, thing, "it is not there") }
    guard upload.blob == blob, let member = view.log.members[upload.device],
      upload.isSigned(by: member.bundle.signingKeys, account: view.account)
    else { return fail(place, thing, "its uploader did not sign for it") }
    var hasher = SegmentHasher()
    var offset: UInt64 = 0
    do throws(DeviceError) {
      while offset < upload.byteCount {
        try checkCancellation()
        // In range: the loop ends at the end.
        let part = try await read(offset, Int(min(upload.byteCount - offset, 1 << 20)))
        guard !part.isEmpty else { break }
        hasher.update(part)
        offset += UInt64(part.count)
      }
    } catch {
      if error == .cancelled { throw error }
      return fail(place, thing, error.reason)
    }
    if offset != upload.byteCount || hasher.finalize() != upload.digest {
      fail(place, thing, "its bytes are not the ones that were signed for")
    }
  }
}
