/// Where a relay keeps sealed attachments. A write that returned is durable.
public protocol BlobRelay: Sendable {
  /// Begins an attachment's upload, or goes on with it: the number of bytes that are there already.
  func beginBlob(_ upload: BlobUpload, of account: AccountID) async throws(RelayError) -> UInt64
  /// Adds bytes to an attachment at `offset`, at most 1 MiB at once.
  func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8]
  ) async throws(RelayError)
  /// What was signed about an attachment whose upload is complete; nil if there is none.
  func blob(_ blob: BlobID, of account: AccountID) async throws(RelayError) -> BlobUpload?
  /// Bytes of an attachment, at most `byteCount` of them.
  func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int
  ) async throws(RelayError) -> [UInt8]

  /// Attachments of an account, begun or complete, in the order of their names, from after one of them on; at most
  /// 1000.
  func blobs(of account: AccountID, after blob: BlobID?) async throws(RelayError) -> [RelayBlob]
  /// Drops attachments that a device synchronised to the newest record says nothing refers to; what is not there is
  /// left out.
  func removeBlobs(_ removal: BlobRemoval, of account: AccountID) async throws(RelayError)
}
