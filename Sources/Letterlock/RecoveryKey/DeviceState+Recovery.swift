internal import CryptoCore

/// The recovery keys that a device holds, and the votes on the next.
extension DeviceState {
  /// Whether nothing speaks against sending an entry that was made before: a recovery key that is gone must not come in.
  func maySend(_ pending: PendingEntry) throws(DeviceError) -> Bool {
    switch pending.entry.content.change {
    case .replaceRecovery(let replace): try holdsNextKey(of: replace.recovery.deviceID)
    case .announceRecovery(let announce): try holdsNextKey(of: announce.recovery.deviceID)
    default: true
    }
  }

  /// Forgets recovery keys that a new recovery device or the end of an announcement makes void, or that have come to count.
  mutating func noteRecoveryDevice(after old: DeviceID, announced: DeviceID?) throws(DeviceError) {
    guard log.recoveryDevice != old else {
      // One that was announced and called off never comes in.
      if let announced, log.announcement?.recovery.deviceID != announced, try holdsNextKey(of: announced) {
        nextRecoverySecret = nil
      }
      return
    }
    // The new one stays until the person is said to have it. One that was prepared for the old recovery approvers is
    // void.
    recoverySecret = try holdsNextKey(of: log.recoveryDevice) ? nextRecoverySecret : nil
    nextRecoverySecret = nil
  }

  /// Who is to vote on the recovery key after the next, in order.
  func nextApprovers(_ wanted: Set<DeviceID>?) throws(DeviceError) -> [DeviceID] {
    let approvers = wanted ?? log.approvers.filter { log.activeMember($0) != nil }.union([keys.deviceID])
    for device in approvers.sorted() where log.activeMember(device) == nil || device == log.recoveryDevice {
      throw .unknownDevice(device)
    }
    return approvers.sorted()
  }

  private func holdsNextKey(of device: DeviceID) throws(DeviceError) -> Bool {
    guard let nextRecoverySecret else { return false }
    return try asDeviceError(DeviceKeys(recoverySecret: nextRecoverySecret).deviceID == device)
  }
}

/// Votes on a recovery key. SPEC.md section 3.7.
extension DeviceState {
  func checkApprover() throws(DeviceError) {
    guard log.approvers.contains(keys.deviceID), log.activeMember(keys.deviceID) != nil else {
      throw .notAnApprover
    }
  }

  /// Whether this device may announce a recovery device. SPEC.md section 3.4 rule 14.
  var mayAnnounce: Bool {
    guard log.activeMember(keys.deviceID) != nil else { return false }
    return log.approvers.contains(keys.deviceID) || log.approvers.allSatisfy { log.activeMember($0) == nil }
  }

  /// How many other recovery approvers must vote for what this device announces; none if they cannot be enough.
  var votesToGather: Int { log.canVote ? log.votesNeeded - 1 : 0 }

  func checkMayAnnounce() throws(DeviceError) {
    guard mayAnnounce else { throw .notAnApprover }
  }

  func nextRecoveryKeys() throws(DeviceError) -> DeviceKeys {
    guard let nextRecoverySecret else { throw .noRecoveryKeyPrepared }
    return try asDeviceError(DeviceKeys(recoverySecret: nextRecoverySecret))
  }

  func voteContent(_ approvers: [DeviceID]) throws(DeviceError) -> VoteContent {
    VoteContent(
      recovery: log.recoveryDevice, signer: keys.deviceID, newRecovery: try nextRecoveryKeys().deviceID,
      approvers: approvers)
  }

  /// Whether these can be recovery approvers.
  func areActive(_ approvers: [DeviceID]) -> Bool {
    approvers.allSatisfy { $0 != log.recoveryDevice && log.activeMember($0) != nil }
  }

  func check(_ proposal: RecoveryProposal) throws(DeviceError) {
    let content = proposal.content
    guard proposal.account == log.account, content.recovery == log.recoveryDevice,
      log.members[content.newRecovery] == nil, areActive(content.approvers),
      let vote = log.signingKeys(ofApprover: content.signer),
      vote.isValid(
        proposal.signature, for: .recoveryVote, account: log.account, body: content.encoded)
    else { throw .proposalRefused }
  }

  /// The votes as the entry holds them: each recovery approver once, in order, this device aside.
  func counted(
    _ votes: [RecoveryVote], for proposal: RecoveryProposal
  ) throws(DeviceError) -> [EntrySignature] {
    let content = proposal.content
    let body = content.encoded
    // Its own signature too: whoever could change the file would say otherwise who has a vote on the next key.
    guard proposal.account == log.account, try voteContent(content.approvers) == content,
      areActive(content.approvers),
      keys.signingKeys.isValid(
        proposal.signature, for: .recoveryVote, account: log.account, body: body)
    else { throw .proposalRefused }
    var counted: [DeviceID: EntrySignature] = [:]
    for vote in votes where vote.device != keys.deviceID {
      guard vote.account == log.account, let voter = log.signingKeys(ofApprover: vote.device),
        voter.isValid(vote.vote.signature, for: .recoveryVote, account: log.account, body: body)
      else { throw .voteRefused(vote.device) }
      counted[vote.device] = vote.vote
    }
    return log.canVote ? counted.values.sorted { $0.device < $1.device } : []
  }
}
