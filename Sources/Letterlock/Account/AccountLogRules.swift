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
    var keys = [member.bundle.signingKeys]
    if case .replaceRecovery(let replace) = entry.content.change {
      if signer != recoveryDevice { keys = try voters(for: entry) }
      // Nobody's bundle comes in as the recovery device of an account that its owner does not know.
      keys.append(replace.recovery.signingKeys)
    }
    try Self.checkSignatures(of: entry, by: keys, account: account)
  }

  /// Rule 4: the keys of the electors that sign, enough of them, the signer first.
  private func voters(for entry: LogEntry) throws(AccountLogError) -> [SigningKeys] {
    let voters = entry.signatures.map(\.device).dropLast()
    let others = voters.dropFirst()
    guard voters.first == entry.content.signer, voters.count >= votesNeeded,
      zip(others, others.dropFirst()).allSatisfy(<), electors.isSuperset(of: voters)
    else { throw .wrongSigners }
    var keys: [SigningKeys] = []
    for voter in voters {
      guard let member = activeMember(voter) else { throw .wrongSigners }
      keys.append(member.bundle.signingKeys)
    }
    return keys
  }

  /// Rule 4: exactly these keys signed, in order, once each.
  static func checkSignatures(
    of entry: LogEntry, by keys: [SigningKeys], account: AccountID
  ) throws(AccountLogError) {
    let devices = keys.map(\.deviceID)
    guard entry.signatures.map(\.device) == devices, Set(devices).count == devices.count else {
      throw .wrongSigners
    }
    let body = entry.content.encoded
    for (signature, keys) in zip(entry.signatures, keys) {
      guard keys.isValid(signature.signature, for: .logEntry, account: account, body: body) else {
        throw .badSignature(signature.device)
      }
    }
  }
}
