internal import CryptoCore
internal import TLSCodec

/// A new account: its first device, and the recovery key, which is shown once.
@frozen
public struct CreatedAccount: ~Copyable, Sendable {
  /// The first device.
  public let device: Device
  /// What gets everything back when every device is lost. Show it, and call `Device.confirmRecoveryKey()` when the
  /// person has it: until then it is in the vault too, so that it is not lost if the process ends first.
  public var recoveryKey: RecoveryKey

  @usableFromInline
  init(device: Device, recoveryKey: consuming RecoveryKey) {
    self.device = device
    self.recoveryKey = recoveryKey
  }
}

extension Device {
  /// Makes an account that needs no relay: it seals messages to bytes and opens them again.
  ///
  /// The keys are in the vault when the call returns.
  /// - Throws: `DeviceError.vaultNotEmpty` if the vault holds a device already.
  public static func createAccount(
    named name: String, vault: any KeyVault, store: (any DeviceStore)? = nil
  ) throws(DeviceError) -> CreatedAccount {
    let made = try NewAccount(checkpointKey: [])
    return try made.finish(named: name, vault: vault, store: store, relay: nil)
  }

  /// Makes an account at a relay, whose checkpoints it will demand for ever.
  ///
  /// The keys are in the vault, and the account is at the relay, when the call returns.
  /// - Throws: `DeviceError.vaultNotEmpty` if the vault holds a device already, `.relay`.
  public static func createAccount(
    named name: String, vault: any KeyVault, store: any DeviceStore, relay: any Relay
  ) async throws(DeviceError) -> CreatedAccount {
    let checkpointKey = try await asking { () async throws(RelayError) in
      try await relay.checkpointKey(as: .anyone)
    }
    let made = try NewAccount(checkpointKey: checkpointKey)
    try checkEmpty(vault)
    try await asking { () async throws(RelayError) in
      try await relay.createAccount(made.entry, wraps: made.wraps, as: .anyone)
    }
    return try made.finish(named: name, vault: vault, store: store, relay: relay)
  }

  static func checkEmpty(_ vault: any KeyVault) throws(DeviceError) {
    let contents: VaultContents?
    do throws(VaultError) { contents = try vault.load() } catch { throw .vault(error) }
    guard contents == nil else { throw .vaultNotEmpty }
  }
}

/// An account that is being made: `create`, and the secrets that it makes true.
private struct NewAccount {
  let keys: DeviceKeys
  let recoverySecret: SecretKey
  let opening: EpochOpening
  let entry: LogEntry

  var wraps: [StoredWrap] { opening.wraps }

  init(checkpointKey: [UInt8]) throws(DeviceError) {
    keys = try asDeviceError(DeviceKeys())
    recoverySecret = SecretKey(random: 32)
    let recovery = try asDeviceError(DeviceKeys(recoverySecret: recoverySecret))
    let now = Timestamp.now.millisecondsSince1970
    opening = try asDeviceError(
      EpochOpening(
        number: 0, account: .none, linking: [],
        recipients: [keys.deviceID: keys.sealingKey, recovery.deviceID: recovery.sealingKey],
        treeSize: 0, treeRoot: HistoryTree().root))
    let create = AccountChange.Create(
      device: try asDeviceError(DeviceKeyBundle(of: keys, createdAt: now)),
      recovery: try asDeviceError(DeviceKeyBundle(of: recovery, createdAt: now)),
      checkpointKey: Opaque(checkpointKey), epoch: Committed(opening.header))
    let content = LogEntryContent(
      version: .newest, predecessor: .none, index: 0, signer: keys.deviceID, change: .create(create))
    entry = try asDeviceError(LogEntry(content, signedBy: [keys, recovery], account: .none))
  }

  func finish(
    named name: String, vault: any KeyVault, store: (any DeviceStore)?, relay: (any Relay)?
  ) throws(DeviceError) -> CreatedAccount {
    try Device.checkEmpty(vault)
    let log: AccountLog
    do throws(AccountLogError) { log = try AccountLog(create: entry) } catch {
      throw .logRefused(error)
    }
    var state = DeviceState(keys: keys, log: log, entries: [entry])
    state.keyring.restore(opening.epochSecret, epoch: 0)
    state.recoverySecret = recoverySecret
    let device = try Device(state, replacing: nil, vault: vault, store: store, relay: relay)
    if store != nil { try device.parts.writing.profile.enqueue(named: name) }
    guard let recoveryKey = RecoveryKey(recoverySecret) else { throw .internalError("recovery key") }
    return CreatedAccount(device: device, recoveryKey: recoveryKey)
  }
}
