/// The rules that need the whole log. SPEC.md section 3.4.
extension AccountLog {
  /// Rules 9 to 13: what the header of an entry must say after this log and what the entry does to its devices.
  func check(
    _ header: EpochHeader, of entry: AccountChange, after change: MembershipChange
  ) throws(AccountLogError) {
    guard header.number == UInt64(epochs.count) else { throw .wrongEpochNumber }
    let active = members.merging(change.members) { $1 }.filter(\.value.isActive)
    guard header.wraps.map(\.device) == active.keys.sorted() else { throw .wrongRecipients }
    guard header.hasRightLinks(entry.linkRule) else { throw .wrongLinks }
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

  /// Rule 13 where no epoch begins: a device that joins or is announced, or an `update`, reads at least the newest epoch's
  /// version.
  func checkVersions(of change: MembershipChange) throws(AccountLogError) {
    let newest = newestEpoch.header.version.rawValue
    let announced = change.announcement?.recovery.highestVersion ?? newest
    guard announced >= newest, change.members.values.allSatisfy({ $0.highestVersion >= newest }) else {
      throw .wrongVersion
    }
  }

  /// Rule 15, for an entry that comes next.
  func check(_ coolingOff: Committed<CoolingOff>) throws(AccountLogError) {
    guard let coolingOff = coolingOff.part else { throw .malformed(.truncated) }
    try check(coolingOff)
  }

  /// Rule 15: the relay signed two checkpoints since the announcement that stands, far enough apart.
  package func check(_ coolingOff: CoolingOff) throws(AccountLogError) {
    guard let announcement else { throw .noAnnouncement }
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

/// Whether an epoch must have links. Rule 11.
package enum LinkRule: Equatable, Sendable {
  /// One at least: it leads back.
  case required
  /// It may have none. In `create` there is nothing to link to; in `recover`, all that the recovery device was to read may
  /// have been spoiled.
  case optional
}

extension EpochHeader {
  /// Rule 11, in an entry for which `rule` holds.
  package func hasRightLinks(_ rule: LinkRule) -> Bool {
    let linked = links.map(\.epoch)
    return zip(linked, linked.dropFirst()).allSatisfy { $0 < $1 } && linked.allSatisfy { $0 < number }
      && linked.count <= Self.maximumLinkCount && (rule == .optional || !linked.isEmpty)
  }
}

extension AccountChange {
  fileprivate var linkRule: LinkRule {
    switch self {
    case .create, .recover: .optional
    case .add, .remove, .rotate, .epoch, .replaceRecovery, .update, .announceRecovery, .completeRecovery,
      .cancelRecovery:
      .required
    }
  }
}
