internal import CryptoCore
internal import TLSCodec

/// What only the recovery key can show. SPEC.md section 8.2.
extension Device {
  /// The recovery device for a moment, in memory.
  static func reading(
    _ account: AccountID, as recovery: DeviceKeys, store: (any DeviceStore)?, relay: any Relay
  ) async throws(DeviceError) -> Device {
    let caller = RelayCaller.device(recovery)
    let entries = try await asking { () async throws(RelayError) in
      try await relay.logEntries(of: account, from: 0, as: caller)
    }
    let log = try AccountLog.replay(entries, of: account)
    guard log.recoveryDevice == recovery.deviceID else { throw .noSuchAccount }
    // Its vault is a new one each time: the one that a process had which ended meanwhile is no newer copy of it.
    DeviceNotes(store, signingSeed: recovery.signingSeed, account: account).note(newVaultVersion: 0)
    let device = try Device(
      DeviceState(keys: recovery, log: log, entries: entries), replacing: nil, vault: MemoryKeyVault(),
      store: store, relay: relay)
    try await device.parts.account.log.pullWraps()
    return device
  }

  /// Restores the history into a device that is thrown away, with nothing but the recovery key, and compares:
  /// what an app does before it says “backed up”.
  ///
  /// Nothing is added to the account, and nothing is kept. This device is synchronised first. Every record and every byte
  /// of every file is fetched: the call takes as long as a restore, and moves as much.
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
        through: sink, comparedWith: parts.services.progress, files: device.parts.files.downloads)
    }
  }

  /// What this device has of its history.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func restoreReport() throws(DeviceError) -> RestoreReport {
    try parts.reading.history.restoreReport()
  }
}
