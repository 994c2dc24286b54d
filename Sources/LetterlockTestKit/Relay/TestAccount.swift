package import LetterlockFormat
internal import CryptoCore
internal import TLSCodec

/// An account as its devices make it, one request at a time, so that a check can make wrong ones.
package struct TestAccount: Sendable {
  /// The first device.
  package let keys: DeviceKeys
  package var recovery: DeviceKeys
  package let create: LogEntry
  package let firstWraps: [StoredWrap]
  package var log: AccountLog
  package var history = History()
  package var counters: [DeviceID: UInt64] = [:]
  /// The devices that were added.
  private var added: [DeviceID: DeviceKeys] = [:]
  /// The newest that the relay gave.
  package var checkpoint: Checkpoint?

  package var id: AccountID { log.account }
  /// The first device, as a relay knows it.
  package var caller: RelayCaller { .device(keys) }

  package init(checkpointKey: [UInt8]) throws {
    keys = try DeviceKeys()
    recovery = try DeviceKeys()
    let opening = try EpochOpening(
      number: 0, account: .none, linking: [],
      recipients: [keys.deviceID: keys.sealingKey, recovery.deviceID: recovery.sealingKey],
      treeSize: 0, treeRoot: HistoryTree().root)
    let change = AccountChange.create(
      .init(
        device: try DeviceKeyBundle(of: keys, createdAt: 0),
        recovery: try DeviceKeyBundle(of: recovery, createdAt: 0),
        checkpointKey: Opaque(checkpointKey), epoch: Committed(opening.header)))
    let content = LogEntryContent(
      version: .newest, predecessor: .none, index: 0, signer: keys.deviceID, change: change)
    create = try LogEntry(content, signedBy: [keys, recovery], account: .none)
    firstWraps = opening.wraps
    log = try AccountLog(create: create)
  }

  /// Makes the account at a relay.
  package init(at relay: any Relay) async throws {
    try self.init(checkpointKey: try await relay.checkpointKey(as: .anyone))
    try await relay.createAccount(create, wraps: firstWraps, as: .anyone)
  }

  /// An entry after the newest one, by the first device or another, which a device that comes in signs too.
  package func entry(
    _ change: AccountChange, by signer: DeviceKeys? = nil, and newcomer: DeviceKeys? = nil
  ) throws -> LogEntry {
    let signer = signer ?? keys
    return try LogEntry(
      LogEntryContent(
        version: .newest, predecessor: log.head, index: log.nextIndex, signer: signer.deviceID,
        change: change),
      signedBy: [signer] + (newcomer.map { [$0] } ?? []), account: id)
  }

  /// An entry that begins an epoch for these devices, and its wraps.
  package func epochEntry(
    for devices: [DeviceKeys], by signer: DeviceKeys? = nil, _ make: (Committed<EpochHeader>) -> AccountChange
  ) throws -> (LogEntry, [StoredWrap]) {
    let opening = try opening(for: devices)
    return (try entry(make(Committed(opening.header)), by: signer), opening.wraps)
  }

  private func opening(for devices: [DeviceKeys]) throws -> EpochOpening {
    try EpochOpening(
      number: log.newestEpoch.header.number + 1, account: id, linking: [(0, SecretKey(random: 32))],
      recipients: Dictionary(uniqueKeysWithValues: devices.map { ($0.deviceID, $0.sealingKey) }),
      treeSize: history.tree.size, treeRoot: history.tree.root)
  }

  /// An entry that replaces the recovery device, signed with the old recovery key, and its wraps.
  package func replacement(by new: DeviceKeys) throws -> (LogEntry, [StoredWrap]) {
    let opening = try opening(for: [keys, new])
    let change = AccountChange.ReplaceRecovery(
      recovery: try DeviceKeyBundle(of: new, createdAt: 0), approvers: [keys.deviceID],
      epoch: Committed(opening.header))
    return (try entry(.replaceRecovery(change), by: recovery, and: new), opening.wraps)
  }

  /// An entry by which the recovery key brings a device in, and all others go; and its wraps.
  package func restoration(of restored: DeviceKeys) throws -> (LogEntry, [StoredWrap]) {
    let opening = try opening(for: [restored, recovery])
    let change = AccountChange.Recover(
      device: try DeviceKeyBundle(of: restored, createdAt: 0), kept: [], approvers: [restored.deviceID],
      highestVersion: 1, epoch: Committed(opening.header))
    return (try entry(.recover(change), by: recovery, and: restored), opening.wraps)
  }

  /// An entry by which the first device announces a recovery device.
  package func announcement(of new: DeviceKeys) throws -> LogEntry {
    let change = AccountChange.AnnounceRecovery(
      recovery: try DeviceKeyBundle(of: new, createdAt: 0), approvers: [keys.deviceID])
    return try entry(.announceRecovery(change), and: new)
  }

  /// An entry that puts the announced recovery device in, between two checkpoints, and its wraps.
  package func completion(
    of new: DeviceKeys, from first: Checkpoint, to second: Checkpoint
  ) throws -> (LogEntry, [StoredWrap]) {
    try epochEntry(for: [keys, new]) { epoch in
      .completeRecovery(
        .init(coolingOff: Committed(CoolingOff(first: first, second: second)), epoch: epoch))
    }
  }

  /// An entry by which devices leave, for those that stay besides the first and the recovery device; and its wraps.
  package func removal(
    of leavers: [DeviceKeys], keeping others: [DeviceKeys] = [], by signer: DeviceKeys? = nil
  ) throws -> (LogEntry, [StoredWrap]) {
    try epochEntry(for: [keys, recovery] + others, by: signer) {
      .remove(.init(devices: leavers.map(\.deviceID).sorted(), epoch: $0))
    }
  }

  /// An entry that adds a device, and its wrap.
  package func addition(
    of joiner: DeviceKeys, by adder: DeviceKeys? = nil
  ) throws -> (LogEntry, [StoredWrap]) {
    let wrap = SecureRandom.bytes(EpochWrap.byteCount)
    let tag = Digest32(unchecked: SecureRandom.bytes(32))
    let consent = try joiner.sign(tag.bytes, for: .joinConsent, account: .none)
    let add = AccountChange.Add(
      device: try DeviceKeyBundle(of: joiner, createdAt: 0),
      consentTag: tag, consent: consent, wrapHash: EpochWrap.hash(wrap))
    return (try entry(.add(add), by: adder), [StoredWrap(device: joiner.deviceID, wrap: Opaque(wrap))])
  }

  /// Bytes that a relay takes for a record under the newest epoch.
  package func record(_ content: UInt8, byteCount: Int = 300) -> [UInt8] {
    var writer = TLSWriter()
    writer.write(FormatVersion.one)
    writer.write(log.newestEpoch.reference)
    writer.write(fixed: [UInt8](repeating: content, count: 40))
    writer.write(opaque: [UInt8](repeating: content, count: byteCount))
    return writer.bytes
  }

  /// A device's next signed batch.
  package func append(
    _ records: [[UInt8]], erasing leafIndices: [UInt64] = [], by author: DeviceKeys? = nil
  ) throws -> SignedBatch {
    let author = author ?? keys
    return try SignedBatch(
      of: records, erasing: leafIndices, by: author, account: id, logHead: log.head,
      counter: counters[author.deviceID, default: 0] + 1,
      previous: history.author(author.deviceID)?.batchHash ?? .zero, knownCheckpoint: checkpoint)
  }

  /// Adds records at the relay and takes them.
  @discardableResult
  package mutating func send(
    _ records: [[UInt8]], erasing leafIndices: [UInt64] = [], by author: DeviceKeys? = nil,
    to relay: any Relay
  ) async throws -> BatchOutcome {
    let author = author ?? keys
    let signedBatch = try append(records, erasing: leafIndices, by: author)
    let outcome = try await relay.append(
      signedBatch, records: records, erasing: leafIndices, to: id, as: .device(author))
    try history.accept(signedBatch, records: records, erasing: leafIndices, of: log)
    counters[author.deviceID, default: 0] += 1
    checkpoint = outcome.checkpoint
    return outcome
  }

  /// A device of the account as a caller, which can prove who it is if its keys are known here.
  private func caller(_ device: DeviceID) -> RelayCaller {
    if device == keys.deviceID { return caller }
    if device == recovery.deviceID { return .device(recovery) }
    return added[device].map { .device($0) } ?? .device(device)
  }

  /// Adds an entry at the relay and takes it.
  package mutating func send(
    _ entry: LogEntry, _ wraps: [StoredWrap], to relay: any Relay
  ) async throws {
    try await relay.appendLogEntry(entry, wraps: wraps, to: id, as: caller(entry.content.signer))
    try log.append(entry)
  }

  /// Adds a device at the relay.
  package mutating func add(
    _ joiner: DeviceKeys, by adder: DeviceKeys? = nil, at relay: any Relay
  ) async throws {
    let (entry, wraps) = try addition(of: joiner, by: adder)
    try await send(entry, wraps, to: relay)
    added[joiner.deviceID] = joiner
  }

  /// What the relay says of the account now.
  package func newestCheckpoint(at relay: any Relay) async throws -> Checkpoint {
    try await relay.history(of: id, from: .max, maximumByteCount: 0, as: caller).checkpoint
  }

  /// What a device signs about an attachment.
  package func upload(
    of bytes: [UInt8], digest: Digest32? = nil, as blob: BlobID = BlobID(), by uploader: DeviceKeys? = nil
  ) throws -> BlobUpload {
    try BlobUpload(
      blob: blob, byteCount: UInt64(bytes.count), digest: digest ?? SegmentHasher.digest(of: bytes),
      by: uploader ?? keys, account: id)
  }
}
