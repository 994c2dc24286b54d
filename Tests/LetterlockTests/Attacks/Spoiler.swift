import CryptoCore
import TLSCodec

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A thief with an unlocked device, who makes epochs by hand that the recovery device cannot read.
struct Spoiler {
  /// What is wrong with an epoch.
  enum Fault: String, CaseIterable, Sendable {
    /// Nothing is.
    case none
    /// The recovery device's wrap is random bytes.
    case wrap
    /// The recovery device's wrap opens to another secret.
    case otherSecret
    /// The header commits to a secret that nobody has.
    case commitment
    /// The links hold other secrets than those of the epochs that they name.
    case links
    /// The link to the epoch before is good, and the one to the first epoch is not.
    case oneLink
  }

  let device: Device
  private let relay: MeddlingRelay
  /// What the thief knows, of the epochs that the device itself would refuse too.
  private var secrets: [UInt64: SecretKey] = [:]

  init(_ device: Device, _ relay: MeddlingRelay) { (self.device, self.relay) = (device, relay) }

  /// Completes the announcement of an honest recovery key.
  mutating func complete(_ fault: Fault, _ coolingOff: CoolingOff) async throws {
    guard let bundle = device.log.announcement?.recovery else { throw DeviceError.noRecoveryKeyPrepared }
    try await begin(fault, leaving: [device.log.recoveryDevice], joining: bundle) {
      .completeRecovery(.init(coolingOff: Committed(coolingOff), epoch: $0))
    }
  }

  /// Removes devices.
  mutating func remove(_ devices: [DeviceID], _ fault: Fault) async throws {
    try await begin(fault, leaving: devices) { .remove(.init(devices: devices.sorted(), epoch: $0)) }
  }

  /// Begins an epoch.
  mutating func begin(_ fault: Fault) async throws { try await begin(fault) { .epoch($0) } }

  /// Adds what only the thief can read, if it is sealed where the thief says.
  mutating func seal(_ text: String, in chat: ConversationID) async throws {
    try await device.parts.account.puller.pull()
    try device.append(Household.text(text), to: chat)
    try await device.parts.history.sync.pusher.push()
  }

  private mutating func begin(
    _ fault: Fault, leaving leavers: [DeviceID] = [], joining joiner: DeviceKeyBundle? = nil,
    _ change: (Committed<EpochHeader>) -> AccountChange
  ) async throws {
    try await device.parts.account.puller.pull()
    let log = device.log
    secrets.merge(device.secrets.epochSecrets) { mine, _ in mine }
    var recipients: [DeviceID: SealingKey] = [:]
    for device in log.activeDevices where !leavers.contains(device) {
      recipients[device] = log.members[device]?.bundle.sealingKey
    }
    if let joiner { recipients[joiner.deviceID] = joiner.sealingKey }
    let opening = try opening(fault, of: log, for: recipients)
    let recovery = joiner?.deviceID ?? log.recoveryDevice
    let (header, wraps) = try Self.wrapped(
      opening, fault, account: log.account, recipients, against: recovery)
    secrets[header.number] = opening.epochSecret
    try await relay.appendLogEntry(
      try device.forge(change(Committed(header))), wraps: wraps, to: log.account)
    try await device.parts.account.log.pullLog()
    try await device.parts.account.log.pullWraps()
  }

  private func opening(
    _ fault: Fault, of log: AccountLog, for recipients: [DeviceID: SealingKey]
  ) throws -> EpochOpening {
    let history = try device.progress().history
    let newest = log.newestEpoch.header.number
    var links: [(UInt64, SecretKey)] = [(newest, secrets[newest] ?? SecretKey(random: 32))]
    switch fault {
    case .links: links = [(newest, SecretKey(random: 32))]
    case .oneLink where newest > 0: links.insert((0, SecretKey(random: 32)), at: 0)
    case .none, .wrap, .otherSecret, .commitment, .oneLink: break
    }
    return try EpochOpening(
      number: newest + 1, account: log.account, linking: links, recipients: recipients,
      treeSize: history.tree.size, treeRoot: history.tree.root)
  }

  private static func wrapped(
    _ opening: EpochOpening, _ fault: Fault, account: AccountID, _ recipients: [DeviceID: SealingKey],
    against recovery: DeviceID
  ) throws -> (EpochHeader, [StoredWrap]) {
    let good = opening.header
    let header = EpochHeader(
      version: good.version, number: good.number,
      commitment: fault == .commitment ? Digest32(unchecked: SecureRandom.bytes(32)) : good.commitment,
      inboxKey: good.inboxKey, links: good.links, treeSize: good.treeSize, treeRoot: good.treeRoot, wraps: [])
    let wraps = try recipients.sorted { $0.key < $1.key }.map { device, key in
      let isVictim = device == recovery
      let secret = isVictim && fault == .otherSecret ? SecretKey(random: 32) : opening.epochSecret
      let wrap =
        isVictim && fault == .wrap
        ? SecureRandom.bytes(EpochWrap.byteCount)
        : try EpochWrap.wrap(secret, header: header, account: account, for: device, sealingKey: key)
      return StoredWrap(device: device, wrap: Opaque(wrap))
    }
    let digests = wraps.map { WrapDigest(device: $0.device, wrapHash: EpochWrap.hash($0.wrap.bytes)) }
    return (header.with(wraps: digests), wraps)
  }
}
