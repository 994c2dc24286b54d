import Letterlock
import LetterlockFormat

/// Sealed attachments.
extension SimulatedStore {
  func keepBlob(_ blob: SealedBlob, isUploaded: Bool) throws(StoreError) {
    try crash.step("store.keepBlob", or: Self.dead) { () throws(StoreError) in
      try store.keepBlob(blob, isUploaded: isUploaded)
    }
  }

  func beginBlob(_ blob: BlobID) throws(StoreError) {
    try crash.step("store.beginBlob", or: Self.dead) { () throws(StoreError) in try store.beginBlob(blob) }
  }

  func beginDownload(_ upload: BlobUpload) throws(StoreError) -> UInt64 {
    try crash.step("store.beginDownload", or: Self.dead) { () throws(StoreError) in
      try store.beginDownload(upload)
    }
  }

  func writeBlob(_ blob: BlobID, at offset: UInt64, _ bytes: RawSpan) throws(StoreError) {
    let (takesEffect, endsAfter) = crash.begin("store.writeBlob")
    guard takesEffect else { throw Self.dead }
    try store.writeBlob(blob, at: offset, bytes)
    if endsAfter { throw Self.dead }
  }

  func finishBlob(_ upload: BlobUpload, isUploaded: Bool) throws(StoreError) {
    try crash.step("store.finishBlob", or: Self.dead) { () throws(StoreError) in
      try store.finishBlob(upload, isUploaded: isUploaded)
    }
  }

  func blob(_ blob: BlobID) throws(StoreError) -> BlobUpload? {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.blob(blob) }
  }

  func downloadedByteCount(of blob: BlobID) throws(StoreError) -> UInt64 {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.downloadedByteCount(of: blob) }
  }

  func readBlob(
    _ blob: BlobID, at offset: UInt64, into output: inout MutableRawSpan
  ) throws(StoreError) -> Int {
    guard !crash.isDead else { throw Self.dead }
    return try store.readBlob(blob, at: offset, into: &output)
  }

  func blobsToUpload() throws(StoreError) -> [BlobUpload] {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.blobsToUpload() }
  }

  func markUploaded(_ blob: BlobID) throws(StoreError) {
    try crash.step("store.markUploaded", or: Self.dead) { () throws(StoreError) in
      try store.markUploaded(blob)
    }
  }

  func allBlobs() throws(StoreError) -> [BlobID] {
    try crash.reading(or: Self.dead) { () throws(StoreError) in try store.allBlobs() }
  }

  func removeBlobs(_ blobs: [BlobID]) throws(StoreError) {
    try crash.step("store.removeBlobs", or: Self.dead) { () throws(StoreError) in try store.removeBlobs(blobs)
    }
  }

  func removeUnfinishedBlobs() throws(StoreError) {
    try crash.step("store.removeUnfinishedBlobs", or: Self.dead) { () throws(StoreError) in
      try store.removeUnfinishedBlobs()
    }
  }
}
