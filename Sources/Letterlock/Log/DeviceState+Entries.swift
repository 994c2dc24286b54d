internal import CryptoCore
internal import TLSCodec

/// The entries that a device makes, and what it takes from an entry that is in the log.
extension DeviceState {
  /// An entry that begins the next epoch for the devices that are active afterwards.
  func epochEntry(
    history: History, leaving leavers: [DeviceID] = [], joining joiner: DeviceKeyBundle? = nil,
    rotating newKeys: DeviceKeys? = nil, signing signers: [DeviceKeys]? = nil,
    votes: [EntrySignature] = [], _ make: (Committed<EpochHeader>) -> AccountChange
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
    // Who knows no epoch secret can begin no epoch that leads to the others, but for the recovery device, which gives the
    // account back all the same. SPEC.md section 4.4 rule 6.
    guard !links.isEmpty || keys.deviceID == log.recoveryDevice else {
      throw .archive(.epochRefused(by: keyring.culprit(in: log)))
    }
    let opening = try asDeviceError(
      EpochOpening(
        number: log.newestEpoch.header.number + 1, account: log.account, linking: links,
        recipients: recipients, treeSize: history.tree.size, treeRoot: history.tree.root))
    return PendingEntry(
      entry: try entry(make(Committed(opening.header)), signing: signers, votes: votes), wraps: opening.wraps,
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
  /// - Parameter seen: The head of the entry that was pending when this one was made. Another process may have made one
  ///   since, whose secrets must not go: then nothing changes.
  /// - Returns: Whether the entry is the pending one.
  mutating func propose(_ pending: PendingEntry, replacing seen: LogHead?) throws(DeviceError) -> Bool {
    let present = self.pending?.entry.head
    guard present == seen || present == pending.entry.head else { return false }
    var next = log
    do throws(AccountLogError) { try next.append(pending.entry) } catch {
      // One that was removed while it made the entry is told so: its log is as it should be.
      throw log.members[keys.deviceID]?.removal == nil ? .logRefused(error) : .removed
    }
    self.pending = pending
    return true
  }

  /// Forgets the pending entry, unless another was made since.
  mutating func dropPending(_ seen: LogHead?) {
    if pending?.entry.head == seen { pending = nil }
  }

  /// Whether an entry cannot come into the log any more: another has its place, or the history has grown, which this
  /// device has verified.
  func isOvertaken(_ pending: PendingEntry, _ history: History) -> Bool {
    guard pending.entry.content.predecessor == log.head else { return true }
    guard let header = pending.entry.content.change.epoch else { return false }
    return header.treeSize != history.tree.size
  }

  /// What is to be sent for an entry that was made before: the same one, or, if it was overtaken, one that does the same
  /// now; nil if nothing is left to do, or the log takes nothing that does it.
  func remade(_ pending: PendingEntry, _ history: History) throws(DeviceError) -> PendingEntry? {
    guard try maySend(pending) else { return nil }
    guard isOvertaken(pending, history) else { return pending }
    guard let intent = try intent(of: pending), let next = try entry(for: intent, history),
      log.accepts(next.entry)
    else { return nil }
    return next
  }

  /// Takes the next entry, and what this device knows of its epoch if it made it itself.
  mutating func take(_ entry: LogEntry) throws(DeviceError) {
    let (recoveryDevice, announced) = (log.recoveryDevice, log.announcement?.recovery.deviceID)
    do throws(AccountLogError) { try log.append(entry) } catch { throw .logRefused(error) }
    entries.append(entry)
    try noteRecoveryDevice(after: recoveryDevice, announced: announced)
    guard let pending else { return }
    // Any entry may bring the new sealing key: what was sent before, in the same place, too.
    if case .rotate(let rotate) = entry.content.change, let seed = pending.sealingSeed {
      let rotated = try asDeviceError(DeviceKeys(signingSeed: keys.signingSeed, sealingSeed: seed))
      if rotated.sealingKey == rotate.device.part?.sealingKey { keys = rotated }
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
