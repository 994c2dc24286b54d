/// The same calls, made by the device that the relay was opened for.
extension MeteredRelay {
  func checkpointKey() async throws(RelayError) -> [UInt8] { try await checkpointKey(as: caller) }

  func logEntries(of account: AccountID, from index: UInt64) async throws(RelayError) -> [LogEntry] {
    try await logEntries(of: account, from: index, as: caller)
  }

  func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID
  ) async throws(RelayError) {
    try await appendLogEntry(entry, wraps: wraps, to: account, as: caller)
  }

  func hold(_ account: AccountID) async throws(RelayError) -> Timestamp {
    try await hold(account, as: caller)
  }

  func release(_ account: AccountID) async throws(RelayError) { try await release(account, as: caller) }

  func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID
  ) async throws(RelayError) -> [UInt8]? {
    try await wrap(of: account, epoch: epoch, for: device, as: caller)
  }

  func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID
  ) async throws(RelayError) -> BatchOutcome {
    try await append(signedBatch, records: records, erasing: leafIndices, to: account, as: caller)
  }

  func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int
  ) async throws(RelayError) -> HistoryPage {
    try await history(of: account, from: leaf, maximumByteCount: maximumByteCount, as: caller)
  }

  func newestRecords(_ query: StreamQuery, of account: AccountID) async throws(RelayError) -> StreamPage {
    try await newestRecords(query, of: account, as: caller)
  }

  func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID
  ) async throws(RelayError) -> StreamListing {
    try await newestStreams(before: leaf, limit: limit, knownSize: knownSize, of: account, as: caller)
  }

  func beginBlob(_ upload: BlobUpload, of account: AccountID) async throws(RelayError) -> UInt64 {
    try await beginBlob(upload, of: account, as: caller)
  }

  func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8]
  ) async throws(RelayError) {
    try await writeBlob(blob, of: account, at: offset, bytes, as: caller)
  }

  func blob(_ blob: BlobID, of account: AccountID) async throws(RelayError) -> BlobUpload? {
    try await self.blob(blob, of: account, as: caller)
  }

  func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int
  ) async throws(RelayError) -> [UInt8] {
    try await readBlob(blob, of: account, at: offset, byteCount: byteCount, as: caller)
  }

  func blobs(of account: AccountID, after blob: BlobID?) async throws(RelayError) -> [RelayBlob] {
    try await blobs(of: account, after: blob, as: caller)
  }

  func removeBlobs(_ removal: BlobRemoval, of account: AccountID) async throws(RelayError) {
    try await removeBlobs(removal, of: account, as: caller)
  }

  func post(_ message: [UInt8], to mailbox: MailboxID) async throws(RelayError) {
    try await post(message, to: mailbox, as: caller)
  }

  func messages(in mailbox: MailboxID) async throws(RelayError) -> [[UInt8]] {
    try await messages(in: mailbox, as: caller)
  }

  func pendingErasure(of account: AccountID) async throws(RelayError) -> PendingErasure? {
    try await pendingErasure(of: account, as: caller)
  }

  func eraseAccount(
    _ erasure: AccountErasure, of account: AccountID
  ) async throws(RelayError) -> PendingErasure? {
    try await eraseAccount(erasure, of: account, as: caller)
  }

  func usage(of account: AccountID) async throws(RelayError) -> RelayUsage {
    try await usage(of: account, as: caller)
  }
}
