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
  /// - Throws: `DeviceError.noSuchAccount` if the relay knows no account of this key, `.vaultNotEmpty`,
  ///   `.logRefused`, `.relay`.
  public static func restore(
    with recoveryKey: consuming RecoveryKey, vault: any KeyVault,
    store: any DeviceStore, relay: any Relay
  ) async throws(DeviceError) -> Device {
    try checkEmpty(vault)
    let recovery = try DeviceKeys(recoverySecret: recoveryKey.secret)
    let recoveryID = recovery.deviceID
    let account = try await asking { () async throws(RelayError) in
      try await relay.account(recoveredBy: recoveryID)
    }
    guard let account else { throw .noSuchAccount }
    var old = try await reading(account, as: recovery, store: nil, relay: relay)
    if old.newestEpochIsFaulty {
      // Whoever opened the newest epoch kept it from the recovery key. A better one needs the history's root.
      old = try await reading(account, as: recovery, store: store, relay: relay)
      try await old.pullEverything()
      _ = try await old.mend()
    }
    let keys = try DeviceKeys()
    for _ in 0..<8 {
      guard try await old.enrol(keys) == .overtaken else { break }
      try await old.pullEverything()
    }
    let state = try old.state.withLock { (state) throws(DeviceError) in
      try state.handedOver(to: keys)
    }
    let device = Device(state, vault: vault, store: store, relay: relay)
    try device.save()
    device.refreshArchive()
    return device
  }

  /// The recovery device for a moment, in memory.
  static func reading(
    _ account: AccountID, as recovery: DeviceKeys, store: (any DeviceStore)?, relay: any Relay
  ) async throws(DeviceError) -> Device {
    let entries = try await asking { () async throws(RelayError) in
      try await relay.logEntries(of: account, from: 0)
    }
    let log = try replay(entries, of: account)
    guard log.recoveryDevice == recovery.deviceID else { throw .noSuchAccount }
    let device = Device(
      DeviceState(keys: recovery, log: log, entries: entries), vault: MemoryKeyVault(), store: store,
      relay: relay)
    try await device.pullWraps()
    return device
  }

  private var newestEpochIsFaulty: Bool {
    state.withLock { state in
      state.keyring.faults[state.log.newestEpoch.header.number].map { !$0.isRelays } ?? false
    }
  }

  /// Adds a device, signed by the recovery device.
  private func enrol(_ keys: DeviceKeys) async throws(DeviceError) -> Submission {
    let bundle = try DeviceKeyBundle(of: keys, createdAt: Timestamp.now.millisecondsSince1970)
    let tag = Digest32(unchecked: SecureRandom.bytes(32))
    let consent = try keys.sign(tag.bytes, for: .joinConsent, account: .none)
    let offer = JoinOffer(version: .newest, device: bundle, consent: consent)
    let pending = try state.withLock { (state) throws(DeviceError) in
      try state.addEntry(offer, consentTag: tag)
    }
    return try await submit(pending)
  }

  /// The devices that a restored device must be told to keep, or removes: all but itself and the recovery
  /// device. Empty once that is done.
  public var unconfirmedDevices: [DeviceID] {
    state.withLock { state in
      guard state.isUnconfirmed else { return [] }
      return state.log.activeDevices.filter {
        $0 != state.keys.deviceID && $0 != state.log.recoveryDevice
      }
    }
  }

  /// Whether this device was restored and seals nothing yet.
  public var needsConfirmation: Bool { state.withLock { $0.isUnconfirmed } }

  /// Removes every other device but the ones named here, begins an epoch without them, and seals from then
  /// on.
  ///
  /// A process that ends in between goes on where it was when this is called again.
  public func confirmDevices(
    keeping kept: Set<DeviceID>, named name: String
  ) async throws(DeviceError) {
    try await inTurn { () async throws(DeviceError) in
      try await pullEverything()
      try await finishPending()
      var hasBegun = false
      // Whoever is still active may add another device meanwhile: it ends when an entry of this device's own is
      // the newest, and nobody else is there.
      while true {
        let leavers = unconfirmedDevices.filter { !kept.contains($0) }
        guard !leavers.isEmpty || !hasBegun else { break }
        if leavers.isEmpty {
          try await change { .epoch($0) }
        } else {
          try await change(leaving: leavers) { .remove(.init(devices: leavers, epoch: $0)) }
        }
        hasBegun = true
      }
      state.withLock { $0.isUnconfirmed = false }
      try save()
      refreshArchive()
    }
    try enqueueProfile(named: name)
  }

  /// Replaces the recovery key. The old one opens what it could open before, and nothing newer.
  /// - Throws: `DeviceError.noSuchAccount` if `old` is not this account's recovery key.
  public func replaceRecoveryKey(
    _ old: consuming RecoveryKey
  ) async throws(DeviceError) -> RecoveryKey {
    let oldKeys = try DeviceKeys(recoverySecret: old.secret)
    let secret = SecretKey(random: 32)
    let newKeys = try DeviceKeys(recoverySecret: secret)
    let bundle = try DeviceKeyBundle(of: newKeys, createdAt: Timestamp.now.millisecondsSince1970)
    try await inTurn { () async throws(DeviceError) in
      try await pullEverything()
      guard log.recoveryDevice == oldKeys.deviceID else { throw .noSuchAccount }
      try await change(leaving: [oldKeys.deviceID], joining: bundle, signing: [oldKeys, newKeys]) {
        .replaceRecovery(.init(recovery: bundle, epoch: $0))
      }
    }
    guard let recoveryKey = RecoveryKey(secret) else { throw .internalError("recovery key") }
    return recoveryKey
  }
}

extension DeviceState {
  /// What the recovery device knows, for the new device that it added.
  func handedOver(to keys: DeviceKeys) throws(DeviceError) -> DeviceState {
    var next = DeviceState(keys: keys, log: log, entries: entries)
    for (epoch, root) in keyring.roots { next.keyring.restore(root, epoch: epoch) }
    next.isUnconfirmed = true
    return next
  }
}
