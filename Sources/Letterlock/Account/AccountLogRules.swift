/// The rules that need the whole log. SPEC.md section 3.4.
extension AccountLog {
  /// Rules 9 to 13: what a header must say after this log, devices already changed.
  func check(_ header: EpochHeader) throws(AccountLogError) {
    guard header.number == UInt64(epochs.count) else { throw .wrongEpochNumber }
    guard header.wraps.map(\.device) == activeDevices else { throw .wrongRecipients }
    try checkLinks(of: header)
    let previous = epochs.last?.header
    guard header.treeSize >= previous?.treeSize ?? 0 else { throw .treeShrank }
    let readable = members.values.filter(\.isActive).map(\.highestVersion).min() ?? 0
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
    guard activeMember(signer) != nil else { throw .signerNotActive(signer) }
    guard case .replaceRecovery = entry.content.change, signer != recoveryDevice else {
      return try checkSignatures(of: entry, by: [signer], account: account)
    }
    let voters = activeDevices.filter { $0 != recoveryDevice }
    let needed = voters.count <= 2 ? voters.count : voters.count / 2 + 1
    let signers = entry.signatures.map(\.device)
    guard signers.count >= needed, signers.allSatisfy(voters.contains) else { throw .wrongSigners }
    try checkSignatures(of: entry, by: signers, account: account)
  }

  /// Rule 4: exactly these devices signed, once each.
  func checkSignatures(
    of entry: LogEntry, by devices: [DeviceID], account: AccountID
  ) throws(AccountLogError) {
    guard entry.signatures.map(\.device) == devices, Set(devices).count == devices.count else {
      throw .wrongSigners
    }
    let body = entry.content.encoded
    for signature in entry.signatures {
      guard
        let member = members[signature.device],
        member.bundle.signingKeys.isValid(
          signature.signature, for: .logEntry, account: account, body: body)
      else { throw .badSignature(signature.device) }
    }
  }
}
