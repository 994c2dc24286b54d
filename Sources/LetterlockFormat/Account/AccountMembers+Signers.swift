/// Rules 3, 4 and 14: who must have signed an entry that comes next. SPEC.md section 3.4.
extension AccountMembers {
  func checkSigners(
    of content: LogEntryContent, _ signatures: [EntrySignature]
  ) throws(AccountLogError) {
    let signer = content.signer
    let keys = try checkSigner(of: content)
    switch content.change {
    case .replaceRecovery(let replace):
      guard signer == recoveryDevice else { throw .wrongSigners }
      try check(signatures, of: content, by: [keys, replace.recovery.signingKeys])
    case .recover(let recover):
      guard signer == recoveryDevice else { throw .wrongSigners }
      try check(signatures, of: content, by: [keys, recover.device.signingKeys])
    case .announceRecovery(let announce):
      try checkAnnouncer(signer)
      try check(
        signatures, of: content, by: [keys, announce.recovery.signingKeys],
        votes: signatures.dropFirst().dropLast())
      try checkVotes(of: announce, by: signer, signatures.dropFirst().dropLast())
    case .cancelRecovery:
      guard signer == recoveryDevice || approvers.contains(signer) else { throw .wrongSigners }
      try check(signatures, of: content, by: [keys])
    case .create, .add, .remove, .rotate, .epoch, .update, .completeRecovery:
      try check(signatures, of: content, by: [keys])
    }
  }

  /// Rule 3. Returns what the signer signs with.
  @discardableResult
  func checkSigner(of content: LogEntryContent) throws(AccountLogError) -> SigningKeys {
    guard let member = active(content.signer) else { throw .signerNotActive(content.signer) }
    return member.bundle.signingKeys
  }

  /// Rule 14: who may announce.
  private func checkAnnouncer(_ signer: DeviceID) throws(AccountLogError) {
    guard signer != recoveryDevice, activeApprovers == 0 || approvers.contains(signer) else {
      throw .wrongSigners
    }
  }

  /// Rule 14: the votes of other recovery approvers, enough of them, each once; none if there cannot be enough.
  private func checkVotes(
    of announce: AccountChange.AnnounceRecovery, by signer: DeviceID, _ votes: ArraySlice<EntrySignature>
  ) throws(AccountLogError) {
    let voters = votes.map(\.device)
    guard canVote ? voters.count + 1 >= votesNeeded : voters.isEmpty, !voters.contains(signer),
      voters.isAscending
    else { throw .wrongSigners }
    let body = VoteContent(
      recovery: recoveryDevice, signer: signer, newRecovery: announce.recovery.deviceID,
      approvers: announce.approvers
    ).encoded
    for vote in votes {
      guard let keys = signingKeys(ofApprover: vote.device) else { throw .wrongSigners }
      guard keys.isValid(vote.signature, for: .recoveryVote, account: account, body: body) else {
        throw .badSignature(vote.device)
      }
    }
  }

  private func check(
    _ signatures: [EntrySignature], of content: LogEntryContent, by keys: [SigningKeys],
    votes: ArraySlice<EntrySignature> = []
  ) throws(AccountLogError) {
    try Self.checkSignatures(signatures, of: content, by: keys, votes: votes, account: account)
  }

  /// Rule 4: exactly these keys signed, in order, once each, with `votes` after the first.
  static func checkSignatures(
    _ signatures: [EntrySignature], of content: LogEntryContent, by keys: [SigningKeys],
    votes: ArraySlice<EntrySignature> = [], account: AccountID
  ) throws(AccountLogError) {
    let signatures = signatures.prefix(1) + signatures.dropFirst(1 + votes.count)
    let devices = keys.map(\.deviceID)
    guard signatures.map(\.device) == devices, Set(devices).count == devices.count else {
      throw .wrongSigners
    }
    let body = content.encoded
    for (signature, keys) in zip(signatures, keys) {
      guard keys.isValid(signature.signature, for: .logEntry, account: account, body: body) else {
        throw .badSignature(signature.device)
      }
    }
  }
}

extension [DeviceID] {
  /// Whether the identifiers ascend, each once.
  var isAscending: Bool { zip(self, dropFirst()).allSatisfy(<) }
}
