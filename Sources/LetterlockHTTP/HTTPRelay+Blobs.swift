#if HTTP
public import LetterlockFormat
internal import LetterlockHTTPFormat
internal import TLSCodec

/// Sealed attachments. `BlobRelay` says what each operation does.
extension HTTPRelay {
  /// Begins an upload, or goes on with it.
  public func beginBlob(
    _ upload: BlobUpload, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> UInt64 {
    try await ask(
      RelayCall(
        operation: .beginBlob, account: account, caller: caller, blob: upload.blob, body: upload.encoded))
  }

  /// Adds bytes to an upload, in requests of at most 256 KiB.
  public func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8], as caller: RelayCaller
  ) async throws(RelayError) {
    guard bytes.count <= RelayLimits.blobPartByteCount else { throw .tooLarge }
    var sent = 0
    repeat {
      let part = Array(bytes[sent..<min(bytes.count, sent + RelayOperation.partByteCount)])
      let (place, overflow) = offset.addingReportingOverflow(UInt64(sent))
      guard !overflow else { throw .blobRefused }
      var query = QueryItems()
      query.add("offset", place)
      try await tell(
        RelayCall(
          operation: .writeBlob, account: account, caller: caller, blob: blob, query: query, body: part))
      sent += part.count
    } while sent < bytes.count
  }

  /// Returns what was signed about an attachment.
  public func blob(
    _ blob: BlobID, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> BlobUpload? {
    try await ask(RelayCall(operation: .blob, account: account, caller: caller, blob: blob))
  }

  /// Returns bytes of an attachment.
  public func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8] {
    // Whoever asks for none learns whether it may ask: a range has a byte at least.
    let wanted = min(max(1, byteCount), RelayLimits.pageByteCount)
    let (last, overflow) = offset.addingReportingOverflow(UInt64(wanted - 1))
    let range = ByteRange(first: offset, last: overflow ? nil : last)
    let answer = try await answer(
      to: RelayCall(operation: .readBlob, account: account, caller: caller, blob: blob, range: range),
      [206, 416])
    guard answer.status == 206, byteCount > 0 else { return [] }
    guard answer.body.count <= wanted else { throw .strangeAnswer }
    return answer.body
  }

  /// Returns attachments of an account, in the order of their names.
  public func blobs(
    of account: AccountID, after blob: BlobID?, as caller: RelayCaller
  ) async throws(RelayError) -> [RelayBlob] {
    var query = QueryItems()
    if let blob { query.add("after", Hex.encode(blob.bytes)) }
    let listed: [ListedBlob] = try await ask(
      RelayCall(operation: .blobs, account: account, caller: caller, query: query))
    return listed.map(\.blob)
  }

  /// Drops attachments that nothing refers to.
  public func removeBlobs(
    _ removal: BlobRemoval, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) {
    try await tell(
      RelayCall(operation: .removeBlobs, account: account, caller: caller, body: removal.encoded))
  }
}
#endif
