import CryptoCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a crash or a lost relay between any two steps with the recovery key")
struct InterruptedRecoveryTests {
  private func text(of key: consuming RecoveryKey?) throws -> String {
    switch consume key {
    case .some(let key): key.reveal { $0 }
    case .none: throw DeviceError.noRecoveryKeyPrepared
    }
  }

  @Test(arguments: [MeddlingRelay.Loss.request, .answer])
  func `a replacement that was lost takes effect with a key that was shown before`(
    loss: MeddlingRelay.Loss
  ) async throws {
    let house = try await Household()
    let shown = try text(of: try house.phone.prepareRecoveryKey())
    await house.relay.lose(loss)
    await #expect(throws: DeviceError.relay(.unavailable("lost"))) {
      try await house.phone.replaceRecoveryKey(try house.key())
    }
    let phone = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    try await phone.sync()
    await #expect(throws: DeviceError.noSuchAccount) { try await house.restore() }
    let restored = try await Device.restore(
      with: try RecoveryKey.parse(shown).key(), vault: .inMemory, store: MemoryDeviceStore(),
      relay: house.relay)
    #expect(restored.account == phone.account)
  }

  @Test func `a prepared key counts for nothing, and is the same until it is put in`() async throws {
    let house = try await Household()
    let shown = try text(of: try house.phone.prepareRecoveryKey())
    try await house.phone.sync()
    #expect(try await house.restore().account == house.phone.account)
    let phone = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(try text(of: try phone.prepareRecoveryKey()) == shown)
  }

  @Test func `a replacement whose key is gone is never sent`() async throws {
    let house = try await Household()
    _ = try house.phone.prepareRecoveryKey()
    await house.relay.lose(.request)
    try? await house.phone.replaceRecoveryKey(try house.key())
    try house.phone.state.mutate { $0.nextRecoverySecret = nil }
    #expect(try await house.phone.sync().abandoned.count == 1)
    #expect(try await house.restore().account == house.phone.account)
  }

  @Test func `an announcement that another entry overtook is made again`() async throws {
    let clock = TestClock()
    let house = try await Household(clock: clock)
    let shown = try text(of: try house.phone.prepareRecoveryKey())
    await house.relay.lose(.request)
    try? await house.phone.announceRecoveryKey(votes: [])
    try await house.mac.beginEpoch()
    try house.mac.append(Household.text("meanwhile"), to: house.chat)
    try await house.mac.sync()
    #expect(try await house.phone.sync().abandoned.isEmpty)
    #expect(house.phone.log.announcement?.signer == house.phone.id)
    try await house.phone.sync()
    clock.go(days: 3)
    try await house.phone.sync()
    #expect(try await house.restored(with: try RecoveryKey.parse(shown).key()).account == house.phone.account)
  }

  /// As a thief's device may do, or the person on another one.
  @Test
  func
    `an announcement whose next recovery approver was removed meanwhile is dropped, and nothing is stuck`()
    async throws
  {
    let house = try await Household()
    _ = try house.phone.prepareRecoveryKey()
    let tablet = try await house.join("Tablet")
    let proposal = try house.phone.proposeRecoveryKey(approvers: [house.phone.id, tablet.id])
    await house.relay.lose(.request)
    try? await house.phone.announceRecoveryKey(by: proposal, votes: [])
    try await house.mac.sync()
    try await house.mac.remove(tablet.id)
    let report = try await house.phone.sync()
    #expect(report.verdict.isComplete)
    #expect(report.abandoned.count == 1)
    try await house.phone.remove(house.mac.id)
    #expect(try await house.restore().account == house.phone.account)
    #expect(throws: DeviceError.proposalRefused) { try house.phone.votesMissing(for: proposal, with: []) }
  }

  @Test func `a key that was prepared is forgotten when another recovery key comes in`() async throws {
    let house = try await Household()
    _ = try house.mac.prepareRecoveryKey()
    #expect(house.mac.hasRecoveryKeyNotInForce)
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.replaceRecoveryKey(try house.key())
    #expect(try await house.mac.sync().voidedRecoveryKey)
    #expect(!house.mac.hasRecoveryKeyNotInForce)
  }

  @Test func `a key that came in is kept until the person has it`() async throws {
    let house = try await Household()
    let shown = try text(of: try house.phone.prepareRecoveryKey())
    try await house.phone.replaceRecoveryKey(try house.key())
    let phone = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(phone.hasRecoveryKeyToShow)
    #expect(try text(of: phone.recoveryKeyToShow()) == shown)
    try phone.confirmRecoveryKey()
    #expect(throws: DeviceError.noRecoveryKeyPrepared) { try text(of: phone.recoveryKeyToShow()) }
  }

  @Test func `a replacement needs a key that was shown`() async throws {
    let house = try await Household()
    await #expect(throws: DeviceError.noRecoveryKeyPrepared) {
      try await house.phone.replaceRecoveryKey(try house.key())
    }
  }

  @Test func `the first recovery key is in the vault until the person has it`() throws {
    let vault = MemoryKeyVault()
    let created = try Device.createAccount(named: "Phone", vault: vault)
    let shown = created.recoveryKey.reveal { $0 }
    // As if the process had ended before it was shown.
    let device = try Device(vault: vault)
    #expect(try text(of: device.recoveryKeyToShow()) == shown)
    try device.confirmRecoveryKey()
    #expect(throws: DeviceError.noRecoveryKeyPrepared) {
      try text(of: try Device(vault: vault).recoveryKeyToShow())
    }
  }

  @Test func `a restore that was interrupted goes on with the same device`() async throws {
    let house = try await Household()
    let vault = MemoryKeyVault()
    for loss in [MeddlingRelay.Loss.request, .answer] {
      await house.relay.lose(loss)
      await #expect(throws: DeviceError.relay(.unavailable("lost"))) {
        try await Device.restore(
          with: try house.key(), vault: vault, store: MemoryDeviceStore(), relay: house.relay)
      }
    }
    let restored = try await Device.restore(
      with: try house.key(), vault: vault, store: MemoryDeviceStore(), relay: house.relay)
    #expect(restored.log.activeDevices.count == 4)
    #expect(restored.log.members.count == 4)
  }

  @Test func `a request to join whose offer was lost is posted again`() async throws {
    let house = try await Household()
    let vault = MemoryKeyVault()
    let dead = MeddlingRelay(try InMemoryRelay())
    _ = try await Device.requestToJoin(named: "X", vault: vault, store: MemoryDeviceStore(), relay: dead)
    let request = try Device.resumeJoining(vault: vault, store: MemoryDeviceStore(), relay: house.relay)
    await #expect(throws: DeviceError.joinRequestNotFound) { try await house.phone.approve(request.code) }
    await #expect(throws: DeviceError.notApprovedYet) { _ = try await request.approved() }
    try await house.phone.approve(request.code)
    #expect(try await request.approved().account == house.phone.account)
  }
}
