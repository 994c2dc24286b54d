internal import CryptoCore

/// An account that was opened with its recovery key, before the person has said which devices stay.
///
/// Nothing is changed until `restore(keeping:named:)`. SPEC.md section 8.2.
public struct RecoverySession: Sendable {
  /// The account.
  public let account: AccountID
  /// The devices that can read the account now, in the order in which they joined, without the recovery key's own.
  ///
  /// Show them: one may be in a thief's hands, or have been added by one that was. Propose to keep none.
  public let devices: [RecoveryCandidate]
  /// Records that the recovery key does not open, and why. Show them before the person decides: restoring gives control back
  /// all the same, and a device that can read them, if it is kept, gives the new one the keys when it synchronises.
  public let unreadable: [UnreadableRecords]

  /// The recovery device, in memory.
  let recovery: Device
  /// The former device that the vault holds, if no restore was begun.
  private let former: FormerDevice?
  private let vault: any KeyVault
  private let store: any DeviceStore
  private let relay: any Relay

  /// Opens the account that a recovery key belongs to, and fetches its whole history into `store`.
  ///
  /// A process that ends meanwhile goes on where it was, with the same store.
  init(
    _ recoveryKey: consuming RecoveryKey, vault: any KeyVault, store: any DeviceStore, relay: any Relay,
    report: (@Sendable (SyncStep) -> Void)?
  ) async throws(DeviceError) {
    let keys = try asDeviceError(DeviceKeys(recoverySecret: recoveryKey.secret))
    let (id, caller) = (keys.deviceID, RelayCaller.device(keys))
    var begun = try RestoringVault(in: vault, by: id)
    former =
      if begun == nil {
        try await FormerDevice.held(by: vault, store, relay, for: .restore)
      } else { nil }
    let found = try await asking { () async throws(RelayError) in
      try await relay.account(recoveredBy: id, as: caller)
    }
    guard let found else { throw .noSuchAccount }
    if let left = begun?.former ?? former {
      begun = try await Self.makeRoom(for: keys, of: found, after: left, begun, vault, store, relay)
    }
    recovery = try await Device.reading(found, as: keys, store: store, relay: relay)
    (account, self.vault, self.store, self.relay) = (found, vault, store, relay)
    try await recovery.parts.account.puller.pull(report)
    devices = try CandidateReader(recovery.parts.services).candidates()
    unreadable = try recovery.parts.reading.status.unreadable.count()
  }

  /// Makes a new device of the account, keeps the devices that are named, and removes every other one.
  ///
  /// The account is held at the relay meanwhile, so that no device that is to go can get in between. A process that ends
  /// goes on with the same device when the recovery is opened again with the same vault, and one that failed when it is called
  /// again. The new device reads and seals at once, and is a recovery approver, as are those kept that were.
  /// - Parameters:
  ///   - kept: Devices that stay, of those in `devices`.
  ///   - name: What the other devices show the new one as.
  /// - Throws: `DeviceError.unknownDevice` for a device that is not in `devices`; `.noSuchAccount` if the recovery key was
  ///   replaced meanwhile; `.relay`, `.historyRefused`, `.vault`, `.store`.
  public func restore(
    keeping kept: Set<DeviceID>, named name: String
  ) async throws(DeviceError) -> RestoredDevice {
    let known = Set(devices.map(\.id))
    if let stranger = kept.subtracting(known).min() { throw .unknownDevice(stranger) }
    let restoring = recovery.parts.account.restoring
    let made = try await restoring.holding { () async throws(DeviceError) in
      try await recovery.parts.account.puller.pull()
      return try await restoring.bringIn(keeping: kept, former, vault: vault, store: store)
    }
    let newcomer = try made.newcomer.handingOver(in: vault)
    if let former = newcomer.former { try takeAlong(former, newcomer) }
    let state = try recovery.state.read { (state) throws(DeviceError) in
      try state.handedOver(to: newcomer.keys, named: name, handover: newcomer.former?.handover)
    }
    let device = try Device(state, replacing: newcomer.version, vault: vault, store: store, relay: relay)
    try device.parts.writing.profile.announceName()
    let active = Set(device.log.activeDevices)
    return RestoredDevice(
      device: device, goneMeanwhile: kept.subtracting(active).sorted(),
      followsEarlierDecision: made.followsEarlierDecision)
  }
}

/// What a former device left, whose vault and store the new one gets.
extension RecoverySession {
  /// Makes room in the store for the history that the relay shows, if that does not go on from the former device's. What
  /// is taken along then needs the new device's keys, which are in the vault before.
  private static func makeRoom(
    for recovery: DeviceKeys, of account: AccountID, after former: FormerDevice, _ begun: RestoringVault?,
    _ vault: any KeyVault, _ store: any DeviceStore, _ relay: any Relay
  ) async throws(DeviceError) -> RestoringVault? {
    let caller = RelayCaller.device(recovery)
    let entries = try await asking { () async throws(RelayError) in
      try await relay.logEntries(of: account, from: 0, as: caller)
    }
    let log = try AccountLog.replay(entries, of: account)
    let keys = if let begun { begun.keys } else { try asDeviceError(DeviceKeys()) }
    let handover = try OutboxHandover(former, to: keys, of: account, store)
    guard let parting = try await handover.parting(from: log, at: relay, as: caller) else { return begun }
    var newcomer = begun
    if begun == nil {
      try former.takeBackNotes(in: store)
      let made = RestoringVault(keys: keys, recovery: recovery.deviceID, replacing: nil, former: former)
      try made.save(to: vault, replacing: nil, or: former)
      newcomer = made
    }
    newcomer = try newcomer?.handingOver(in: vault)
    try handover.move(leavingHistoryAfter: parting)
    return newcomer
  }

  private func takeAlong(_ former: FormerDevice, _ newcomer: RestoringVault) throws(DeviceError) {
    try OutboxHandover(former, to: newcomer.keys, of: account, store).moveWhatWaits()
  }
}

/// What a restore made.
public struct RestoredDevice: Sendable {
  /// The new device. `Device.sync()` sends its name, and fetches what came meanwhile.
  public let device: Device
  /// Devices that were to stay, and that another device, or an earlier try of this restore, removed before: tell the person.
  public let goneMeanwhile: [DeviceID]
  /// Whether an earlier try of this restore had decided otherwise which devices stay. What it had sent came into the log
  /// first, for one recovery key signs no two entries in one place: a device that it removed is gone, and one that only it
  /// kept is removed.
  public let followsEarlierDecision: Bool
}

extension Device {
  /// Opens the account that a recovery key belongs to, to restore it: the first of two steps.
  ///
  /// The whole history is fetched into `store` and checked. Show the person the session's devices, ask which of them
  /// stay, and call `RecoverySession.restore(keeping:named:)`.
  /// - Parameters:
  ///   - recoveryKey: The account's recovery key.
  ///   - vault: Where the new device's keys go: empty, with the keys of a restore that was interrupted, or that of a device
  ///     of this account that may not act any more, whose waiting messages are then taken along; or with a request to join
  ///     that had begun to take them along, if its device is not part of the account.
  ///   - store: The store that the new device is to have: empty, that of a restore that was interrupted, or that of the
  ///     device in the vault.
  ///   - relay: The relay that has the account.
  ///   - report: Called as records come.
  /// - Throws: `DeviceError.noSuchAccount` if the relay knows no account of this key; `.vaultNotEmpty`, `.joinUnfinished`
  ///   if the vault holds a device that may act, `.otherAccount` if it holds one of another account; `.logRefused`, `.historyRefused` if what the relay shows breaks a rule; `.relay`,
  ///   `.vault`, `.store`. What a relay can still hide from a device that knows nothing but
  ///   the recovery key, SPEC.md section 11 says.
  public static func openRecovery(
    with recoveryKey: consuming RecoveryKey, vault: any KeyVault, store: any DeviceStore, relay: any Relay,
    report: (@Sendable (SyncStep) -> Void)? = nil
  ) async throws(DeviceError) -> RecoverySession {
    try await RecoverySession(recoveryKey, vault: vault, store: store, relay: relay, report: report)
  }
}
