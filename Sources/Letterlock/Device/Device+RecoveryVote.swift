/// A new recovery key without the old one: enough of the devices that the person had when the old one came in agree.
/// SPEC.md section 3.7.
extension Device {
  /// What the other electors are to agree to, for the prepared recovery key. Carry it to them by any way: it holds no
  /// secret.
  ///
  /// None are needed if `log.votesNeeded` is 1.
  /// - Throws: `DeviceError.noRecoveryKeyPrepared` without `prepareRecoveryKey()`, `.notAnElector` if this device joined
  ///   after the recovery key came in.
  public func proposeRecoveryKey() throws(DeviceError) -> RecoveryProposal {
    let (keys, content) = try state.withLock { (state) throws(DeviceError) in
      try state.checkElector()
      return (state.keys, try state.voteContent())
    }
    return RecoveryProposal(
      version: .newest, account: account, content: content,
      signature: try keys.sign(content.encoded, for: .recoveryVote, account: account))
  }

  /// Agrees to a proposal of another elector. Ask the person first whether it was they who made it, on the device that
  /// `content.signer` names: what is agreed holds until the recovery key changes or that device is removed.
  /// - Throws: `DeviceError.proposalRefused` if it is for another account or recovery key, or not by an active elector;
  ///   `.notAnElector` if this device joined after the recovery key came in; `.relay`.
  public func vote(for proposal: RecoveryProposal) async throws(DeviceError) -> RecoveryVote {
    try await inTurn { () async throws(DeviceError) in
      try await pullEverything()
      return try state.withLock { (state) throws(DeviceError) in
        try state.checkElector()
        try state.check(proposal)
        return RecoveryVote(
          version: .newest, account: state.log.account,
          vote: try state.keys.vote(for: proposal.content, account: state.log.account))
      }
    }
  }

  /// How many more electors must agree, beside this device and `votes`, as far as this device has seen the log.
  /// - Throws: as `replaceRecoveryKey(votes:)`, but for `.votesMissing` and `.relay`.
  public func votesMissing(with votes: [RecoveryVote]) throws(DeviceError) -> Int {
    try state.withLock { (state) throws(DeviceError) in
      try state.checkElector()
      return max(0, state.log.votesNeeded - (try state.counted(votes)).count - 1)
    }
  }

  /// Puts the prepared recovery key, which the person has now, in place of the old one, which nobody needs: this device
  /// and `votes` are enough electors.
  ///
  /// If the relay does not answer, the next synchronisation goes on with it.
  /// - Throws: `DeviceError.noRecoveryKeyPrepared`, `.notAnElector`, `.voteRefused` for a vote that is no active
  ///   elector's or for something else, `.votesMissing` if they are too few.
  public func replaceRecoveryKey(votes: [RecoveryVote]) async throws(DeviceError) {
    try await inTurn { () async throws(DeviceError) in
      try await pullEverything()
      let (keys, newKeys, counted) = try state.withLock { (state) throws(DeviceError) in
        try state.checkElector()
        let counted = try state.counted(votes)
        guard counted.count + 1 >= state.log.votesNeeded else {
          throw .votesMissing(state.log.votesNeeded - counted.count - 1)
        }
        return (state.keys, try state.nextRecoveryKeys(), counted)
      }
      let bundle = try DeviceKeyBundle(of: newKeys, createdAt: clock.now.millisecondsSince1970)
      try await change(.replaceRecovery(bundle, signers: [keys, newKeys], votes: counted))
    }
  }
}

extension DeviceState {
  fileprivate func checkElector() throws(DeviceError) {
    guard log.electors.contains(keys.deviceID), log.activeMember(keys.deviceID) != nil else {
      throw .notAnElector
    }
  }

  fileprivate func nextRecoveryKeys() throws(DeviceError) -> DeviceKeys {
    guard let nextRecoverySecret else { throw .noRecoveryKeyPrepared }
    return try DeviceKeys(recoverySecret: nextRecoverySecret)
  }

  fileprivate func voteContent() throws(DeviceError) -> VoteContent {
    VoteContent(
      recovery: log.recoveryDevice, signer: keys.deviceID, newRecovery: try nextRecoveryKeys().deviceID)
  }

  fileprivate func check(_ proposal: RecoveryProposal) throws(DeviceError) {
    let content = proposal.content
    guard proposal.account == log.account, content.recovery == log.recoveryDevice,
      log.members[content.newRecovery] == nil,
      let vote = log.signingKeys(ofElector: content.signer),
      vote.isValid(
        proposal.signature, for: .recoveryVote, account: log.account, body: content.encoded)
    else { throw .proposalRefused }
  }

  /// The votes as the entry holds them: each elector once, in order, this device aside.
  fileprivate func counted(_ votes: [RecoveryVote]) throws(DeviceError) -> [EntrySignature] {
    guard !votes.isEmpty else { return [] }
    let body = try voteContent().encoded
    var counted: [DeviceID: EntrySignature] = [:]
    for vote in votes where vote.device != keys.deviceID {
      guard vote.account == log.account, let voter = log.signingKeys(ofElector: vote.device),
        voter.isValid(vote.vote.signature, for: .recoveryVote, account: log.account, body: body)
      else { throw .voteRefused(vote.device) }
      counted[vote.device] = vote.vote
    }
    return counted.values.sorted { $0.device < $1.device }
  }
}

extension DeviceKeys {
  /// A vote as an entry holds it.
  package func vote(
    for content: VoteContent, account: AccountID
  ) throws(DeviceError) -> EntrySignature {
    EntrySignature(
      device: deviceID, signature: try sign(content.encoded, for: .recoveryVote, account: account))
  }
}
