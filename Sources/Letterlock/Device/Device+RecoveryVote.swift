/// A new recovery key without the old one: enough of the devices agree that the person named when the old one
/// came in.
/// SPEC.md section 3.7.
extension Device {
  /// What the other recovery approvers are to agree to, for the prepared recovery key. Carry it to them by any way: it
  /// holds no secret.
  ///
  /// None are needed if `log.votesNeeded` is 1. Show the proposal's `code` to the person, who confirms it with it where
  /// they vote.
  /// - Parameter approvers: The devices that may vote on the key after this one; without it those of now that are still
  ///   active. Name only devices that the person has in hand.
  /// - Throws: `DeviceError.unknownDevice` for a recovery approver that is not active, `.noRecoveryKeyPrepared` without
  ///   `prepareRecoveryKey()`, `.notAnApprover` if this device has no vote.
  public func proposeRecoveryKey(
    approvers: Set<DeviceID>? = nil
  ) throws(DeviceError) -> RecoveryProposal {
    let (keys, content) = try state.read { (state) throws(DeviceError) in
      try state.checkApprover()
      return (state.keys, try state.voteContent(try state.nextApprovers(approvers)))
    }
    return RecoveryProposal(
      version: .newest, account: account, content: content,
      signature: try asDeviceError(keys.sign(content.encoded, for: .recoveryVote, account: account)))
  }

  /// Agrees to a proposal of another recovery approver: what is agreed holds until the recovery key changes or that
  /// device is removed.
  /// - Parameter code: What the person read on the device that proposes: a file that was changed on its way, or that
  ///   another device made, has another code.
  /// - Throws: `DeviceError.codeNotConfirmed` if it is not the proposal's, `.proposalRefused` if it is for another
  ///   account or recovery key, or not by an active recovery approver; `.notAnApprover` if this device has no vote;
  ///   `.relay`.
  public func vote(
    for proposal: RecoveryProposal, confirmedBy code: String
  ) async throws(DeviceError) -> RecoveryVote {
    try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      return try state.read { (state) throws(DeviceError) in
        try state.checkApprover()
        try state.check(proposal)
        guard proposal.isConfirmed(by: code) else { throw .codeNotConfirmed }
        return RecoveryVote(
          version: .newest, account: state.log.account,
          vote: try asDeviceError(state.keys.vote(for: proposal.content, account: state.log.account)))
      }
    }
  }

  /// How many more recovery approvers must agree to `proposal`, beside this device and `votes`, as far as this device
  /// has seen the log.
  /// - Throws: as `replaceRecoveryKey(votes:)`, but for `.votesMissing` and `.relay`.
  public func votesMissing(
    for proposal: RecoveryProposal, with votes: [RecoveryVote]
  ) throws(DeviceError) -> Int {
    try state.read { (state) throws(DeviceError) in
      try state.checkApprover()
      return max(0, state.log.votesNeeded - (try state.counted(votes, for: proposal)).count - 1)
    }
  }

  /// Puts the prepared recovery key, which the person has now, in place of the old one, which nobody needs: this device
  /// and `votes` are enough recovery approvers.
  ///
  /// It counts when this returns; call `confirmRecoveryKey()` then. If the relay does not answer, the next
  /// synchronisation goes on with it.
  /// - Parameter proposal: This device's, which the votes are for; nil for one that needs no other recovery approver.
  /// - Throws: `DeviceError.noRecoveryKeyPrepared`, `.notAnApprover`, `.proposalRefused` if it is not this device's,
  ///   `.voteRefused` for a vote that is no active recovery approver's or for something else, `.votesMissing` if they
  ///   are too few.
  public func replaceRecoveryKey(
    by proposal: RecoveryProposal? = nil, votes: [RecoveryVote]
  ) async throws(DeviceError) {
    let proposal = if let proposal { proposal } else { try proposeRecoveryKey() }
    try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      let (keys, newKeys, counted) = try state.read { (state) throws(DeviceError) in
        try state.checkApprover()
        let counted = try state.counted(votes, for: proposal)
        guard counted.count + 1 >= state.log.votesNeeded else {
          throw .votesMissing(state.log.votesNeeded - counted.count - 1)
        }
        return (state.keys, try state.nextRecoveryKeys(), counted)
      }
      let bundle = try asDeviceError(DeviceKeyBundle(of: newKeys, createdAt: clock.now.millisecondsSince1970))
      try await change(
        .replaceRecovery(
          bundle, approvers: proposal.content.approvers, signers: [keys, newKeys], votes: counted))
    }
  }
}

extension DeviceState {
  fileprivate func checkApprover() throws(DeviceError) {
    guard log.approvers.contains(keys.deviceID), log.activeMember(keys.deviceID) != nil else {
      throw .notAnApprover
    }
  }

  fileprivate func nextRecoveryKeys() throws(DeviceError) -> DeviceKeys {
    guard let nextRecoverySecret else { throw .noRecoveryKeyPrepared }
    return try asDeviceError(DeviceKeys(recoverySecret: nextRecoverySecret))
  }

  fileprivate func voteContent(_ approvers: [DeviceID]) throws(DeviceError) -> VoteContent {
    VoteContent(
      recovery: log.recoveryDevice, signer: keys.deviceID, newRecovery: try nextRecoveryKeys().deviceID,
      approvers: approvers)
  }

  /// Whether these can be recovery approvers.
  func areActive(_ approvers: [DeviceID]) -> Bool {
    approvers.allSatisfy { $0 != log.recoveryDevice && log.activeMember($0) != nil }
  }

  fileprivate func check(_ proposal: RecoveryProposal) throws(DeviceError) {
    let content = proposal.content
    guard proposal.account == log.account, content.recovery == log.recoveryDevice,
      log.members[content.newRecovery] == nil, areActive(content.approvers),
      let vote = log.signingKeys(ofApprover: content.signer),
      vote.isValid(
        proposal.signature, for: .recoveryVote, account: log.account, body: content.encoded)
    else { throw .proposalRefused }
  }

  /// The votes as the entry holds them: each recovery approver once, in order, this device aside.
  fileprivate func counted(
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
    return counted.values.sorted { $0.device < $1.device }
  }
}
