internal import CryptoCore
internal import TLSCodec

/// What the recovery device does for a moment, in memory: it puts the device that is being restored in, and removes all
/// that are not kept. SPEC.md section 8.2.
struct Restoring: Sendable {
  let state: AccountState
  let puller: AccountPuller
  let changes: LogChanges
  let clock: DeviceClock

  /// Keeps every other device from writing for a while.
  func hold() async throws(DeviceError) {
    try await changes.relay.ask { (relay, account) async throws(RelayError) in
      _ = try await relay.hold(account)
    }
  }

  /// Lets the other devices write again.
  func release() async throws(DeviceError) {
    try await changes.relay.ask { (relay, account) async throws(RelayError) in
      try await relay.release(account)
    }
  }

  /// Returns the new device's keys, in the vault before the account hears of them: a process that ends goes on with the
  /// same device, and leaves no other behind.
  func newcomer(
    _ begun: RestoringVault?, _ former: FormerDevice?, keeping kept: Set<DeviceID>, vault: any KeyVault
  ) throws(DeviceError) -> RestoringVault {
    if let begun, isOpen(to: begun.keys.deviceID, keeping: kept) { return begun }
    let keys = try asDeviceError(DeviceKeys())
    let newcomer = RestoringVault(
      keys: keys, recovery: state.view.device, replacing: begun, former: former)
    try newcomer.save(to: vault, replacing: begun, or: former)
    return newcomer
  }

  /// Whether a device is not in the log yet, or is in it with nobody but devices that are kept.
  private func isOpen(to device: DeviceID, keeping kept: Set<DeviceID>) -> Bool {
    let log = state.view.log
    guard let member = log.members[device] else { return true }
    return member.isActive
      && Set(log.activeDevices).subtracting(kept).isSubset(of: [device, log.recoveryDevice])
  }

  /// Makes the `recover` entry, unless it is in the log.
  func recover(_ keys: DeviceKeys, keeping kept: Set<DeviceID>) async throws(DeviceError) {
    let log = state.view.log
    guard log.recoveryDevice == state.view.device else { throw .noSuchAccount }
    guard log.activeMember(keys.deviceID) == nil else { return }
    let bundle = try asDeviceError(
      DeviceKeyBundle(of: keys, createdAt: clock.now.millisecondsSince1970))
    try await changes.change(.recover(bundle, keys, keeping: kept))
  }
}

extension DeviceState {
  /// The entry that gives an account back. `self` is the recovery device's state.
  func recoverEntry(
    _ bundle: DeviceKeyBundle, _ newcomer: DeviceKeys, keeping wanted: Set<DeviceID>, _ history: History
  ) throws(DeviceError) -> PendingEntry? {
    guard log.members[bundle.deviceID] == nil else { return nil }
    try checkNewestEpoch()
    let kept = others.filter(wanted.contains)
    let approvers = (kept.filter(log.approvers.contains) + [bundle.deviceID]).sorted()
    return try epochEntry(
      history: history, leaving: others.filter { !wanted.contains($0) }, joining: bundle,
      signing: [keys, newcomer]
    ) {
      .recover(
        .init(
          device: bundle, kept: kept, approvers: approvers, highestVersion: FormatVersion.newest.rawValue,
          epoch: $0))
    }
  }

  /// What the recovery device knows, for the new device that it put in.
  func handedOver(
    to keys: DeviceKeys, named name: String, handover: SecretKey?
  ) throws(DeviceError) -> DeviceState {
    var next = DeviceState(keys: keys, log: log, entries: entries)
    (next.unannouncedName, next.handover) = (name, handover)
    for (epoch, epochSecret) in keyring.epochSecrets { next.keyring.restore(epochSecret, epoch: epoch) }
    return next
  }
}
