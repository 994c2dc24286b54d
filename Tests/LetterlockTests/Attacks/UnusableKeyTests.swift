import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: devices to which nothing can be wrapped, and crowds of devices")
struct UnusableKeyTests {
  enum Fault: String, CaseIterable {
    case x25519, mlKEM
  }

  /// A bundle of fresh keys with a sealing key of no use.
  private func bundle(_ fault: Fault, of keys: DeviceKeys) throws -> DeviceKeyBundle {
    var bytes = Array(try DeviceKeyBundle(of: keys, createdAt: 0).encoded.dropLast(3373))
    switch fault {
    case .x25519: for index in (1985 + 1184)..<(1985 + 1216) { bytes[index] = 0 }
    case .mlKEM: (bytes[1985], bytes[1986]) = (0xff, 0xff)
    }
    return try DeviceKeyBundle(
      decoding: bytes + (try keys.sign(bytes, for: .bundle, account: .none)).bytes)
  }

  @Test(arguments: Fault.allCases)
  func `a device whose sealing key is of no use is not added, and no rotation brings one`(
    fault: Fault
  ) async throws {
    let house = try await Household()
    let keys = try DeviceKeys()
    let bad = try bundle(fault, of: keys)
    #expect(bad.isSignedByItself)
    let tag = Digest32(unchecked: SecureRandom.bytes(32))
    let wrap = SecureRandom.bytes(EpochWrap.byteCount)
    let add = AccountChange.Add(
      device: bad, consentTag: tag,
      consent: try keys.sign(tag.bytes, for: .joinConsent, account: .none), wrapHash: EpochWrap.hash(wrap))
    await #expect(throws: RelayError.entryRefused(.unusableKey(bad.deviceID))) {
      try await house.relay.appendLogEntry(
        try house.mac.forge(.add(add)), wraps: [StoredWrap(device: bad.deviceID, wrap: Opaque(wrap))],
        to: house.phone.account)
    }
    let own = try bundle(fault, of: house.mac.secrets.keys)
    let history = try house.mac.progress().history
    let rotation = try house.mac.state.read { state in
      try state.epochEntry(history: history, leaving: [], joining: nil, rotating: nil, signing: nil) {
        .rotate(.init(device: Committed(own), epoch: $0))
      }
    }
    await #expect(throws: RelayError.entryRefused(.unusableKey(house.mac.id))) {
      try await house.relay.appendLogEntry(rotation.entry, wraps: rotation.wraps, to: house.phone.account)
    }
    try await house.phone.remove(house.mac.id)
    #expect(house.phone.log.activeMember(house.mac.id) == nil)
  }

  @Test func `one recipient whose key is of no use does not keep the others from an epoch`() throws {
    let (good, bad) = (try DeviceKeys(), try DeviceKeys())
    let account = AccountID(unchecked: SecureRandom.bytes(32))
    let opening = try EpochOpening(
      number: 3, account: account, linking: [(2, SecretKey(random: 32))],
      recipients: [
        good.deviceID: good.sealingKey, bad.deviceID: try bundle(.mlKEM, of: bad).sealingKey,
      ], treeSize: 9, treeRoot: HistoryTree().root)
    #expect(opening.wraps.allSatisfy { $0.wrap.bytes.count == EpochWrap.byteCount })
    let wrap = try #require(opening.wraps.first { $0.device == good.deviceID }).wrap.bytes
    let info = EpochWrap.info(
      header: opening.header, account: account, recipient: good.deviceID, sealingKey: good.sealingKey)
    #expect(good.openWrap(wrap, info: info)?.isEqual(to: opening.epochSecret) == true)
  }

  @Test func `several devices are removed by one entry, and one epoch`() async throws {
    let house = try await Household()
    let tablet = try await house.join("Tablet")
    try await house.phone.sync()
    let before = house.phone.log
    try await house.phone.remove([house.mac.id, tablet.id])
    #expect(house.phone.log.nextIndex == before.nextIndex + 1)
    #expect(house.phone.log.activeDevices.count == 2)
    for device in [house.mac, tablet] {
      _ = try await device.sync()
      #expect(device.unreadableEpochs == [house.phone.log.newestEpoch.header.number])
      #expect(try await house.relay.honest.wrapCount(of: device.id, in: device.account) == 0)
    }
  }

  @Test(.enabled(if: Flips.isThorough))
  func `a crowd of more than 64 devices is refused, and removed by one entry`() async throws {
    let house = try await Household()
    var log = house.mac.log
    let crowd = try (0..<63).map { _ in try DeviceKeys() }
    func addition(_ keys: DeviceKeys) throws -> LogEntry {
      let tag = Digest32(unchecked: SecureRandom.bytes(32))
      let add = AccountChange.Add(
        device: try DeviceKeyBundle(of: keys, createdAt: 0), consentTag: tag,
        consent: try keys.sign(tag.bytes, for: .joinConsent, account: .none), wrapHash: tag)
      return try house.mac.forge(.add(add), at: log.head, index: log.nextIndex)
    }
    for keys in crowd.dropLast() { try log.append(try addition(keys)) }
    #expect(log.activeDevices.count == AccountLog.maximumDeviceCount + 1)
    #expect(throws: AccountLogError.tooManyDevices) { try log.append(try addition(crowd[62])) }
    let (number, newest) = (log.newestEpoch.header.number + 1, log.newestEpoch.header)
    let phone = house.phone.secrets.keys
    let remaining = log.members.filter { [phone.deviceID, log.recoveryDevice].contains($0.key) }
    let opening = try EpochOpening(
      number: number, account: log.account,
      linking: house.phone.secrets.epochSecrets.map { ($0.key, $0.value) },
      recipients: remaining.mapValues(\.bundle.sealingKey), treeSize: newest.treeSize,
      treeRoot: newest.treeRoot)
    let leavers = log.activeDevices.filter { remaining[$0] == nil }
    try log.append(
      try house.phone.forge(
        .remove(.init(devices: leavers, epoch: Committed(opening.header))), at: log.head, index: log.nextIndex
      ))
    #expect(log.activeDevices.count == 2)
  }
}
