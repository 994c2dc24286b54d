internal import CryptoCore
internal import TLSCodec

/// Changing the account: each change is one entry of the log, made, saved, sent, and then taken.
extension Device {
  /// Removes a device: it opens nothing that is sealed afterwards.
  ///
  /// When the call returns, the relay has the entry and a new epoch has begun. A process that ends in
  /// between goes on with it at the next synchronisation.
  /// - Throws: `DeviceError.unknownDevice`, `.notRemovable`, `.relay`.
  public func remove(_ device: DeviceID) async throws(DeviceError) { try await remove([device]) }

  /// Removes several devices at once, by one entry.
  /// - Throws: as `remove(_:)`, and then none is removed.
  public func remove(_ devices: Set<DeviceID>) async throws(DeviceError) {
    guard !devices.isEmpty else { return }
    try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      let log = self.log
      for device in devices {
        guard log.activeMember(device) != nil else { throw .unknownDevice(device) }
        guard device != id, device != log.recoveryDevice else { throw .notRemovable(device) }
      }
      try await change(.remove(devices))
    }
  }

  /// Begins a new epoch.
  public func beginEpoch() async throws(DeviceError) {
    try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      try await change(.epoch)
    }
  }

  /// Replaces this device's sealing key, and begins an epoch whose secret is wrapped to the new one.
  public func rotateKeys() async throws(DeviceError) {
    try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      let keys = try state.read { (state) throws(DeviceError) in try asDeviceError(state.keys.rotated()) }
      try await rotate(to: keys)
    }
  }

  func rotate(to keys: DeviceKeys) async throws(DeviceError) {
    let bundle = try asDeviceError(DeviceKeyBundle(of: keys, createdAt: clock.now.millisecondsSince1970))
    try await change(.rotate(keys, bundle))
  }

  /// Makes an entry and sees it through; makes it again if another came first and it is still wanted.
  func change(_ intent: LogIntent) async throws(DeviceError) {
    try await settleBefore()
    for _ in 0..<8 {
      let history = try progress().history
      let made = try state.read { (state) throws(DeviceError) in try state.entry(for: intent, history) }
      guard let made else { return try dropPending() }
      guard try await submit(made) == .overtaken else { return }
    }
    throw .relay(.unavailable("other devices keep changing the account"))
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
  func submit(_ pending: PendingEntry) async throws(DeviceError) -> Submission {
    try state.mutate { (state) throws(DeviceError) in try state.propose(pending) }
    guard let relay else {
      try take(pending.entry)
      return .accepted
    }
    do throws(RelayError) {
      try await relay.appendLogEntry(pending.entry, wraps: pending.wraps, to: account)
    } catch {
      guard error.isEntryOvertaken else { throw .relay(error) }
      try await pullEverything()
      guard log.index(of: pending.entry.head) == nil else { return .accepted }
      let history = try progress().history
      guard state.read({ $0.isOvertaken(pending, history) }) else { throw .relay(error) }
      return .overtaken
    }
    try take(pending.entry)
    return .accepted
  }

  /// Sends an entry again that was made before and perhaps sent, or makes it again if it was overtaken.
  func settlePending() async throws(DeviceError) {
    for _ in 0..<8 {
      let history = try progress().history
      guard let pending = state.read({ $0.pending }) else { return }
      var next: PendingEntry? = pending
      guard try state.read({ (state) throws(DeviceError) in try state.maySend(pending) }) else {
        return try dropPending()
      }
      if state.read({ $0.isOvertaken(pending, history) }) {
        next = try state.read { (state) throws(DeviceError) -> PendingEntry? in
          guard let intent = try state.intent(of: pending) else { return nil }
          return try state.entry(for: intent, history)
        }
      }
      guard let next else { return try dropPending() }
      guard try await submit(next) == .overtaken else { return }
    }
  }

  /// What was overtaken and cannot be made again now must not keep the person from removing a device.
  private func settleBefore() async throws(DeviceError) {
    do throws(DeviceError) { try await settlePending() } catch {
      guard case .archive(.epochRefused) = error else { throw error }
      let history = try progress().history
      guard state.read({ state in state.pending.map { state.isOvertaken($0, history) } ?? false }) else {
        throw error
      }
      try dropPending()
    }
  }

  private func dropPending() throws(DeviceError) {
    guard state.read({ $0.pending }) != nil else { return }
    try state.mutate { $0.pending = nil }
  }

  /// Takes an entry that is now in the log. Its epoch is judged when its wrap is there.
  func take(_ entry: LogEntry) throws(DeviceError) { try take([entry]) }

  /// Takes entries one after the other, and saves once: what came before one that breaks a rule stays.
  func take(_ entries: some Collection<LogEntry>) throws(DeviceError) {
    guard !entries.isEmpty else { return }
    let refusal = try state.mutate { (state) -> DeviceError? in
      do throws(DeviceError) {
        for entry in entries where state.log.index(of: entry.head) == nil { try state.take(entry) }
        return nil
      } catch { return error }
    }
    if let refusal { throw refusal }
  }
}

extension DeviceState {
  /// An entry that begins the next epoch for the devices that are active afterwards.
  func epochEntry(
    history: History, leaving leavers: [DeviceID] = [], joining joiner: DeviceKeyBundle? = nil,
    rotating newKeys: DeviceKeys? = nil, signing signers: [DeviceKeys]? = nil,
    votes: [EntrySignature] = [], _ make: (EpochHeader) -> AccountChange
  ) throws(DeviceError) -> PendingEntry {
    var recipients: [DeviceID: SealingKey] = [:]
    for device in log.activeDevices where !leavers.contains(device) {
      recipients[device] = log.members[device]?.bundle.sealingKey
    }
    if let joiner { recipients[joiner.deviceID] = joiner.sealingKey }
    if let newKeys { recipients[newKeys.deviceID] = newKeys.sealingKey }
    var links: [(UInt64, SecretKey)] = []
    for epoch in keyring.secretsToLink() {
      if let epochSecret = keyring.epochSecrets[epoch] { links.append((epoch, epochSecret)) }
    }
    // Who knows no epoch secret can begin no epoch that leads to the others.
    guard !links.isEmpty else { throw .archive(.epochRefused(by: keyring.culprit(in: log))) }
    let opening = try asDeviceError(
      EpochOpening(
        number: log.newestEpoch.header.number + 1, account: log.account, linking: links,
        recipients: recipients, treeSize: history.tree.size, treeRoot: history.tree.root))
    return PendingEntry(
      entry: try entry(make(opening.header), signing: signers, votes: votes), wraps: opening.wraps,
      epochSecret: opening.epochSecret,
      sealingSeed: newKeys?.sealingSeed)
  }

  /// The next entry of the log, by the first of `signers`, or by this device.
  func entry(
    _ change: AccountChange, signing signers: [DeviceKeys]? = nil, votes: [EntrySignature] = []
  ) throws(DeviceError) -> LogEntry {
    let signers = signers ?? [keys]
    let content = LogEntryContent(
      version: .newest, predecessor: log.head, index: log.nextIndex, signer: signers[0].deviceID,
      change: change)
    return try asDeviceError(LogEntry(content, signedBy: signers, votes: votes, account: log.account))
  }

  /// Makes an entry the pending one, if the log will take it: a relay is never asked for what it must refuse.
  mutating func propose(_ pending: PendingEntry) throws(DeviceError) {
    var next = log
    do throws(AccountLogError) { try next.append(pending.entry) } catch { throw .logRefused(error) }
    self.pending = pending
  }

  /// Whether an entry cannot come into the log any more: another has its place, or the history has grown, which this
  /// device has verified.
  func isOvertaken(_ pending: PendingEntry, _ history: History) -> Bool {
    guard pending.entry.content.predecessor == log.head else { return true }
    guard let header = pending.entry.content.change.epoch else { return false }
    return header.treeSize != history.tree.size
  }

  /// Takes the next entry, and what this device knows of its epoch if it made it itself.
  mutating func take(_ entry: LogEntry) throws(DeviceError) {
    do throws(AccountLogError) { try log.append(entry) } catch { throw .logRefused(error) }
    entries.append(entry)
    try noteRecovery(entry)
    guard let pending else { return }
    // Any entry may bring the new sealing key: what was sent before, in the same place, too.
    if case .rotate(let rotate) = entry.content.change, let seed = pending.sealingSeed {
      let rotated = try asDeviceError(DeviceKeys(signingSeed: keys.signingSeed, sealingSeed: seed))
      if rotated.sealingKey == rotate.device.sealingKey { keys = rotated }
    }
    if pending.entry.head == entry.head {
      if let epochSecret = pending.epochSecret {
        keyring.restore(epochSecret, epoch: log.newestEpoch.header.number)
      }
      self.pending = nil
    } else if try intent(of: pending) == nil {
      // Another entry stands in its place, and only a person can want it again.
      self.pending = nil
    }
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

  /// Whether the relay will not take an entry, however often it is sent.
  var isFinal: Bool {
    switch self {
    case .entryRefused, .wrongWraps, .tooLarge, .accountExists: true
    default: false
    }
  }
}
