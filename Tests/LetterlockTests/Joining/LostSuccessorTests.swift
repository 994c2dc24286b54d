import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 8.6: a new device that is lost before it has taken over what a former one left")
struct LostSuccessorTests {
  private let house: Household
  private let vault = MemoryKeyVault()
  private let store = MemoryDeviceStore()

  /// A removed tablet with settings, and a message that waits.
  init() async throws {
    house = try await Household()
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    let tablet = try await request.approved()
    try await tablet.sync()
    var settings = try tablet.settings()
    settings.recentlyDeletedDays = 365
    try tablet.update(settings)
    try tablet.append(Household.text("waits"), to: house.chat)
    try await house.phone.sync()
    try await house.phone.remove(tablet.id)
    _ = try await tablet.sync()
  }

  private func request(_ name: String) async throws -> JoinRequest {
    try await Device.requestToJoin(named: name, vault: vault, store: store, relay: house.relay)
  }

  /// A request that was approved, and cut at a change of its store; nil if it is cut once all was taken along.
  private func cutRequest(at change: Int?) async throws -> (request: JoinRequest, device: DeviceID) {
    let request = try await request("Lost")
    let device = try await house.phone.approve(request.code)
    let failing = FailingDeviceStore(store)
    if let change { failing.fail(PlannedFailure(.from(change), .beforeEffect, counting: .changes)) }
    let cut = try Device.resumeJoining(
      vault: EndingVault(vault: vault), store: failing, relay: house.relay)
    await #expect(throws: DeviceError.self) { try await cut.approved() }
    #expect(try JoiningVault(try vault.contents()).handover == .begun)
    return (request, device)
  }

  private func loseSuccessor(at change: Int?) async throws {
    let (request, device) = try await cutRequest(at: change)
    try await house.phone.remove(device)
    await #expect(throws: DeviceError.removed) { try await request.approved() }
    #expect(throws: DeviceError.vaultNotEmpty) { try Device.cancelJoining(vault: vault, store: store) }
  }

  private func restore() async throws -> Device {
    let session = try await Device.openRecovery(
      with: try house.key(), vault: vault, store: store, relay: house.relay)
    return try await session.restore(keeping: [house.phone.id], named: "Restored").device
  }

  private func check(_ device: Device) async throws {
    #expect(try device.settings().recentlyDeletedDays == 365)
    let report = try await device.sync()
    #expect(report.verdict.isComplete && report.takenAlong == 1)
    #expect(try store.outboxCount() == 0)
    try await house.phone.sync()
    #expect(try Household.texts(of: house.phone) == ["first", "waits"])
  }

  @Test(arguments: [1, 2, nil])
  func `another request takes along what waits`(change: Int?) async throws {
    try await loseSuccessor(at: change)
    #expect(try await Device.isFormer(in: vault, store: store, relay: house.relay))
    let request = try await request("Again")
    try await house.phone.approve(request.code)
    try await check(try await request.approved())
  }

  @Test func `the other request waits, and is neither replaced nor taken back`() async throws {
    try await loseSuccessor(at: 2)
    let request = try await request("Again")
    #expect(try await !Device.isFormer(in: vault, store: store, relay: house.relay))
    await #expect(throws: DeviceError.joinUnfinished) { try await self.request("Other") }
    #expect(throws: DeviceError.vaultNotEmpty) { try Device.cancelJoining(vault: vault, store: store) }
    #expect(throws: DeviceError.joinUnfinished) { try ReadOnlyDevice(vault: vault, store: store) }
    let resumed = try Device.resumeJoining(vault: vault, store: store, relay: house.relay)
    #expect(resumed.code.text == request.code.text)
    try await house.phone.approve(request.code)
    try await check(try await resumed.approved())
  }

  @Test func `several that are lost one after the other leave all to the next`() async throws {
    for change in [nil, 1, nil] { try await loseSuccessor(at: change) }
    let request = try await request("Again")
    try await house.phone.approve(request.code)
    try await check(try await request.approved())
  }

  @Test(arguments: [1, 2, nil])
  func `a restore takes along what waits`(change: Int?) async throws {
    try await loseSuccessor(at: change)
    try await check(try await restore())
  }

  @Test func `a restore takes the place of a request that nobody approves`() async throws {
    try await loseSuccessor(at: nil)
    _ = try await request("Again")
    try await check(try await restore())
  }

  @Test func `a new device that is part of the account is not replaced, and its former one is not read`()
    async throws
  {
    let (request, _) = try await cutRequest(at: 1)
    #expect(try await !Device.isFormer(in: vault, store: store, relay: house.relay))
    await #expect(throws: DeviceError.joinUnfinished) { try await self.request("Other") }
    await #expect(throws: DeviceError.joinUnfinished) { try await restore() }
    #expect(throws: DeviceError.joinUnfinished) { try ReadOnlyDevice(vault: vault, store: store) }
    #expect(try Device.relayKey(in: vault) == house.phone.log.checkpointKey)
    try await check(try await request.approved())
  }

  @Test func `an approval that the relay's history refuses can still be taken back`() async throws {
    let request = try await request("Again")
    let device = try await house.phone.approve(request.code)
    let key = try CheckpointKey()
    await house.relay.alterStreams { page in
      let known = page.checkpoint
      guard
        let forged = try? Checkpoint(
          account: known.account, treeSize: known.treeSize, treeRoot: known.treeRoot,
          logHead: known.logHead, at: known.time, by: key)
      else { return page }
      return StreamPage(
        checkpoint: forged, consistency: nil, batches: [], proof: page.proof, hasOlder: false)
    }
    await #expect(throws: DeviceError.self) { try await request.approved() }
    #expect(try ReadOnlyDevice(vault: vault, store: store).waitingCount > 0)
    #expect(try Device.cancelJoining(vault: vault, store: store))
    await house.relay.behave()
    try await house.phone.remove(device)
    let again = try await self.request("Again")
    try await house.phone.approve(again.code)
    try await check(try await again.approved())
  }
}
