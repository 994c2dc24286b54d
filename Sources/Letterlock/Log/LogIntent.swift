/// What a device wants to change in its account: an entry that was overtaken is made again from it, if it is still
/// wanted then.
enum LogIntent: Sendable {
  /// A new epoch.
  case epoch
  /// A better epoch than the newest, as long as that is not to be trusted.
  case repair
  /// These devices leave.
  case remove(Set<DeviceID>)
  /// The recovery device puts a restored device in, and every other one leaves that is not named.
  case recover(DeviceKeyBundle, DeviceKeys, keeping: Set<DeviceID>)
  /// New sealing keys for this device, and their bundle.
  case rotate(DeviceKeys, DeviceKeyBundle)
  /// A new recovery device, who may vote on the next, and who signs for it and the votes for it, in the order of
  /// SPEC.md section 3.4 rule 4.
  case replaceRecovery(
    DeviceKeyBundle, approvers: [DeviceID], signers: [DeviceKeys], votes: [EntrySignature])
}

extension DeviceState {
  /// The entry that does what is wanted now; nil if nothing is left to do.
  /// - Throws: `DeviceError.archive(.epochRefused)` while the relay withholds the newest epoch's secret, unless it is
  ///   to remove a device: the new epoch could not lead back to that epoch secret.
  func entry(for intent: LogIntent, _ history: History) throws(DeviceError) -> PendingEntry? {
    switch intent {
    case .epoch: return try lasting(history)
    case .repair:
      guard case .faulty = keyring.standing(in: log) else { return nil }
      return try lasting(history)
    case .remove(let devices):
      let leavers = devices.filter { log.activeMember($0) != nil }.sorted()
      guard !leavers.isEmpty else { return nil }
      return try epochEntry(history: history, leaving: leavers) {
        .remove(.init(devices: leavers, epoch: $0))
      }
    case .recover(let bundle, let newcomer, let kept):
      return try recoverEntry(bundle, newcomer, keeping: kept, history)
    case .rotate(let keys, let bundle):
      guard log.activeMember(keys.deviceID)?.bundle.sealingKey != keys.sealingKey else { return nil }
      try checkNewestEpoch()
      return try epochEntry(history: history, rotating: keys) { .rotate(.init(device: bundle, epoch: $0)) }
    case .replaceRecovery(let bundle, let approvers, let signers, let votes):
      guard log.recoveryDevice != bundle.deviceID else { return nil }
      try checkNewestEpoch()
      return try epochEntry(
        history: history, leaving: [log.recoveryDevice], joining: bundle, signing: signers, votes: votes
      ) { .replaceRecovery(.init(recovery: bundle, approvers: approvers, epoch: $0)) }
    }
  }

  /// The active devices besides this one and the recovery device.
  var others: [DeviceID] { log.activeDevices.filter { $0 != keys.deviceID && $0 != log.recoveryDevice } }

  private func lasting(_ history: History) throws(DeviceError) -> PendingEntry {
    try checkNewestEpoch()
    return try epochEntry(history: history) { .epoch($0) }
  }

  func checkNewestEpoch() throws(DeviceError) {
    guard keyring.standing(in: log) != .withheld else { throw .archive(.epochRefused(by: nil)) }
  }

  /// What a pending entry of this device is for, if it can be made again without the person.
  func intent(of pending: PendingEntry) throws(DeviceError) -> LogIntent? {
    guard pending.entry.content.signer == keys.deviceID else { return nil }
    switch pending.entry.content.change {
    case .remove(let remove): return .remove(Set(remove.devices))
    case .rotate(let rotate):
      guard let seed = pending.sealingSeed else { return nil }
      return .rotate(
        try asDeviceError(DeviceKeys(signingSeed: keys.signingSeed, sealingSeed: seed)), rotate.device)
    case .replaceRecovery(let replace):
      // Votes name no place in the log. What the old recovery key signed only a person can have it sign again.
      // If a device that votes or is to vote has left meanwhile, the votes are for something that cannot be any more.
      let votes = pending.entry.signatures.dropFirst().dropLast()
      guard log.approvers.contains(keys.deviceID), let next = nextRecoverySecret,
        votes.count + 1 >= log.votesNeeded, areActive(replace.approvers),
        votes.allSatisfy({ log.signingKeys(ofApprover: $0.device) != nil })
      else { return nil }
      return .replaceRecovery(
        replace.recovery, approvers: replace.approvers,
        signers: [keys, try asDeviceError(DeviceKeys(recoverySecret: next))],
        votes: Array(votes))
    default: return nil
    }
  }
}

extension AccountChange {
  /// Whether only a person can say whether it is still wanted after another came first.
  func needsPerson(in log: AccountLog) -> Bool {
    switch self {
    case .add, .update: true
    // It was made again if its recovery device came in.
    case .replaceRecovery(let replace): log.recoveryDevice != replace.recovery.deviceID
    case .create, .remove, .rotate, .epoch: false
    }
  }
}
