import CryptoCore
import Synchronization
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: log entries that are overtaken, or are said to be")
struct OvertakenEntryTests {
  final class Stolen: Sendable {
    private let entry = Mutex<LogEntry?>(nil)
    func put(_ value: LogEntry) { entry.withLock { $0 = value } }
    func get() -> LogEntry? { entry.withLock { $0 } }
  }

  @Test func `a relay gets no second entry on one head by saying that the first was overtaken`() async throws
  {
    let house = try await Household()
    let stolen = Stolen()
    let head = house.phone.log.head
    await house.relay.beforeEntry { entry in
      stolen.put(entry)
      return .staleLogHead(newest: entry.content.predecessor)
    }
    await #expect(throws: DeviceError.relay(.staleLogHead(newest: head))) {
      try await house.phone.beginEpoch()
    }
    // Nor by anything the person does next.
    let first = try #require(stolen.get())
    try await house.phone.remove(house.mac.id)
    let entries = try await house.relay.logEntries(of: house.phone.account, from: 0, as: house.phone.caller)
    #expect(entries.filter { $0.content.predecessor == head } == [first])
    #expect(house.phone.log.activeMember(house.mac.id) == nil)
    #expect(house.phone.unreadableEpochs == [])
  }

  @Test func `a rotation that the relay takes and denies is gone on with, by the key it brings`() async throws
  {
    let house = try await Household()
    let old = house.phone.secrets.keys.sealingKey
    await house.relay.denyNextEntry()
    try await house.phone.rotateKeys()
    for device in [house.mac, house.phone] { #expect(try await device.sync().repaired == []) }
    let keys = house.phone.secrets.keys
    #expect(keys.sealingKey != old)
    #expect(house.phone.log.members[house.phone.id]?.bundle.sealingKey == keys.sealingKey)
    try house.phone.append(Household.text("after"), to: house.chat)
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(house.phone.unreadableEpochs == [])
  }

  @Test(arguments: [true, false])
  func `a change is made after a log that came further than the history before it`(isPending: Bool)
    async throws
  {
    let house = try await Household()
    let (phone, mac) = (house.phone, house.mac)
    if isPending {
      // A rotation that was not answered, to be made again.
      await house.relay.lose(.request)
      await #expect(throws: DeviceError.self) { try await mac.rotateKeys() }
    }
    try phone.append(Household.text("one page"), to: house.chat)
    try await phone.sync()
    // The page's checkpoint names an entry that is not known here, so the log is asked for again, and has come further.
    let (relay, chat) = (house.relay, house.chat)
    await relay.beforePage {
      try await phone.beginEpoch()
      await relay.afterPage {
        try phone.append(Household.text("not on that page"), to: chat)
        _ = try await phone.parts.history.sync.pusher.push()
        try await phone.beginEpoch()
      }
    }
    let sealingKey = mac.state.read { $0.keys.sealingKey }
    try await mac.rotateKeys()
    #expect(mac.state.read { $0.keys.sealingKey } != sealingKey)
    for device in [phone, mac] { #expect(try await device.sync().verdict.isComplete) }
    #expect(try Household.texts(of: mac) == ["first", "one page", "not on that page"])
  }

  @Test func `two devices that remove a third at once both go on`() async throws {
    let house = try await Household()
    let tablet = try await house.join("Tablet")
    for device in [house.phone, house.mac] { try await device.sync() }
    let mac = house.mac.id
    await house.relay.beforeEntry { _ in
      try await tablet.remove(mac)
      return nil
    }
    try await house.phone.remove(mac)
    #expect(house.phone.log.activeMember(mac) == nil)
    try house.phone.append(Household.text("not kept back"), to: house.chat)
    #expect(try await house.phone.sync().sent == 1)
    #expect(house.phone.log.heads == tablet.log.heads)
  }

  @Test func `a removal that was interrupted is made again when a record came in between`() async throws {
    let house = try await Household()
    await house.relay.lose(.request)
    try? await house.phone.remove(house.mac.id)
    try house.mac.append(Household.text("noise"), to: house.chat)
    try await house.mac.sync()
    let phone = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    try await phone.sync()
    #expect(phone.log.activeMember(house.mac.id) == nil)
  }

  @Test func `a removal that was interrupted is made again when another entry came in between`() async throws
  {
    let house = try await Household()
    await house.relay.lose(.request)
    try? await house.phone.remove(house.mac.id)
    try await house.mac.beginEpoch()
    #expect(try await house.phone.sync().abandoned == [])
    #expect(house.phone.log.activeMember(house.mac.id) == nil)
  }

  @Test func `an entry that the relay refuses for good holds no message back`() async throws {
    let house = try await Household()
    let mac = house.mac.id
    await house.relay.beforeEntry { _ in .entryRefused(.deviceNotActive(mac)) }
    await #expect(throws: DeviceError.relay(.entryRefused(.deviceNotActive(mac)))) {
      try await house.phone.remove(mac)
    }
    await house.relay.beforeEntry { _ in .entryRefused(.deviceNotActive(mac)) }
    try house.phone.append(Household.text("sent"), to: house.chat)
    #expect(try await house.phone.sync().sent == 1)
    // The relay comes to its senses, and the removal is done.
    try await house.phone.sync()
    #expect(house.phone.log.activeMember(mac) == nil)
  }

  @Test func `an entry that is no part of this account's log stops nobody`() async throws {
    let house = try await Household()
    let created = try await Device.createAccount(
      named: "Other", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    let garbage = created.device.state.read { $0.entries[0] }
    let count = house.phone.log.heads.count
    await house.relay.show(Array(repeating: garbage, count: count), of: house.phone.account)
    await #expect(throws: DeviceError.logRefused(.wrongAccount)) { try await house.phone.sync() }
    _ = try house.phone.archive.conversation(house.chat).seal(Household.text("x"))
    await house.relay.behave()
    try house.phone.append(Household.text("goes on"), to: house.chat)
    #expect(try await house.phone.sync().verdict.isComplete)
  }

  @Test(arguments: [true, false])
  func `a device that slips in while an account is restored goes with those that are not kept`(
    keepsBoth: Bool
  ) async throws {
    let house = try await Household()
    let (mac, relay) = (house.mac, house.relay)
    let session = try await Device.openRecovery(
      with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    #expect(session.devices.map(\.id) == [house.phone.id, mac.id])
    let request = try await Device.requestToJoin(
      named: "Accomplice", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await mac.approve(request.code)
    let kept: Set<DeviceID> = keepsBoth ? [house.phone.id, mac.id] : [house.phone.id]
    let restored = try await session.restore(keeping: kept, named: "New").device
    #expect(Set(restored.log.activeDevices) == kept.union([restored.id, restored.log.recoveryDevice]))
    // All at once, by one entry.
    let last = try await relay.logEntries(
      of: restored.account, from: restored.log.nextIndex - 1, as: house.phone.caller
    ).last
    guard case .recover(let recover) = last?.content.change else {
      Issue.record("the last entry gives nothing back")
      return
    }
    #expect(Set(recover.kept) == kept)
  }
}
