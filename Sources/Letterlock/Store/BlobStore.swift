internal import CryptoCore

/// Where a device keeps sealed attachments. Each call is durable when it returns, but for writing, which is so when
/// the attachment is finished.
public protocol BlobStore: Sendable {
  /// Keeps a sealed attachment that is small enough to be in memory.
  func keepBlob(_ blob: SealedBlob, isUploaded: Bool) throws(StoreError)
  /// Begins a large attachment that is being sealed, or begins it anew.
  func beginBlob(_ blob: BlobID) throws(StoreError)
  /// Begins to fetch an attachment, or goes on with it: how many of its bytes, from the first on, are there.
  func beginDownload(_ upload: BlobUpload) throws(StoreError) -> UInt64
  /// Puts bytes in their place in an attachment that is not finished. Several threads may write to one, in any order.
  func writeBlob(_ blob: BlobID, at offset: UInt64, _ bytes: RawSpan) throws(StoreError)
  /// Ends it: from here on it is complete, and waits to be uploaded if it was not.
  func finishBlob(_ upload: BlobUpload, isUploaded: Bool) throws(StoreError)

  /// What was signed about a complete attachment; nil if there is none.
  func blob(_ blob: BlobID) throws(StoreError) -> BlobUpload?
  /// How many bytes, from the first on, there are of an attachment that is being fetched; 0 if it is not.
  func downloadedByteCount(of blob: BlobID) throws(StoreError) -> UInt64
  /// Fills `output` with an attachment's bytes from `offset` on. Returns how many there were.
  func readBlob(
    _ blob: BlobID, at offset: UInt64, into output: inout MutableRawSpan
  ) throws(StoreError) -> Int
  /// Complete attachments that wait to be uploaded.
  func blobsToUpload() throws(StoreError) -> [BlobUpload]
  /// Notes that a relay has the attachment.
  func markUploaded(_ blob: BlobID) throws(StoreError)
  /// Every complete attachment.
  func allBlobs() throws(StoreError) -> [BlobID]
  /// Drops attachments, complete or not.
  func removeBlobs(_ blobs: [BlobID]) throws(StoreError)
  /// Drops attachments whose sealing was begun and never finished. Those that are being fetched stay.
  func removeUnfinishedBlobs() throws(StoreError)
}

extension BlobStore {
  /// Bytes of an attachment, at most `byteCount` of them.
  package func readBlob(
    _ blob: BlobID, at offset: UInt64, byteCount: Int
  ) throws(StoreError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, byteCount))
    let count = try bytes.withMutableRawSpan { (span) throws(StoreError) in
      try readBlob(blob, at: offset, into: &span)
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
