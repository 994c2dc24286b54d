internal import LetterlockFormat
internal import TLSCodec

/// The rules of SPEC.md sections 7.3 to 7.5.
extension RelayAccount {
  /// The most bytes that one attachment may have: what a row's number can count.
  private static let maximumByteCount = UInt64(Int64.max)

  /// Checks that an active device signed an upload, and that it fits.
  func check(_ upload: BlobUpload) throws(RelayError) {
    guard let member = log.activeMember(upload.device),
      upload.isSigned(by: member.bundle.signingKeys, account: log.account)
    else { throw .blobRefused }
    guard upload.byteCount <= Self.maximumByteCount else { throw .tooLarge }
    guard usage.hasRoom(for: upload.byteCount) else { throw .quotaExceeded(usage) }
    // No sealed file is empty, and what is empty would count nowhere.
    guard upload.byteCount > 0 else { throw .blobRefused }
  }

  /// How long an upload has its name for itself, whoever else has the same bytes.
  private static let ownership: UInt64 = 86_400_000_000_000

  /// Whether an upload that another device began gives way to one of the same name: it is not complete, and says
  /// something else of the bytes, or its device is active no more, or it was begun more than a day ago.
  func givesWay(
    _ present: StoredBlob, begunAt begun: Timestamp?, to upload: BlobUpload, at now: Timestamp
  ) -> Bool {
    let other = present.upload
    guard !present.isComplete, other.device != upload.device else { return false }
    guard other.digest == upload.digest, other.byteCount == upload.byteCount else { return true }
    guard let begun, log.activeMember(other.device) != nil else { return true }
    return now.nanosecondsElapsed(since: begun) > Self.ownership
  }

  /// Checks that so many bytes go on where an upload ends, and fit.
  func checkPart(_ byteCount: Int, of present: StoredBlob, at offset: UInt64) throws(RelayError) {
    guard offset == present.received, UInt64(byteCount) <= present.upload.byteCount - present.received else {
      throw .blobRefused
    }
    guard usage.hasRoom(for: UInt64(byteCount)) else { throw .quotaExceeded(usage) }
  }

  /// Whether a caller may see an upload that is, or is not, complete.
  func lists(_ blob: StoredBlob, to caller: RelayCaller) -> Bool {
    blob.isComplete || blob.upload.device == caller.device || log.activeMember(blob.upload.device) == nil
  }

  /// Checks that an active device asks, which has seen the newest of everything, and that it names no upload that
  /// another device is in the middle of. `find` returns what is there of a blob.
  func check(
    _ removal: BlobRemoval, _ find: (BlobID) throws(RelayError) -> StoredBlob?
  ) throws(RelayError) {
    guard let member = log.activeMember(removal.device),
      removal.isSigned(by: member.bundle.signingKeys, account: log.account),
      (1...BlobRemoval.maximumBlobCount).contains(removal.blobs.count)
    else { throw .blobRefused }
    guard removal.knownCheckpoint.logHead == log.head else { throw .staleLogHead(newest: log.head) }
    guard removal.knownCheckpoint.account == log.account,
      removal.knownCheckpoint.treeSize == history.tree.size,
      removal.knownCheckpoint.treeRoot == history.tree.root
    else { throw .staleHistory(treeSize: history.tree.size) }
    for blob in removal.blobs {
      guard let found = try find(blob) else { continue }
      guard lists(found, to: .device(removal.device)) else { throw .blobRefused }
    }
  }
}
