import CryptoCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a change that was made for an announcement which is void by now")
struct OvertakenAnnouncementTests {
  private let clock = TestClock()

  /// The phone's announcement has cooled off, and the Mac's entry that completes it got lost.
  private func interrupted() async throws -> (Household, tablet: Device) {
    let house = try await Household(clock: clock)
    let tablet = try await house.join("Tablet")
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.announceRecoveryKey(votes: [])
    for device in [house.mac, tablet, house.phone] { try await device.sync() }
    clock.go(days: 4)
    await house.relay.lose(.request)
    _ = try? await house.mac.sync()
    #expect(house.mac.state.read { $0.pending != nil })
    return (house, tablet)
  }

  /// The tablet is the thief's: an active device, which may announce as no recovery approver is active.
  @Test func `a completion that another announcement overtook keeps no device from removing the thief`()
    async throws
  {
    for isSynchronisedBefore in [true, false] {
      let (house, tablet) = try await interrupted()
      try await tablet.remove(house.phone.id)
      _ = try tablet.prepareRecoveryKey()
      try await tablet.announceRecoveryKey(votes: [])
      if isSynchronisedBefore {
        let report = try await house.mac.sync()
        #expect(report.verdict.isComplete && report.abandoned.isEmpty)
      }
      try await house.mac.remove(tablet.id)
      #expect(house.mac.log.announcement == nil)
      #expect(house.mac.state.read { $0.pending == nil })
    }
  }

  @Test func `a completion is not made again for an announcement that came after a cancelled one`()
    async throws
  {
    let (house, _) = try await interrupted()
    try await house.phone.cancelRecoveryAnnouncement()
    try await house.phone.beginEpoch()
    try house.phone.state.mutate { $0.nextRecoverySecret = nil }
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.announceRecoveryKey(votes: [])
    let old = house.phone.log.recoveryDevice
    #expect(try await house.mac.sync().verdict.isComplete)
    for change in [house.mac.beginEpoch, house.mac.rotateKeys] { try await change() }
    #expect(house.mac.log.recoveryDevice == old && house.mac.log.announcement != nil)
    // The new announcement takes effect in its own time.
    clock.go(days: 4)
    try await house.mac.sync()
    #expect(house.mac.log.recoveryDevice != old)
  }

  @Test func `a completion that an epoch overtook is made again`() async throws {
    let (house, tablet) = try await interrupted()
    let old = tablet.log.recoveryDevice
    try await tablet.beginEpoch()
    try await house.mac.sync()
    #expect(house.mac.log.recoveryDevice != old)
  }

  @Test func `an overtaken entry that the log cannot take when it is made again is dropped, and named`()
    async throws
  {
    let house = try await Household()
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.replaceRecoveryKey(
      try house.key(), approvers: [house.phone.id, house.mac.id])
    for device in [house.phone, house.mac] { try await device.sync() }
    _ = try house.phone.prepareRecoveryKey()
    let proposal = try house.phone.proposeRecoveryKey(approvers: [house.phone.id])
    let vote = try await house.mac.vote(for: proposal, confirmedBy: proposal.code)
    // The vote is for another content than the entry has.
    try house.phone.state.mutate { (state) throws(DeviceError) in
      let next = try state.nextRecoveryKeys()
      let bundle = try asDeviceError(DeviceKeyBundle(of: next, createdAt: 0))
      state.pending = PendingEntry(
        try state.entry(
          .announceRecovery(.init(recovery: bundle, approvers: [house.phone.id, house.mac.id].sorted())),
          signing: [state.keys, next], votes: [vote.vote]))
    }
    try await house.mac.beginEpoch()
    let report = try await house.phone.sync()
    #expect(report.verdict.isComplete && report.abandoned.count == 1)
    try await house.phone.remove(house.mac.id)
  }
}
