internal import CryptoCore
internal import TLSCodec

/// What the recovery device does for a moment, in memory: it puts the device that is being restored in, and removes all
/// that are not kept. SPEC.md section 8.2.
struct Restoring: Sendable {
  let state: AccountState
  let puller: AccountPuller
  let changes: LogChanges
  let clock: DeviceClock

  /// Keeps every other device from writing until `body` has ended. The hold is renewed before each call to the relay that
  /// comes when half of it has gone by. One that is not released, since the process or the network went, ends by itself.
  func holding<Answer: Sendable>(
    _ body: () async throws(DeviceError) -> Answer
  ) async throws(DeviceError) -> Answer {
    let relay = changes.relay
    try await relay.hold.begin(by: clock) { () async throws(DeviceError) in try await takeHold() }
    let answer: Answer
    do throws(DeviceError) { answer = try await body() } catch {
      await release()
      throw error
    }
    await release()
    return answer
  }

  private func takeHold() async throws(DeviceError) {
    let relay = try changes.relay.needed()
    do throws(RelayError) { _ = try await relay.hold(changes.relay.account) } catch {
      throw DeviceError(error)
    }
  }

  private func release() async {
    changes.relay.hold.end()
    try? await changes.relay.ask { (relay, account) async throws(RelayError) in
      try await relay.release(account)
    }
  }

  /// A new device that is in the log.
  struct Made: Sendable {
    let newcomer: RestoringVault
    let followsEarlierDecision: Bool
  }

  /// Brings a new device in, whose keys are in the vault before the account hears of it: a process that ends goes on with the
  /// same device, and leaves no other behind.
  /// - Parameter former: the device that the vault holds, if no restore was begun.
  func bringIn(
    keeping kept: Set<DeviceID>, _ former: FormerDevice?, vault: any KeyVault, store: any DeviceStore
  ) async throws(DeviceError) -> Made {
    let begun = try RestoringVault(in: vault, by: state.view.device)
    // A device that is there now, and was not when the recovery was opened, stays.
    let held = try vault.contentsIfAny()
    if begun == nil, held?.version != former?.heldVersion { throw held?.stage.obstacle ?? .vaultNotEmpty }
    let earlier = try await finish(begun)
    let newcomer: RestoringVault
    if let begun, isOpen(to: begun.keys.deviceID, keeping: kept) {
      newcomer = begun
    } else {
      if let begun, let left = begun.former {
        try OutboxHandover(left, to: begun.keys, of: state.view.account, store).takeBackNotes()
      } else {
        try former?.takeBackNotes(in: store)
      }
      newcomer = RestoringVault(
        keys: try asDeviceError(DeviceKeys()), recovery: state.view.device, replacing: begun,
        former: former)
      try newcomer.save(to: vault, replacing: begun, or: former)
    }
    return Made(
      newcomer: try await recover(newcomer, keeping: kept, vault: vault),
      followsEarlierDecision: earlier.map { differs($0, from: kept) } ?? false)
  }

  /// Sends again what an earlier try made and perhaps sent, unless something else has its place: with a second entry on the
  /// same head the relay could split the account. SPEC.md section 3.4.
  /// - Returns: The entry, if the log has it.
  private func finish(_ begun: RestoringVault?) async throws(DeviceError) -> LogEntry? {
    guard let pending = begun?.pending else { return nil }
    let history = try changes.progress.current().history
    guard let secret = pending.epochSecret, let epoch = pending.entry.content.change.epoch else {
      throw .vault(.corrupted)
    }
    let (isInLog, isOvertaken, seen) = try state.read { (state) throws(DeviceError) in
      guard DeviceState.isPending(secret, in: pending.entry, state.log) else { throw .vault(.corrupted) }
      return (
        state.log.index(of: pending.entry.head) != nil, state.isOvertaken(pending, history),
        state.pending?.entry.head
      )
    }
    if isInLog {
      // A relay that was restored from a backup takes the entry back, and has lost its wraps.
      try state.mutate { $0.keyring.restore(secret, epoch: epoch.number) }
      return pending.entry
    }
    guard !isOvertaken, try await changes.submit(pending, replacing: seen) == .accepted else { return nil }
    return pending.entry
  }

  /// Whether an entry that is in the log kept other devices than are to stay now, of those that were there.
  private func differs(_ entry: LogEntry, from kept: Set<DeviceID>) -> Bool {
    guard case .recover(let recover) = entry.content.change else { return false }
    let log = state.view.log
    let wanted = kept.filter { device in
      guard device != recover.device.deviceID, let member = log.members[device] else { return false }
      return member.removal.map { $0.entry >= entry.content.index } ?? true
    }
    return wanted != Set(recover.kept)
  }

  /// Whether a device is not in the log yet, or is in it with nobody but devices that are kept.
  private func isOpen(to device: DeviceID, keeping kept: Set<DeviceID>) -> Bool {
    let log = state.view.log
    guard let member = log.members[device] else { return true }
    return member.isActive
      && Set(log.activeDevices).subtracting(kept).isSubset(of: [device, log.recoveryDevice])
  }

  /// Makes the `recover` entry, unless it is in the log, and makes it again each time that another comes first. It is in the
  /// vault before it is sent.
  private func recover(
    _ newcomer: RestoringVault, keeping kept: Set<DeviceID>, vault: any KeyVault
  ) async throws(DeviceError) -> RestoringVault {
    guard state.view.log.recoveryDevice == state.view.device else { throw .noSuchAccount }
    let bundle = try asDeviceError(
      DeviceKeyBundle(of: newcomer.keys, createdAt: clock.now.millisecondsSince1970))
    let intent = LogIntent.recover(bundle, newcomer.keys, keeping: kept)
    var saved = newcomer
    for _ in 0..<LogChanges.attempts {
      try checkCancellation()
      let history = try await changes.historyOfNewestEpoch()
      let (made, seen) = try state.read { (state) throws(DeviceError) in
        (try state.entry(for: intent, history), state.pending?.entry.head)
      }
      guard let made else { return saved }
      let next = saved.sending(made)
      try next.save(to: vault, replacing: saved)
      saved = next
      guard try await changes.submit(made, replacing: seen) == .overtaken else { return saved }
    }
    throw .relay(.unavailable("other devices keep changing the account"))
  }
}

extension DeviceState {
  /// The entry that gives an account back, whatever the recovery device can read of it. `self` is the recovery device's
  /// state. SPEC.md section 4.4 rule 6.
  func recoverEntry(
    _ bundle: DeviceKeyBundle, _ newcomer: DeviceKeys, keeping wanted: Set<DeviceID>, _ history: History
  ) throws(DeviceError) -> PendingEntry? {
    guard log.members[bundle.deviceID] == nil else { return nil }
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
    // Who made what the recovery device could not read.
    for (epoch, fault) in keyring.faults { next.keyring.restore(fault, epoch: epoch) }
    return next
  }
}
