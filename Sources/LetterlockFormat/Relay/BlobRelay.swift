/// Sealed attachments at a relay. SPEC.md section 7.3. See `Relay` for what holds for every operation.
public protocol BlobRelay: Sendable {
  /// Begins an attachment's upload, or goes on with it. Returns the number of bytes that are there already.
  ///
  /// Called by the writer that signed `upload`. The same upload once more changes nothing. Another device's upload of
  /// this name gives way if it is not complete and is of other bytes, or its device was removed, or it was begun more
  /// than a day ago.
  /// - Throws: `.blobRefused` if the signature does not hold or there is another upload of this name, `.quotaExceeded`,
  ///   `.tooLarge` if the device has `RelayLimits.unfinishedBlobCount` uploads that are not complete.
  func beginBlob(
    _ upload: BlobUpload, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> UInt64

  /// Adds at most `RelayLimits.blobPartByteCount` bytes to an attachment, at `offset`, which is where the bytes that are
  /// there end. The bytes that complete it are refused if its digest does not hold, and the upload is dropped.
  ///
  /// Called by the writer that began the upload. After an answer that was lost, `beginBlob` says where to go on.
  /// - Throws: `.unknownBlob` if the caller has begun no such upload, `.blobRefused`, `.quotaExceeded`.
  func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8], as caller: RelayCaller
  ) async throws(RelayError)

  /// Returns what was signed about an attachment whose upload is complete; nil if there is none. Called by a
  /// reader.
  func blob(
    _ blob: BlobID, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> BlobUpload?

  /// Returns bytes of an attachment, at most `byteCount` and at most `RelayLimits.pageByteCount` of them; none behind
  /// the end. Called by a reader.
  /// - Throws: `.unknownBlob` if there is none, or its upload is not complete.
  func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8]

  /// Returns attachments of an account in the order of their names, from after one of them on, at most 1000.
  ///
  /// Called by a reader. An upload that is not complete is listed to the device that began it, and to every reader if
  /// that device was removed.
  func blobs(
    of account: AccountID, after blob: BlobID?, as caller: RelayCaller
  ) async throws(RelayError) -> [RelayBlob]

  /// Drops attachments that a device synchronised to the newest record says nothing refers to; what is not there is
  /// left out.
  ///
  /// Called by the writer that signed the request. SPEC.md section 7.5.
  /// - Throws: `.staleLogHead` or `.staleHistory` if the account has moved on: look again. `.blobRefused` if the
  ///   signature does not hold or another active device's upload is not complete.
  func removeBlobs(
    _ removal: BlobRemoval, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError)
}
