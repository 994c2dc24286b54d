import CryptoCore
import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 8.6: a request to join that waits in a former device's place, and is taken back")
struct CancelledJoinTests {
  private let house: Household
  private let vault = MemoryKeyVault()
  private let store = MemoryDeviceStore()

  init() async throws { house = try await Household() }

  private func request(_ name: String = "Tablet") async throws -> JoinRequest {
    try await Device.requestToJoin(named: name, vault: vault, store: store, relay: house.relay)
  }

  private func join() async throws -> Device {
    let request = try await request()
    try await house.phone.approve(request.code)
    let device = try await request.approved()
    try await device.sync()
    return device
  }

  /// A tablet on which a message waits, and which was removed.
  private func removedTablet() async throws -> Device {
    let tablet = try await join()
    var settings = try tablet.settings()
    settings.recentlyDeletedDays = 365
    try tablet.update(settings)
    try tablet.append(Household.text("waits"), to: house.chat)
    try await house.phone.sync()
    try await house.phone.remove(tablet.id)
    _ = try await tablet.sync()
    return tablet
  }

  private func texts() throws -> [String] {
    try ReadOnlyDevice(vault: vault, store: store).timeline().messages.map(\.text)
  }

  @Test func `the former device is read while the request waits, and acts no more`() async throws {
    let tablet = try await removedTablet()
    _ = try await request()
    let reading = try ReadOnlyDevice(vault: vault, store: store)
    #expect(reading.id == tablet.id && reading.unfinished == .joinUnfinished)
    #expect(try texts() == ["first", "waits"])
    #expect(try reading.settings().recentlyDeletedDays == 365)
    #expect(try reading.waitingCount > 0 && !reading.isRolledBack)
    #expect(throws: DeviceError.joinUnfinished) { try Device(vault: vault, store: store, relay: house.relay) }
  }

  @Test func `the former device is read while a restore in its place is unfinished`() async throws {
    let tablet = try await removedTablet()
    let contents = try vault.contents()
    let former = try #require(
      try FormerDevice(
        contents.state, secrets: SecretKey(concatenating: [SecretKey(random: 32), contents.secrets]),
        after: 0,
        version: contents.version))
    let begun = RestoringVault(
      keys: try DeviceKeys(), recovery: house.phone.log.recoveryDevice, replacing: nil, former: former)
    try begun.save(to: vault, replacing: nil, or: former)
    let reading = try ReadOnlyDevice(vault: vault, store: store)
    #expect(reading.id == tablet.id && reading.unfinished == .restoreUnfinished)
    #expect(try texts() == ["first", "waits"])
    #expect(throws: DeviceError.restoreUnfinished) { try Device.cancelJoining(vault: vault, store: store) }
  }

  @Test func `a request of a new device leaves nothing to be read`() async throws {
    _ = try await request()
    #expect(throws: DeviceError.joinUnfinished) { try ReadOnlyDevice(vault: vault, store: store) }
  }

  @Test func `taking it back puts the former device back, byte for byte`() async throws {
    let tablet = try await removedTablet()
    let before = try vault.contents()
    for _ in 0..<3 {
      _ = try await request()
      #expect(try Device.cancelJoining(vault: vault, store: store))
      let after = try vault.contents()
      #expect(after.state == before.state && after.version > before.version)
      #expect(after.exportSecretBytes() == before.exportSecretBytes())
    }
    let again = try Device(vault: vault, store: store, relay: house.relay)
    #expect(again.id == tablet.id)
    guard case .removed = try await again.sync().verdict else { return _ = Issue.record("not removed") }
    #expect(try await join().timeline().messages.map(\.text).sorted() == ["first", "waits"])
  }

  @Test func `an approval of a request that was taken back changes nothing here`() async throws {
    _ = try await removedTablet()
    let request = try await request()
    #expect(try Device.cancelJoining(vault: vault, store: store))
    let before = try vault.contents()
    let newcomer = try await house.phone.approve(request.code)
    await #expect(throws: DeviceError.vaultNotEmpty) { try await request.approved() }
    #expect(try vault.contents().version == before.version)
    #expect(try texts() == ["first", "waits"])
    #expect(try store.outboxCount() == 1)
    // Another request in its place is not taken for it.
    let other = try await self.request("Other")
    await #expect(throws: DeviceError.joinUnfinished) { try await request.approved() }
    #expect(try store.outboxCount() == 1)
    try await house.phone.remove(newcomer)
    try await house.phone.approve(other.code)
    let device = try await other.approved()
    let report = try await device.sync()
    #expect(report.verdict.isComplete && report.takenAlong == 1)
    try await house.phone.sync()
    #expect(try Household.texts(of: house.phone).filter { $0 == "waits" }.count == 1)
  }

  @Test func `a device that was put back from a copy stays noticed, however often it asks`() async throws {
    let tablet = try await join()
    let copy = try vault.contents()
    for _ in 0..<3 { _ = try tablet.state.mutate { $0.unannouncedName = "\($0.unannouncedName ?? "")x" } }
    let old = MemoryKeyVault()
    try old.save(copy, replacing: nil)
    for _ in 0..<4 {
      _ = try await Device.requestToJoin(named: "Again", vault: old, store: store, relay: house.relay)
      #expect(try ReadOnlyDevice(vault: old, store: store).isRolledBack)
      #expect(try Device.cancelJoining(vault: old, store: store))
      let device = try Device(vault: old, store: store, relay: house.relay)
      #expect(device.state.read { $0.isRolledBack })
      await #expect(throws: DeviceError.stateRolledBack) { try await device.rotateKeys() }
    }
  }

  @Test func `a device that was put back from a copy stays noticed while a restore is unfinished`()
    async throws
  {
    let tablet = try await join()
    let copy = try vault.contents()
    for _ in 0..<3 { _ = try tablet.state.mutate { $0.unannouncedName = "\($0.unannouncedName ?? "")x" } }
    let old = MemoryKeyVault()
    try old.save(copy, replacing: nil)
    let former = try #require(try await FormerDevice.held(by: old, store, house.relay, for: .restore))
    let recovery = house.phone.log.recoveryDevice
    var begun = RestoringVault(keys: try DeviceKeys(), recovery: recovery, replacing: nil, former: former)
    try begun.save(to: old, replacing: nil, or: former)
    for _ in 0..<4 {
      #expect(try ReadOnlyDevice(vault: old, store: store).isRolledBack)
      let next = RestoringVault(keys: try DeviceKeys(), recovery: recovery, replacing: begun)
      try next.save(to: old, replacing: begun)
      begun = next
    }
    #expect(try ReadOnlyDevice(vault: old, store: store).isRolledBack)
  }

  @Test func `a request whose approval is being carried out is not taken back`() async throws {
    _ = try await removedTablet()
    let request = try await request()
    try await house.phone.approve(request.code)
    let failing = FailingDeviceStore(store)
    let resumed = try Device.resumeJoining(vault: vault, store: failing, relay: house.relay)
    failing.fail(PlannedFailure(.from(1), .beforeEffect, counting: .changes))
    await #expect(throws: (any Error).self) { try await resumed.approved() }
    #expect(throws: DeviceError.vaultNotEmpty) { try Device.cancelJoining(vault: vault, store: store) }
    let device = try await request.approved()
    #expect(try await device.sync().takenAlong == 1)
    #expect(throws: DeviceError.vaultNotEmpty) { try Device.cancelJoining(vault: vault, store: store) }
  }

  @Test func `a new device's request is given up, and its store takes another account`() async throws {
    let request = try await request()
    try await house.phone.approve(request.code)
    // The approval is taken, and the process ends before the vault has the device.
    let ending = EndingVault(vault: vault)
    await #expect(throws: DeviceError.vault(.unavailable("power failure"))) {
      try await Device.resumeJoining(vault: ending, store: store, relay: house.relay).approved()
    }
    #expect(try SyncProgress(StoreConnection(store: store)).current().promised != nil)
    #expect(try !Device.cancelJoining(vault: vault, store: store))
    #expect(try SyncProgress(StoreConnection(store: store)).current().promised == nil)
    let (empty, other) = (MemoryKeyVault(), try await Household())
    let again = try await Device.requestToJoin(named: "x", vault: empty, store: store, relay: other.relay)
    try await other.phone.approve(again.code)
    #expect(try await again.approved().sync().verdict.isComplete)
    #expect(throws: DeviceError.vaultEmpty) {
      try Device.cancelJoining(vault: MemoryKeyVault(), store: store)
    }
  }
}
