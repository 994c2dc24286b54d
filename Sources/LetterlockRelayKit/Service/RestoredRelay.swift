public import LetterlockFormat

/// A relay whose rows were restored from a backup. It answers what it is asked, takes back from devices what it lost, and
/// takes nothing new. SPEC.md section 6.13.
///
/// After putting a backup in the relay's place, serve this in place of the relay, with the same store and the same
/// checkpoint key, until the devices have come by: what they write after that is all that counts. It believes no device
/// what was lost: it takes back what leads to a checkpoint that it has signed itself, and nothing else.
public final class RestoredRelay<Store: RelayStore>: Relay {
  let service: RelayService<Store>
  /// When it began.
  private let start: Timestamp

  /// The relay that was restored.
  public init(_ service: RelayService<Store>) {
    // The entry that voided an order may be among what was lost.
    var policy = service.policy
    policy.carriesOutErasures = false
    start = service.moment.now
    self.service = RelayService(
      store: service.store, key: service.key, quota: service.quota, policy: policy, clock: service.clock,
      accounts: service.accounts)
  }

  /// Takes back what the relay has lost of an account, up to a state that it has signed.
  public func takeBack(
    _ part: LostPart, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> Checkpoint? {
    try RelayLimits.check(part)
    guard part.checkpoint.account == account, part.checkpoint.isSigned(by: service.key.publicKey) else {
      throw .lostPartRefused
    }
    let replaced = try await claimRecoveryDevices(of: part, account, caller)
    let checkpoint = try await store(part, account, caller)
    for device in replaced { await service.dropClaim(of: device, by: account) }
    return checkpoint
  }

  /// Claims the recovery devices that a part brings in, or announces, once the part is known to be right, and before the
  /// account changes. Returns those that they replace.
  private func claimRecoveryDevices(
    of part: LostPart, _ account: AccountID, _ caller: RelayCaller
  ) async throws(RelayError) -> [DeviceID] {
    guard part.entries.contains(where: { $0.content.change.concernsRecoveryDevice }) else { return [] }
    let moment = service.moment
    let (before, after) = try await service.loading(account) {
      (_, rules) throws(RelayError) -> ([DeviceID], [DeviceID]) in
      let next = try rules.examine(part, from: caller, at: moment).account
      return (rules.log.claimedDevices, next.log.claimedDevices)
    }
    for device in after where !before.contains(device) { try await service.claim(device, for: account) }
    return before.filter { !after.contains($0) }
  }

  private func store(
    _ part: LostPart, _ account: AccountID, _ caller: RelayCaller
  ) async throws(RelayError) -> Checkpoint {
    let (key, moment) = (service.key, service.moment)
    try await restartErasure(of: account)
    return try await service.changingEvenErased(account) { (rows, rules) throws(RelayError) in
      let (before, part) = (rules.log, try rules.examine(part, from: caller, at: moment))
      rules = part.account
      for entry in part.entries { try LogRows.add(entry, [], rules.log, to: rows) }
      for device in rules.devicesThatLeft(since: before) {
        rules.usage.subtract(try LogRows.eraseWraps(of: device, in: rows), from: \.log)
      }
      for batch in part.batches {
        try HistoryRows.add(batch, to: rows)
        for leaf in batch.erasures {
          rules.usage.subtract(try HistoryRows.erase(leaf, in: rows), from: \.records)
        }
      }
      return try rules.checkpoint(at: moment.now, by: key)
    }
  }
}

extension RestoredRelay {
  /// Lets an order to erase that waits wait its whole time again: the entry that voided it may be lost for good.
  private func restartErasure(of account: AccountID) async throws(RelayError) {
    let start = start
    let waits = try await service.loading(account) { (_, rules) throws(RelayError) in
      !rules.isMoved && rules.erasure?.waits(since: start) ?? false
    }
    guard waits else { return }
    try await service.changingEvenErased(account) { (_, rules) throws(RelayError) in
      rules.erasure?.wait(from: start)
    }
  }
}

extension AccountChange {
  /// Whether it can bring in a recovery device, or announce one.
  fileprivate var concernsRecoveryDevice: Bool {
    switch self {
    case .replaceRecovery, .announceRecovery, .completeRecovery, .cancelRecovery, .recover: true
    default: false
    }
  }
}

extension AccountLog {
  /// The devices that are claimed for the account: the recovery device, and the one that is announced.
  var claimedDevices: [DeviceID] {
    [recoveryDevice, announcement?.recovery.deviceID].compactMap { $0 }
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
    let entries = try await service.logEntries(of: account, from: index, as: caller)
    try await restartErasure(of: account)
    return entries
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
  ) async throws(RelayError) { throw .waitsForDevices }

  /// Refuses: the relay takes nothing new.
  public func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) { throw .waitsForDevices }

  /// Refuses: the relay takes nothing new.
  public func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID,
    as caller: RelayCaller
  ) async throws(RelayError) -> BatchOutcome { throw .waitsForDevices }

  /// Refuses: the relay takes nothing new.
  public func beginBlob(
    _ upload: BlobUpload, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> UInt64 { throw .waitsForDevices }

  /// Refuses: the relay takes nothing new.
  public func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8], as caller: RelayCaller
  ) async throws(RelayError) { throw .waitsForDevices }

  /// Refuses: the relay takes nothing new.
  public func removeBlobs(
    _ removal: BlobRemoval, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) { throw .waitsForDevices }

  /// Refuses: the relay takes nothing new.
  public func post(
    _ message: [UInt8], to mailbox: MailboxID, as caller: RelayCaller
  ) async throws(RelayError) { throw .waitsForDevices }

  /// Refuses: the relay takes nothing new.
  public func eraseAccount(
    _ erasure: AccountErasure, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> PendingErasure? { throw .waitsForDevices }

  /// Refuses: the relay takes nothing new.
  public func hold(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) -> Timestamp {
    throw .waitsForDevices
  }

  /// Refuses: the relay takes nothing new.
  public func release(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) {
    throw .waitsForDevices
  }
}
