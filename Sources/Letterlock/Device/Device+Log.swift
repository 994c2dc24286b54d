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
    let devices = devices.sorted()
    try await inTurn { () async throws(DeviceError) in
      try await pullEverything()
      let log = self.log
      for device in devices {
        guard log.activeMember(device) != nil else { throw .unknownDevice(device) }
        guard device != id, device != log.recoveryDevice else { throw .notRemovable(device) }
      }
      try await change(leaving: devices) { .remove(.init(devices: devices, epoch: $0)) }
    }
  }

  /// Begins a new epoch.
  public func beginEpoch() async throws(DeviceError) {
    try await inTurn { () async throws(DeviceError) in
      try await pullEverything()
      try await change { .epoch($0) }
    }
  }

  /// Replaces this device's sealing key, and begins an epoch whose root is wrapped to the new one.
  public func rotateKeys() async throws(DeviceError) {
    try await inTurn { () async throws(DeviceError) in
      try await pullEverything()
      let keys = try state.withLock { (state) throws(DeviceError) in try state.keys.rotated() }
      try await rotate(to: keys)
    }
  }

  func rotate(to keys: DeviceKeys) async throws(DeviceError) {
    let bundle = try DeviceKeyBundle(of: keys, createdAt: clock.now.millisecondsSince1970)
    try await change(rotating: keys) { .rotate(.init(device: bundle, epoch: $0)) }
  }

  /// Makes an entry that begins an epoch, and sees it through; begins again if another came first.
  func change(
    leaving leavers: [DeviceID] = [], joining joiner: DeviceKeyBundle? = nil,
    rotating newKeys: DeviceKeys? = nil, signing signers: [DeviceKeys]? = nil,
    _ make: (EpochHeader) -> AccountChange
  ) async throws(DeviceError) {
    for _ in 0..<8 {
      let history = try progress().history
      let pending = try state.withLock { (state) throws(DeviceError) in
        try state.epochEntry(
          history: history, leaving: leavers, joining: joiner, rotating: newKeys,
          signing: signers, make)
      }
      guard try await submit(pending) == .overtaken else { return }
      try await pullEverything()
    }
    throw .relay(.unavailable("other devices keep changing the account"))
  }

  /// What became of an entry.
  enum Submission: Equatable {
    case accepted
    case overtaken
  }

  /// Saves an entry, sends it, and takes it; drops it if another came first.
  func submit(_ pending: PendingEntry) async throws(DeviceError) -> Submission {
    state.withLock { $0.pending = pending }
    try save()
    if let relay {
      do throws(RelayError) {
        try await relay.appendLogEntry(pending.entry, wraps: pending.wraps, to: account)
      } catch {
        switch error {
        case .staleLogHead, .staleHistory:
          state.withLock { $0.pending = nil }
          try save()
          return .overtaken
        default: throw .relay(error)
        }
      }
    }
    try take(pending.entry)
    return .accepted
  }

  /// Takes an entry that is now in the log. Its epoch is judged when its wrap is there.
  func take(_ entry: LogEntry) throws(DeviceError) { try take([entry]) }

  /// Takes entries one after the other, and saves once: what came before one that breaks a rule stays.
  func take(_ entries: some Collection<LogEntry>) throws(DeviceError) {
    guard !entries.isEmpty else { return }
    let refusal = state.withLock { (state) -> DeviceError? in
      do throws(DeviceError) {
        for entry in entries { try state.take(entry) }
        return nil
      } catch { return error }
    }
    try save()
    refreshArchive()
    if let refusal { throw refusal }
  }
}

extension DeviceState {
  /// An entry that begins the next epoch for the devices that are active afterwards.
  func epochEntry(
    history: History, leaving leavers: [DeviceID], joining joiner: DeviceKeyBundle?,
    rotating newKeys: DeviceKeys?, signing signers: [DeviceKeys]?,
    _ make: (EpochHeader) -> AccountChange
  ) throws(DeviceError) -> PendingEntry {
    var recipients: [DeviceID: SealingKey] = [:]
    for device in log.activeDevices where !leavers.contains(device) {
      recipients[device] = log.members[device]?.bundle.sealingKey
    }
    if let joiner { recipients[joiner.deviceID] = joiner.sealingKey }
    if let newKeys { recipients[newKeys.deviceID] = newKeys.sealingKey }
    let links = keyring.rootsToLink(in: log).compactMap { epoch in
      keyring.roots[epoch].map { (epoch, $0) }
    }
    let opening = try EpochOpening(
      number: log.newestEpoch.header.number + 1, account: log.account, linking: links,
      recipients: recipients, treeSize: history.tree.size, treeRoot: history.tree.root)
    return PendingEntry(
      entry: try entry(make(opening.header), signing: signers), wraps: opening.wraps, root: opening.root,
      sealingSeed: newKeys?.sealingSeed)
  }

  /// The next entry of the log, by the first of `signers`, or by this device.
  func entry(
    _ change: AccountChange, signing signers: [DeviceKeys]? = nil
  ) throws(DeviceError) -> LogEntry {
    let signers = signers ?? [keys]
    let content = LogEntryContent(
      version: .newest, predecessor: log.head, index: log.nextIndex, signer: signers[0].deviceID,
      change: change)
    return try LogEntry(content, signedBy: signers, account: log.account)
  }

  /// Takes the next entry, and what this device knows of its epoch if it made it itself.
  mutating func take(_ entry: LogEntry) throws(DeviceError) {
    do throws(AccountLogError) { try log.append(entry) } catch { throw .logRefused(error) }
    entries.append(entry)
    guard let pending else { return }
    if pending.entry.head == entry.head {
      if let root = pending.root { keyring.restore(root, epoch: log.newestEpoch.header.number) }
      if let seed = pending.sealingSeed {
        keys = try DeviceKeys(signingSeed: keys.signingSeed, sealingSeed: seed)
      }
    }
    // Another entry on the same predecessor stands, or this one does: either way nothing is pending.
    self.pending = nil
  }
}
