import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md sections 4.5 and 10.8: the life of devices")
struct DeviceLifeTests {
  private func device(_ id: DeviceID, as seen: Device) throws -> AccountDevice {
    try #require(try seen.devices().first { $0.id == id })
  }

  @Test func `devices are listed with their names, roles and when they were last seen`() async throws {
    let house = try await Household()
    let listed = try house.phone.devices()
    #expect(listed.count == 3)
    #expect(listed.map(\.role).contains(.recoveryKey))
    #expect(try device(house.phone.id, as: house.phone).role == .thisDevice)
    let mac = try device(house.mac.id, as: house.phone)
    #expect(mac.name == "Mac")
    #expect(mac.role == .other)
    #expect(mac.isActive)
    let lastSeen = try #require(mac.lastSeen)
    #expect(abs(lastSeen.nanoseconds(since: .now)) < TestClock.day)

    try await house.phone.remove(house.mac.id)
    #expect(try !device(house.mac.id, as: house.phone).isActive)
  }

  @Test func `a new name reaches the others, and the newest in the tree's order counts`() async throws {
    let house = try await Household()
    try house.mac.rename("Study")
    try house.mac.rename("Kitchen")
    try await house.mac.sync()
    try await house.phone.sync()
    #expect(try device(house.mac.id, as: house.phone).name == "Kitchen")
    #expect(try device(house.mac.id, as: house.mac).name == "Kitchen")
    #expect(try house.phone.timeline().deviceNames[house.mac.id] == "Kitchen")
    // Opened anew, the device knows it from its store.
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(try device(house.mac.id, as: again).name == "Kitchen")
  }

  @Test func `presence is told once a day and no more often`() async throws {
    let house = try await Household()
    let clock = TestClock()
    clock.set(house.mac)
    clock.set(house.phone)
    #expect(try await house.mac.sync().sent == 0)
    clock.go(days: 1)
    #expect(try await house.mac.sync().sent == 1)
    #expect(try await house.mac.sync().sent == 0)
    try await house.phone.sync()
    #expect(try device(house.mac.id, as: house.phone).lastSeen == clock.now)
    clock.go(days: 100)
    try await house.mac.sync()
    clock.go(days: -100)
    // A clock that was set back counts from where it is.
    #expect(try await house.mac.sync().sent == 1)
  }

  @Test func `a device says nothing about another`() async throws {
    let house = try await Household()
    var directory = DeviceDirectory()
    directory.take(DeviceProfile(name: "Mac"), of: house.mac.id, at: 3)
    directory.take(DeviceProfile(name: "Old name"), of: house.mac.id, at: 2)
    #expect(directory[house.mac.id]?.name.bytes == Array("Mac".utf8))
    // What the mac writes is about the mac, whatever it claims.
    try house.mac.rename("Phone")
    try await house.mac.sync()
    try await house.phone.sync()
    #expect(try device(house.phone.id, as: house.phone).name == "Phone")
    #expect(try device(house.mac.id, as: house.phone).name == "Phone")
    #expect(Set(try house.phone.devices().compactMap(\.lastSeen)).count == 2)
  }

  @Test func `an epoch lasts about thirty days, and one device begins the next`() async throws {
    let house = try await Household()
    let clock = TestClock()
    for device in [house.phone, house.mac] { clock.set(device) }
    let before = house.phone.log.newestEpoch.header.number
    try await house.phone.sync()
    try await house.mac.sync()
    clock.go(days: 26)
    try await house.phone.sync()
    try await house.mac.sync()
    #expect(house.phone.log.newestEpoch.header.number == before)
    clock.go(days: 8)
    try await house.phone.sync()
    #expect(house.phone.log.newestEpoch.header.number == before + 1)
    // The other one sees it, and begins none.
    try await house.mac.sync()
    #expect(house.mac.log.newestEpoch.header.number == before + 1)
    try house.mac.append(Household.text("in the new epoch"), to: house.chat)
    try await house.mac.sync()
    try await house.phone.sync()
    #expect(try Household.texts(of: house.phone) == ["first", "in the new epoch"])
  }

  @Test func `epochs end at moments that differ`() async throws {
    var due: Set<Timestamp> = []
    for _ in 0..<4 {
      let device = try Device.createAccount(named: "Phone", vault: .inMemory, store: MemoryDeviceStore())
        .device
      try await device.parts.account.schedule.keep()
      let sighting = try #require(try device.parts.services.journal.read().sighting)
      let days = Double(sighting.due.nanoseconds(since: sighting.seen)) / Double(TestClock.day)
      #expect((27.0...33.0).contains(days))
      due.insert(Timestamp(nanosecondsSince1970: sighting.due.nanoseconds(since: sighting.seen)))
    }
    #expect(due.count > 1)
  }

  @Test
  func `sealing keys are replaced after half a year, and epoch secrets wrapped to old ones are not needed`()
    async throws
  {
    let house = try await Household()
    let clock = TestClock()
    for device in [house.phone, house.mac] { clock.set(device) }
    let old = house.mac.secrets.keys
    clock.go(days: 181)
    try await house.mac.sync()
    let new = house.mac.secrets.keys
    #expect(new.deviceID == old.deviceID)
    #expect(new.sealingKey != old.sealingKey)
    #expect(house.mac.log.activeMember(house.mac.id)?.bundle.sealingKey == new.sealingKey)
    try await house.phone.sync()
    try await house.mac.sync()
    #expect(house.mac.unreadableEpochs == [])
    // Not again at once, and not because the clock goes back.
    let index = house.mac.log.nextIndex
    try await house.mac.sync()
    #expect(house.mac.log.nextIndex == index)
  }

  @Test func `a device that was away for a year comes back right`() async throws {
    let house = try await Household()
    let clock = TestClock()
    for device in [house.phone, house.mac] { clock.set(device) }
    try house.mac.append(Household.text("written before it went away"), to: house.chat)
    var third: Device?
    for month in 0..<12 {
      clock.go(days: 34)
      try house.phone.append(Household.text("month \(month)"), to: house.chat)
      try await house.phone.sync()
      switch month {
      case 2:
        let request = try await Device.requestToJoin(
          named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
        try await house.phone.approve(request.code)
        let tablet = try await request.approved()
        try tablet.append(Household.text("from the tablet"), to: house.chat)
        try await tablet.sync()
        try await tablet.rotateKeys()
        third = tablet
      case 7: try await house.phone.remove(try #require(third).id)
      case 9: try await house.phone.rotateKeys()
      default: break
      }
    }
    #expect(house.phone.log.newestEpoch.header.number >= 11)
    #expect(try await house.mac.sync().verdict.isComplete)
    try await house.phone.sync()
    #expect(house.mac.log.heads == house.phone.log.heads)
    #expect(house.mac.unreadableEpochs == [])
    let texts = try Household.texts(of: house.mac)
    #expect(texts.contains("from the tablet"))
    #expect(texts.last == "written before it went away")
    #expect(texts.count == 15)
    #expect(try Household.texts(of: house.phone) == texts)
    #expect(try Household.texts(of: try await house.restore()) == texts)
  }

  @Test func `a restored device seals at once, and nobody is left whom the person did not keep`() async throws
  {
    let house = try await Household()
    let session = try await Device.openRecovery(
      with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    #expect(session.devices.map(\.id) == [house.phone.id, house.mac.id])
    // A thief with the mac adds another device before the person has decided.
    let request = try await Device.requestToJoin(
      named: "Thief", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    try await house.mac.approve(request.code)
    let thief = try await request.approved()
    let restored = try await session.restore(
      keeping: [house.phone.id], named: "New"
    ).device
    #expect(restored.log.activeMember(thief.id) == nil)
    #expect(restored.log.activeMember(house.mac.id) == nil)
    #expect(restored.log.activeMember(house.phone.id) != nil)
    try restored.append(Household.text("after"), to: house.chat)
    try await restored.sync()
    _ = try? await thief.sync()
    #expect(throws: DeviceError.archive(.deviceRemoved)) {
      try thief.append(Household.text("x"), to: house.chat)
    }
    try await house.phone.sync()
    #expect(try Household.texts(of: house.phone) == ["first", "after"])
    #expect(try !Household.texts(of: thief).contains("after"))
  }

  @Test func `a recovery that was interrupted goes on with the store that it had`() async throws {
    let house = try await Household()
    let store = MemoryDeviceStore()
    for _ in 0..<2 {
      _ = try await Device.openRecovery(
        with: try house.key(), vault: .inMemory, store: store, relay: house.relay)
    }
    let session = try await Device.openRecovery(
      with: try house.key(), vault: .inMemory, store: store, relay: house.relay)
    let restored = try await session.restore(keeping: [], named: "New").device
    try await restored.sync()
    #expect(try Household.texts(of: restored) == ["first"])
  }

  @Test func `a device that was to stay and was removed meanwhile is named`() async throws {
    let house = try await Household()
    let session = try await Device.openRecovery(
      with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    try await house.mac.sync()
    try await house.mac.remove(house.phone.id)
    let restored = try await session.restore(
      keeping: [house.phone.id, house.mac.id], named: "New")
    #expect(restored.goneMeanwhile == [house.phone.id])
    #expect(restored.device.log.activeMember(house.mac.id) != nil)
  }

  @Test func `a change that the relay takes later keeps nothing else from being sent`() async throws {
    let house = try await Household(policy: .standard)
    var refusal: DeviceError?
    for _ in 0..<20 {
      do throws(DeviceError) { try await house.phone.beginEpoch() } catch {
        refusal = error
        break
      }
    }
    guard case .relay(.tooManyEntries) = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
    try house.phone.append(Household.text("goes on"), to: house.chat)
    let report = try await house.phone.sync()
    #expect(report.verdict.isComplete && report.sent >= 1)
    let number = house.phone.log.newestEpoch.header.number
    house.clock.advance(by: .seconds(601))
    try await house.phone.sync()
    #expect(house.phone.log.newestEpoch.header.number == number)
    try await house.phone.beginEpoch()
    #expect(house.phone.log.newestEpoch.header.number == number + 1)
  }
}
