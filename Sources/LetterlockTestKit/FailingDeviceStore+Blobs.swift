public import Letterlock

/// Sealed attachments.
extension FailingDeviceStore {
  /// Fails or passes the call on.
  public func keepBlob(_ blob: SealedBlob, isUploaded: Bool) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in try store.keepBlob(blob, isUploaded: isUploaded) }
  }

  /// Fails or passes the call on.
  public func beginBlob(_ blob: BlobID) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in try store.beginBlob(blob) }
  }

  /// Fails or passes the call on.
  public func beginDownload(_ upload: BlobUpload) throws(StoreError) -> UInt64 {
    try calling(.changes) { () throws(StoreError) in try store.beginDownload(upload) }
  }

  /// Fails or passes the call on.
  public func writeBlob(_ blob: BlobID, at offset: UInt64, _ bytes: RawSpan) throws(StoreError) {
    let failure = try begin(.changes)
    try store.writeBlob(blob, at: offset, bytes)
    if let failure { throw failure }
  }

  /// Fails or passes the call on.
  public func finishBlob(_ upload: BlobUpload, isUploaded: Bool) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in try store.finishBlob(upload, isUploaded: isUploaded) }
  }

  /// Fails or passes the call on.
  public func blob(_ blob: BlobID) throws(StoreError) -> BlobUpload? {
    try calling(.every) { () throws(StoreError) in try store.blob(blob) }
  }

  /// Fails or passes the call on.
  public func downloadedByteCount(of blob: BlobID) throws(StoreError) -> UInt64 {
    try calling(.every) { () throws(StoreError) in try store.downloadedByteCount(of: blob) }
  }

  /// Fails or passes the call on.
  public func readBlob(
    _ blob: BlobID, at offset: UInt64, into output: inout MutableRawSpan
  ) throws(StoreError) -> Int {
    let failure = try begin(.every)
    let count = try store.readBlob(blob, at: offset, into: &output)
    if let failure { throw failure }
    return count
  }

  /// Fails or passes the call on.
  public func blobsToUpload() throws(StoreError) -> [BlobUpload] {
    try calling(.every) { () throws(StoreError) in try store.blobsToUpload() }
  }

  /// Fails or passes the call on.
  public func markUploaded(_ blob: BlobID) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in try store.markUploaded(blob) }
  }

  /// Fails or passes the call on.
  public func allBlobs() throws(StoreError) -> [BlobID] {
    try calling(.every) { () throws(StoreError) in try store.allBlobs() }
  }

  /// Fails or passes the call on.
  public func removeBlobs(_ blobs: [BlobID]) throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in try store.removeBlobs(blobs) }
  }

  /// Fails or passes the call on.
  public func removeUnfinishedBlobs() throws(StoreError) {
    try calling(.changes) { () throws(StoreError) in try store.removeUnfinishedBlobs() }
  }
}
