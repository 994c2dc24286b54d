import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// SPEC.md sections 3.4 and 8.2: a fork is judged by who is active in the device's own log, and by nothing that an entry
/// says.
@Suite("Attacks: another log in which the recovery device acted")
struct ForkedRecoveryTests {
  private let house: Household
  private let honest: InMemoryRelay
  private let other: InMemoryRelay

  init() async throws {
    house = try await Household()
    honest = await house.relay.honest
    other = await honest.fork()
  }

  /// The honest relay's history, and this device's log in another relay in place of the honest one's.
  private func showLog(of device: Device) async throws {
    let entries = try await other.logEntries(of: device.account, from: 0, as: device.caller)
    await house.relay.turn(to: honest)
    await house.relay.show(entries, of: device.account)
  }

  private func reopened() throws -> Device {
    try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
  }

  /// The relay shows the phone a log that the recovery device made: the phone keeps its own, and seals nothing until the
  /// relay shows that again.
  private func expectStopped(_ own: [LogHead]) async throws -> OtherLog {
    var seen: [OtherLog] = []
    for device in [house.phone, try reopened()] {
      let report = try await device.sync()
      #expect(report.verdict == .forked(evidence: nil))
      let other = try #require(report.otherLog)
      #expect(other.signers == [device.log.recoveryDevice])
      #expect(other.activeSigners(in: device.log) == [device.log.recoveryDevice])
      #expect(try await device.status().holds.first == .forked)
      #expect(throws: DeviceError.archive(.forked)) {
        try device.append(Household.text("no"), to: house.chat)
      }
      #expect(device.log.heads == own)
      seen.append(other)
    }
    return try #require(seen.first)
  }

  /// After the person's decision, and once the relay is honest again, everything goes on with the device's own log.
  private func expectGoingOn(_ own: [LogHead]) async throws {
    let device = try reopened()
    try await device.goOnDespiteEvidence()
    try device.append(Household.text("decided"), to: house.chat)
    #expect(try await device.sync().verdict == .forked(evidence: nil))
    #expect(device.log.heads == own)
    await house.relay.behave()
    #expect(try await device.sync().verdict.isComplete)
    #expect(device.log.heads == own)
    #expect(try Household.texts(of: device) == ["first", "decided"])
  }

  @Test(arguments: [true, false])
  func `no log is preferred because it holds a recovery`(isKept: Bool) async throws {
    try await house.phone.beginEpoch()
    let own = house.phone.log.heads
    await house.relay.turn(to: other)
    let restored = try await house.restore(keeping: isKept ? [house.phone.id, house.mac.id] : [])
    #expect((restored.log.activeMember(house.phone.id) != nil) == isKept)
    try await showLog(of: restored)
    let shown = try await expectStopped(own)
    let isRecovery = shown.entries.map { if case .recover = $0.content.change { true } else { false } }
    #expect(isRecovery == [true])
    try await expectGoingOn(own)
  }

  @Test(arguments: [true, false])
  func `a device whose own log holds a recovery judges another by who made it, as any device does`(
    isKept: Bool
  ) async throws {
    let restored = try await house.restore(keeping: isKept ? [house.phone.id] : [])
    let own = restored.log.heads
    await house.relay.turn(to: other)
    try await house.phone.beginEpoch()
    try await showLog(of: house.phone)
    let report = try await restored.sync()
    #expect(report.verdict == .forked(evidence: nil))
    #expect(report.otherLog?.signers == [house.phone.id])
    // The phone may act as long as the restore kept it; a removed device can make such entries at any time.
    if isKept {
      #expect(throws: DeviceError.archive(.forked)) {
        try restored.append(Household.text("no"), to: house.chat)
      }
    } else {
      try restored.append(Household.text("goes on"), to: house.chat)
    }
    #expect(restored.log.heads == own)
    await house.relay.behave()
    #expect(try await restored.sync().verdict.isComplete)
    #expect(restored.log.heads == own)
  }

  @Test func `a log that the recovery device went on with stops sealing as an active device's does`()
    async throws
  {
    try await house.phone.beginEpoch()
    let own = house.phone.log.heads
    await house.relay.turn(to: other)
    _ = try house.mac.prepareRecoveryKey()
    try await house.mac.replaceRecoveryKey(try house.key())
    try await showLog(of: house.mac)
    let shown = try await expectStopped(own)
    #expect(shown.entries.count == 1)
    try await expectGoingOn(own)
  }
}
