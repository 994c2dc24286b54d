internal import CryptoCore
internal import TLSCodec

/// What the recovery device does for a moment, in memory: it adds the device that is being restored.
struct Restoring: Sendable {
  let state: AccountState
  let puller: AccountPuller
  let changes: LogChanges

  /// Whether whoever opened the newest epoch kept it from the recovery key.
  var isNewestEpochFaulty: Bool {
    state.read { state in
      if case .faulty = state.keyring.standing(in: state.log) { true } else { false }
    }
  }

  /// Begins a better epoch, which needs the history's root.
  func repair() async throws(DeviceError) {
    try await puller.pull()
    _ = try await changes.repair()
  }

  /// Returns the new device's keys, in the vault before the account hears of them: a process that ends goes on with the
  /// same device, and leaves no other behind.
  func newcomer(_ begun: RestoringVault?, vault: any KeyVault) throws(DeviceError) -> RestoringVault {
    if let begun, state.view.log.members[begun.keys.deviceID]?.isActive != false { return begun }
    let keys = try asDeviceError(DeviceKeys())
    let newcomer = RestoringVault(keys: keys, recovery: state.view.device, replacing: begun)
    try newcomer.save(to: vault, replacing: begun)
    return newcomer
  }

  /// Adds a device, signed by the recovery device, unless that was done.
  func enrol(_ keys: DeviceKeys) async throws(DeviceError) {
    let bundle = try asDeviceError(DeviceKeyBundle(of: keys, createdAt: Timestamp.now.millisecondsSince1970))
    let tag = Digest32(unchecked: SecureRandom.bytes(32))
    let consent = try asDeviceError(keys.sign(tag.bytes, for: .joinConsent, account: .none))
    try await changes.add(JoinOffer(version: .newest, device: bundle, consent: consent), consentTag: tag)
  }
}

extension DeviceState {
  /// Whether a recovery device brought this device in, and the person has not said yet which others to keep.
  func wasRestored(by recovery: DeviceID) -> Bool { isUnconfirmed && log.recoveryDevice == recovery }

  /// What the recovery device knows, for the new device that it added.
  func handedOver(to keys: DeviceKeys) throws(DeviceError) -> DeviceState {
    var next = DeviceState(keys: keys, log: log, entries: entries)
    for (epoch, epochSecret) in keyring.epochSecrets { next.keyring.restore(epochSecret, epoch: epoch) }
    next.isUnconfirmed = true
    return next
  }
}
