import CryptoCore
import Letterlock
import TLSCodec

/// Entries that put another recovery device in, or recover the account, against the rules of SPEC.md section 3.4.
extension LogMaker {
  /// A replacement of the recovery device with the epoch of this number.
  private func replacement(
    _ epoch: UInt64, _ devices: [DeviceKeys], approvers: [DeviceID]? = nil
  ) throws -> AccountChange {
    .replaceRecovery(
      .init(
        recovery: try DeviceKeyBundle(of: fourthRecovery, createdAt: 0),
        approvers: approvers ?? devices.map(\.deviceID).sorted(),
        epoch: Committed(try Self.opening(epoch, account: log.account, devices + [fourthRecovery]).header)))
  }

  private func announcement(_ approvers: [DeviceID], of new: DeviceKeys? = nil) throws -> AccountChange {
    .announceRecovery(
      .init(
        recovery: try DeviceKeyBundle(of: new ?? fourthRecovery, createdAt: 0), approvers: approvers))
  }

  private func wrong(
    _ name: String, after: Int, _ change: AccountChange, by signers: [DeviceKeys]
  ) throws -> WrongEntry {
    WrongEntry(
      name: name, after: after, entry: try entry(change, by: signers[0], after: after, signedBy: signers))
  }

  func wrongVotes() throws -> [WrongEntry] {
    let new = try fourthRecovery
    let (early, late) = (try announcement([phone.deviceID]), try announcement([laptop.deviceID]))
    let replaced = try replacement(1, [phone, tablet])
    return [
      try wrong("a new recovery device that did not sign", after: 2, replaced, by: [recovery]),
      try wrong("a replacement by another than the recovery device", after: 2, replaced, by: [phone, new]),
      try wrong("the old recovery device after the new one", after: 2, replaced, by: [recovery, new, phone]),
      WrongEntry(
        name: "a new recovery device that signed for another account", after: 8,
        entry: try borrowed(
          try entry(try replacement(5, [rotatedPhone, laptop]), by: secondRecovery, after: 8))),
      try wrong("an announcement that the new recovery device did not sign", after: 2, early, by: [phone]),
      try wrong("an announcement by the recovery device", after: 2, early, by: [recovery, new]),
      try wrong("an announcement by a device that joined since", after: 2, early, by: [tablet, new]),
      try wrong(
        "a vote of a recovery approver and a device that joined since", after: 2, early,
        by: [phone, tablet, new]),
      try wrong("one of two recovery approvers", after: 8, late, by: [rotatedPhone, new]),
      try wrong(
        "one of two recovery approvers with a device that joined since", after: 11, late,
        by: [rotatedPhone, watch, new]),
      try wrong(
        "a vote where too few recovery approvers are active", after: 12, late,
        by: [laptop, rotatedPhone, new]),
      WrongEntry(
        name: "a vote for another device's entry", after: 8, entry: try withVote(signer: laptop, new: new)),
      WrongEntry(
        name: "a vote for another recovery device", after: 8,
        entry: try withVote(signer: rotatedPhone, new: thirdRecovery)),
      WrongEntry(
        name: "a recovery approver that signed the entry in place of a vote", after: 8,
        entry: try LogEntry(
          try entry(try announcement(approvers), by: rotatedPhone, after: 8).content,
          signedBy: [rotatedPhone, laptop, new], account: log.account)),
    ]
  }

  func wrongApprovers() throws -> [WrongEntry] {
    let new = try fourthRecovery
    func replacing(_ name: String, after: Int = 10, _ approvers: [DeviceID]) throws -> WrongEntry {
      let (epoch, devices): (UInt64, [DeviceKeys]) =
        after == 10 ? (6, [rotatedPhone, laptop]) : (7, [laptop])
      return try wrong(
        name, after: after, replacement(epoch, devices, approvers: approvers), by: [thirdRecovery, new])
    }
    return [
      try replacing("recovery approvers out of order", approvers.reversed()),
      try replacing("a recovery approver twice", [laptop.deviceID, laptop.deviceID]),
      try replacing("a recovery approver that is unknown", [try TestKeys.keys("stranger").deviceID]),
      try replacing("a recovery approver that was removed", after: 12, [rotatedPhone.deviceID]),
      try replacing("the old recovery device as a recovery approver", [thirdRecovery.deviceID]),
      try replacing("the new recovery device as a recovery approver", [new.deviceID]),
      try wrong(
        "an announcement with a recovery approver that was removed", after: 12,
        announcement([rotatedPhone.deviceID]), by: [laptop, new]),
      try wrong(
        "a recovery with an approver that is not kept", after: 11,
        recovery(approvers: [watch.deviceID]), by: [thirdRecovery, desktop]),
    ]
  }

  /// The phone's announcement, after the second recovery device came in, with this vote of the laptop.
  private func withVote(signer: DeviceKeys, new: DeviceKeys) throws -> LogEntry {
    let content = VoteContent(
      recovery: secondRecovery.deviceID, signer: signer.deviceID, newRecovery: new.deviceID,
      approvers: approvers)
    return try LogEntry(
      try entry(try announcement(approvers), by: rotatedPhone, after: 8).content,
      signedBy: [rotatedPhone, try fourthRecovery], votes: [laptop.vote(for: content, account: log.account)],
      account: log.account)
  }

  /// With the new recovery device's signature of the same entry in another account.
  private func borrowed(_ entry: LogEntry) throws -> LogEntry {
    let other = AccountID(unchecked: VectorSeed.bytes("another account"))
    let foreign = try LogEntry(entry.content, signedBy: [try fourthRecovery], account: other)
    return LogEntry(content: entry.content, signatures: entry.signatures + foreign.signatures)
  }

  func wrongAnnouncements() throws -> [WrongEntry] {
    let new = try fourthRecovery
    return [
      try wrong(
        "an announcement while another stands", after: 9, announcement(approvers),
        by: [rotatedPhone, laptop, new]),
      try wrong(
        "a removed device is announced", after: 8, announcement(approvers, of: tablet),
        by: [rotatedPhone, laptop, tablet]),
      try wrong("a cancellation of nothing", after: 8, .cancelRecovery(log.heads[7]), by: [secondRecovery]),
      try wrong(
        "a cancellation of an earlier announcement", after: 13, .cancelRecovery(log.heads[8]), by: [laptop]),
      try wrong(
        "a cancellation by no recovery approver", after: 11, .cancelRecovery(log.heads[8]), by: [watch]),
    ]
  }

  func wrongCompletions() throws -> [WrongEntry] {
    func completing(
      _ name: String, after: Int = 9, _ first: Checkpoint, _ second: Checkpoint
    ) throws -> WrongEntry {
      let (epoch, devices): (UInt64, [DeviceKeys]) =
        after == 13 ? (7, [laptop, try fourthRecovery]) : (5, [rotatedPhone, laptop, thirdRecovery])
      let change = AccountChange.completeRecovery(
        .init(
          coolingOff: Committed(CoolingOff(first: first, second: second)),
          epoch: Committed(try Self.opening(epoch, account: log.account, devices).header)))
      return try wrong(name, after: after, change, by: [laptop])
    }
    let (start, end) = (try checkpoint(after: 9), try checkpoint(after: 9, milliseconds: 72 * 3_600_000))
    let stranger = try CheckpointKey(seed: VectorSeed.bytes("another relay"))
    return [
      try completing("a completion of nothing", after: 8, checkpoint(after: 8), end),
      try completing(
        "a completion a millisecond too soon", start,
        checkpoint(after: 9, milliseconds: 72 * 3_600_000 - 1)),
      try completing("a completion with a clock that went back", end, start),
      try completing("a checkpoint from before the announcement", checkpoint(after: 8), end),
      try completing("checkpoints out of order", after: 13, checkpoint(after: 13), end),
      try completing("a checkpoint of a later head", checkpoint(after: 9), checkpoint(after: 10)),
      try completing("a checkpoint of another relay", start, checkpoint(after: 9, by: stranger)),
      try completing(
        "a checkpoint of another account", start,
        checkpoint(after: 9, account: AccountID(unchecked: VectorSeed.bytes("account")))),
      try completing(
        "72 hours for an announcement without votes", after: 13, checkpoint(after: 13),
        checkpoint(after: 13, milliseconds: 72 * 3_600_000)),
      try otherPart(),
    ]
  }

  /// An entry with the header of another epoch beside its content.
  private func otherPart() throws -> WrongEntry {
    let account = log.account
    let entries = try [1, 2].map { number in
      try entry(
        .epoch(Committed(Self.opening(number, account: account, [phone, recovery]).header)), by: phone,
        after: 1)
    }
    let header = entries[0].content.change.epoch?.encoded.count ?? 0
    let content = entries[0].content.encoded.count
    let bytes = entries[0].encoded
    let other = Array(entries[1].encoded[content..<content + header])
    return WrongEntry(
      name: "another header than the content names", after: 1, entry: entries[0],
      encoded: bytes[..<content] + other + bytes[(content + header)...])
  }

  /// A recovery after 11 entries, which keeps the laptop.
  private func recovery(
    kept: [DeviceID]? = nil, approvers: [DeviceID] = [], highestVersion: UInt8 = 1,
    for devices: [DeviceKeys]? = nil, of device: DeviceKeys? = nil
  ) throws -> AccountChange {
    let device = device ?? desktop
    let header = try Self.opening(
      6, account: log.account, devices ?? [laptop, device, thirdRecovery]
    ).header
    return .recover(
      .init(
        device: try DeviceKeyBundle(of: device, createdAt: 0), kept: kept ?? [laptop.deviceID],
        approvers: approvers, highestVersion: highestVersion, epoch: Committed(header)))
  }

  func wrongRecoveries() throws -> [WrongEntry] {
    func recovering(
      _ name: String, _ change: AccountChange, by signers: [DeviceKeys]? = nil
    ) throws -> WrongEntry {
      try wrong(name, after: 11, change, by: signers ?? [thirdRecovery, desktop])
    }
    let both = [laptop.deviceID, watch.deviceID].sorted()
    let many = (0..<64).map { DeviceID(unchecked: VectorSeed.bytes("device \($0)")) }.sorted()
    return [
      try recovering("a recovery by another than the recovery device", recovery(), by: [laptop, desktop]),
      try recovering(
        "a recovery that the restored device did not sign", recovery(), by: [thirdRecovery]),
      try recovering("kept devices out of order", recovery(kept: both.reversed())),
      try recovering("a kept device twice", recovery(kept: [laptop.deviceID, laptop.deviceID])),
      try recovering("64 kept devices", recovery(kept: many)),
      try recovering("the recovery device is kept", recovery(kept: [thirdRecovery.deviceID])),
      try recovering("a removed device is kept", recovery(kept: [tablet.deviceID])),
      try recovering("a removed device is restored", recovery(of: tablet), by: [thirdRecovery, tablet]),
      try recovering(
        "an epoch for a device that is not kept",
        recovery(for: [laptop, desktop, watch, thirdRecovery])),
      try recovering(
        "a recovery device that reads less than the epoch's version", recovery(highestVersion: 0)),
    ]
  }
}
