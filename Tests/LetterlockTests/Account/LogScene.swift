import CryptoCore
import TLSCodec

@testable import LetterlockFormat

/// A log that grows entry by entry, for tests of its rules.
struct LogScene {
  let phone: DeviceKeys
  let recovery: DeviceKeys
  let relay: CheckpointKey
  /// The secret of epoch 0.
  let firstSecret: SecretKey
  private(set) var log: AccountLog
  private(set) var entries: [LogEntry]

  init(hasRelay: Bool = true) throws {
    phone = try DeviceKeys()
    recovery = try DeviceKeys()
    relay = try CheckpointKey()
    let opening = try EpochOpening(
      number: 0, account: .none, linking: [],
      recipients: [phone.deviceID: phone.sealingKey, recovery.deviceID: recovery.sealingKey],
      treeSize: 0, treeRoot: HistoryTree().root)
    firstSecret = opening.epochSecret
    let create = AccountChange.create(
      .init(
        device: try DeviceKeyBundle(of: phone, createdAt: 0),
        recovery: try DeviceKeyBundle(of: recovery, createdAt: 0),
        checkpointKey: Opaque(hasRelay ? relay.publicKey : []), epoch: Committed(opening.header)))
    let entry = try LogEntry(
      LogEntryContent(
        version: .newest, predecessor: .none, index: 0, signer: phone.deviceID, change: create),
      signedBy: [phone, recovery], account: .none)
    log = try AccountLog(create: entry)
    entries = [entry]
  }

  /// The next entry, by the first of the signers.
  func entry(
    _ change: AccountChange, by signers: [DeviceKeys], votes: [EntrySignature] = []
  ) throws -> LogEntry {
    try LogEntry(
      LogEntryContent(
        version: .newest, predecessor: log.head, index: log.nextIndex, signer: signers[0].deviceID,
        change: change), signedBy: signers, votes: votes, account: log.account)
  }

  mutating func take(
    _ change: AccountChange, by signers: [DeviceKeys], votes: [EntrySignature] = []
  ) throws {
    let entry = try entry(change, by: signers, votes: votes)
    try log.append(entry)
    entries.append(entry)
  }

  /// Why the log does not take a change; nil if it does.
  func refusal(
    _ change: AccountChange, by signers: [DeviceKeys], votes: [EntrySignature] = []
  ) throws -> AccountLogError? {
    var next = log
    let entry = try entry(change, by: signers, votes: votes)
    do throws(AccountLogError) { try next.append(entry) } catch { return error }
    return nil
  }

  /// The next epoch for those that stay, and those that come.
  func header(
    leaving leavers: [DeviceID] = [], joining joiners: [DeviceKeys] = [], links: [UInt64]? = nil
  ) throws -> Committed<EpochHeader> {
    var recipients: [DeviceID: SealingKey] = [:]
    for device in log.activeDevices where !leavers.contains(device) {
      recipients[device] = log.members[device]?.bundle.sealingKey
    }
    for joiner in joiners { recipients[joiner.deviceID] = joiner.sealingKey }
    let number = UInt64(log.epochs.count)
    return Committed(
      try EpochOpening(
        number: number, account: log.account,
        linking: (links ?? [number - 1]).map { ($0, SecretKey(random: 32)) }, recipients: recipients,
        treeSize: 0, treeRoot: HistoryTree().root
      ).header)
  }

  /// Begins an epoch with this secret, for the active devices.
  mutating func begin(_ secret: SecretKey, linking links: [(UInt64, SecretKey)]) throws {
    var recipients: [DeviceID: SealingKey] = [:]
    for device in log.activeDevices { recipients[device] = log.members[device]?.bundle.sealingKey }
    let opening = try EpochOpening(
      epochSecret: secret, number: UInt64(log.epochs.count), account: log.account, linking: links,
      recipients: recipients, treeSize: 0, treeRoot: HistoryTree().root)
    try take(.epoch(Committed(opening.header)), by: [phone])
  }

  mutating func add(_ keys: DeviceKeys) throws {
    let tag = Digest32(unchecked: SecureRandom.bytes(32))
    let add = AccountChange.Add(
      device: try DeviceKeyBundle(of: keys, createdAt: 0), consentTag: tag,
      consent: try keys.sign(tag.bytes, for: .joinConsent, account: .none),
      wrapHash: Digest32(unchecked: SecureRandom.bytes(32)))
    try take(.add(add), by: [phone])
  }

  mutating func remove(_ device: DeviceID, by signer: DeviceKeys) throws {
    try take(.remove(.init(devices: [device], epoch: header(leaving: [device]))), by: [signer])
  }

  /// Replaces the recovery device, with these recovery approvers.
  mutating func replaceRecovery(by new: DeviceKeys, approvers: [DeviceKeys]) throws {
    let old = log.recoveryDevice
    try take(
      .replaceRecovery(
        .init(
          recovery: DeviceKeyBundle(of: new, createdAt: 0), approvers: approvers.map(\.deviceID).sorted(),
          epoch: header(leaving: [old], joining: [new]))), by: [recovery, new])
  }

  func announcement(of new: DeviceKeys, approvers: [DeviceKeys] = []) throws -> AccountChange {
    .announceRecovery(
      .init(
        recovery: try DeviceKeyBundle(of: new, createdAt: 0),
        approvers: approvers.map(\.deviceID).sorted()))
  }

  func vote(of voter: DeviceKeys, for signer: DeviceKeys, new: DeviceKeys) throws -> EntrySignature {
    try voter.vote(
      for: VoteContent(
        recovery: log.recoveryDevice, signer: signer.deviceID, newRecovery: new.deviceID, approvers: []),
      account: log.account)
  }

  /// Two checkpoints of the newest head.
  func coolingOff(milliseconds: UInt64, from start: UInt64 = 1_000) throws -> Committed<CoolingOff> {
    Committed(
      CoolingOff(first: try checkpoint(at: start), second: try checkpoint(at: start + milliseconds)))
  }

  func checkpoint(at time: UInt64, head: LogHead? = nil) throws -> Checkpoint {
    try Checkpoint(
      account: log.account, treeSize: 0, treeRoot: HistoryTree().root, logHead: head ?? log.head, at: time,
      by: relay)
  }

  func completion(by new: DeviceKeys, _ coolingOff: Committed<CoolingOff>) throws -> AccountChange {
    .completeRecovery(
      .init(coolingOff: coolingOff, epoch: try header(leaving: [log.recoveryDevice], joining: [new])))
  }

  /// A recovery that lets `device` in and keeps these.
  func recovery(
    of device: DeviceKeys, keeping kept: [DeviceKeys] = [], links: [UInt64]? = nil
  ) throws -> AccountChange {
    let ids = kept.map(\.deviceID)
    let leavers = log.activeDevices.filter { $0 != log.recoveryDevice && !ids.contains($0) }
    return .recover(
      .init(
        device: try DeviceKeyBundle(of: device, createdAt: 0), kept: ids.sorted(),
        approvers: [device.deviceID], highestVersion: 1,
        epoch: try header(leaving: leavers, joining: [device], links: links)))
  }
}
