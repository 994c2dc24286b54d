internal import Synchronization
internal import TLSCodec

/// A relay as one device calls it: its traffic is counted by kind, and its calls say who makes them.
final class MeteredRelay: Relay {
  private let relay: any Relay
  /// The device whose calls these are.
  let caller: RelayCaller
  private let counted = Mutex(DataUsage())

  init(_ relay: any Relay, as caller: RelayCaller) {
    self.relay = relay
    self.caller = caller
  }

  /// The relay, if it can tell when the account goes on.
  var events: (any EventRelay)? { relay as? any EventRelay }

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

  func checkpointKey(as caller: RelayCaller) async throws(RelayError) -> [UInt8] {
    try await relay.checkpointKey(as: caller)
  }

  func createAccount(_ entry: LogEntry, wraps: [StoredWrap], as caller: RelayCaller) async throws(RelayError)
  {
    count(\.logUp, RelayUsage.byteCount(of: entry, wraps))
    try await relay.createAccount(entry, wraps: wraps, as: caller)
  }

  func account(recoveredBy device: DeviceID, as caller: RelayCaller) async throws(RelayError) -> AccountID? {
    try await relay.account(recoveredBy: device, as: caller)
  }

  func takeBack(
    _ part: LostPart, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> Checkpoint? {
    count(\.logUp, part.entries.reduce(0) { $0 + $1.encoded.count })
    count(\.recordsUp, part.batches.reduce(0) { $0 + $1.records.reduce(0) { $0 + ($1?.count ?? 0) } })
    return try await relay.takeBack(part, of: account, as: caller)
  }

  func logEntries(of account: AccountID, from index: UInt64, as caller: RelayCaller) async throws(RelayError)
    -> [LogEntry]
  {
    let entries = try await relay.logEntries(of: account, from: index, as: caller)
    count(\.logDown, entries.reduce(0) { $0 + $1.encoded.count })
    return entries
  }

  func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) {
    count(\.logUp, RelayUsage.byteCount(of: entry, wraps))
    try await relay.appendLogEntry(entry, wraps: wraps, to: account, as: caller)
  }

  func hold(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) -> Timestamp {
    try await relay.hold(account, as: caller)
  }

  func release(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) {
    try await relay.release(account, as: caller)
  }

  func wrap(of account: AccountID, epoch: UInt64, for device: DeviceID, as caller: RelayCaller)
    async throws(RelayError) -> [UInt8]?
  {
    let wrap = try await relay.wrap(of: account, epoch: epoch, for: device, as: caller)
    count(\.logDown, wrap?.count ?? 0)
    return wrap
  }

  func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID,
    as caller: RelayCaller
  ) async throws(RelayError) -> BatchOutcome {
    count(\.recordsUp, RelayUsage.byteCount(of: signedBatch, records) + 8 * leafIndices.count)
    return try await relay.append(
      signedBatch, records: records, erasing: leafIndices, to: account, as: caller)
  }

  func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> HistoryPage {
    let page = try await relay.history(
      of: account, from: leaf, maximumByteCount: maximumByteCount, as: caller)
    count(
      \.recordsDown,
      page.batches.reduce(0) { $0 + RelayUsage.byteCount(of: $1.signedBatch, $1.records.compactMap(\.self)) })
    return page
  }

  func newestRecords(_ query: StreamQuery, of account: AccountID, as caller: RelayCaller)
    async throws(RelayError) -> StreamPage
  {
    let page = try await relay.newestRecords(query, of: account, as: caller)
    count(\.recordsDown, page.encoded.count)
    return page
  }

  func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamListing {
    let listing = try await relay.newestStreams(
      before: leaf, limit: limit, knownSize: knownSize, of: account, as: caller)
    count(\.recordsDown, listing.encoded.count)
    return listing
  }

  func beginBlob(_ upload: BlobUpload, of account: AccountID, as caller: RelayCaller) async throws(RelayError)
    -> UInt64
  {
    try await relay.beginBlob(upload, of: account, as: caller)
  }

  func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8], as caller: RelayCaller
  ) async throws(RelayError) {
    count(\.attachmentsUp, bytes.count)
    try await relay.writeBlob(blob, of: account, at: offset, bytes, as: caller)
  }

  func blob(_ blob: BlobID, of account: AccountID, as caller: RelayCaller) async throws(RelayError)
    -> BlobUpload?
  {
    try await relay.blob(blob, of: account, as: caller)
  }

  func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8] {
    let bytes = try await relay.readBlob(blob, of: account, at: offset, byteCount: byteCount, as: caller)
    count(\.attachmentsDown, bytes.count)
    return bytes
  }

  func blobs(of account: AccountID, after blob: BlobID?, as caller: RelayCaller) async throws(RelayError)
    -> [RelayBlob]
  {
    try await relay.blobs(of: account, after: blob, as: caller)
  }

  func removeBlobs(_ removal: BlobRemoval, of account: AccountID, as caller: RelayCaller)
    async throws(RelayError)
  {
    try await relay.removeBlobs(removal, of: account, as: caller)
  }

  func post(_ message: [UInt8], to mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError) {
    count(\.logUp, message.count)
    try await relay.post(message, to: mailbox, as: caller)
  }

  func messages(in mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError) -> [[UInt8]] {
    let messages = try await relay.messages(in: mailbox, as: caller)
    count(\.logDown, messages.reduce(0) { $0 + $1.count })
    return messages
  }

  func pendingErasure(of account: AccountID, as caller: RelayCaller) async throws(RelayError)
    -> PendingErasure?
  {
    try await relay.pendingErasure(of: account, as: caller)
  }

  func eraseAccount(_ erasure: AccountErasure, of account: AccountID, as caller: RelayCaller)
    async throws(RelayError) -> PendingErasure?
  {
    count(\.logUp, erasure.encoded.count)
    return try await relay.eraseAccount(erasure, of: account, as: caller)
  }

  func usage(of account: AccountID, as caller: RelayCaller) async throws(RelayError) -> RelayUsage {
    try await relay.usage(of: account, as: caller)
  }
}
