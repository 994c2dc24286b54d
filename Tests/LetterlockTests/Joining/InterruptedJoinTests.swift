import LetterlockTestKit
import Synchronization
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("A join or a restore that was interrupted")
struct InterruptedJoinTests {
  /// What everyone who opens a vault is told.
  private func expectRefusal(
    of vault: any KeyVault, _ error: DeviceError, at place: SourceLocation = #_sourceLocation
  ) throws {
    let store = MemoryDeviceStore()
    #expect(throws: error, sourceLocation: place) { _ = try Device(vault: vault) }
    #expect(throws: error, sourceLocation: place) { _ = try ReadOnlyDevice(vault: vault, store: store) }
    #expect(throws: error, sourceLocation: place) {
      _ = try Device.createAccount(named: "Other", vault: vault)
    }
  }

  /// The names that the others have read of a device, in the history's order.
  private func names(of device: DeviceID, on other: Device) throws -> [String] {
    var names: [String] = []
    try other.forEachEntry { entry in
      if case .success(.device(let profile)) = entry.entry, entry.author == device {
        names.append(profile.name)
      }
    }
    return names
  }

  @Test func `a vault that waits for an approval says so, and goes on with the same code`() async throws {
    let house = try await Household()
    let (vault, store) = (MemoryKeyVault(), MemoryDeviceStore())
    let request = try await Device.requestToJoin(named: "Mac", vault: vault, store: store, relay: house.relay)
    try expectRefusal(of: vault, .joinUnfinished)
    await #expect(throws: DeviceError.joinUnfinished) {
      _ = try await Device.restore(with: try house.key(), vault: vault, store: store, relay: house.relay)
    }
    await #expect(throws: DeviceError.joinUnfinished) {
      _ = try await Device.requestToJoin(named: "Again", vault: vault, store: store, relay: house.relay)
    }
    #expect(try Device.isJoining(vault))
    let again = try Device.resumeJoining(vault: vault, store: store, relay: house.relay)
    #expect(again.code.text == request.code.text)
    try await house.phone.approve(request.code)
    let device = try await again.approved()
    #expect(try !Device.isJoining(vault))
    #expect(throws: DeviceError.vaultNotEmpty) {
      _ = try Device.resumeJoining(vault: vault, store: store, relay: house.relay)
    }
    // The first request, and the one that finished, return the same device.
    #expect(try await request.approved().id == device.id)
    #expect(try await again.approved() === device)
  }

  @Test func `a vault that is being restored says so, and goes on with the same device`() async throws {
    let house = try await Household()
    let (vault, store) = (MemoryKeyVault(), MemoryDeviceStore())
    func restore(_ key: consuming RecoveryKey) async throws -> Device {
      try await Device.restore(with: key, vault: vault, store: store, relay: house.relay)
    }
    await house.relay.lose(.answer)
    await #expect(throws: DeviceError.relay(.unavailable("lost"))) { _ = try await restore(house.key()) }
    try expectRefusal(of: vault, .restoreUnfinished)
    await #expect(throws: DeviceError.restoreUnfinished) {
      _ = try await Device.requestToJoin(named: "Mac", vault: vault, store: store, relay: house.relay)
    }
    #expect(throws: DeviceError.restoreUnfinished) {
      _ = try Device.resumeJoining(vault: vault, store: store, relay: house.relay)
    }
    #expect(try !Device.isJoining(vault))
    let stranger = [UInt8](repeating: 1, count: 32)
    await #expect(throws: DeviceError.vaultNotEmpty) {
      guard let key = RecoveryKey(secret: stranger) else { return }
      _ = try await restore(key)
    }
    let device = try await restore(house.key())
    #expect(device.log.activeDevices.count == 4)
    #expect(device.log.members.count == 4)
    await #expect(throws: DeviceError.vaultNotEmpty) { _ = try await restore(house.key()) }
  }

  /// How a join goes on that was cut after the vault had the device.
  enum Continuation: CaseIterable {
    case sameRequest
    case newProcess
    case openedDevice
  }

  @Test(arguments: Continuation.allCases, [PlannedFailure.Moment.beforeEffect, .afterEffect])
  func `a join that is cut at any call of its store finishes, with its name`(
    _ continuation: Continuation, _ moment: PlannedFailure.Moment
  ) async throws {
    let house = try await Household()
    var number = 0
    while true {
      number += 1
      let (vault, store) = (MemoryKeyVault(), FailingDeviceStore(MemoryDeviceStore()))
      let request = try await Device.requestToJoin(
        named: "Tablet \(number)", vault: vault, store: store, relay: house.relay)
      try await house.phone.approve(request.code)
      store.fail(PlannedFailure(.from(number), moment))
      let first = try? await request.approved()
      guard store.failureCount > 0 else { break }
      store.stopFailing()
      let device: Device
      if continuation == .sameRequest {
        device = try await request.approved()
      } else if continuation == .newProcess, try Device.isJoining(vault) {
        let again = try Device.resumeJoining(vault: vault, store: store, relay: house.relay)
        #expect(again.code.text == request.code.text)
        device = try await again.approved()
      } else if try vault.contents().stage == .device {
        device = try Device(vault: vault, store: store, relay: house.relay)
      } else {
        continue
      }
      #expect(first == nil || first?.id == device.id)
      try await device.sync()
      try await house.phone.sync()
      let names = try names(of: device.id, on: house.phone)
      #expect(names == ["Tablet \(number)"], "\(number)")
      #expect(try !Device.isJoining(vault))
      try await house.phone.remove(device.id)
    }
    #expect(number > 3)
  }

  /// A vault whose save cancels the task that saves.
  private final class CancellingVault: KeyVault {
    let vault = MemoryKeyVault()
    let isArmed = Mutex(false)

    func load() throws(VaultError) -> VaultContents? { try vault.load() }

    func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
      try vault.save(contents, replacing: version)
      guard isArmed.withLock({ $0 }) else { return }
      unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() }
    }
  }

  @Test func `a join that is cancelled once the vault has the device goes on when it is asked again`()
    async throws
  {
    let house = try await Household()
    let (vault, store) = (CancellingVault(), MemoryDeviceStore())
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    vault.isArmed.withLock { $0 = true }
    let cut = await Task { try await request.approved() }.result
    vault.isArmed.withLock { $0 = false }
    #expect(throws: DeviceError.cancelled) { try cut.get() }
    #expect(try Device.isJoining(vault))
    let device = try await request.approved()
    try await device.sync()
    try await house.phone.sync()
    #expect(try names(of: device.id, on: house.phone) == ["Tablet"])
  }

  @Test func `two requests of one vault that are approved at once return one device with one name`()
    async throws
  {
    let house = try await Household()
    let (vault, store) = (MemoryKeyVault(), MemoryDeviceStore())
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    async let first = request.approved()
    async let second = request.approved()
    let devices = try await (first, second)
    #expect(devices.0 === devices.1)
    try await devices.0.sync()
    try await house.phone.sync()
    #expect(try names(of: devices.0.id, on: house.phone) == ["Tablet"])
  }

  @Test func `a name that a person gives meanwhile is not followed by the one of the request`() async throws {
    let house = try await Household()
    let (vault, store) = (MemoryKeyVault(), FailingDeviceStore(MemoryDeviceStore()))
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    // What the approver has verified is kept before the vault has the device.
    store.fail(PlannedFailure(.from(2), .beforeEffect, counting: .changes))
    await #expect(throws: DeviceError.self) { _ = try await request.approved() }
    store.stopFailing()
    let device = try Device(vault: vault, store: store, relay: house.relay)
    try await device.sync(ignoringConditions: true)
    try device.rename("Kitchen")
    try await device.sync()
    try await house.phone.sync()
    #expect(try names(of: device.id, on: house.phone).last == "Kitchen")
    #expect(try !Device.isJoining(vault))
  }

  @Test func `an account that was made while its store failed keeps its device's name`() async throws {
    let relay = try InMemoryRelay()
    let (vault, store) = (MemoryKeyVault(), FailingDeviceStore(MemoryDeviceStore()))
    store.fail(PlannedFailure(.from(1), .beforeEffect, counting: .changes))
    await #expect(throws: DeviceError.self) {
      _ = try await Device.createAccount(named: "Phone", vault: vault, store: store, relay: relay)
    }
    store.stopFailing()
    let device = try Device(vault: vault, store: store, relay: relay)
    try await device.sync()
    #expect(try device.devices().first { $0.id == device.id }?.name == "Phone")
    #expect(try names(of: device.id, on: device) == ["Phone"])
  }
}
