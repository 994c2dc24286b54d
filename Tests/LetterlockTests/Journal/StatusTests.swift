import Synchronization
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("What holds a device back, and what it says about it")
struct StatusTests {
  /// What an app would know.
  final class Surroundings: SyncSurroundings {
    let known = Mutex(SurroundingsState())
    func state() async -> SurroundingsState { known.withLock { $0 } }
  }

  @Test func `a synchronisation is noted, with what it cost by kind`() async throws {
    let house = try await Household()
    let before = try await house.phone.status()
    #expect(before.lastSync != nil)
    #expect(before.holds == [])
    #expect(before.dataUsage.recordsUp > 0)
    #expect(before.dataUsage.attachmentsUp == 0)
    try house.phone.append(Household.text("more"), to: house.chat)
    #expect(try await house.phone.status().waitingRecords == 1)
    try await house.phone.sync()
    let after = try await house.phone.status()
    #expect(after.waitingRecords == 0)
    #expect(after.dataUsage.recordsUp > before.dataUsage.recordsUp + 272)
    #expect(after.dataUsage.logDown > before.dataUsage.logDown)
    // It is on disk.
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(try await again.status().dataUsage == after.dataUsage)
    #expect(try await again.status().lastSync == after.lastSync)
  }

  @Test func `conditions hold a synchronisation back by name, until they hold or are ignored`() async throws {
    let house = try await Household()
    let surroundings = Surroundings()
    var settings = try house.phone.settings()
    settings.conditions = SyncConditions([.unmeteredNetwork, .externalPower, .idle, .freeStorage])
    try house.phone.update(settings)
    // What is not known does not hold.
    await #expect(
      throws: DeviceError.heldBack(
        .conditions([.unmeteredNetwork, .externalPower, .idle, .freeStorage]))
    ) { try await house.phone.sync() }
    house.phone.observe(surroundings)
    surroundings.known.withLock {
      $0 = SurroundingsState(
        network: .metered, hasExternalPower: true, isIdle: true, isLowOnStorage: false)
    }
    await #expect(throws: DeviceError.heldBack(.conditions([.unmeteredNetwork]))) {
      try await house.phone.sync()
    }
    #expect(try await house.phone.status().holds == [.conditions([.unmeteredNetwork])])
    #expect(SyncHold.conditions([.unmeteredNetwork]).remedy == .meetConditions)
    #expect(try await house.phone.sync(ignoringConditions: true).verdict.isComplete)
    surroundings.known.withLock { $0.network = .unmetered }
    #expect(try await house.phone.sync().verdict.isComplete)
  }

  @Test func `an interval is kept, whatever the clock does`() async throws {
    let house = try await Household()
    let clock = TestClock()
    clock.set(house.phone)
    try await house.phone.sync()
    var settings = SyncSettings()
    settings.conditions = SyncConditions(minimumInterval: 3 * 86_400)
    try house.phone.update(settings)
    await #expect(throws: DeviceError.heldBack(.conditions([.interval]))) { try await house.phone.sync() }
    clock.go(days: 3)
    try await house.phone.sync()
    clock.go(days: -30)
    try await house.phone.sync()
  }

  @Test func `a device that was stopped sends nothing until it is started, and loses nothing`() async throws {
    let house = try await Household()
    try house.phone.stopSyncing()
    try house.phone.append(Household.text("kept here"), to: house.chat)
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    await #expect(throws: DeviceError.heldBack(.stopped)) { try await again.sync() }
    await #expect(throws: DeviceError.heldBack(.stopped)) { try await again.sync(ignoringConditions: true) }
    #expect(try await again.status().holds.contains(.stopped))
    // Changing another setting does not start it.
    try again.update(SyncSettings())
    await #expect(throws: DeviceError.heldBack(.stopped)) { try await again.sync() }
    try again.startSyncing()
    #expect(try await again.sync().sent == 1)
  }

  @Test func `a relay that withholds a wrap for a while is named, and everything goes on afterwards`()
    async throws
  {
    let house = try await Household()
    try await house.phone.beginEpoch()
    let number = house.phone.log.newestEpoch.header.number
    try house.mac.append(Household.text("waits"), to: house.chat)
    await house.relay.alterWraps { _ in nil }
    let report = try await house.mac.sync()
    #expect(report.heldBack == [.unreadableEpoch(number, by: nil)])
    #expect(report.sent == 0)
    #expect(try await house.mac.status().holds == [.unreadableEpoch(number, by: nil)])
    #expect(throws: DeviceError.archive(.epochRefused(by: nil))) {
      try house.mac.append(Household.text("x"), to: house.chat)
    }
    await house.relay.behave()
    #expect(try await house.mac.sync().sent == 1)
    #expect(try await house.mac.status().holds == [])
    try await house.phone.sync()
    #expect(try Household.texts(of: house.phone) == ["first", "waits"])
  }

  @Test func `a full relay and one that is away are told apart`() async throws {
    let relay = MeddlingRelay(try InMemoryRelay(quota: 30_000))
    let device = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
    for index in 0..<200 { try device.append(Household.text("text \(index)"), to: ConversationID()) }
    await #expect(throws: DeviceError.self) { try await device.sync() }
    guard case .quota(let usage) = try await device.status().holds.first else {
      Issue.record("not named")
      return
    }
    #expect(usage.quota == 30_000)
    #expect(try await device.status().waitingRecords == 201)
    #expect(SyncHold.quota(usage).remedy == .makeRoom)
    await relay.lose(.request)
    await #expect(throws: DeviceError.relay(.unavailable("lost"))) { try await device.beginEpoch() }
  }

  @Test func `a clock behind what other devices wrote is named`() async throws {
    let house = try await Household()
    let (right, wrong) = (TestClock(), TestClock())
    right.set(house.mac)
    wrong.set(house.phone)
    wrong.go(days: -40)
    try await house.phone.sync()
    guard case .clock(let seconds, let device) = try await house.phone.status().holds.first else {
      Issue.record("not named")
      return
    }
    #expect(device == house.mac.id)
    #expect((seconds / 86_400) >= 39)
  }

  @Test func `settings survive, and bytes that are none are refused`() throws {
    var settings = SyncSettings()
    settings.conditions = SyncConditions([.idle, .externalPower], minimumInterval: 60)
    settings.automaticDownloads = .previews
    settings.automaticDownloadLimit = 1_000_000
    settings.recentlyDeletedDays = 7
    #expect(try SyncSettings(decoding: settings.encoded) == settings)
    // An interval that is named where it has no meaning.
    let named: [UInt8] = [1, 1, 5, 0, 0, 0, 9, 0] + [UInt8](repeating: 0, count: 8) + [0, 30, 0]
    #expect(throws: TLSError.invalidValue) { try SyncSettings(decoding: named) }
    var unnamed = named
    unnamed.removeSubrange(1...2)
    unnamed.insert(0, at: 1)
    #expect(try SyncSettings(decoding: unnamed).conditions.minimumInterval == 9)
    #expect(settings.fetches(isPreview: true, byteCount: 1_000_000))
    #expect(!settings.fetches(isPreview: true, byteCount: 1_000_001))
    #expect(!settings.fetches(isPreview: false, byteCount: 1))
    for index in settings.encoded.indices {
      var bytes = settings.encoded
      bytes[index] ^= 0x80
      if let read = try? SyncSettings(decoding: bytes) { #expect(read != settings) }
    }
    #expect(throws: (any Error).self) { try SyncSettings(decoding: settings.encoded + [0]) }
  }
}
