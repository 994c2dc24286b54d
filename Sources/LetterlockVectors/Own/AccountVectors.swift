import CryptoCore
import Letterlock
import TLSCodec

/// A log with every kind of entry, and entries that no log takes.
enum AccountVectors: OwnVectorKind {
  static let name = "account"
  static let about =
    "`log` is a valid log. A case gives an entry to append after the first `after` entries: `error` names the rule that it breaks. SPEC.md sections 3.3 and 3.4."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let maker = try LogMaker()
    var cases: [[String: Any]] = [
      [
        "name": "the whole log", "after": maker.entries.count, "valid": true,
        "head": maker.log.head.bytes.hex,
        "active": maker.log.activeDevices.map { $0.bytes.hex },
        "approvers": maker.log.approvers.sorted().map { $0.bytes.hex },
        "epochs": maker.log.epochs.map { $0.hash.bytes.hex },
      ]
    ]
    for wrong in try maker.wrongEntries() {
      var log = try AccountLog(account: maker.log.account, replaying: Array(maker.entries[..<wrong.after]))
      do throws(AccountLogError) {
        try log.append(wrong.entry)
        throw .malformed(.invalidValue)
      } catch {
        cases.append([
          "name": wrong.name, "after": wrong.after, "valid": false, "entry": wrong.entry.encoded.hex,
          "error": "\(error)".prefix { $0 != "(" }.description,
        ])
      }
    }
    return (
      [
        "account": maker.log.account.bytes.hex,
        "log": maker.entries.map { $0.encoded.hex },
      ], cases
    )
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let entries = try file.texts("log").map { try LogEntry(decoding: Hex.decode($0) ?? []) }
    let account = AccountID(unchecked: file.bytes("account"))
    var log = try AccountLog(account: account, replaying: Array(entries.prefix(test.number("after") ?? 0)))
    if test.flag("valid") == true {
      return log.head.bytes == test.bytes("head")
        && log.activeDevices.map { $0.bytes.hex } == test.texts("active")
        && log.approvers.sorted().map { $0.bytes.hex } == test.texts("approvers")
        && log.epochs.map { $0.hash.bytes.hex } == test.texts("epochs")
    }
    let head = log.head
    do throws(AccountLogError) {
      try log.append(try Self.entry(test.bytes("entry")))
      return false
    } catch {
      return "\(error)".prefix { $0 != "(" } == test.text("error") ?? "" && log.head == head
    }
  }

  private static func entry(_ bytes: [UInt8]) throws(AccountLogError) -> LogEntry {
    do throws(TLSError) { return try LogEntry(decoding: bytes) } catch { throw .malformed(error) }
  }
}

/// Makes a log with fixed devices and fixed epoch secrets.
struct LogMaker {
  let phone: DeviceKeys
  let tablet: DeviceKeys
  let laptop: DeviceKeys
  let watch: DeviceKeys
  let recovery: DeviceKeys
  let secondRecovery: DeviceKeys
  let thirdRecovery: DeviceKeys
  private(set) var rotatedPhone: DeviceKeys
  private(set) var log: AccountLog
  private(set) var entries: [LogEntry]
  private(set) var openings: [EpochOpening]

  static func epochSecret(_ epoch: UInt64) -> SecretKey { VectorSeed.key("epoch secret \(epoch)") }

  /// create, add, epoch, rotate, update, remove, add, replaceRecovery, replaceRecovery by vote, add, remove two.
  init() throws {
    phone = try TestKeys.keys("phone")
    tablet = try TestKeys.keys("tablet")
    laptop = try TestKeys.keys("laptop")
    watch = try TestKeys.keys("watch")
    recovery = try DeviceKeys(recoverySecret: VectorSeed.key("recovery key"))
    secondRecovery = try DeviceKeys(recoverySecret: VectorSeed.key("second recovery key"))
    thirdRecovery = try DeviceKeys(recoverySecret: VectorSeed.key("third recovery key"))
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
        checkpointKey: Opaque(try CheckpointKey(seed: VectorSeed.bytes("checkpoint key")).publicKey),
        epoch: opening.header))
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
  }

  private mutating func grow() throws {
    try take(try entry(.add(try addition(of: tablet)), by: phone))
    try take(try entry(.epoch(open([phone, tablet, recovery])), by: tablet))
    try take(
      try entry(
        .rotate(
          .init(
            device: DeviceKeyBundle(of: rotatedPhone, createdAt: 1_700_000_100_000),
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
        .replaceRecovery(
          .init(
            recovery: DeviceKeyBundle(of: thirdRecovery, createdAt: 1_700_000_300_000),
            approvers: approvers,
            epoch: open([rotatedPhone, laptop, thirdRecovery]))), by: rotatedPhone,
        signedBy: [rotatedPhone, laptop, thirdRecovery]))
    try take(try entry(.add(try addition(of: watch)), by: laptop))
    try take(
      try entry(
        .remove(.init(devices: leavers, epoch: open([laptop, thirdRecovery]))), by: laptop))
  }

  /// Who may vote after both replacements.
  var approvers: [DeviceID] { [rotatedPhone.deviceID, laptop.deviceID].sorted() }

  /// Whom the last entry removes.
  var leavers: [DeviceID] { [phone.deviceID, watch.deviceID].sorted() }

  private mutating func take(_ entry: LogEntry) throws {
    try log.append(entry)
    entries.append(entry)
  }

  private mutating func open(_ devices: [DeviceKeys]) throws -> EpochHeader {
    let opening = try Self.opening(UInt64(openings.count), account: log.account, devices)
    openings.append(opening)
    return opening.header
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
    if case .replaceRecovery(let replace) = change, signers.count > 2 {
      let voters = signers[1..<signers.count - 1]
      signers.removeSubrange(voters.indices)
      votes = try voters.map {
        try $0.vote(
          for: VoteContent(
            recovery: recoveryDevice(after: place), signer: signer.deviceID,
            newRecovery: replace.recovery.deviceID, approvers: replace.approvers), account: log.account)
      }
    }
    return try LogEntry(
      LogEntryContent(
        version: .one, predecessor: predecessor ?? log.heads[place - 1], index: index ?? UInt64(place),
        signer: signer.deviceID, change: change),
      signedBy: signers, votes: votes, account: log.account)
  }

  private func recoveryDevice(after count: Int) -> DeviceID {
    var device = recovery.deviceID
    for entry in entries.prefix(count) {
      if case .replaceRecovery(let replace) = entry.content.change { device = replace.recovery.deviceID }
    }
    return device
  }
}
