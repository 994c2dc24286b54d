/// What an entry does to an account's devices: checked, and not done yet. SPEC.md section 3.4.
struct MembershipChange {
  /// Devices that join or change, as they are afterwards.
  var members: [DeviceID: AccountLog.Member] = [:]
  /// The new recovery device, if there is one.
  var recoveryDevice: DeviceID?
  /// The recovery approvers afterwards, if they change.
  var approvers: Set<DeviceID>?
  /// The new device's wrap of the newest epoch secret.
  var laterWrap: WrapDigest?
}

extension AccountLog.Member {
  init(of bundle: DeviceKeyBundle, addedAt index: UInt64, by signer: DeviceID) {
    self.init(
      bundle: bundle, highestVersion: bundle.highestVersion, addedAt: index, addedBy: signer,
      removal: nil)
  }
}

/// Rules 1 and 5 to 8.
extension AccountLog {
  func membershipChange(by content: LogEntryContent) throws(AccountLogError) -> MembershipChange {
    switch content.change {
    case .create: throw .misplacedCreate
    case .add(let add): try joining(add, content)
    case .remove(let remove): try leaving(remove, content)
    case .rotate(let rotate): try rotating(rotate, content)
    case .epoch: MembershipChange()
    case .replaceRecovery(let replace): try replacing(replace, content)
    case .update(let highestVersion): try updating(highestVersion, content)
    }
  }

  /// Rule 5.
  static func check(_ bundle: DeviceKeyBundle) throws(AccountLogError) {
    guard bundle.isSignedByItself else { throw .bundleNotSigned }
    guard bundle.sealingKey.isUsable else { throw .unusableKey(bundle.deviceID) }
  }

  private func joining(
    _ add: AccountChange.Add, _ content: LogEntryContent
  ) throws(AccountLogError) -> MembershipChange {
    let device = add.device.deviceID
    guard members[device] == nil else { throw .deviceKnown(device) }
    guard activeDevices.count <= Self.maximumDeviceCount else { throw .tooManyDevices }
    try Self.check(add.device)
    guard
      add.device.signingKeys.isValid(
        add.consent, for: .joinConsent, account: .none, body: add.consentTag.bytes)
    else { throw .badSignature(device) }
    guard add.device.highestVersion >= newestEpoch.header.version.rawValue else {
      throw .wrongVersion
    }
    return MembershipChange(
      members: [device: Member(of: add.device, addedAt: content.index, by: content.signer)],
      laterWrap: WrapDigest(device: device, wrapHash: add.wrapHash))
  }

  private func leaving(
    _ remove: AccountChange.Remove, _ content: LogEntryContent
  ) throws(AccountLogError) -> MembershipChange {
    guard !remove.devices.isEmpty, zip(remove.devices, remove.devices.dropFirst()).allSatisfy(<) else {
      throw .wrongLeavers
    }
    var change = MembershipChange()
    for device in remove.devices {
      guard var member = activeMember(device) else { throw .deviceNotActive(device) }
      guard device != recoveryDevice, device != content.signer else { throw .notRemovable(device) }
      member.removal = Removal(entry: content.index, treeSize: remove.epoch.treeSize)
      change.members[device] = member
    }
    // Whoever removes recovery approvers otherwise, a thief perhaps, gets no nearer to a majority.
    if content.signer == recoveryDevice { change.approvers = approvers.subtracting(remove.devices) }
    return change
  }

  private func rotating(
    _ rotate: AccountChange.Rotate, _ content: LogEntryContent
  ) throws(AccountLogError) -> MembershipChange {
    guard var member = activeMember(content.signer) else { throw .deviceNotActive(content.signer) }
    try Self.check(rotate.device)
    // The recovery device's keys follow from the recovery key: only replacing it changes them.
    guard content.signer != recoveryDevice,
      rotate.device.signingKeys == member.bundle.signingKeys,
      rotate.device.sealingKey != member.bundle.sealingKey
    else { throw .wrongRotation }
    member.bundle = rotate.device
    return MembershipChange(members: [content.signer: member])
  }

  private func replacing(
    _ replace: AccountChange.ReplaceRecovery, _ content: LogEntryContent
  ) throws(AccountLogError) -> MembershipChange {
    let device = replace.recovery.deviceID
    guard members[device] == nil else { throw .deviceKnown(device) }
    try Self.check(replace.recovery)
    guard var old = activeMember(recoveryDevice) else { throw .deviceNotActive(recoveryDevice) }
    let approvers = replace.approvers
    guard zip(approvers, approvers.dropFirst()).allSatisfy(<),
      approvers.allSatisfy({ $0 != recoveryDevice && activeMember($0) != nil })
    else { throw .wrongApprovers }
    old.removal = Removal(entry: content.index, treeSize: replace.epoch.treeSize)
    return MembershipChange(
      members: [
        recoveryDevice: old,
        device: Member(of: replace.recovery, addedAt: content.index, by: content.signer),
      ], recoveryDevice: device, approvers: Set(approvers))
  }

  private func updating(
    _ highestVersion: UInt8, _ content: LogEntryContent
  ) throws(AccountLogError) -> MembershipChange {
    guard var member = activeMember(content.signer) else { throw .deviceNotActive(content.signer) }
    guard highestVersion >= newestEpoch.header.version.rawValue else { throw .wrongVersion }
    member.highestVersion = highestVersion
    return MembershipChange(members: [content.signer: member])
  }
}
