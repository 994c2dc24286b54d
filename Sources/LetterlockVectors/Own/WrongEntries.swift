import CryptoCore
import Letterlock
import TLSCodec

/// An entry that a log refuses, and after how many entries it is tried.
struct WrongEntry {
  var name: String
  var after: Int
  var entry: LogEntry
}

/// One entry, at least, for each rule of SPEC.md section 3.4.
extension LogMaker {
  func wrongEntries() throws -> [WrongEntry] {
    try wrongPlaces() + wrongSigners() + wrongVotes() + wrongApprovers() + wrongDevices() + wrongKeys()
      + wrongHeaders()
  }

  private func wrongPlaces() throws -> [WrongEntry] {
    let update = AccountChange.update(highestVersion: 1)
    return [
      WrongEntry(name: "create again", after: 1, entry: entries[0]),
      WrongEntry(
        name: "create later", after: 1,
        entry: try entry(entries[0].content.change, by: phone, after: 1)),
      WrongEntry(
        name: "at an old head", after: 6,
        entry: try entry(update, by: phone, after: 6, predecessor: log.heads[4])),
      WrongEntry(
        name: "an index is skipped", after: 1, entry: try entry(update, by: phone, after: 1, index: 2)),
    ]
  }

  private func wrongSigners() throws -> [WrongEntry] {
    let update = AccountChange.update(highestVersion: 1)
    let epoch = try Self.opening(3, account: log.account, [rotatedPhone, recovery]).header
    return [
      WrongEntry(
        name: "a removed device opens the next epoch", after: 6,
        entry: try entry(.epoch(epoch), by: tablet, after: 6)),
      WrongEntry(name: "a stranger", after: 1, entry: try entry(update, by: tablet, after: 1)),
      WrongEntry(
        name: "signed by another device", after: 2,
        entry: try entry(update, by: phone, after: 2, signedBy: [tablet])),
      WrongEntry(
        name: "signed twice", after: 2,
        entry: try entry(update, by: phone, after: 2, signedBy: [phone, phone])),
      WrongEntry(
        name: "a signature of another account", after: 1,
        entry: try LogEntry(
          LogEntryContent(
            version: .one, predecessor: log.heads[0], index: 1, signer: phone.deviceID, change: update),
          signedBy: [phone], account: AccountID(unchecked: VectorSeed.bytes("another account")))),
    ]
  }

  /// A replacement of the recovery device with the epoch of this number.
  private func replacement(
    _ epoch: UInt64, _ devices: [DeviceKeys], approvers: [DeviceID]? = nil
  ) throws -> AccountChange {
    .replaceRecovery(
      .init(
        recovery: try DeviceKeyBundle(of: fourthRecovery, createdAt: 0),
        approvers: approvers ?? devices.map(\.deviceID).sorted(),
        epoch: try Self.opening(epoch, account: log.account, devices + [fourthRecovery]).header))
  }

  private var fourthRecovery: DeviceKeys {
    get throws { try DeviceKeys(recoverySecret: VectorSeed.key("fourth recovery key")) }
  }

  private func wrongVotes() throws -> [WrongEntry] {
    let new = try fourthRecovery
    func wrong(
      _ name: String, after: Int, _ epoch: UInt64, _ devices: [DeviceKeys], by signers: [DeviceKeys]
    ) throws -> WrongEntry {
      WrongEntry(
        name: name, after: after,
        entry: try entry(
          try replacement(epoch, devices), by: signers[0], after: after, signedBy: signers))
    }
    let two = [phone, tablet]
    let three = [rotatedPhone, laptop, watch]
    return [
      try wrong("a new recovery device that did not sign", after: 2, 1, two, by: [recovery]),
      try wrong("a vote that the new recovery device did not sign", after: 2, 1, two, by: [phone]),
      try wrong("a vote of a device that joined since", after: 2, 1, two, by: [tablet, new]),
      try wrong(
        "a vote of a recovery approver and a device that joined since", after: 2, 1, two,
        by: [phone, tablet, new]),
      try wrong(
        "one of two recovery approvers", after: 9, 6, [rotatedPhone, laptop], by: [rotatedPhone, new]),
      try wrong(
        "one of two recovery approvers with a device that joined since", after: 10, 6, three,
        by: [rotatedPhone, watch, new]),
      try wrong("a recovery approver that has removed the other", after: 11, 7, [laptop], by: [laptop, new]),
      try wrong(
        "a recovery approver, and one that was removed", after: 11, 7, [laptop],
        by: [laptop, rotatedPhone, new]),
      try wrong("the old recovery device after the new one", after: 2, 1, two, by: [recovery, new, phone]),
      WrongEntry(
        name: "a new recovery device that signed for another account", after: 8,
        entry: try borrowed(
          try entry(try replacement(5, [rotatedPhone, laptop]), by: secondRecovery, after: 8))),
      WrongEntry(
        name: "a vote for another device's entry", after: 9,
        entry: try withVote(signer: laptop, new: new)),
      WrongEntry(
        name: "a vote for another recovery device", after: 9,
        entry: try withVote(signer: rotatedPhone, new: thirdRecovery)),
      WrongEntry(
        name: "a recovery approver that signed the entry in place of a vote", after: 9,
        entry: try LogEntry(
          try entry(try replacement(6, [rotatedPhone, laptop]), by: rotatedPhone, after: 9).content,
          signedBy: [rotatedPhone, laptop, new], account: log.account)),
    ]
  }

  private func wrongApprovers() throws -> [WrongEntry] {
    func wrong(_ name: String, after: Int = 9, _ approvers: [DeviceID]) throws -> WrongEntry {
      let (epoch, devices): (UInt64, [DeviceKeys]) = after == 9 ? (6, [rotatedPhone, laptop]) : (7, [laptop])
      return WrongEntry(
        name: name, after: after,
        entry: try entry(
          try replacement(epoch, devices, approvers: approvers), by: thirdRecovery, after: after,
          signedBy: [thirdRecovery, try fourthRecovery]))
    }
    return [
      try wrong("recovery approvers out of order", approvers.reversed()),
      try wrong("a recovery approver twice", [laptop.deviceID, laptop.deviceID]),
      try wrong("a recovery approver that is unknown", [try TestKeys.keys("stranger").deviceID]),
      try wrong("a recovery approver that was removed", after: 11, [rotatedPhone.deviceID]),
      try wrong("the old recovery device as a recovery approver", [thirdRecovery.deviceID]),
      try wrong("the new recovery device as a recovery approver", [try fourthRecovery.deviceID]),
    ]
  }

  /// The phone's replacement, after the third recovery device came in, with this vote of the laptop.
  private func withVote(signer: DeviceKeys, new: DeviceKeys) throws -> LogEntry {
    let content = VoteContent(
      recovery: thirdRecovery.deviceID, signer: signer.deviceID, newRecovery: new.deviceID,
      approvers: approvers)
    return try LogEntry(
      try entry(try replacement(6, [rotatedPhone, laptop]), by: rotatedPhone, after: 9).content,
      signedBy: [rotatedPhone, try fourthRecovery], votes: [laptop.vote(for: content, account: log.account)],
      account: log.account)
  }

  /// With the new recovery device's signature of the same entry in another account.
  private func borrowed(_ entry: LogEntry) throws -> LogEntry {
    let other = AccountID(unchecked: VectorSeed.bytes("another account"))
    let foreign = try LogEntry(entry.content, signedBy: [try fourthRecovery], account: other)
    return try LogEntry(decoding: entry.content.encoded + (entry.signatures + foreign.signatures).encoded)
  }

  private func wrongKeys() throws -> [WrongEntry] {
    /// The tablet's bundle with other bytes in its sealing key, signed by its keys.
    func bundle(_ change: (inout [UInt8]) -> Void) throws -> DeviceKeyBundle {
      var bytes = Array(try DeviceKeyBundle(of: tablet, createdAt: 0).encoded.dropLast(3373))
      change(&bytes)
      let none = AccountID(unchecked: [UInt8](repeating: 0, count: 32))
      return try DeviceKeyBundle(
        decoding: bytes + (try tablet.sign(bytes, for: .bundle, account: none)).bytes)
    }
    func wrong(_ name: String, _ bundle: DeviceKeyBundle) throws -> WrongEntry {
      let good = try addition(of: tablet)
      return WrongEntry(
        name: name, after: 1,
        entry: try entry(
          .add(
            .init(
              device: bundle, consentTag: good.consentTag, consent: good.consent, wrapHash: good.wrapHash)),
          by: phone, after: 1))
    }
    let sealingKey = 1985
    return [
      try wrong(
        "a sealing key with an X25519 part of order 1",
        bundle { $0.replaceSubrange((sealingKey + 1184)..<3201, with: [UInt8](repeating: 0, count: 32)) }),
      try wrong(
        "a sealing key with an X25519 part of order 4, encoded above the modulus",
        bundle {
          let point: [UInt8] = [0xee] + [UInt8](repeating: 0xff, count: 30) + [0x7f]
          $0.replaceSubrange((sealingKey + 1184)..<3201, with: point)
        }),
      try wrong(
        "a sealing key with an ML-KEM coefficient of 3329",
        bundle {
          $0[sealingKey + 3] = 0x01
          $0[sealingKey + 4] = $0[sealingKey + 4] & 0xf0 | 0x0d
        }),
    ]
  }

  private func wrongDevices() throws -> [WrongEntry] {
    let altered = try DeviceKeyBundle(
      decoding: DeviceKeyBundle(of: tablet, createdAt: 0).encoded.flipping(3202))
    let good = try addition(of: tablet)
    let stranger = try TestKeys.keys("stranger")
    let next = try Self.opening(4, account: log.account, [rotatedPhone]).header
    let sameKey = AccountChange.rotate(
      .init(
        device: try DeviceKeyBundle(of: phone, createdAt: 1),
        epoch: try Self.opening(1, account: log.account, [phone, recovery]).header))
    return [
      WrongEntry(
        name: "a bundle that is not signed", after: 1,
        entry: try entry(
          .add(
            .init(
              device: altered, consentTag: good.consentTag, consent: good.consent, wrapHash: good.wrapHash)),
          by: phone, after: 1)),
      WrongEntry(
        name: "a consent by another device", after: 1,
        entry: try entry(.add(try addition(of: tablet, consentBy: stranger)), by: phone, after: 1)),
      WrongEntry(
        name: "a removed device comes back", after: 6, entry: try entry(.add(good), by: phone, after: 6)),
      WrongEntry(
        name: "the recovery device is removed", after: 7,
        entry: try entry(.remove(.init(devices: [recovery.deviceID], epoch: next)), by: phone, after: 7)
      ),
      WrongEntry(
        name: "nobody is removed", after: 7,
        entry: try entry(.remove(.init(devices: [], epoch: next)), by: phone, after: 7)),
      WrongEntry(
        name: "two devices are removed out of order", after: 10,
        entry: try entry(
          .remove(
            .init(
              devices: leavers.reversed(),
              epoch: try Self.opening(6, account: log.account, [laptop, thirdRecovery]).header)), by: laptop,
          after: 10)),
      WrongEntry(
        name: "a device is removed twice", after: 10,
        entry: try entry(
          .remove(
            .init(
              devices: [watch.deviceID, watch.deviceID],
              epoch: try Self.opening(6, account: log.account, [rotatedPhone, laptop, thirdRecovery]).header)),
          by: laptop, after: 10)),
      WrongEntry(
        name: "an unknown device is removed", after: 7,
        entry: try entry(.remove(.init(devices: [stranger.deviceID], epoch: next)), by: phone, after: 7)),
      WrongEntry(
        name: "a device removes itself", after: 2,
        entry: try entry(.remove(.init(devices: [phone.deviceID], epoch: next)), by: phone, after: 2)),
      WrongEntry(
        name: "a rotation to the same key", after: 1, entry: try entry(sameKey, by: phone, after: 1)),
    ]
  }

  private func wrongHeaders() throws -> [WrongEntry] {
    func wrong(_ name: String, _ opening: EpochOpening) throws -> WrongEntry {
      WrongEntry(name: name, after: 1, entry: try entry(.epoch(opening.header), by: phone, after: 1))
    }
    let account = log.account
    let both = [phone, recovery]
    return [
      try wrong("an epoch is skipped", try Self.opening(2, account: account, both, linking: [0])),
      try wrong("an epoch without a device", try Self.opening(1, account: account, [phone])),
      try wrong("an epoch for a stranger too", try Self.opening(1, account: account, both + [tablet])),
      try wrong("an epoch without links", try Self.opening(1, account: account, both, linking: [])),
      try wrong("links out of order", try Self.opening(1, account: account, both, linking: [0, 0])),
      try wrong("a link forward", try Self.opening(1, account: account, both, linking: [1])),
      WrongEntry(
        name: "a history that shrank", after: 3,
        entry: try entry(
          .epoch(try Self.opening(2, account: account, both + [tablet], treeSize: 4).header), by: phone,
          after: 3)),
      WrongEntry(
        name: "a history that changed", after: 3,
        entry: try entry(
          .epoch(
            try Self.opening(
              2, account: account, both + [tablet], treeRoot: Digest32(unchecked: VectorSeed.bytes("root"))
            ).header), by: phone, after: 3)),
      WrongEntry(
        name: "an update below the epoch's version", after: 1,
        entry: try entry(.update(highestVersion: 0), by: phone, after: 1)),
    ]
  }
}
