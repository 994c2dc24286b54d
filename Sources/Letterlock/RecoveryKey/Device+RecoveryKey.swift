internal import CryptoCore

/// The recovery key: shown before it counts, and replaced in two steps.
extension Device {
  /// The account's recovery key, as long as the app has not said that the person has it.
  ///
  /// A process that ended between making the account and showing the key finds it here.
  public func recoveryKeyToShow() -> RecoveryKey? {
    parts.account.recoveryKeys.keyToShow()
  }

  /// Says that the person has the recovery key: it leaves this device for good.
  ///
  /// Until then whoever takes this device takes the recovery key with it.
  public func confirmRecoveryKey() throws(DeviceError) { try parts.account.recoveryKeys.confirm() }

  /// Whether the account's recovery key is here, because the app has not said that the person has it: after a
  /// replacement that was interrupted it may have come to count with nobody watching.
  public var hasRecoveryKeyToShow: Bool { state.view.hasRecoveryKeyToShow }

  /// Whether a recovery key was prepared that does not count yet: the old one still does. Tell the person, who may have
  /// written the new one down.
  public var hasRecoveryKeyNotInForce: Bool { state.view.hasRecoveryKeyNotInForce }

  /// Makes the recovery key that is to replace the present one, and keeps it in the vault. It does not count before
  /// `replaceRecoveryKey`; until then each call gives the same key.
  ///
  /// Show it, and have the person confirm it, first: so no key ever counts that nobody has seen.
  public func prepareRecoveryKey() throws(DeviceError) -> RecoveryKey {
    try parts.account.recoveryKeys.prepare()
  }

  /// Whether this is the account's recovery key, as far as this device has seen the log.
  /// - Throws: `DeviceError.noSuchAccount` if it is not.
  public func check(_ key: borrowing RecoveryKey) throws(DeviceError) {
    try parts.account.recoveryKeys.check(key)
  }

  /// Puts the prepared recovery key, which the person has now, in place of the old one. The old one opens what it could
  /// open before, and nothing newer.
  ///
  /// It counts when this returns; call `confirmRecoveryKey()` then. If the relay does not answer, the next
  /// synchronisation goes on with it, unless the history has grown meanwhile: the old key, which only the person has,
  /// must then sign again. `hasRecoveryKeyNotInForce` says so.
  /// - Parameter approvers: The devices that may vote on the next key if this one is lost; without it those of now that
  ///   are still active, and this device. Name only devices that the person has in hand.
  /// - Throws: `DeviceError.noRecoveryKeyPrepared` without `prepareRecoveryKey()`, `.noSuchAccount` if `old` is not this
  ///   account's recovery key, `.unknownDevice` for a recovery approver that is not active.
  public func replaceRecoveryKey(
    _ old: consuming RecoveryKey, approvers: Set<DeviceID>? = nil
  ) async throws(DeviceError) {
    try await parts.account.recoveryKeys.replace(old, approvers: approvers)
  }
}

/// A new recovery key without the old one: enough of the devices agree that the person named when the old one came in.
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
    try parts.account.recoveryKeys.propose(approvers: approvers)
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
    try await parts.account.recoveryKeys.vote(for: proposal, confirmedBy: code)
  }

  /// How many more recovery approvers must agree to `proposal`, beside this device and `votes`, as far as this device
  /// has seen the log.
  /// - Throws: as `announceRecoveryKey(by:votes:)`, but for `.votesMissing` and `.relay`.
  public func votesMissing(
    for proposal: RecoveryProposal, with votes: [RecoveryVote]
  ) throws(DeviceError) -> Int {
    try parts.account.recoveryKeys.votesMissing(for: proposal, with: votes)
  }

  /// Announces that the prepared recovery key, which the person has now, is to replace the old one, which nobody needs:
  /// this device and `votes` are enough recovery approvers.
  ///
  /// It does not count yet when this returns: every device shows the announcement for 72 hours, in which the old key or
  /// a recovery approver can cancel it, and a synchronisation of any device after that completes it. It takes 30 days,
  /// and no votes, if too few recovery approvers are active. If the relay does not answer, the next synchronisation
  /// goes on with the announcement.
  /// - Parameter proposal: This device's, which the votes are for; nil for one that needs no other recovery approver.
  /// - Throws: `DeviceError.noRecoveryKeyPrepared`, `.notAnApprover`, `.proposalRefused` if it is not this device's,
  ///   `.voteRefused` for a vote that is no active recovery approver's or for something else, `.votesMissing` if they
  ///   are too few.
  public func announceRecoveryKey(
    by proposal: RecoveryProposal? = nil, votes: [RecoveryVote]
  ) async throws(DeviceError) {
    try await parts.account.recoveryKeys.announce(by: proposal, votes: votes)
  }

  /// The recovery key that was announced to replace the present one; nil if none is. Show it to the person.
  /// - Throws: `DeviceError.store`.
  public func recoveryAnnouncement() throws(DeviceError) -> RecoveryAnnouncement? {
    try parts.account.announcements.shown()
  }

  /// The recovery keys that took the place of others, and that the person of this device did not put there, until
  /// `acknowledge(_:)`. Show them to the person: one may be a thief's.
  /// - Throws: `DeviceError.store`.
  public func replacedRecoveryKeys() throws(DeviceError) -> [RecoveryReplacement] {
    try parts.account.announcements.replacements()
  }

  /// Says that the person has seen that the recovery key was replaced: it is not shown again.
  /// - Throws: `DeviceError.store`.
  public func acknowledge(_ replacement: RecoveryReplacement) throws(DeviceError) {
    try parts.account.announcements.acknowledge(replacement)
  }

  /// Makes the announcement of a recovery key void, as a recovery approver; does nothing if nothing is announced.
  /// - Throws: `DeviceError.notAnApprover` if this device is none, `.relay`.
  public func cancelRecoveryAnnouncement() async throws(DeviceError) {
    try await parts.account.recoveryKeys.cancelAnnouncement(by: nil)
  }

  /// Makes the announcement of a recovery key void with the present one; does nothing if nothing is announced.
  /// - Throws: `DeviceError.noSuchAccount` if `key` is not this account's recovery key, `.relay`.
  public func cancelRecoveryAnnouncement(with key: borrowing RecoveryKey) async throws(DeviceError) {
    let keys = try asDeviceError(DeviceKeys(recoverySecret: key.secret))
    try await parts.account.recoveryKeys.cancelAnnouncement(by: keys)
  }
}
