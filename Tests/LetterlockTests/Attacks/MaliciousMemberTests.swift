import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a malicious member")
struct MaliciousMemberTests {
  enum Fault: String, CaseIterable {
    case commitment, inboxKey, link, missingLink, everyWrap
  }

  /// An epoch whose private parts are wrong in one way, and whose public parts pass.
  private func opening(_ fault: Fault, by device: Device) throws -> (EpochHeader, [StoredWrap]) {
    let (_, log, epochSecrets) = device.secrets
    let history = try device.progress().history
    let number = log.newestEpoch.header.number + 1
    let links = fault == .link ? epochSecrets.mapValues { _ in SecretKey(random: 32) } : epochSecrets
    let recipients = log.members.filter { $0.value.isActive }.mapValues { $0.bundle.sealingKey }
    let opening = try EpochOpening(
      number: number, account: log.account,
      linking: links.filter { fault != .missingLink || $0.key == 0 }.sorted { $0.key < $1.key }
        .map { ($0.key, $0.value) },
      recipients: recipients, treeSize: history.tree.size, treeRoot: history.tree.root)
    let good = opening.header
    let header = EpochHeader(
      version: .one, number: number,
      commitment: fault == .commitment ? Digest32(unchecked: SecureRandom.bytes(32)) : good.commitment,
      inboxKey: fault == .inboxKey ? (recipients[device.id] ?? good.inboxKey) : good.inboxKey,
      links: good.links, treeSize: good.treeSize, treeRoot: good.treeRoot, wraps: [])
    let wraps = try recipients.sorted { $0.key < $1.key }.map { id, key in
      let epochSecret = fault == .everyWrap && id != device.id ? SecretKey(random: 32) : opening.epochSecret
      let wrap = try EpochWrap.wrap(
        epochSecret, header: header, account: log.account, for: id, sealingKey: key)
      return StoredWrap(device: id, wrap: Opaque(wrap))
    }
    let digests = wraps.map { WrapDigest(device: $0.device, wrapHash: EpochWrap.hash($0.wrap.bytes)) }
    return (header.with(wraps: digests), wraps)
  }

  @Test(arguments: Fault.allCases)
  func `a header whose private parts are wrong is noticed, named and repaired`(fault: Fault) async throws {
    let house = try await Household()
    if fault == .missingLink {
      try await house.phone.beginEpoch()
      try house.phone.append(Household.text("second"), to: house.chat)
      try await house.phone.sync()
      try await house.mac.sync()
    }
    let (header, wraps) = try opening(fault, by: house.mac)
    let entry = try house.mac.forge(.epoch(Committed(header)))
    try await house.relay.appendLogEntry(entry, wraps: wraps, to: house.phone.account)

    let report = try await house.phone.sync()
    // What was not linked may have been kept from its opener: nobody is named for that.
    #expect(report.repaired == (fault == .missingLink ? [] : [house.mac.id]))
    #expect(house.phone.log.newestEpoch.header.number == header.number + 1)
    try house.phone.append(Household.text("after"), to: house.chat)
    try await house.phone.sync()
    let texts = fault == .missingLink ? ["first", "second", "after"] : ["first", "after"]
    #expect(try Household.texts(of: house.phone) == texts)
    // With the recovery key alone everything is read, too.
    #expect(try Household.texts(of: try await house.restore()) == texts)
  }

  @Test func `nothing is sealed under an epoch before it is repaired`() async throws {
    let house = try await Household()
    let (header, wraps) = try opening(.commitment, by: house.mac)
    try await house.relay.appendLogEntry(
      try house.mac.forge(.epoch(Committed(header))), wraps: wraps, to: house.phone.account)
    try await house.phone.parts.account.log.pullLog()
    try await house.phone.parts.account.log.pullWraps()
    #expect(throws: ArchiveError.epochRefused(by: house.mac.id)) {
      try house.phone.archive.conversation(house.chat).seal(Household.text("x"))
    }
  }

  @Test func `a wrong wrap for the recovery device does not keep the recovery key out`() async throws {
    let house = try await Household()
    let (_, log, epochSecrets) = house.mac.secrets
    let history = try house.mac.progress().history
    let good = try EpochOpening(
      number: 1, account: log.account, linking: epochSecrets.map { ($0.key, $0.value) },
      recipients: log.members.mapValues { $0.bundle.sealingKey }, treeSize: history.tree.size,
      treeRoot: history.tree.root)
    let wraps = good.wraps.map { wrap in
      wrap.device == log.recoveryDevice
        ? StoredWrap(device: wrap.device, wrap: Opaque(SecureRandom.bytes(EpochWrap.byteCount))) : wrap
    }
    let header = good.header.with(
      wraps: wraps.map { WrapDigest(device: $0.device, wrapHash: EpochWrap.hash($0.wrap.bytes)) })
    try await house.relay.appendLogEntry(
      try house.mac.forge(.epoch(Committed(header))), wraps: wraps, to: house.phone.account)

    let restored = try await house.restore(keeping: [house.phone.id])
    #expect(try Household.texts(of: restored) == ["first"])
    try await house.phone.sync()
    try house.phone.append(Household.text("after"), to: house.chat)
    try await house.phone.sync()
    try await restored.sync()
    #expect(try Household.texts(of: restored) == ["first", "after"])
    #expect(house.phone.log.activeMember(house.mac.id) == nil)
  }

  @Test func `two devices that open the same epoch at once agree on one of them`() async throws {
    let house = try await Household()
    let number = house.phone.log.newestEpoch.header.number
    async let first: Void = house.phone.beginEpoch()
    async let second: Void = house.mac.beginEpoch()
    _ = try await (first, second)
    try house.mac.append(Household.text("from the mac"), to: house.chat)
    try await house.mac.sync()
    try await house.phone.sync()
    try await house.mac.sync()
    #expect(house.phone.log.heads == house.mac.log.heads)
    #expect(house.phone.log.newestEpoch.header.number == number + 2)
    // The loser has dropped the epoch secret that it made in vain: one epoch secret for each epoch, the same on both.
    let (epochSecrets, others) = (house.phone.secrets.epochSecrets, house.mac.secrets.epochSecrets)
    #expect(epochSecrets.keys.sorted() == Array(0...(number + 2)))
    #expect(
      epochSecrets.allSatisfy { number, epochSecret in
        others[number].map { epochSecret.isEqual(to: $0) } ?? false
      })
    #expect(try Household.texts(of: house.phone) == ["first", "from the mac"])
  }
}
