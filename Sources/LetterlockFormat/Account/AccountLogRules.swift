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
    guard isAscending, linked.count <= EpochHeader.maximumLinkCount,
      linked.allSatisfy({ $0 < header.number }),
      linked.isEmpty == (header.number == 0)
    else { throw .wrongLinks }
  }

  /// Rule 13 where no epoch begins: a device that joins or is announced, or an `update`, reads at least the newest epoch's
  /// version.
  func checkVersions(of change: MembershipChange) throws(AccountLogError) {
    let newest = newestEpoch.header.version.rawValue
    let announced = change.announcement?.recovery.highestVersion ?? newest
    guard announced >= newest, change.members.values.allSatisfy({ $0.highestVersion >= newest }) else {
      throw .wrongVersion
    }
  }

  /// Rule 15: the relay signed two checkpoints since the announcement, far enough apart.
  func check(_ coolingOff: Committed<CoolingOff>) throws(AccountLogError) {
    guard let announcement else { throw .noAnnouncement }
    guard let coolingOff = coolingOff.part else { throw .malformed(.truncated) }
    guard let first = index(of: coolingOff.first), let second = index(of: coolingOff.second),
      announcement.entry <= first, first <= second
    else { throw .wrongCoolingOff }
    guard coolingOff.elapsed >= announcement.coolingOff else { throw .tooSoon }
  }

  /// The entry whose head a checkpoint of this account names, which the relay signed.
  private func index(of checkpoint: Checkpoint) -> UInt64? {
    guard checkpoint.account == account, checkpoint.isSigned(by: checkpointKey) else { return nil }
    return index(of: checkpoint.logHead)
  }
}
