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
  /// A new recovery device, who may vote on the next, and who signs for it: the present one, and the new one.
  case replaceRecovery(DeviceKeyBundle, approvers: [DeviceID], signers: [DeviceKeys])
  /// A recovery device that is to come, who signs for it, and the votes for it, in the order of SPEC.md section 3.4
  /// rule 4.
  case announceRecovery(
    DeviceKeyBundle, approvers: [DeviceID], signers: [DeviceKeys], votes: [EntrySignature])
  /// The announced recovery device takes the place of the present one.
  case completeRecovery(CoolingOff)
  /// The announcement that made this head is void; signed by this device if no other keys are given.
  case cancelRecovery(LogHead, by: DeviceKeys?)
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
      // A wrap that the relay may still give is made for the old key.
      guard epochsToJudge.isEmpty else { throw .archive(.epochRefused(by: nil)) }
      return try epochEntry(history: history, rotating: keys) {
        .rotate(.init(device: Committed(bundle), epoch: $0))
      }
    case .replaceRecovery(let bundle, let approvers, let signers):
      guard log.recoveryDevice != bundle.deviceID else { return nil }
      try checkNewestEpoch()
      return try epochEntry(
        history: history, leaving: [log.recoveryDevice], joining: bundle, signing: signers
      ) { .replaceRecovery(.init(recovery: bundle, approvers: approvers, epoch: $0)) }
    case .announceRecovery(let bundle, let approvers, let signers, let votes):
      guard log.recoveryDevice != bundle.deviceID, log.announcement?.recovery.deviceID != bundle.deviceID
      else {
        return nil
      }
      return PendingEntry(
        try entry(
          .announceRecovery(.init(recovery: bundle, approvers: approvers)), signing: signers, votes: votes))
    case .completeRecovery(let coolingOff):
      // Its checkpoints may be those of an announcement that is void by now.
      guard let bundle = log.announcement?.recovery, log.accepts(coolingOff) else { return nil }
      try checkNewestEpoch()
      return try epochEntry(history: history, leaving: [log.recoveryDevice], joining: bundle) {
        .completeRecovery(.init(coolingOff: Committed(coolingOff), epoch: $0))
      }
    case .cancelRecovery(let head, let signer):
      guard log.announcement?.head == head else { return nil }
      return PendingEntry(try entry(.cancelRecovery(head), signing: signer.map { [$0] }))
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
      guard let seed = pending.sealingSeed, let bundle = rotate.device.part else { return nil }
      return .rotate(try asDeviceError(DeviceKeys(signingSeed: keys.signingSeed, sealingSeed: seed)), bundle)
    case .announceRecovery(let announce):
      // Votes name no place in the log.
      // If a device that votes or is to vote has left meanwhile, the votes are for something that cannot be any more; if
      // too few are left to vote at all, none may be there.
      let votes = pending.entry.signatures.dropFirst().dropLast()
      guard mayAnnounce, log.announcement == nil, let next = nextRecoverySecret,
        votes.count >= votesToGather, log.canVote || votes.isEmpty, areActive(announce.approvers),
        votes.allSatisfy({ log.signingKeys(ofApprover: $0.device) != nil })
      else { return nil }
      return .announceRecovery(
        announce.recovery, approvers: announce.approvers,
        signers: [keys, try asDeviceError(DeviceKeys(recoverySecret: next))],
        votes: Array(votes))
    case .completeRecovery(let complete): return complete.coolingOff.part.map { .completeRecovery($0) }
    case .cancelRecovery(let head): return .cancelRecovery(head, by: nil)
    // What the recovery key signed only a person can have it sign again.
    default: return nil
    }
  }
}

extension AccountLog {
  /// Whether two checkpoints show that what is announced has cooled off.
  fileprivate func accepts(_ coolingOff: CoolingOff) -> Bool {
    do throws(AccountLogError) { try check(coolingOff) } catch { return false }
    return true
  }

  /// Whether an entry can come next.
  func accepts(_ entry: LogEntry) -> Bool {
    var next = self
    do throws(AccountLogError) { try next.append(entry) } catch { return false }
    return true
  }
}

extension AccountChange {
  /// Whether only a person can say whether it is still wanted after another came first.
  func needsPerson(in log: AccountLog) -> Bool {
    switch self {
    // It was made again if they are gone.
    case .remove(let remove): remove.devices.contains { log.activeMember($0) != nil }
    case .add, .update, .recover: true
    // It was made again if its recovery device came in.
    case .replaceRecovery(let replace): log.recoveryDevice != replace.recovery.deviceID
    case .announceRecovery(let announce):
      ![log.recoveryDevice, log.announcement?.recovery.deviceID].contains(announce.recovery.deviceID)
    case .create, .rotate, .epoch, .completeRecovery, .cancelRecovery: false
    }
  }
}
