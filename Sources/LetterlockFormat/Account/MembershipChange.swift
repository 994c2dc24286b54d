/// What an entry does to an account's devices: checked, and not done yet. SPEC.md section 3.4.
struct MembershipChange {
  /// Devices that join, change or leave, as they are afterwards.
  var members: [DeviceID: AccountLog.Member] = [:]
  /// The new recovery device, if there is one.
  var recoveryDevice: DeviceID?
  /// The recovery approvers afterwards, if they change.
  var approvers: Set<DeviceID>?
  /// What is announced afterwards.
  var announcement: AccountLog.Announcement?
}

extension AccountLog.Member {
  init(of bundle: DeviceKeyBundle, addedAt index: UInt64, by signer: DeviceID) {
    self.init(
      bundle: bundle, highestVersion: bundle.highestVersion, addedAt: index, addedBy: signer,
      removal: nil)
  }
}

/// Rules 1, 5 to 8, 14, 16 and 17, as far as they need no part beside the content.
extension AccountMembers {
  /// What an entry does whose signers were checked.
  /// - Parameter treeSize: How many records the history held, for devices that leave.
  func change(
    by content: LogEntryContent, _ signatures: [EntrySignature], treeSize: UInt64
  ) throws(AccountLogError) -> MembershipChange {
    var change = MembershipChange(announcement: announcement)
    switch content.change {
    case .create: throw .misplacedCreate
    case .add(let add): try join(add, content, &change)
    case .remove(let remove): try leave(remove, content, &change)
    case .rotate(let rotate): try self.rotate(rotate, content, &change)
    case .epoch: break
    case .replaceRecovery(let replace): try self.replace(replace, content, &change)
    case .update(let highestVersion): change.members[content.signer] = try updated(content, highestVersion)
    case .recover(let recover): try self.recover(recover, content, &change)
    case .announceRecovery(let announce):
      change.announcement = try announced(announce, content, signatures)
    case .completeRecovery: try complete(content, &change)
    case .cancelRecovery(let head):
      guard let announcement, announcement.head == head else { throw .noAnnouncement }
      change.announcement = nil
    }
    for device in leavers(by: content.change) {
      guard var member = change.members[device] ?? active(device) else { throw .deviceNotActive(device) }
      member.removal = AccountLog.Removal(entry: content.index, treeSize: treeSize)
      change.members[device] = member
    }
    return change
  }

  /// Rule 5.
  static func check(_ bundle: DeviceKeyBundle) throws(AccountLogError) {
    guard bundle.isSignedByItself else { throw .bundleNotSigned }
    guard bundle.sealingKey.isUsable else { throw .unusableKey(bundle.deviceID) }
  }

  /// Rules 5 and 6 for a device that joins or is announced.
  private func check(newcomer bundle: DeviceKeyBundle) throws(AccountLogError) {
    let device = bundle.deviceID
    guard all[device] == nil, !announced.contains(device) else { throw .deviceKnown(device) }
    try Self.check(bundle)
  }

  /// Rule 6 for recovery approvers who are to be active before the entry.
  private func check(approvers: [DeviceID]) throws(AccountLogError) {
    guard approvers.isAscending, approvers.allSatisfy({ $0 != recoveryDevice && active($0) != nil }) else {
      throw .wrongApprovers
    }
  }

  private func join(
    _ add: AccountChange.Add, _ content: LogEntryContent, _ change: inout MembershipChange
  ) throws(AccountLogError) {
    let device = add.device.deviceID
    guard all[device] == nil, !announced.contains(device) else { throw .deviceKnown(device) }
    guard activeDevices.count <= AccountLog.maximumDeviceCount else { throw .tooManyDevices }
    try Self.check(add.device)
    guard
      add.device.signingKeys.isValid(
        add.consent, for: .joinConsent, account: .none, body: add.consentTag.bytes)
    else { throw .badSignature(device) }
    change.members[device] = AccountLog.Member(of: add.device, addedAt: content.index, by: content.signer)
  }

  private func leave(
    _ remove: AccountChange.Remove, _ content: LogEntryContent, _ change: inout MembershipChange
  ) throws(AccountLogError) {
    guard !remove.devices.isEmpty, remove.devices.isAscending else { throw .wrongLeavers }
    for device in remove.devices {
      guard active(device) != nil else { throw .deviceNotActive(device) }
      guard device != recoveryDevice, device != content.signer else { throw .notRemovable(device) }
    }
    // Whoever removes recovery approvers otherwise, a thief perhaps, gets no nearer to a majority.
    if content.signer == recoveryDevice { change.approvers = approvers.subtracting(remove.devices) }
    if let announcement, remove.devices.contains(where: announcement.isBy) { change.announcement = nil }
  }

  /// Rule 8, as far as the content shows it: a projection has no bundle.
  private func rotate(
    _ rotate: AccountChange.Rotate, _ content: LogEntryContent, _ change: inout MembershipChange
  ) throws(AccountLogError) {
    guard var member = active(content.signer) else { throw .deviceNotActive(content.signer) }
    // The recovery device's keys follow from the recovery key: only replacing it changes them.
    guard content.signer != recoveryDevice else { throw .wrongRotation }
    guard let bundle = rotate.device.part else { return }
    try Self.check(bundle)
    guard bundle.signingKeys == member.bundle.signingKeys, bundle.sealingKey != member.bundle.sealingKey
    else {
      throw .wrongRotation
    }
    member.bundle = bundle
    change.members[content.signer] = member
  }

  private func updated(
    _ content: LogEntryContent, _ highestVersion: UInt8
  ) throws(AccountLogError) -> AccountLog.Member {
    guard var member = active(content.signer) else { throw .deviceNotActive(content.signer) }
    member.highestVersion = highestVersion
    return member
  }
}

/// The recovery device, and who may put another in.
extension AccountMembers {
  private func replace(
    _ replace: AccountChange.ReplaceRecovery, _ content: LogEntryContent, _ change: inout MembershipChange
  ) throws(AccountLogError) {
    let device = replace.recovery.deviceID
    // One that was announced may come in at once by the old key.
    guard all[device] == nil else { throw .deviceKnown(device) }
    try Self.check(replace.recovery)
    try check(approvers: replace.approvers)
    change.members[device] = AccountLog.Member(
      of: replace.recovery, addedAt: content.index, by: content.signer)
    change.recoveryDevice = device
    change.approvers = Set(replace.approvers)
    change.announcement = nil
  }

  /// Rule 17, and rule 6 for its recovery approvers.
  private func recover(
    _ recover: AccountChange.Recover, _ content: LogEntryContent, _ change: inout MembershipChange
  ) throws(AccountLogError) {
    try check(newcomer: recover.device)
    guard recover.kept.count < AccountLog.maximumDeviceCount, recover.kept.isAscending,
      !recover.kept.contains(recoveryDevice)
    else { throw .wrongKept }
    for device in recover.kept where active(device) == nil { throw .deviceNotActive(device) }
    let staying = Set(recover.kept + [recover.device.deviceID])
    guard recover.approvers.isAscending, staying.isSuperset(of: recover.approvers) else {
      throw .wrongApprovers
    }
    guard var recovery = active(recoveryDevice) else { throw .deviceNotActive(recoveryDevice) }
    recovery.highestVersion = recover.highestVersion
    change.members[recoveryDevice] = recovery
    change.members[recover.device.deviceID] = AccountLog.Member(
      of: recover.device, addedAt: content.index, by: content.signer)
    change.approvers = Set(recover.approvers)
    change.announcement = nil
  }

  /// Rule 14, but for its signers.
  private func announced(
    _ announce: AccountChange.AnnounceRecovery, _ content: LogEntryContent, _ signatures: [EntrySignature]
  ) throws(AccountLogError) -> AccountLog.Announcement {
    guard !checkpointKey.isEmpty else { throw .noCheckpointKey }
    guard announcement == nil else { throw .announcementStands }
    try check(newcomer: announce.recovery)
    try check(approvers: announce.approvers)
    return AccountLog.Announcement(
      entry: content.index, head: content.head, recovery: announce.recovery, approvers: announce.approvers,
      signer: content.signer, voters: signatures.dropFirst().dropLast().map(\.device),
      coolingOff: canVote ? CoolingOff.shortest : CoolingOff.withoutVote)
  }

  /// Rule 15, but for the cooling-off time, which a projection does not show.
  private func complete(
    _ content: LogEntryContent, _ change: inout MembershipChange
  ) throws(AccountLogError) {
    guard let announcement else { throw .noAnnouncement }
    let device = announcement.recovery.deviceID
    change.members[device] = AccountLog.Member(
      of: announcement.recovery, addedAt: content.index, by: content.signer)
    change.recoveryDevice = device
    change.approvers = Set(announcement.approvers)
    change.announcement = nil
  }
}
