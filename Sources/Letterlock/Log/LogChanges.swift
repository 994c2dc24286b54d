internal import CryptoCore
internal import TLSCodec

/// Changes the account: each change is one entry of the log, made, saved, sent, and then taken.
///
/// Its callers hold the device's lock, and have pulled everything.
struct LogChanges: Sendable {
  let state: AccountState
  let relay: RelayConnection
  let progress: SyncProgress
  let puller: AccountPuller
  let clock: DeviceClock

  /// How often an entry is made again because another came first.
  static let attempts = 8

  /// Makes an entry and sees it through; makes it again if another came first and it is still wanted.
  func change(_ intent: LogIntent) async throws(DeviceError) {
    try await settleBefore()
    try await submit { (state, history) throws(DeviceError) in try state.entry(for: intent, history) }
  }

  /// Adds a device to the log, unless it is there already: what is done twice is done once.
  func add(_ offer: JoinOffer, consentTag: Digest32) async throws(DeviceError) {
    try await submit { (state, _) throws(DeviceError) in
      guard state.log.activeMember(offer.device.deviceID) == nil else { return nil }
      return try state.addEntry(offer, consentTag: consentTag)
    }
  }

  /// Replaces this device's sealing key.
  func rotateKeys() async throws(DeviceError) {
    let keys = try asDeviceError(state.view.keys.rotated())
    let bundle = try asDeviceError(DeviceKeyBundle(of: keys, createdAt: clock.now.millisecondsSince1970))
    try await change(.rotate(keys, bundle))
  }

  /// Begins a better epoch if the newest one is not to be trusted. Returns who began that one, if a device is to blame.
  func repair() async throws(DeviceError) -> [DeviceID] {
    let standing = state.read { state -> EpochStanding in
      guard state.isActive, !state.isForked, !state.keyring.epochSecrets.isEmpty else {
        return .trusted
      }
      return state.keyring.standing(in: state.log)
    }
    guard case .faulty(let culprit) = standing else { return [] }
    try await change(.repair)
    return culprit.map { [$0] } ?? []
  }

  /// Submits the entry that `make` makes of the state, and makes it again each time that another comes first.
  private func submit(
    _ make: (borrowing DeviceState, History) throws(DeviceError) -> PendingEntry?
  ) async throws(DeviceError) {
    for _ in 0..<Self.attempts {
      try checkCancellation()
      let history = try await historyOfNewestEpoch()
      let (made, seen) = try state.read { (state) throws(DeviceError) in
        (try make(state, history), state.pending?.entry.head)
      }
      guard let made else { return try dropPending(seen) }
      guard try await submit(made, replacing: seen) == .overtaken else { return }
    }
    throw .relay(.unavailable("other devices keep changing the account"))
  }

  /// The history that is here, which is no shorter than the newest epoch says: the log may have come further than the pages
  /// before it, and the next epoch names no shorter history.
  func historyOfNewestEpoch() async throws(DeviceError) -> History {
    for _ in 0..<Self.attempts {
      let history = try progress.current().history
      guard relay.isPresent, history.tree.size < state.view.log.newestEpoch.header.treeSize else {
        return history
      }
      try checkCancellation()
      try await puller.pull()
    }
    return try progress.current().history
  }

  /// What became of an entry.
  enum Submission: Equatable {
    case accepted
    case overtaken
  }

  /// Saves an entry, sends it, and takes it.
  ///
  /// A relay's word that another came first is not enough to make a second entry on the same head: with both the
  /// relay could split the account, and this device would seem to have done it. SPEC.md section 3.4.
  /// - Parameter seen: The head of the entry that was pending when this one was made.
  func submit(_ pending: PendingEntry, replacing seen: LogHead?) async throws(DeviceError) -> Submission {
    let isPending = try state.mutate { (state) throws(DeviceError) in
      try state.propose(pending, replacing: seen)
    }
    guard isPending else {
      // Another process made an entry meanwhile: it comes first, with the secrets that it makes true.
      try await settlePending()
      return .overtaken
    }
    guard let relay = relay.relay else {
      try state.take([pending.entry])
      return .accepted
    }
    try await self.relay.hold.renewIfDue()
    do throws(RelayError) {
      try await relay.appendLogEntry(pending.entry, wraps: pending.wraps, to: self.relay.account)
    } catch {
      guard error.isEntryOvertaken else { throw DeviceError(error) }
      try await puller.pull()
      guard state.view.log.index(of: pending.entry.head) == nil else { return .accepted }
      guard try isOvertaken(pending) else { throw .relay(error) }
      return .overtaken
    }
    try state.take([pending.entry])
    try await takeCheckpoint()
    return .accepted
  }

  /// Takes a checkpoint that names an entry which the relay has just taken: a relay that is restored from a backup takes
  /// the entry back only up to one.
  ///
  /// The entry counts already, so what the relay does wrong here is no failure of the change: the next synchronisation
  /// asks again, and names it. That the task was cancelled, or that something on this device failed, is not passed over:
  /// whoever makes the change again finds it made.
  private func takeCheckpoint() async throws(DeviceError) {
    do throws(DeviceError) { _ = try await puller.history.pull(nil) } catch {
      switch error {
      case .relay, .historyRefused, .logRefused, .noStore: return
      default: throw error
      }
    }
  }

  private func isOvertaken(_ pending: PendingEntry) throws(DeviceError) -> Bool {
    let history = try progress.current().history
    return state.read { $0.isOvertaken(pending, history) }
  }
}

/// Entries that were made before, and perhaps sent.
extension LogChanges {
  /// Sends an entry again that was made before and perhaps sent, or makes it again if it was overtaken.
  func settlePending() async throws(DeviceError) {
    for _ in 0..<Self.attempts {
      try checkCancellation()
      guard let pending = state.read({ $0.pending }) else { return }
      let history = try await historyOfNewestEpoch()
      let next = try state.read { (state) throws(DeviceError) in try state.remade(pending, history) }
      let seen = pending.entry.head
      guard let next else { return try dropPending(seen) }
      guard try await submit(next, replacing: seen) == .overtaken else { return }
    }
  }

  /// Sees an entry through that an earlier call made. One that the relay will never take, or that cannot be made now,
  /// waits: everything else goes on.
  func finishPending() async throws(DeviceError) {
    do throws(DeviceError) { try await settlePending() } catch {
      switch error {
      case .relay(let refusal) where refusal.isFinal || refusal.isBusy: break
      case .archive(.epochRefused): break
      default: throw error
      }
    }
  }

  /// What was overtaken and cannot be made again now must not keep the person from removing a device.
  private func settleBefore() async throws(DeviceError) {
    do throws(DeviceError) { try await settlePending() } catch {
      guard case .archive(.epochRefused) = error, let pending = state.read({ $0.pending }),
        try isOvertaken(pending)
      else { throw error }
      try dropPending(pending.entry.head)
    }
  }

  private func dropPending(_ seen: LogHead?) throws(DeviceError) {
    guard seen != nil else { return }
    try state.mutate { $0.dropPending(seen) }
  }
}

extension RelayError {
  /// Whether the relay says that another entry or record came first.
  fileprivate var isEntryOvertaken: Bool {
    switch self {
    case .staleLogHead, .staleHistory: true
    default: false
    }
  }

  /// Whether the relay takes no entry of this device for now, and says when it will.
  var isBusy: Bool {
    switch self {
    case .recoveryUnderway, .removalUnderway, .tooManyEntries: true
    default: false
    }
  }

  /// Whether the relay will not take an entry, however often it is sent.
  var isFinal: Bool {
    switch self {
    case .entryRefused, .wrongWraps, .tooLarge, .accountExists: true
    default: false
    }
  }
}
