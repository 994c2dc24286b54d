import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 8.6: a restore in a former device's folder that is interrupted")
struct InterruptedHandoverTests {
  private let house: Household
  private let vault = MemoryKeyVault()
  private let store = MemoryDeviceStore()
  private let evidence: RelayEvidence
  private let dropped = BlobID()

  /// A removed tablet with settings, evidence, a file that was dropped, and a message that waits.
  init() async throws {
    house = try await Household()
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    let tablet = try await request.approved()
    try await tablet.sync()
    let checkpoint = try #require(try tablet.progress().checkpoint)
    evidence = RelayEvidence(
      create: try #require(tablet.state.read { $0.entries.first }), older: checkpoint, newer: checkpoint,
      beginning: checkpoint.treeRoot, proof: ConsistencyProof(oldSize: 1, newSize: 1, path: []))
    try tablet.parts.reading.status.evidence.keep(evidence)
    var settings = try tablet.settings()
    settings.recentlyDeletedDays = 365
    try tablet.update(settings)
    try tablet.stopSyncing()
    try tablet.parts.services.notes.noteEviction(of: dropped)
    try tablet.append(Household.text("waits"), to: house.chat)
    try await house.phone.sync()
    try await house.phone.remove(tablet.id)
  }

  private func open(_ vault: any KeyVault) async throws -> RecoverySession {
    try await Device.openRecovery(with: try house.key(), vault: vault, store: store, relay: house.relay)
  }

  /// Restores, and ends before the vault holds the device. Returns the device that was to be.
  private func interrupt(keeping kept: Set<DeviceID>) async throws -> DeviceID {
    let session = try await open(EndingVault(vault: vault))
    await #expect(throws: DeviceError.vault(.unavailable("power failure"))) {
      _ = try await session.restore(keeping: kept, named: "Restored")
    }
    return try RestoringVault(try vault.contents()).keys.deviceID
  }

  private func check(_ device: Device) async throws {
    #expect(try device.evidence() == evidence)
    #expect(try device.settings().recentlyDeletedDays == 365)
    #expect(try device.settings().isStopped)
    #expect(try device.parts.services.notes.isEvicted(dropped))
    try device.startSyncing()
    let report = try await device.sync()
    #expect(report.verdict.isComplete && report.takenAlong == 1)
    #expect(try Household.texts(of: device) == ["first", "waits"])
  }

  @Test func `what a person set and evidence outlast a restore that goes on with another decision`()
    async throws
  {
    let begun = try await interrupt(keeping: [house.phone.id])
    let device = try await open(vault).restore(keeping: [], named: "Restored").device
    #expect(device.id != begun)
    try await check(device)
  }

  @Test func `the former device is not read once what it left is being taken along`() async throws {
    #expect(try ReadOnlyDevice(vault: vault, store: store).waitingCount > 0)
    _ = try await interrupt(keeping: [house.phone.id])
    #expect(throws: DeviceError.restoreUnfinished) { try ReadOnlyDevice(vault: vault, store: store) }
    // Nor is it if the restore begins anew.
    _ = try await interrupt(keeping: [])
    #expect(throws: DeviceError.restoreUnfinished) { try ReadOnlyDevice(vault: vault, store: store) }
    try await check(try await open(vault).restore(keeping: [], named: "Restored").device)
  }

  @Test func `they outlast several decisions, and one that is made again`() async throws {
    let first = try await interrupt(keeping: [house.phone.id, house.mac.id])
    let second = try await interrupt(keeping: [house.mac.id])
    let third = try await interrupt(keeping: [])
    #expect(Set([first, second, third]).count == 3)
    #expect(try await interrupt(keeping: []) == third)
    let device = try await open(vault).restore(keeping: [], named: "Restored").device
    #expect(device.id == third)
    try await check(device)
  }

  @Test func `a store that fails while they are taken over loses none of them`() async throws {
    _ = try await interrupt(keeping: [house.phone.id])
    for failure in 1... {
      let failing = FailingDeviceStore(store)
      failing.fail(PlannedFailure(.from(failure), .beforeEffect))
      let session = try? await Device.openRecovery(
        with: try house.key(), vault: EndingVault(vault: vault), store: failing, relay: house.relay)
      _ = try? await session?.restore(keeping: [], named: "Restored")
      guard failing.failureCount > 0 else { break }
      try #require(failure < 400)
    }
    try await check(try await open(vault).restore(keeping: [], named: "Restored").device)
  }
}
