internal import CryptoCore

/// The recovery key of an account: shown before it counts, and replaced in two steps. SPEC.md sections 3.7 and 8.1.
struct RecoveryKeys: Sendable {
  let state: AccountState
  let lock: AsyncLock
  let puller: AccountPuller
  let changes: LogChanges
  let announcements: RecoveryAnnouncements
  let clock: DeviceClock

  /// Returns the account's recovery key, as long as the person is not said to have it.
  func keyToShow() -> RecoveryKey? {
    guard let secret = state.read({ $0.recoverySecret }) else { return nil }
    return RecoveryKey(secret)
  }

  /// Forgets the account's recovery key. That the person put it in force is noted before: only the key itself shows it.
  func confirm() throws(DeviceError) {
    // A note that is not kept costs no more than a word about a key that the person knows.
    if state.view.hasRecoveryKeyToShow { try? announcements.note() }
    try state.mutate { $0.recoverySecret = nil }
  }

  /// Returns the recovery key that is to replace the present one, which is in the vault then.
  func prepare() throws(DeviceError) -> RecoveryKey {
    let secret = try state.mutate { (state) throws(DeviceError) -> SecretKey in
      guard state.isActive else { throw .removed }
      let secret = state.nextRecoverySecret ?? SecretKey(random: WrittenCode.byteCount)
      state.nextRecoverySecret = secret
      return secret
    }
    guard let key = RecoveryKey(secret) else { throw .internalError("recovery key") }
    return key
  }

  /// Whether this is the account's recovery key, as far as the device has seen the log.
  /// - Throws: `DeviceError.noSuchAccount` if it is not.
  func check(_ key: borrowing RecoveryKey) throws(DeviceError) {
    try state.view.check(key)
  }

  /// Puts the prepared key in place of the old one, which signs for it.
  func replace(_ old: consuming RecoveryKey, approvers: Set<DeviceID>?) async throws(DeviceError) {
    let newKeys = try state.read { (state) throws(DeviceError) in try state.nextRecoveryKeys() }
    let oldKeys = try asDeviceError(DeviceKeys(recoverySecret: old.secret))
    let bundle = try bundle(of: newKeys)
    try await lock.locked { () async throws(DeviceError) in
      try await puller.pull()
      guard state.view.log.recoveryDevice == oldKeys.deviceID else { throw .noSuchAccount }
      let approvers = try state.read { (state) throws(DeviceError) in try state.nextApprovers(approvers) }
      do throws(DeviceError) {
        try await changes.change(
          .replaceRecovery(bundle, approvers: approvers, signers: [oldKeys, newKeys]))
      } catch {
        // A call that stops after the relay has taken the entry has replaced the key: the old one signs for no other.
        guard state.view.log.recoveryDevice == newKeys.deviceID else { throw error }
      }
    }
  }

  /// Announces the prepared key, for which enough recovery approvers vote if they can.
  func announce(by proposal: RecoveryProposal?, votes: [RecoveryVote]) async throws(DeviceError) {
    let proposal = if let proposal { proposal } else { try propose(approvers: nil) }
    try await lock.locked { () async throws(DeviceError) in
      try await puller.pull()
      let (keys, newKeys, counted) = try state.read { (state) throws(DeviceError) in
        try state.checkMayAnnounce()
        let counted = try state.counted(votes, for: proposal)
        guard counted.count >= state.votesToGather else {
          throw .votesMissing(state.votesToGather - counted.count)
        }
        return (state.keys, try state.nextRecoveryKeys(), counted)
      }
      try await changes.change(
        .announceRecovery(
          try bundle(of: newKeys), approvers: proposal.content.approvers, signers: [keys, newKeys],
          votes: counted))
    }
  }

  /// Returns what the other recovery approvers are to agree to.
  func propose(approvers: Set<DeviceID>?) throws(DeviceError) -> RecoveryProposal {
    let (keys, content) = try state.read { (state) throws(DeviceError) in
      try state.checkMayAnnounce()
      return (state.keys, try state.voteContent(try state.nextApprovers(approvers)))
    }
    let account = state.view.account
    return RecoveryProposal(
      version: .newest, account: account, content: content,
      signature: try asDeviceError(keys.sign(content.encoded, for: .recoveryVote, account: account)))
  }

  /// Agrees to a proposal of another recovery approver.
  func vote(
    for proposal: RecoveryProposal, confirmedBy code: String
  ) async throws(DeviceError) -> RecoveryVote {
    try await lock.locked { () async throws(DeviceError) in
      try await puller.pull()
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

  /// Returns how many more recovery approvers must agree to a proposal.
  func votesMissing(
    for proposal: RecoveryProposal, with votes: [RecoveryVote]
  ) throws(DeviceError) -> Int {
    try state.read { (state) throws(DeviceError) in
      try state.checkMayAnnounce()
      return max(0, state.votesToGather - (try state.counted(votes, for: proposal)).count)
    }
  }

  /// Makes what is announced void, signed by this device, or by the recovery device.
  func cancelAnnouncement(by recovery: DeviceKeys?) async throws(DeviceError) {
    try await lock.locked { () async throws(DeviceError) in
      try await puller.pull()
      let log = state.view.log
      guard let announcement = log.announcement else { return }
      if let recovery {
        guard log.recoveryDevice == recovery.deviceID else { throw .noSuchAccount }
      } else {
        try state.read { (state) throws(DeviceError) in try state.checkApprover() }
      }
      try await changes.change(.cancelRecovery(announcement.head, by: recovery))
    }
  }

  private func bundle(of keys: DeviceKeys) throws(DeviceError) -> DeviceKeyBundle {
    try asDeviceError(DeviceKeyBundle(of: keys, createdAt: clock.now.millisecondsSince1970))
  }
}

extension AccountView {
  /// Whether a key is the account's recovery key, as far as the log is known.
  /// - Throws: `DeviceError.noSuchAccount` if it is not.
  func check(_ key: borrowing RecoveryKey) throws(DeviceError) {
    let device = try asDeviceError(DeviceKeys(recoverySecret: key.secret)).deviceID
    guard log.recoveryDevice == device else { throw .noSuchAccount }
  }
}
