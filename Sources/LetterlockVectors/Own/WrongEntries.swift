import CryptoCore
import Letterlock
import TLSCodec

/// An entry that a log refuses, and after how many entries it is tried.
struct WrongEntry {
  var name: String
  var after: Int
  var entry: LogEntry
  /// The bytes of the entry.
  var encoded: [UInt8]
  /// Entries that come between those and this one.
  var then: [LogEntry]
  /// The log of another account than the file's.
  var log: [LogEntry]?

  init(
    name: String, after: Int, then: [LogEntry] = [], of log: [LogEntry]? = nil, entry: LogEntry,
    encoded: [UInt8]? = nil
  ) {
    (self.name, self.after, self.then, self.log, self.entry) = (name, after, then, log, entry)
    self.encoded = encoded ?? entry.encoded
  }
}

/// One entry, at least, for each rule of SPEC.md section 3.4.
extension LogMaker {
  func wrongEntries() throws -> [WrongEntry] {
    try wrongPlaces() + wrongSigners() + wrongVotes() + wrongApprovers() + wrongDevices() + wrongKeys()
      + wrongHeaders() + wrongAnnouncements() + wrongCompletions() + wrongRecoveries() + wrongInOtherLogs()
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
        entry: try entry(.epoch(Committed(epoch)), by: tablet, after: 6)),
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
        device: Committed(try DeviceKeyBundle(of: phone, createdAt: 1)),
        epoch: Committed(try Self.opening(1, account: log.account, [phone, recovery]).header)))
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
        entry: try entry(
          .remove(.init(devices: [recovery.deviceID], epoch: Committed(next))), by: phone, after: 7)
      ),
      WrongEntry(
        name: "nobody is removed", after: 7,
        entry: try entry(.remove(.init(devices: [], epoch: Committed(next))), by: phone, after: 7)),
      WrongEntry(
        name: "two devices are removed out of order", after: 11,
        entry: try entry(
          .remove(
            .init(
              devices: leavers.reversed(),
              epoch: Committed(try Self.opening(6, account: log.account, [laptop, thirdRecovery]).header))),
          by: laptop, after: 11)),
      WrongEntry(
        name: "a device is removed twice", after: 11,
        entry: try entry(
          .remove(
            .init(
              devices: [watch.deviceID, watch.deviceID],
              epoch: Committed(
                try Self.opening(6, account: log.account, [rotatedPhone, laptop, thirdRecovery]).header))),
          by: laptop, after: 11)),
      WrongEntry(
        name: "an unknown device is removed", after: 7,
        entry: try entry(
          .remove(.init(devices: [stranger.deviceID], epoch: Committed(next))), by: phone, after: 7)),
      WrongEntry(
        name: "a device removes itself", after: 2,
        entry: try entry(
          .remove(.init(devices: [phone.deviceID], epoch: Committed(next))), by: phone, after: 2)),
      WrongEntry(
        name: "a rotation to the same key", after: 1, entry: try entry(sameKey, by: phone, after: 1)),
    ]
  }

  private func wrongHeaders() throws -> [WrongEntry] {
    func wrong(_ name: String, _ opening: EpochOpening) throws -> WrongEntry {
      WrongEntry(
        name: name, after: 1, entry: try entry(.epoch(Committed(opening.header)), by: phone, after: 1))
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
          .epoch(Committed(try Self.opening(2, account: account, both + [tablet], treeSize: 4).header)),
          by: phone, after: 3)),
      WrongEntry(
        name: "a history that changed", after: 3,
        entry: try entry(
          .epoch(
            Committed(
              try Self.opening(
                2, account: account, both + [tablet], treeRoot: Digest32(unchecked: VectorSeed.bytes("root"))
              ).header)), by: phone, after: 3)),
      WrongEntry(
        name: "an update below the epoch's version", after: 1,
        entry: try entry(.update(highestVersion: 0), by: phone, after: 1)),
    ]
  }
}
