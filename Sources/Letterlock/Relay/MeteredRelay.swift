internal import Synchronization
internal import TLSCodec

/// A relay whose traffic is counted by kind.
final class MeteredRelay: Relay {
  private let relay: any Relay
  private let counted = Mutex(DataUsage())

  init(_ relay: any Relay) { self.relay = relay }

  /// What was exchanged since this was asked before.
  func takeUsage() -> DataUsage {
    counted.withLock { usage in
      defer { usage = DataUsage() }
      return usage
    }
  }

  private func count(_ kind: WritableKeyPath<DataUsage, UInt64>, _ byteCount: Int) {
    counted.withLock { $0[keyPath: kind] &+= UInt64(byteCount) }
  }

  func checkpointKey() async throws(RelayError) -> [UInt8] { try await relay.checkpointKey() }

  func createAccount(_ entry: LogEntry, wraps: [StoredWrap]) async throws(RelayError) {
    count(\.logUp, RelayUsage.byteCount(of: entry, wraps))
    try await relay.createAccount(entry, wraps: wraps)
  }

  func account(recoveredBy device: DeviceID) async throws(RelayError) -> AccountID? {
    try await relay.account(recoveredBy: device)
  }

  func logEntries(of account: AccountID, from index: UInt64) async throws(RelayError) -> [LogEntry] {
    let entries = try await relay.logEntries(of: account, from: index)
    count(\.logDown, entries.reduce(0) { $0 + $1.encoded.count })
    return entries
  }

  func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID
  ) async throws(RelayError) {
    count(\.logUp, RelayUsage.byteCount(of: entry, wraps))
    try await relay.appendLogEntry(entry, wraps: wraps, to: account)
  }

  func wrap(of account: AccountID, epoch: UInt64, for device: DeviceID) async throws(RelayError) -> [UInt8]? {
    let wrap = try await relay.wrap(of: account, epoch: epoch, for: device)
    count(\.logDown, wrap?.count ?? 0)
    return wrap
  }

  func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID
  ) async throws(RelayError) -> BatchOutcome {
    count(\.recordsUp, RelayUsage.byteCount(of: signedBatch, records) + 8 * leafIndices.count)
    return try await relay.append(signedBatch, records: records, erasing: leafIndices, to: account)
  }

  func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int
  ) async throws(RelayError) -> HistoryPage {
    let page = try await relay.history(of: account, from: leaf, maximumByteCount: maximumByteCount)
    count(
      \.recordsDown,
      page.batches.reduce(0) { $0 + RelayUsage.byteCount(of: $1.signedBatch, $1.records.compactMap(\.self)) })
    return page
  }

  func newestRecords(_ query: StreamQuery, of account: AccountID) async throws(RelayError) -> StreamPage {
    let page = try await relay.newestRecords(query, of: account)
    count(\.recordsDown, page.encoded.count)
    return page
  }

  func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID
  ) async throws(RelayError) -> StreamListing {
    let listing = try await relay.newestStreams(
      before: leaf, limit: limit, knownSize: knownSize, of: account)
    count(\.recordsDown, listing.encoded.count)
    return listing
  }

  func beginBlob(_ upload: BlobUpload, of account: AccountID) async throws(RelayError) -> UInt64 {
    try await relay.beginBlob(upload, of: account)
  }

  func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8]
  ) async throws(RelayError) {
    count(\.attachmentsUp, bytes.count)
    try await relay.writeBlob(blob, of: account, at: offset, bytes)
  }

  func blob(_ blob: BlobID, of account: AccountID) async throws(RelayError) -> BlobUpload? {
    try await relay.blob(blob, of: account)
  }

  func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int
  ) async throws(RelayError) -> [UInt8] {
    let bytes = try await relay.readBlob(blob, of: account, at: offset, byteCount: byteCount)
    count(\.attachmentsDown, bytes.count)
    return bytes
  }

  func blobs(of account: AccountID, after blob: BlobID?) async throws(RelayError) -> [RelayBlob] {
    try await relay.blobs(of: account, after: blob)
  }

  func removeBlobs(_ removal: BlobRemoval, of account: AccountID) async throws(RelayError) {
    try await relay.removeBlobs(removal, of: account)
  }

  func post(_ message: [UInt8], to mailbox: MailboxID) async throws(RelayError) {
    count(\.logUp, message.count)
    try await relay.post(message, to: mailbox)
  }

  func messages(in mailbox: MailboxID) async throws(RelayError) -> [[UInt8]] {
    let messages = try await relay.messages(in: mailbox)
    count(\.logDown, messages.reduce(0) { $0 + $1.count })
    return messages
  }

  func eraseAccount(_ erasure: AccountErasure, of account: AccountID) async throws(RelayError) {
    count(\.logUp, erasure.encoded.count)
    try await relay.eraseAccount(erasure, of: account)
  }

  func usage(of account: AccountID) async throws(RelayError) -> RelayUsage {
    try await relay.usage(of: account)
  }
}
