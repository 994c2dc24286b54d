public import LetterlockFormat

/// A relay whose rows were restored from a backup. It answers what it is asked, takes back from devices what it lost, and
/// takes nothing new. SPEC.md section 6.13.
///
/// Serve this in place of the relay until the devices have come by: what the first one writes after that is all that
/// counts.
public final class RestoredRelay<Store: RelayStore>: Relay {
  private let service: RelayService<Store>

  /// The relay that was restored.
  public init(_ service: RelayService<Store>) {
    // The entry that voided an order may be among what was lost.
    var policy = service.policy
    policy.carriesOutErasures = false
    self.service = RelayService(
      store: service.store, key: service.key, quota: service.quota, policy: policy, clock: service.clock,
      accounts: service.accounts)
  }

  private static var waits: RelayError {
    .unavailable(
      "The relay was restored from a backup, and takes nothing new before the devices have come by.")
  }

  /// Takes back what the relay has lost of an account.
  public func takeBack(
    _ part: LostPart, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> Checkpoint? {
    let (key, moment) = (service.key, service.moment)
    let (checkpoint, recovery) = try await service.changing(account, as: caller, .reader) {
      (rows, rules) throws(RelayError) -> (Checkpoint, DeviceID?) in
      let before = rules.log
      var entries = part.entries[...]
      for batch in part.batches {
        while rules.log.head != batch.signedBatch.logHead, let entry = entries.popFirst() {
          try Self.takeBack(entry, into: rows, &rules, at: moment)
        }
        try Self.takeBack(batch, into: rows, &rules)
      }
      for entry in entries { try Self.takeBack(entry, into: rows, &rules, at: moment) }
      // A record that nobody erased must be there: it would be lost for good.
      if let absent = rules.history.absent.first { throw .batchRefused(.tampered(leaf: absent)) }
      let recovery = rules.log.recoveryDevice
      return (
        try rules.checkpoint(at: moment.now, by: key), recovery == before.recoveryDevice ? nil : recovery
      )
    }
    if let recovery { try await service.claim(recovery, for: account) }
    return checkpoint
  }

  private static func takeBack(
    _ entry: LogEntry, into rows: any WritableRelayRows, _ rules: inout RelayAccount, at moment: RelayMoment
  ) throws(RelayError) {
    let active = rules.log.activeDevices
    try rules.takeBack(entry, at: moment)
    for device in active where rules.log.activeMember(device) == nil {
      rules.usage.subtract(try LogRows.eraseWraps(of: device, in: rows), from: \.log)
    }
    try LogRows.add(entry, [], rules.log, to: rows)
  }

  private static func takeBack(
    _ batch: HistoryBatch, into rows: any WritableRelayRows, _ rules: inout RelayAccount
  ) throws(RelayError) {
    try rules.takeBack(batch)
    try HistoryRows.add(batch, to: rows)
    for leaf in batch.erasures {
      rules.usage.subtract(try HistoryRows.erase(leaf, in: rows), from: \.records)
    }
  }
}

/// What is read.
extension RestoredRelay {
  /// Returns what the relay signs checkpoints with.
  public func checkpointKey(as caller: RelayCaller) async throws(RelayError) -> [UInt8] {
    try await service.checkpointKey(as: caller)
  }

  /// Returns the account whose newest recovery device this is.
  public func account(
    recoveredBy device: DeviceID, as caller: RelayCaller
  ) async throws(RelayError) -> AccountID? { try await service.account(recoveredBy: device, as: caller) }

  /// Returns the entries of a log from an index on.
  public func logEntries(
    of account: AccountID, from index: UInt64, as caller: RelayCaller
  ) async throws(RelayError) -> [LogEntry] {
    try await service.logEntries(of: account, from: index, as: caller)
  }

  /// Returns a device's wrap of an epoch's secret.
  public func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8]? {
    try await service.wrap(of: account, epoch: epoch, for: device, as: caller)
  }

  /// Returns the order to erase the account that waits.
  public func pendingErasure(
    of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> PendingErasure? {
    try await service.pendingErasure(of: account, as: caller)
  }

  /// Returns what the account keeps.
  public func usage(of account: AccountID, as caller: RelayCaller) async throws(RelayError) -> RelayUsage {
    try await service.usage(of: account, as: caller)
  }

  /// Returns whole batches of records from a leaf index on.
  public func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> HistoryPage {
    try await service.history(of: account, from: leaf, maximumByteCount: maximumByteCount, as: caller)
  }

  /// Returns the newest records of streams, with what proves them.
  public func newestRecords(
    _ query: StreamQuery, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamPage {
    try await service.newestRecords(query, of: account, as: caller)
  }

  /// Returns the newest record of each stream, the stream with the newest first.
  public func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamListing {
    try await service.newestStreams(
      before: leaf, limit: limit, knownSize: knownSize, of: account, as: caller)
  }

  /// Returns what was signed about an attachment.
  public func blob(
    _ blob: BlobID, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> BlobUpload? { try await service.blob(blob, of: account, as: caller) }

  /// Returns bytes of an attachment.
  public func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8] {
    try await service.readBlob(blob, of: account, at: offset, byteCount: byteCount, as: caller)
  }

  /// Returns attachments of an account in the order of their names.
  public func blobs(
    of account: AccountID, after blob: BlobID?, as caller: RelayCaller
  ) async throws(RelayError) -> [RelayBlob] {
    try await service.blobs(of: account, after: blob, as: caller)
  }

  /// Returns the messages in a mailbox.
  public func messages(in mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError) -> [[UInt8]] {
    try await service.messages(in: mailbox, as: caller)
  }
}

/// What waits.
extension RestoredRelay {
  /// Refuses: the relay takes nothing new.
  public func createAccount(
    _ entry: LogEntry, wraps: [StoredWrap], as caller: RelayCaller
  ) async throws(RelayError) { throw Self.waits }

  /// Refuses: the relay takes nothing new.
  public func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) { throw Self.waits }

  /// Refuses: the relay takes nothing new.
  public func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID,
    as caller: RelayCaller
  ) async throws(RelayError) -> BatchOutcome { throw Self.waits }

  /// Refuses: the relay takes nothing new.
  public func beginBlob(
    _ upload: BlobUpload, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> UInt64 { throw Self.waits }

  /// Refuses: the relay takes nothing new.
  public func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8], as caller: RelayCaller
  ) async throws(RelayError) { throw Self.waits }

  /// Refuses: the relay takes nothing new.
  public func removeBlobs(
    _ removal: BlobRemoval, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) { throw Self.waits }

  /// Refuses: the relay takes nothing new.
  public func post(
    _ message: [UInt8], to mailbox: MailboxID, as caller: RelayCaller
  ) async throws(RelayError) { throw Self.waits }

  /// Refuses: the relay takes nothing new.
  public func eraseAccount(
    _ erasure: AccountErasure, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> PendingErasure? { throw Self.waits }

  /// Refuses: the relay takes nothing new.
  public func hold(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) -> Timestamp {
    throw Self.waits
  }

  /// Refuses: the relay takes nothing new.
  public func release(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) {
    throw Self.waits
  }
}
