import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: epochs that only some devices can read")
struct SplitEpochTests {
  /// An epoch by `device` whose wraps for `victims` hold nothing.
  static func opening(by device: Device, against victims: Set<DeviceID>) throws -> (LogEntry, [StoredWrap]) {
    let history = try device.progress().history
    let (log, links, number) = device.state.read { state in
      let log = state.log
      return (
        log,
        state.keyring.secretsToLink().map {
          ($0, state.keyring.epochSecrets[$0] ?? SecretKey(random: 32))
        },
        log.newestEpoch.header.number + 1
      )
    }
    let good = try EpochOpening(
      number: number, account: log.account, linking: links,
      recipients: log.members.filter(\.value.isActive).mapValues(\.bundle.sealingKey),
      treeSize: history.tree.size, treeRoot: history.tree.root)
    let wraps = good.wraps.map { wrap in
      victims.contains(wrap.device)
        ? StoredWrap(device: wrap.device, wrap: Opaque(SecureRandom.bytes(EpochWrap.byteCount))) : wrap
    }
    let header = good.header.with(
      wraps: wraps.map { WrapDigest(device: $0.device, wrapHash: EpochWrap.hash($0.wrap.bytes)) })
    return (try device.forge(.epoch(Committed(header))), wraps)
  }

  @Test func `one bad wrap splits honest devices for one epoch, and no honest device is named`() async throws
  {
    let house = try await Household()
    let tablet = try await house.join("Tablet")
    for device in [house.phone, house.mac] { try await device.sync() }
    let (entry, wraps) = try Self.opening(by: house.mac, against: [house.phone.id])
    try await house.relay.appendLogEntry(entry, wraps: wraps, to: house.phone.account)
    let bad = entry.content.change.epoch?.number ?? 0
    try await tablet.sync()
    try tablet.append(Household.text("under the bad epoch"), to: house.chat)
    try await tablet.sync()
    // The culprit is removed: that alone must not leave the others apart.
    try await house.phone.remove(house.mac.id)
    var named: Set<DeviceID> = []
    for round in 0..<3 {
      for (name, device) in [("phone", house.phone), ("tablet", tablet)] {
        named.formUnion(try await device.sync().repaired)
        try device.append(Household.text("\(name) \(round)"), to: house.chat)
        named.formUnion(try await device.sync().repaired)
      }
    }
    try await house.phone.sync()
    #expect(named.isSubset(of: [house.mac.id]))
    // The removal, and one epoch that links both sides.
    #expect(house.phone.log.newestEpoch.header.number <= bad + 3)
    #expect(house.phone.unreadableEpochs == [] && tablet.unreadableEpochs == [])
    let texts = try Household.texts(of: tablet)
    #expect(try Household.texts(of: house.phone) == texts)
    #expect(texts.count == 8)
    #expect(try Household.texts(of: try await house.restore()) == texts)
  }

  @Test func `a relay that withholds a wrap while a device is removed splits nobody for long`() async throws {
    let house = try await Household()
    let tablet = try await house.join("Tablet")
    for device in [house.phone, house.mac] { try await device.sync() }
    try await tablet.beginEpoch()
    await house.relay.alterWraps { _ in nil }
    _ = try? await house.phone.sync()
    // Without the newest epoch secret, only a removal begins an epoch.
    await #expect(throws: DeviceError.archive(.epochRefused(by: nil))) { try await house.phone.beginEpoch() }
    await #expect(throws: DeviceError.archive(.epochRefused(by: nil))) { try await house.phone.rotateKeys() }
    try await house.phone.remove(house.mac.id)
    await house.relay.behave()
    var named: [DeviceID] = []
    for _ in 0..<3 {
      for device in [tablet, house.phone] { named += try await device.sync().repaired }
    }
    #expect(named.isEmpty)
    #expect(house.phone.log.newestEpoch.header.number <= 3)
    #expect(house.phone.unreadableEpochs == [] && tablet.unreadableEpochs == [])
    for device in [tablet, house.phone] {
      try device.append(Household.text("again"), to: house.chat)
      try await device.sync()
    }
  }

  @Test func `a wrong wrap for a device that joins is its adder's fault`() async throws {
    let house = try await Household()
    let keys = try DeviceKeys()
    let tag = Digest32(unchecked: SecureRandom.bytes(32))
    let wrap = SecureRandom.bytes(EpochWrap.byteCount)
    let add = AccountChange.Add(
      device: try DeviceKeyBundle(of: keys, createdAt: 0), consentTag: tag,
      consent: try keys.sign(tag.bytes, for: .joinConsent, account: .none), wrapHash: EpochWrap.hash(wrap))
    var log = house.mac.log
    try log.append(try house.mac.forge(.add(add)))
    #expect(log.members[keys.deviceID]?.addedBy == house.mac.id)
    var keyring = EpochKeyring(account: log.account)
    keyring.admit(log.newestEpoch.header.number, of: log, wrap: nil, keys: keys)
    let withheld = keyring.standing(in: log)
    keyring.admit(log.newestEpoch.header.number, of: log, wrap: wrap, keys: keys)
    let faulty = keyring.standing(in: log)
    #expect(withheld == .withheld)
    #expect(faulty == .faulty(by: house.mac.id))
  }

  @Test(arguments: UInt64(0)..<(Flips.isThorough ? 60 : 1))
  func `four devices converge, whatever wraps were bad or withheld`(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let house = try await Household()
    let third = try await house.join("Third")
    let fourth = try await house.join("Fourth")
    let devices = [house.phone, house.mac, third, fourth]
    for device in devices { try await device.sync() }
    let thief = fourth
    let honest = devices.dropLast()
    for round in 0..<6 {
      await house.relay.behave()
      let number = generator.next()
      if number % 3 == 0 {
        await house.relay.alterWraps { $0.flatMap { ($0[5] ^ UInt8(round)) & 1 == 0 ? $0 : nil } }
      }
      if number % 2 == 0 {
        _ = try? await thief.sync()
        let victims = Set(honest.map(\.id).filter { _ in generator.next() % 2 == 0 })
        if let (entry, wraps) = try? Self.opening(by: thief, against: victims) {
          try? await house.relay.appendLogEntry(entry, wraps: wraps, to: thief.account)
        }
      }
      for device in honest where generator.next() % 2 == 0 {
        _ = try? await device.sync()
        try? device.append(Household.text("\(round)"), to: house.chat)
        if generator.next() % 4 == 0 { try? await device.beginEpoch() }
      }
    }
    await house.relay.behave()
    _ = try? await house.phone.sync()
    try await house.phone.remove(thief.id)
    var counts: [UInt64] = []
    for _ in 0..<5 {
      for device in honest { _ = try await device.sync() }
      counts.append(house.phone.log.newestEpoch.header.number)
    }
    #expect(counts[3] == counts[4], "seed \(seed): epochs go on for ever: \(counts)")
    let texts = try Household.texts(of: house.phone)
    for device in honest {
      #expect(try Household.texts(of: device) == texts, "seed \(seed)")
      try device.append(Household.text("at last"), to: house.chat)
      try await device.sync()
    }
    let restored = try await house.restore()
    #expect(try Household.texts(of: restored).count == texts.count + 3, "seed \(seed)")
  }
}
