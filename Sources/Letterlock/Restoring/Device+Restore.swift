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
    let recovery = try asDeviceError(DeviceKeys(recoverySecret: recoveryKey.secret))
    let begun = try RestoringVault(loadingFrom: vault)
    let recoveryID = recovery.deviceID
    let account = try await asking { () async throws(RelayError) in
      try await relay.account(recoveredBy: recoveryID)
    }
    guard let account else { throw .noSuchAccount }
    guard begun?.recovery ?? recoveryID == recoveryID else { throw .vaultNotEmpty }
    var old = try await reading(account, as: recovery, store: nil, relay: relay)
    if old.newestEpochIsFaulty {
      // Whoever opened the newest epoch kept it from the recovery key. A better one needs the history's root.
      old = try await reading(account, as: recovery, store: store, relay: relay)
      try await old.pullEverything()
      _ = try await old.repair()
    }
    let newcomer = try old.newcomer(begun, vault: vault)
    let keys = newcomer.keys
    try await old.enrol(keys)
    let state = try old.state.read { (state) throws(DeviceError) in
      try state.handedOver(to: keys)
    }
    return try Device(state, replacing: newcomer.version, vault: vault, store: store, relay: relay)
  }

  /// The new device's keys, in the vault before the account hears of them: a process that ends goes on with the same
  /// device, and leaves no other behind.
  private func newcomer(_ begun: RestoringVault?, vault: any KeyVault) throws(DeviceError) -> RestoringVault {
    if let begun, log.members[begun.keys.deviceID]?.isActive != false { return begun }
    let keys = try asDeviceError(DeviceKeys())
    let newcomer = RestoringVault(keys: keys, recovery: id, replacing: begun)
    try newcomer.save(to: vault, replacing: begun)
    return newcomer
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
    let device = try Device(
      DeviceState(keys: recovery, log: log, entries: entries), replacing: nil, vault: MemoryKeyVault(),
      store: store, relay: relay)
    try await device.pullWraps()
    return device
  }

  private var newestEpochIsFaulty: Bool {
    state.read { state in
      if case .faulty = state.keyring.standing(in: state.log) { true } else { false }
    }
  }

  /// Adds a device, signed by the recovery device, unless that was done.
  private func enrol(_ keys: DeviceKeys) async throws(DeviceError) {
    let bundle = try asDeviceError(DeviceKeyBundle(of: keys, createdAt: Timestamp.now.millisecondsSince1970))
    let tag = Digest32(unchecked: SecureRandom.bytes(32))
    let consent = try asDeviceError(keys.sign(tag.bytes, for: .joinConsent, account: .none))
    let offer = JoinOffer(version: .newest, device: bundle, consent: consent)
    for _ in 0..<8 {
      guard log.activeMember(keys.deviceID) == nil else { return }
      let pending = try state.read { (state) throws(DeviceError) in
        try state.addEntry(offer, consentTag: tag)
      }
      guard try await submit(pending) == .overtaken else { return }
    }
    throw .relay(.unavailable("other devices keep changing the account"))
  }

  /// The devices that a restored device must be told to keep, or removes: all but itself and the recovery
  /// device. Empty once that is done.
  public var unconfirmedDevices: [DeviceID] {
    state.read { state in
      guard state.isUnconfirmed else { return [] }
      return state.log.activeDevices.filter {
        $0 != state.keys.deviceID && $0 != state.log.recoveryDevice
      }
    }
  }

  /// Whether this device was restored and seals nothing yet.
  public var needsConfirmation: Bool { state.read { $0.isUnconfirmed } }

  /// Removes every other device but the ones named here, begins an epoch without them, and seals from then
  /// on.
  ///
  /// A process that ends in between goes on where it was when this is called again.
  public func confirmDevices(
    keeping kept: Set<DeviceID>, named name: String
  ) async throws(DeviceError) {
    try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      try await settlePending()
      // Who leaves is found out anew each time that another entry comes first: one that still can lets others in.
      try await change(.keep(kept))
      try state.mutate { $0.isUnconfirmed = false }
    }
    try enqueueProfile(named: name)
  }
}

extension DeviceState {
  /// What the recovery device knows, for the new device that it added.
  func handedOver(to keys: DeviceKeys) throws(DeviceError) -> DeviceState {
    var next = DeviceState(keys: keys, log: log, entries: entries)
    for (epoch, epochSecret) in keyring.epochSecrets { next.keyring.restore(epochSecret, epoch: epoch) }
    next.isUnconfirmed = true
    return next
  }
}
