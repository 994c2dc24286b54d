import CryptoCore
import TLSCodec

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// The account as every schedule begins with it: four devices, one of which is about to be stolen.
struct SimulatedHome: Sendable {
  static let names = ["phone", "mac", "tablet", "stolen"]
  static let stolen = "stolen"
  static let texts = ["letter 1 from home", "letter 2 from home"]

  let service: SimulatedService
  let account: AccountID
  let vaults: [MemoryKeyVault]
  let stores: [MemoryDeviceStore]
  let recoveryKey: [UInt8]
  let recoveryDevice: DeviceID
  let chat = ConversationID()
  let messages: [Message]
  /// Whether the thief has filled the account with devices.
  let isCrowded: Bool
  /// When schedules begin: long enough after this was made that nothing depends on how long they take.
  let start: Timestamp

  init(isCrowded: Bool = false) async throws {
    self.isCrowded = isCrowded
    let made = Timestamp.now
    start = made.adding(10 * Timestamp.day)
    messages = Self.texts.map { .carrier(.sms, from: Address("+15550100"), text: $0, at: made) }
    service = SimulatedService(
      store: SimulatedRelayStore(MemoryRelayStore(), Turnstile()), key: try CheckpointKey(), policy: .patient)
    vaults = Self.names.map { _ in MemoryKeyVault() }
    stores = Self.names.map { _ in MemoryDeviceStore() }
    let clock = SimulatedClock(start: made)
    let created = try await Device.createAccount(
      named: Self.names[0], vault: vaults[0], store: stores[0], relay: service)
    let first = created.device
    clock.set(first)
    account = first.account
    recoveryDevice = first.log.recoveryDevice
    recoveryKey = created.recoveryKey.secret.exportRawBytes()
    var devices = [first]
    for index in 1..<Self.names.count {
      let request = try await Device.requestToJoin(
        named: Self.names[index], vault: vaults[index], store: stores[index], relay: service)
      try await first.approve(request.code)
      devices.append(try await request.approved())
      clock.set(devices[index])
    }
    for message in messages { try first.append(message, to: chat) }
    for device in devices + devices { try await device.sync() }
    guard isCrowded, let thief = devices.last else { return }
    try await Self.fill(service, by: thief)
  }

  /// As many devices as an account can have, which nobody has.
  private static func fill(_ service: SimulatedService, by thief: Device) async throws {
    let (keys, known, secrets) = thief.secrets
    var log = known
    let header = log.newestEpoch.header
    guard let secret = secrets[header.number] else { throw DeviceError.noSuchAccount }
    while log.activeDevices.count <= AccountLog.maximumDeviceCount {
      let newcomer = try DeviceKeys()
      let tag = Digest32(unchecked: SecureRandom.bytes(32))
      let wrap = try EpochWrap.wrap(
        secret, header: header, account: EpochKeyring.bound(log.account, epoch: header.number),
        for: newcomer.deviceID, sealingKey: newcomer.sealingKey)
      let add = AccountChange.Add(
        device: try DeviceKeyBundle(of: newcomer, createdAt: Timestamp.now.millisecondsSince1970),
        consentTag: tag, consent: try newcomer.sign(tag.bytes, for: .joinConsent, account: .none),
        wrapHash: EpochWrap.hash(wrap))
      let content = LogEntryContent(
        version: .newest, predecessor: log.head, index: log.nextIndex, signer: keys.deviceID,
        change: .add(add))
      let entry = try LogEntry(content, signedBy: [keys], account: log.account)
      try await service.appendLogEntry(
        entry, wraps: [StoredWrap(device: newcomer.deviceID, wrap: Opaque(wrap))], to: log.account,
        as: thief.caller)
      try log.append(entry)
    }
  }

  /// The recovery key, which the person has.
  func key() throws -> RecoveryKey {
    guard let key = RecoveryKey(secret: recoveryKey) else { throw DeviceError.noSuchAccount }
    return key
  }
}
