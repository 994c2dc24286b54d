internal import CryptoCore
internal import TLSCodec

/// Getting everything back with nothing but the recovery key. SPEC.md section 8.2.
extension Device {
  /// Makes a new device of the account that a recovery key belongs to.
  ///
  /// The device reads the whole history after `sync()`. It seals nothing until `confirmDevices(keeping:)`
  /// has removed every device that the person did not name: one of them may be in a thief's hands, or have
  /// been added by whoever stole an old device. What a relay can still hide from a device that knows
  /// nothing but the recovery key, SPEC.md section 11 says.
  ///
  /// A restore that was interrupted goes on with the same device when this is called again, until the person has named
  /// the devices to keep.
  /// - Throws: `DeviceError.noSuchAccount` if the relay knows no account of this key, `.vaultNotEmpty`,
  ///   `.joinUnfinished`, `.logRefused`, `.relay`.
  public static func restore(
    with recoveryKey: consuming RecoveryKey, vault: any KeyVault,
    store: any DeviceStore, relay: any Relay
  ) async throws(DeviceError) -> Device {
    let recovery = try asDeviceError(DeviceKeys(recoverySecret: recoveryKey.secret))
    let recoveryID = recovery.deviceID
    var begun: RestoringVault?
    if let contents = try vault.contentsIfAny() {
      switch contents.stage {
      case .joining: throw .joinUnfinished
      case .restoring: begun = try RestoringVault(contents)
      case .device:
        let isRestored = try DeviceState(contents).wasRestored(by: recoveryID)
        guard isRestored else { throw .vaultNotEmpty }
        return try Device(vault: vault, store: store, relay: relay)
      }
    }
    let account = try await asking { () async throws(RelayError) in
      try await relay.account(recoveredBy: recoveryID, as: .device(recoveryID))
    }
    guard let account else { throw .noSuchAccount }
    guard begun?.recovery ?? recoveryID == recoveryID else { throw .vaultNotEmpty }
    var old = try await reading(account, as: recovery, store: nil, relay: relay)
    if old.parts.account.restoring.isNewestEpochFaulty {
      // Whoever opened the newest epoch kept it from the recovery key. A better one needs the history's root.
      old = try await reading(account, as: recovery, store: store, relay: relay)
      try await old.parts.account.restoring.repair()
    }
    let newcomer = try old.parts.account.restoring.newcomer(begun, vault: vault)
    let keys = newcomer.keys
    try await old.parts.account.restoring.enrol(keys)
    let state = try old.state.read { (state) throws(DeviceError) in
      try state.handedOver(to: keys)
    }
    return try Device(state, replacing: newcomer.version, vault: vault, store: store, relay: relay)
  }

  /// The recovery device for a moment, in memory.
  static func reading(
    _ account: AccountID, as recovery: DeviceKeys, store: (any DeviceStore)?, relay: any Relay
  ) async throws(DeviceError) -> Device {
    let caller = RelayCaller.device(recovery.deviceID)
    let entries = try await asking { () async throws(RelayError) in
      try await relay.logEntries(of: account, from: 0, as: caller)
    }
    let log = try AccountLog.replay(entries, of: account)
    guard log.recoveryDevice == recovery.deviceID else { throw .noSuchAccount }
    let device = try Device(
      DeviceState(keys: recovery, log: log, entries: entries), replacing: nil, vault: MemoryKeyVault(),
      store: store, relay: relay)
    try await device.parts.account.log.pullWraps()
    return device
  }

  /// The devices that a restored device must be told to keep, or removes: all but itself and the recovery
  /// device. Empty once that is done.
  public var unconfirmedDevices: [DeviceID] { state.view.unconfirmedDevices }

  /// Whether this device was restored and seals nothing yet.
  public var needsConfirmation: Bool { state.view.needsConfirmation }

  /// Removes every other device but the ones named here, begins an epoch without them, and seals from then
  /// on.
  ///
  /// A process that ends in between goes on where it was when this is called again.
  public func confirmDevices(
    keeping kept: Set<DeviceID>, named name: String
  ) async throws(DeviceError) {
    try await parts.account.membership.confirm(keeping: kept)
    try parts.writing.profile.enqueue(named: name)
  }

  /// Restores the history into a device that is thrown away, with nothing but the recovery key, and compares:
  /// what an app does before it says “backed up”.
  ///
  /// Nothing is added to the account, and no record is kept. This device is synchronised first.
  /// - Throws: `DeviceError.noSuchAccount` if it is not this account's recovery key, and as `sync()`;
  ///   `.historyRefused` if the relay shows the new device a history that breaks a rule.
  public func verifyRestore(
    with recoveryKey: consuming RecoveryKey
  ) async throws(DeviceError) -> RestoreReport {
    let keys = try asDeviceError(DeviceKeys(recoverySecret: recoveryKey.secret))
    return try await parts.services.lock.locked { () async throws(DeviceError) in
      try await parts.account.puller.pull()
      guard log.recoveryDevice == keys.deviceID else { throw .noSuchAccount }
      let sink = PassingStore()
      let device = try await Self.reading(
        account, as: keys, store: sink, relay: try parts.services.relay.needed())
      return try await device.parts.account.restoring.report(
        through: sink, comparedWith: parts.services.progress)
    }
  }

  /// What this device has of its history.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func restoreReport() async throws(DeviceError) -> RestoreReport {
    try parts.reading.history.restoreReport()
  }
}
