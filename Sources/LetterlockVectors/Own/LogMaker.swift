import CryptoCore
import Letterlock
import TLSCodec

/// Makes a log with fixed devices and fixed epoch secrets.
struct LogMaker {
  let phone: DeviceKeys
  let tablet: DeviceKeys
  let laptop: DeviceKeys
  let watch: DeviceKeys
  let recovery: DeviceKeys
  let secondRecovery: DeviceKeys
  let thirdRecovery: DeviceKeys
  let desktop: DeviceKeys
  /// What the relay signs checkpoints with.
  let relay: CheckpointKey
  private(set) var rotatedPhone: DeviceKeys
  private(set) var log: AccountLog
  private(set) var entries: [LogEntry]
  private(set) var openings: [EpochOpening]

  static func epochSecret(_ epoch: UInt64) -> SecretKey { VectorSeed.key("epoch secret \(epoch)") }

  /// create, add, epoch, rotate, update, remove, add, replaceRecovery, announceRecovery by vote, completeRecovery, add,
  /// remove two, announceRecovery without votes, cancelRecovery, recover.
  init() throws {
    phone = try TestKeys.keys("phone")
    tablet = try TestKeys.keys("tablet")
    laptop = try TestKeys.keys("laptop")
    watch = try TestKeys.keys("watch")
    recovery = try DeviceKeys(recoverySecret: VectorSeed.key("recovery key"))
    secondRecovery = try DeviceKeys(recoverySecret: VectorSeed.key("second recovery key"))
    thirdRecovery = try DeviceKeys(recoverySecret: VectorSeed.key("third recovery key"))
    desktop = try TestKeys.keys("desktop")
    relay = try CheckpointKey(seed: VectorSeed.bytes("checkpoint key"))
    rotatedPhone = try DeviceKeys(
      signingSeed: phone.signingSeed, sealingSeed: VectorSeed.key("phone sealing 2"))
    let none = AccountID(unchecked: [UInt8](repeating: 0, count: 32))
    let opening = try EpochOpening(
      epochSecret: Self.epochSecret(0), number: 0, account: none, linking: [],
      recipients: [phone.deviceID: phone.sealingKey, recovery.deviceID: recovery.sealingKey],
      treeSize: 0, treeRoot: HistoryTree().root)
    let create = AccountChange.create(
      .init(
        device: try DeviceKeyBundle(of: phone, createdAt: 1_700_000_000_000),
        recovery: try DeviceKeyBundle(of: recovery, createdAt: 1_700_000_000_000),
        checkpointKey: Opaque(relay.publicKey), epoch: Committed(opening.header)))
    let first = try LogEntry(
      LogEntryContent(
        version: .one, predecessor: LogHead(unchecked: [UInt8](repeating: 0, count: 32)), index: 0,
        signer: phone.deviceID, change: create),
      signedBy: [phone, recovery], account: none)
    log = try AccountLog(create: first)
    entries = [first]
    openings = [opening]
    try grow()
    try growByVote()
    try growByRecovery()
  }

  private mutating func grow() throws {
    try take(try entry(.add(try addition(of: tablet)), by: phone))
    try take(try entry(.epoch(open([phone, tablet, recovery])), by: tablet))
    try take(
      try entry(
        .rotate(
          .init(
            device: Committed(DeviceKeyBundle(of: rotatedPhone, createdAt: 1_700_000_100_000)),
            epoch: open([rotatedPhone, tablet, recovery]))), by: rotatedPhone))
    try take(try entry(.update(highestVersion: 1), by: tablet))
    try take(
      try entry(.remove(.init(devices: [tablet.deviceID], epoch: open([rotatedPhone, recovery]))), by: phone))
    try take(try entry(.add(try addition(of: laptop)), by: rotatedPhone))
    try take(
      try entry(
        .replaceRecovery(
          .init(
            recovery: DeviceKeyBundle(of: secondRecovery, createdAt: 1_700_000_200_000),
            approvers: approvers,
            epoch: open([rotatedPhone, laptop, secondRecovery]))), by: recovery,
        signedBy: [recovery, secondRecovery]))
  }

  private mutating func growByVote() throws {
    try take(
      try entry(
        .announceRecovery(
          .init(
            recovery: DeviceKeyBundle(of: thirdRecovery, createdAt: 1_700_000_300_000), approvers: approvers)),
        by: rotatedPhone, signedBy: [rotatedPhone, laptop, thirdRecovery]))
    try take(
      try entry(
        .completeRecovery(
          .init(
            coolingOff: Committed(coolingOff(hours: 72)),
            epoch: open([rotatedPhone, laptop, thirdRecovery]))), by: laptop))
    try take(try entry(.add(try addition(of: watch)), by: laptop))
    try take(
      try entry(
        .remove(.init(devices: leavers, epoch: open([laptop, thirdRecovery]))), by: laptop))
  }

  private mutating func growByRecovery() throws {
    let fourthRecovery = try self.fourthRecovery
    try take(
      try entry(
        .announceRecovery(
          .init(
            recovery: DeviceKeyBundle(of: fourthRecovery, createdAt: 1_700_000_400_000),
            approvers: [laptop.deviceID])), by: laptop, signedBy: [laptop, fourthRecovery]))
    try take(try entry(.cancelRecovery(log.head), by: thirdRecovery))
    try take(
      try entry(
        .recover(
          .init(
            device: DeviceKeyBundle(of: desktop, createdAt: 1_700_000_500_000), kept: [laptop.deviceID],
            approvers: [laptop.deviceID, desktop.deviceID].sorted(), highestVersion: 1,
            epoch: open([laptop, desktop, thirdRecovery]))), by: thirdRecovery,
        signedBy: [thirdRecovery, desktop]))
  }

  var fourthRecovery: DeviceKeys {
    get throws { try DeviceKeys(recoverySecret: VectorSeed.key("fourth recovery key")) }
  }

  /// A checkpoint that names the head after so many entries, this many milliseconds after the first.
  func checkpoint(
    after count: Int? = nil, milliseconds: UInt64 = 0, by key: CheckpointKey? = nil,
    account: AccountID? = nil
  ) throws -> Checkpoint {
    try Checkpoint(
      account: account ?? log.account, treeSize: 5, treeRoot: HistoryTree().root,
      logHead: log.heads[(count ?? entries.count) - 1], at: 1_700_000_300_000 + milliseconds, by: key ?? relay
    )
  }

  /// Two checkpoints of the newest head.
  func coolingOff(after count: Int? = nil, hours: UInt64, less milliseconds: UInt64 = 0) throws -> CoolingOff
  {
    CoolingOff(
      first: try checkpoint(after: count),
      second: try checkpoint(after: count, milliseconds: hours * 3_600_000 - milliseconds))
  }

  /// Who may vote after both replacements.
  var approvers: [DeviceID] { [rotatedPhone.deviceID, laptop.deviceID].sorted() }

  /// Whom the last `remove` removes.
  var leavers: [DeviceID] { [phone.deviceID, watch.deviceID].sorted() }

  private mutating func take(_ entry: LogEntry) throws {
    try log.append(entry)
    entries.append(entry)
  }

  private mutating func open(_ devices: [DeviceKeys]) throws -> Committed<EpochHeader> {
    let opening = try Self.opening(UInt64(openings.count), account: log.account, devices)
    openings.append(opening)
    return Committed(opening.header)
  }

  /// The epoch of this number, linked to the one before, for these devices.
  static func opening(
    _ number: UInt64, account: AccountID, _ devices: [DeviceKeys], linking: [UInt64]? = nil,
    treeSize: UInt64 = 5, treeRoot: Digest32 = HistoryTree().root
  ) throws -> EpochOpening {
    try EpochOpening(
      epochSecret: epochSecret(number), number: number, account: account,
      linking: (linking ?? [number - 1]).map { ($0, epochSecret($0)) },
      recipients: Dictionary(uniqueKeysWithValues: devices.map { ($0.deviceID, $0.sealingKey) }),
      treeSize: treeSize, treeRoot: treeRoot)
  }

  func addition(of keys: DeviceKeys, consentBy signer: DeviceKeys? = nil) throws -> AccountChange.Add {
    let tag = VectorSeed.bytes("consent tag")
    let none = AccountID(unchecked: [UInt8](repeating: 0, count: 32))
    return AccountChange.Add(
      device: try DeviceKeyBundle(of: keys, createdAt: 1_700_000_050_000),
      consentTag: Digest32(unchecked: tag),
      consent: try (signer ?? keys).sign(tag, for: .joinConsent, account: none),
      wrapHash: Digest32(unchecked: VectorSeed.bytes("wrap hash")))
  }

  /// An entry after the log as it is now, or after its first entries. Who signs a new recovery device between the first
  /// and the last votes for it.
  func entry(
    _ change: AccountChange, by signer: DeviceKeys, after count: Int? = nil, index: UInt64? = nil,
    predecessor: LogHead? = nil, signedBy signers: [DeviceKeys]? = nil
  ) throws -> LogEntry {
    let place = count ?? entries.count
    var signers = signers ?? [signer]
    var votes: [EntrySignature] = []
    if case .announceRecovery(let announce) = change, signers.count > 2 {
      let voters = signers[1..<signers.count - 1]
      signers.removeSubrange(voters.indices)
      votes = try voters.map {
        try $0.vote(
          for: VoteContent(
            recovery: recoveryDevice(after: place), signer: signer.deviceID,
            newRecovery: announce.recovery.deviceID, approvers: announce.approvers), account: log.account)
      }
    }
    return try LogEntry(
      LogEntryContent(
        version: .one, predecessor: predecessor ?? log.heads[place - 1], index: index ?? UInt64(place),
        signer: signer.deviceID, change: change),
      signedBy: signers, votes: votes, account: log.account)
  }

  private func recoveryDevice(after count: Int) -> DeviceID {
    switch count {
    case ...7: recovery.deviceID
    case 8...9: secondRecovery.deviceID
    default: thirdRecovery.deviceID
    }
  }
}
