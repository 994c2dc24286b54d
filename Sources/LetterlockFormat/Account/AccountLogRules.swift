/// The rules that need the whole log. SPEC.md section 3.4.
extension AccountLog {
  /// Rules 9 to 13: what a header must say after this log and a change of its devices.
  func check(_ header: EpochHeader, after change: MembershipChange) throws(AccountLogError) {
    guard header.number == UInt64(epochs.count) else { throw .wrongEpochNumber }
    let active = members.merging(change.members) { $1 }.filter(\.value.isActive)
    guard header.wraps.map(\.device) == active.keys.sorted() else { throw .wrongRecipients }
    try checkLinks(of: header)
    let previous = epochs.last?.header
    guard header.treeSize >= previous?.treeSize ?? 0 else { throw .treeShrank }
    guard header.treeSize != previous?.treeSize || header.treeRoot == previous?.treeRoot else {
      throw .treeChanged
    }
    let readable = active.values.map(\.highestVersion).min() ?? 0
    guard header.version.rawValue <= readable, header.version >= previous?.version ?? .one else {
      throw .wrongVersion
    }
  }

  private func checkLinks(of header: EpochHeader) throws(AccountLogError) {
    let linked = header.links.map(\.epoch)
    let isAscending = zip(linked, linked.dropFirst()).allSatisfy { $0 < $1 }
    guard isAscending, linked.allSatisfy({ $0 < header.number }),
      linked.isEmpty == (header.number == 0)
    else { throw .wrongLinks }
  }

  /// Rules 3 and 4: who must have signed an entry that follows this log.
  func checkSigners(of entry: LogEntry) throws(AccountLogError) {
    let signer = entry.content.signer
    guard let member = activeMember(signer) else { throw .signerNotActive(signer) }
    guard case .replaceRecovery(let replace) = entry.content.change else {
      return try Self.checkSignatures(of: entry, by: [member.bundle.signingKeys], account: account)
    }
    let isByVote = signer != recoveryDevice
    if isByVote, !approvers.contains(signer) { throw .wrongSigners }
    let votes: ArraySlice<EntrySignature> = isByVote ? entry.signatures.dropFirst().dropLast() : []
    // Nobody's bundle comes in as the recovery device of an account that its owner does not know.
    try Self.checkSignatures(
      of: entry, by: [member.bundle.signingKeys, replace.recovery.signingKeys], votes: votes,
      account: account)
    if isByVote {
      try check(
        votes,
        for: VoteContent(
          recovery: recoveryDevice, signer: signer, newRecovery: replace.recovery.deviceID,
          approvers: replace.approvers))
    }
  }

  /// Rule 4: the votes of other recovery approvers, enough of them, each once.
  private func check(
    _ votes: ArraySlice<EntrySignature>, for content: VoteContent
  ) throws(AccountLogError) {
    let voters = votes.map(\.device)
    guard voters.count + 1 >= votesNeeded, !voters.contains(content.signer),
      zip(voters, voters.dropFirst()).allSatisfy(<)
    else { throw .wrongSigners }
    let body = content.encoded
    for vote in votes {
      guard let keys = signingKeys(ofApprover: vote.device) else { throw .wrongSigners }
      guard keys.isValid(vote.signature, for: .recoveryVote, account: account, body: body) else {
        throw .badSignature(vote.device)
      }
    }
  }

  /// What an active recovery approver signs with; nil for any other device.
  package func signingKeys(ofApprover device: DeviceID) -> SigningKeys? {
    guard approvers.contains(device) else { return nil }
    return activeMember(device)?.bundle.signingKeys
  }

  /// Rule 4: exactly these keys signed, in order, once each, with `votes` after the first.
  static func checkSignatures(
    of entry: LogEntry, by keys: [SigningKeys], votes: ArraySlice<EntrySignature> = [], account: AccountID
  ) throws(AccountLogError) {
    let signatures = entry.signatures.prefix(1) + entry.signatures.dropFirst(1 + votes.count)
    let devices = keys.map(\.deviceID)
    guard signatures.map(\.device) == devices, Set(devices).count == devices.count else {
      throw .wrongSigners
    }
    let body = entry.content.encoded
    for (signature, keys) in zip(signatures, keys) {
      guard keys.isValid(signature.signature, for: .logEntry, account: account, body: body) else {
        throw .badSignature(signature.device)
      }
    }
  }
}
