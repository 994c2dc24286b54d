import CryptoCore
import LetterlockTestKit

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// An account with two devices at a relay that can be told to lie.
struct Household {
  let relay: MeddlingRelay
  let clock = RelayClock()
  let phone: Device
  let phoneVault = MemoryKeyVault()
  let phoneStore = MemoryDeviceStore()
  let mac: Device
  let recoveryKey: [UInt8]
  let chat = ConversationID()

  /// - Parameters:
  ///   - given: What the relay goes by; nil for `clock`.
  ///   - policy: How many log entries a device may send: any number, where nothing else is said.
  init(clock given: TestClock? = nil, policy: RelayPolicy = .patient) async throws {
    relay = MeddlingRelay(try InMemoryRelay(policy: policy) { [clock] in given?.now ?? clock.now })
    let created = try await Device.createAccount(
      named: "Phone", vault: phoneVault, store: phoneStore, relay: relay)
    phone = created.device
    let key = created.recoveryKey
    recoveryKey = key.secret.exportRawBytes()
    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await phone.approve(request.code)
    mac = try await request.approved()
    try phone.append(Self.text("first"), to: chat)
    try await phone.sync()
    try await mac.sync()
    try await phone.sync()
  }

  static func text(_ text: String) -> Message { .carrier(.sms, from: Address("+15550100"), text: text) }

  /// The texts of a device's history.
  static func texts(of device: Device) throws -> [String] {
    var texts: [String] = []
    try device.forEachEntry { entry in
      if case .success(.message(let message)) = entry.entry { texts.append(message.text) }
    }
    return texts
  }

  /// The account's first recovery key.
  func key() throws -> RecoveryKey {
    guard let key = RecoveryKey(secret: recoveryKey) else { throw DeviceError.noSuchAccount }
    return key
  }

  /// One more device, which an old one lets in; the others have not heard of it.
  func join(_ name: String, by approver: Device? = nil) async throws -> Device {
    let request = try await Device.requestToJoin(
      named: name, vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await (approver ?? phone).approve(request.code)
    let device = try await request.approved()
    try await device.sync()
    return device
  }

  /// One more device begins an epoch, does something in it, and is removed. The relay withholds the epoch's secret from
  /// the others, who read the newest.
  func withholdEpoch(_ act: (Device) throws -> Void) async throws {
    let tablet = try await join("Tablet")
    for device in [phone, mac] { try await device.sync() }
    try await tablet.beginEpoch()
    let epoch = tablet.log.newestEpoch.header.number
    var hidden: [[UInt8]?] = []
    for device in [phone, mac] {
      hidden.append(
        try await relay.honest.wrap(of: device.account, epoch: epoch, for: device.id, as: device.caller))
    }
    try act(tablet)
    try await tablet.sync()
    let withheld = hidden
    await relay.alterWraps { withheld.contains($0) ? nil : $0 }
    _ = try? await mac.sync()
    try await mac.remove(tablet.id)
    _ = try? await phone.sync()
  }

  /// A new device with nothing but the recovery key, which keeps every other one unless it is told which.
  func restore(keeping kept: Set<DeviceID>? = nil) async throws -> Device {
    let device = try await Device.restore(
      with: try key(), keeping: kept, vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await device.sync()
    return device
  }

  /// A new device with nothing but this recovery key.
  func restored(with key: consuming RecoveryKey) async throws -> Device {
    try await Device.restore(with: key, vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
  }
}

extension Device {
  /// Restores in one step, and keeps every other device unless it is told which.
  static func restore(
    with key: consuming RecoveryKey, keeping kept: Set<DeviceID>? = nil, vault: any KeyVault,
    store: any DeviceStore, relay: any Relay
  ) async throws(DeviceError) -> Device {
    let session = try await openRecovery(
      with: key, vault: vault, store: store, relay: relay)
    return try await session.restore(
      keeping: kept ?? Set(session.devices.map(\.id)), named: "Restored"
    ).device
  }
}

extension RelayPolicy {
  /// As SPEC.md says, but for any number of log entries.
  static let patient = RelayPolicy(entryInterval: .zero)
}

extension InMemoryRelay {
  /// How many wraps of a device the relay keeps, whoever may ask for them.
  func wrapCount(of device: DeviceID, in account: AccountID) async throws -> Int {
    try await store.read(.account(account)) { (rows) throws(RelayError) in
      try rows.rows(in: .wrap, RowRange([.bytes(device.bytes)]), .ascending, limit: .max).count
    }
  }
}

/// Requests that say who makes them, sent by that device.
extension Relay {
  func appendLogEntry(_ entry: LogEntry, wraps: [StoredWrap], to account: AccountID) async throws(RelayError)
  {
    try await appendLogEntry(entry, wraps: wraps, to: account, as: .device(entry.content.signer))
  }

  func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64] = [], to account: AccountID
  ) async throws(RelayError) -> BatchOutcome {
    try await append(
      signedBatch, records: records, erasing: leafIndices, to: account, as: .device(signedBatch.device))
  }

  func removeBlobs(_ removal: BlobRemoval, of account: AccountID) async throws(RelayError) {
    try await removeBlobs(removal, of: account, as: .device(removal.device))
  }

  @discardableResult
  func eraseAccount(
    _ erasure: AccountErasure, of account: AccountID
  ) async throws(RelayError) -> PendingErasure? {
    try await eraseAccount(erasure, of: account, as: .device(erasure.device))
  }
}

extension HistoryPusher {
  /// Sends what waits with one signed batch that erases records too, which no entry names.
  func pushAll(erasing leaves: [UInt64]) async throws {
    let sending = try signer.sign(
      try signer.waiting(after: 0), erasing: leaves, after: try progress.current())
    _ = try await relay.ask { (relay, account) async throws(RelayError) in
      try await relay.append(
        sending.signedBatch, records: sending.records.map(\.bytes), erasing: leaves, to: account)
    }
    try await puller.pull()
  }
}

extension Device {
  /// Who the device is to a relay.
  var caller: RelayCaller { .device(state.view.keys) }

  /// What a malicious owner of the device can use.
  var secrets: (keys: DeviceKeys, log: AccountLog, epochSecrets: [UInt64: SecretKey]) {
    state.read { ($0.keys, $0.log, $0.keyring.epochSecrets) }
  }

  /// An entry that the device signs, wherever it pleases.
  func forge(_ change: AccountChange, at head: LogHead? = nil, index: UInt64? = nil) throws -> LogEntry {
    let (keys, log, _) = secrets
    return try LogEntry(
      LogEntryContent(
        version: .newest, predecessor: head ?? log.head, index: index ?? log.nextIndex,
        signer: keys.deviceID, change: change),
      signedBy: [keys], account: log.account)
  }
}
