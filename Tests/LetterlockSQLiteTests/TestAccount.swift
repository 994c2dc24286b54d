#if SQLite
import CryptoCore
import TLSCodec

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// An account as its first device makes it, one request at a time, so that a test can make wrong ones.
struct TestAccount {
  let keys: DeviceKeys
  let recovery: DeviceKeys
  let create: LogEntry
  let firstWraps: [StoredWrap]
  var log: AccountLog
  var history = History()
  var counter: UInt64 = 0
  /// The newest that the relay gave.
  var checkpoint: Checkpoint?

  var id: AccountID { log.account }

  init(checkpointKey: [UInt8]) throws {
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
        checkpointKey: Opaque(checkpointKey), epoch: opening.header))
    let content = LogEntryContent(
      version: .newest, predecessor: .none, index: 0, signer: keys.deviceID, change: change)
    create = try LogEntry(content, signedBy: [keys, recovery], account: .none)
    firstWraps = opening.wraps
    log = try AccountLog(create: create)
  }

  /// Makes the account at a relay.
  init(at relay: any Relay) async throws {
    try self.init(checkpointKey: try await relay.checkpointKey())
    try await relay.createAccount(create, wraps: firstWraps)
  }

  /// An entry after the newest one.
  func entry(_ change: AccountChange) throws -> LogEntry {
    try LogEntry(
      LogEntryContent(
        version: .newest, predecessor: log.head, index: log.nextIndex, signer: keys.deviceID,
        change: change),
      signedBy: [keys], account: id)
  }

  /// An entry that begins an epoch for these devices, and its wraps.
  func epochEntry(
    for devices: [DeviceKeys], _ make: (EpochHeader) -> AccountChange
  ) throws -> (LogEntry, [StoredWrap]) {
    let opening = try EpochOpening(
      number: log.newestEpoch.header.number + 1, account: id, linking: [(0, SecretKey(random: 32))],
      recipients: Dictionary(uniqueKeysWithValues: devices.map { ($0.deviceID, $0.sealingKey) }),
      treeSize: history.tree.size, treeRoot: history.tree.root)
    return (try entry(make(opening.header)), opening.wraps)
  }

  /// An entry that adds a device, and its wrap.
  func addition(of joiner: DeviceKeys) throws -> (LogEntry, [StoredWrap]) {
    let wrap = SecureRandom.bytes(EpochWrap.byteCount)
    let tag = Digest32(unchecked: SecureRandom.bytes(32))
    let consent = try joiner.sign(tag.bytes, for: .joinConsent, account: .none)
    let add = AccountChange.Add(
      device: try DeviceKeyBundle(of: joiner, createdAt: 0),
      consentTag: tag, consent: consent, wrapHash: EpochWrap.hash(wrap))
    return (try entry(.add(add)), [StoredWrap(device: joiner.deviceID, wrap: Opaque(wrap))])
  }

  /// Bytes that a relay takes for a record under the newest epoch.
  func record(_ content: UInt8, byteCount: Int = 300) -> [UInt8] {
    var writer = TLSWriter()
    writer.write(FormatVersion.one)
    writer.write(log.newestEpoch.reference)
    writer.write(fixed: [UInt8](repeating: content, count: 40))
    writer.write(opaque: [UInt8](repeating: content, count: byteCount))
    return writer.bytes
  }

  /// The device's next signed batch.
  func append(_ records: [[UInt8]]) throws -> SignedBatch {
    try SignedBatch(
      of: records, by: keys, account: id, logHead: log.head, counter: counter + 1,
      previous: history.author(keys.deviceID)?.batchHash ?? .zero, knownCheckpoint: checkpoint)
  }

  /// Adds records at the relay and takes them.
  @discardableResult
  mutating func send(_ records: [[UInt8]], to relay: any Relay) async throws -> BatchOutcome {
    let signedBatch = try append(records)
    let outcome = try await relay.append(signedBatch, records: records, to: id)
    try history.accept(signedBatch, records: records, of: log)
    counter += 1
    checkpoint = outcome.checkpoint
    return outcome
  }

  /// Adds an entry at the relay and takes it.
  mutating func send(_ entry: LogEntry, _ wraps: [StoredWrap], to relay: any Relay) async throws {
    try await relay.appendLogEntry(entry, wraps: wraps, to: id)
    try log.append(entry)
  }

  /// What the device signs about an attachment.
  func upload(of bytes: [UInt8], digest: Digest32? = nil) throws -> BlobUpload {
    try BlobUpload(
      blob: BlobID(), byteCount: UInt64(bytes.count),
      digest: digest ?? SegmentHasher.digest(of: bytes), by: keys, account: id)
  }
}
#endif
