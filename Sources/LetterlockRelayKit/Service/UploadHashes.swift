internal import LetterlockFormat
internal import Synchronization

/// The digests of uploads under way, taken as their parts arrive. Only a shortcut: what is not here is read again.
final class UploadHashes: Sendable {
  /// One upload. One that was begun again has another beginning.
  struct Upload: Hashable, Sendable {
    let account: AccountID
    let upload: BlobUpload
    let begun: Timestamp
  }

  private struct Progress {
    var hasher: SegmentHasher
    var byteCount: UInt64
  }

  private static let maximumCount = 1024
  private let uploads = Mutex<[Upload: Progress]>([:])

  /// The digest of the parts up to `offset` and of `bytes` after them; nil unless every part was seen here.
  func hasher(of upload: Upload, at offset: UInt64, adding bytes: [UInt8]) -> SegmentHasher? {
    let known = uploads.withLock { $0[upload] }
    guard offset == 0 || known?.byteCount == offset else { return nil }
    var hasher = offset == 0 ? SegmentHasher() : known?.hasher ?? SegmentHasher()
    hasher.update(bytes)
    return hasher
  }

  /// Keeps the digest of the first bytes of an upload, in place of an earlier one.
  func keep(_ hasher: SegmentHasher, of upload: Upload, byteCount: UInt64) {
    uploads.withLock { uploads in
      if uploads[upload] == nil, uploads.count >= Self.maximumCount, let other = uploads.keys.first {
        uploads[other] = nil
      }
      uploads[upload] = Progress(hasher: hasher, byteCount: byteCount)
    }
  }

  /// Forgets an upload that is complete, or gone.
  func forget(_ upload: Upload) { uploads.withLock { $0[upload] = nil } }
}
