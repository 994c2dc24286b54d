import CryptoCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a thief who wants to replace the recovery key")
struct RecoveryVoteTests {
  private let new: DeviceKeys
  private let bundle: DeviceKeyBundle

  init() throws {
    new = try DeviceKeys(recoverySecret: SecretKey(random: 32))
    bundle = try DeviceKeyBundle(of: new, createdAt: 0)
  }

  /// The entry by which `voters` announce a recovery device for `device`'s account, and become the recovery approvers.
  private func announcement(
    at device: Device, by voters: [Device], votingFor others: [DeviceID]? = nil
  ) throws -> LogEntry {
    let approvers = voters.map(\.id).filter { device.log.activeMember($0) != nil }.sorted()
    let content = VoteContent(
      recovery: device.log.recoveryDevice, signer: voters[0].id, newRecovery: new.deviceID,
      approvers: others ?? approvers)
    let votes = try voters.dropFirst().sorted { $0.id < $1.id }.map {
      try $0.secrets.keys.vote(for: content, account: $0.account)
    }
    let signers = [voters[0].secrets.keys, new]
    return try device.state.read { state in
      try state.entry(
        .announceRecovery(.init(recovery: bundle, approvers: approvers)), signing: signers, votes: votes)
    }
  }

  private func refusal(
    at device: Device, by voters: [Device], votingFor others: [DeviceID]? = nil
  ) throws -> AccountLogError? {
    var log = device.log
    let entry = try announcement(at: device, by: voters, votingFor: others)
    do throws(AccountLogError) { try log.append(entry) } catch { return error }
    return nil
  }

  /// The recovery key is replaced while phone, mac and tablet are there: all three are recovery approvers.
  private func threeApprovers() async throws -> (Household, Device) {
    let house = try await Household()
    let tablet = try await house.join("Tablet")
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.replaceRecoveryKey(
      try house.key(), approvers: [house.phone.id, house.mac.id, tablet.id])
    for device in [house.mac, tablet] { try await device.sync() }
    return (house, tablet)
  }

  @Test func `SPEC.md section 3.4 rule 14: removing the others or adding accomplices brings no majority`()
    async throws
  {
    let (house, tablet) = try await threeApprovers()
    let accomplice = try await house.join("Accomplice", by: house.mac)
    #expect(try refusal(at: house.mac, by: [house.mac]) == .wrongSigners)
    #expect(try refusal(at: house.mac, by: [house.mac, accomplice]) == .wrongSigners)
    for device in [house.phone, tablet] { try await house.mac.remove(device.id) }
    #expect(house.mac.log.approvers.count == 3)
    // Alone it has to wait for thirty days.
    var log = house.mac.log
    try log.append(try announcement(at: house.mac, by: [house.mac]))
    #expect(log.announcement?.coolingOff == 30 * 24 * 3_600_000)
    #expect(try refusal(at: house.mac, by: [accomplice]) == .wrongSigners)
    #expect(try refusal(at: house.mac, by: [house.mac, accomplice]) == .wrongSigners)
    #expect(try refusal(at: house.mac, by: [house.mac, tablet]) == .wrongSigners)
  }

  @Test func `two of three recovery approvers announce one, and name the next recovery approvers`()
    async throws
  {
    let (house, tablet) = try await threeApprovers()
    _ = try await house.join("Late")
    for device in [house.phone, house.mac, tablet] { try await device.sync() }
    #expect(try refusal(at: house.mac, by: [house.mac]) == .wrongSigners)
    var log = house.mac.log
    try log.append(try announcement(at: house.mac, by: [house.mac, tablet]))
    // It changes nothing yet.
    #expect(log.recoveryDevice == house.mac.log.recoveryDevice && log.approvers.count == 3)
    #expect(log.announcement?.recovery.deviceID == new.deviceID)
    #expect(log.announcement?.approvers == [house.mac.id, tablet.id].sorted())
    #expect(log.announcement?.coolingOff == 72 * 3_600_000)
  }

  @Test func `a vote is for those recovery approvers and no others`() async throws {
    let (house, tablet) = try await threeApprovers()
    let voters = [house.mac, tablet]
    #expect(
      try refusal(at: house.mac, by: voters, votingFor: [house.mac.id]) == .badSignature(tablet.id))
  }

  /// Whoever replaces a key that a thief saw must not make the thief's devices recovery approvers unseen.
  @Test func `devices that a thief added get no vote from a replacement that does not name them`()
    async throws
  {
    let house = try await Household()
    let spies = [
      try await house.join("Spy 1", by: house.mac), try await house.join("Spy 2", by: house.mac),
    ]
    try await house.phone.sync()
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.replaceRecoveryKey(try house.key())
    #expect(house.phone.log.approvers == [house.phone.id])
    try await house.mac.sync()
    #expect(try refusal(at: house.mac, by: [house.mac] + spies) == .wrongSigners)
  }

  @Test func `only active devices can be named recovery approvers`() async throws {
    let (house, tablet) = try await threeApprovers()
    try await house.phone.remove(tablet.id)
    _ = try house.phone.prepareRecoveryKey()
    for wrong in [tablet.id, house.phone.log.recoveryDevice] {
      #expect(throws: DeviceError.unknownDevice(wrong)) {
        try house.phone.proposeRecoveryKey(approvers: [house.phone.id, wrong])
      }
    }
    #expect(
      try house.phone.proposeRecoveryKey().content.approvers == [house.phone.id, house.mac.id].sorted())
  }

  @Test func `a recovery approver that the recovery device itself removed no longer counts`() async throws {
    let house = try await Household()
    let recovery = try DeviceKeys(recoverySecret: SecretKey(copying: house.recoveryKey))
    let (phone, history) = (house.phone.id, try house.mac.progress().history)
    var log = house.mac.log
    let removal = try house.mac.state.read { state in
      try state.epochEntry(
        history: history, leaving: [phone], joining: nil, rotating: nil, signing: [recovery]
      ) { .remove(.init(devices: [phone], epoch: $0)) }
    }
    #expect(log.approvers == [phone])
    try log.append(removal.entry)
    #expect(log.approvers.isEmpty)
    // Nobody is left who could vote.
    #expect(!log.canVote)
  }
}
