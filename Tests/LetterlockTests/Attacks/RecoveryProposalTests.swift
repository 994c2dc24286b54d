import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a lost recovery key that devices replace by vote")
struct RecoveryProposalTests {
  private let clock = TestClock()

  /// Phone, mac and tablet, which all were there when the present recovery key came in.
  private func threeApprovers() async throws -> (Household, Device) {
    let house = try await Household(clock: clock)
    let tablet = try await house.join("Tablet")
    try show(try house.phone.prepareRecoveryKey())
    try await house.phone.replaceRecoveryKey(
      try house.key(), approvers: [house.phone.id, house.mac.id, tablet.id])
    for device in [house.mac, tablet] { try await device.sync() }
    return (house, tablet)
  }

  @discardableResult
  private func show(_ key: consuming RecoveryKey) throws -> String { key.reveal { $0 } }

  /// A log of votes and proposals goes from device to device as bytes.
  private func carried<Value: TLSCodable>(_ value: Value) throws -> Value {
    try Value(decoding: value.encoded)
  }

  /// The cooling-off time goes by, between two synchronisations of the device.
  private func coolOff(_ device: Device) async throws {
    try await device.sync()
    clock.go(days: 3)
    try await device.sync()
  }

  @Test func `the first device replaces a lost key alone while it is the only recovery approver`()
    async throws
  {
    let house = try await Household(clock: clock)
    let shown = try show(try house.phone.prepareRecoveryKey())
    #expect(try house.phone.votesMissing(for: try house.phone.proposeRecoveryKey(), with: []) == 0)
    try await house.phone.announceRecoveryKey(votes: [])
    // The old key counts until then.
    try house.phone.check(try house.key())
    try await coolOff(house.phone)
    let restored = try await house.restored(with: try RecoveryKey.parse(shown).key())
    #expect(restored.account == house.phone.account)
    await #expect(throws: DeviceError.noSuchAccount) { try await house.restore() }
    await #expect(throws: DeviceError.notAnApprover) {
      let late = try await house.join("Late")
      try await late.announceRecoveryKey(votes: [])
    }
  }

  @Test func `two of three agree, however the log grows in between`() async throws {
    let (house, tablet) = try await threeApprovers()
    let shown = try show(try house.mac.prepareRecoveryKey())
    let proposal = try carried(try house.mac.proposeRecoveryKey())
    let vote = try carried(try await tablet.vote(for: proposal, confirmedBy: proposal.code))
    try house.phone.append(Household.text("meanwhile"), to: house.chat)
    try await house.phone.sync()
    try await house.phone.beginEpoch()
    try await house.mac.announceRecoveryKey(by: proposal, votes: [vote])
    // Any device completes it.
    try await coolOff(house.phone)
    for device in [house.mac, tablet] { try await device.sync() }
    #expect(house.phone.log.recoveryDevice == house.mac.log.recoveryDevice)
    #expect(house.mac.hasRecoveryKeyToShow && !house.mac.hasRecoveryKeyNotInForce)
    let restored = try await house.restored(with: try RecoveryKey.parse(shown).key())
    try await restored.sync()
    #expect(try Household.texts(of: restored).contains("meanwhile"))
    // The vote was for that one change.
    try show(try house.mac.prepareRecoveryKey())
    await #expect(throws: DeviceError.voteRefused(tablet.id)) {
      try await house.mac.announceRecoveryKey(votes: [vote])
    }
    await #expect(throws: DeviceError.proposalRefused) {
      try await tablet.vote(for: proposal, confirmedBy: proposal.code)
    }
  }

  @Test func `too few votes, or one twice, replace nothing`() async throws {
    let (house, tablet) = try await threeApprovers()
    let late = try await house.join("Late")
    for device in [house.phone, house.mac, tablet] { try await device.sync() }
    try show(try house.mac.prepareRecoveryKey())
    let proposal = try house.mac.proposeRecoveryKey()
    await #expect(throws: DeviceError.votesMissing(1)) { try await house.mac.announceRecoveryKey(votes: []) }
    let own = try await house.mac.vote(for: proposal, confirmedBy: proposal.code)
    await #expect(throws: DeviceError.votesMissing(1)) {
      try await house.mac.announceRecoveryKey(votes: [own, own])
    }
    await #expect(throws: DeviceError.notAnApprover) {
      try await late.vote(for: proposal, confirmedBy: proposal.code)
    }
    #expect(throws: DeviceError.notAnApprover) { try late.proposeRecoveryKey() }
    // A vote that a late device signs all the same.
    let forged = RecoveryVote(
      version: .newest, account: late.account,
      vote: try late.secrets.keys.vote(for: proposal.content, account: late.account))
    await #expect(throws: DeviceError.voteRefused(late.id)) {
      try await house.mac.announceRecoveryKey(votes: [forged])
    }
    #expect(house.mac.log.recoveryDevice == house.phone.log.recoveryDevice)
  }

  @Test func `a thief's device cannot use a vote for another's proposal, nor change what it proposes`()
    async throws
  {
    let (house, tablet) = try await threeApprovers()
    try show(try house.mac.prepareRecoveryKey())
    try show(try house.phone.prepareRecoveryKey())
    let proposal = try house.mac.proposeRecoveryKey()
    let vote = try await tablet.vote(for: proposal, confirmedBy: proposal.code)
    await #expect(throws: DeviceError.voteRefused(tablet.id)) {
      try await house.phone.announceRecoveryKey(votes: [vote])
    }
    let own = try house.phone.proposeRecoveryKey()
    let swapped = RecoveryProposal(
      version: .newest, account: proposal.account,
      content: VoteContent(
        recovery: proposal.content.recovery, signer: house.mac.id, newRecovery: own.content.newRecovery,
        approvers: proposal.content.approvers),
      signature: proposal.signature)
    await #expect(throws: DeviceError.proposalRefused) {
      try await tablet.vote(for: swapped, confirmedBy: swapped.code)
    }
    // What the mac's person wanted, the phone takes with the mac's own signature removed from the entry.
    try await house.mac.remove(house.phone.id)
    await #expect(throws: DeviceError.proposalRefused) {
      try await tablet.vote(for: own, confirmedBy: own.code)
    }
  }

  @Test func `a vote wants the code of the proposal that the person made`() async throws {
    let (house, tablet) = try await threeApprovers()
    try show(try house.mac.prepareRecoveryKey())
    try show(try house.phone.prepareRecoveryKey())
    let proposal = try house.mac.proposeRecoveryKey()
    let other = try house.phone.proposeRecoveryKey()
    #expect(proposal.code.filter(\.isNumber).count == 20)
    for code in [other.code, "", String(proposal.code.dropLast()), proposal.code + "1"] {
      await #expect(throws: DeviceError.codeNotConfirmed) {
        try await tablet.vote(for: proposal, confirmedBy: code)
      }
    }
    let spaced = proposal.code.filter(\.isNumber).map { "\($0)" }.joined(separator: "-")
    #expect(try await tablet.vote(for: proposal, confirmedBy: spaced).device == tablet.id)
    // The same key with other recovery approvers is another proposal.
    #expect(try house.mac.proposeRecoveryKey(approvers: [house.mac.id]).code != proposal.code)
  }

  @Test func `a proposal that was changed on its way back gives nobody a vote`() async throws {
    let house = try await Household()
    try show(try house.phone.prepareRecoveryKey())
    let proposal = try house.phone.proposeRecoveryKey()
    let content = proposal.content
    let changed = RecoveryProposal(
      version: .newest, account: proposal.account,
      content: VoteContent(
        recovery: content.recovery, signer: content.signer, newRecovery: content.newRecovery,
        approvers: [house.mac.id]), signature: proposal.signature)
    // The phone alone has a vote: none are missing.
    #expect(try house.phone.votesMissing(for: proposal, with: []) == 0)
    await #expect(throws: DeviceError.proposalRefused) {
      try await house.phone.announceRecoveryKey(by: changed, votes: [])
    }
    #expect(house.phone.log.approvers == [house.phone.id])
  }

  @Test func `another device's proposal is not one's own`() async throws {
    let (house, tablet) = try await threeApprovers()
    try show(try house.mac.prepareRecoveryKey())
    try show(try house.phone.prepareRecoveryKey())
    let proposal = try house.mac.proposeRecoveryKey()
    let vote = try await tablet.vote(for: proposal, confirmedBy: proposal.code)
    #expect(throws: DeviceError.proposalRefused) {
      try house.phone.votesMissing(for: proposal, with: [vote])
    }
    await #expect(throws: DeviceError.proposalRefused) {
      try await house.phone.announceRecoveryKey(by: proposal, votes: [vote])
    }
  }

  @Test func `a proposal and a vote hold no secret`() async throws {
    let (house, tablet) = try await threeApprovers()
    try show(try house.mac.prepareRecoveryKey())
    let proposal = try house.mac.proposeRecoveryKey()
    let vote = try await tablet.vote(for: proposal, confirmedBy: proposal.code)
    var secrets = [house.recoveryKey]
    for device in [house.phone, house.mac, tablet] {
      let (keys, _, epochSecrets) = device.secrets
      secrets += [keys.signingSeed.exportRawBytes(), keys.sealingSeed.exportRawBytes()]
      secrets += epochSecrets.values.map { $0.exportRawBytes() }
    }
    let prepared = try #require(
      house.mac.state.read { $0.nextRecoverySecret.map { $0.exportRawBytes() } })
    secrets += [prepared, house.chat.bytes]
    for bytes in [proposal.encoded, vote.encoded] {
      // No half of one either.
      for half in secrets.flatMap({ [$0.prefix(16), $0.suffix(16)] }) {
        #expect(bytes.ranges(of: half).isEmpty)
      }
    }
    // They are what SPEC.md section 3.7 says, and nothing more.
    #expect(
      proposal.content.signer == house.mac.id && proposal.content.recovery == house.mac.log.recoveryDevice)
    #expect(
      proposal.encoded == proposal.version.encoded + proposal.account.bytes + proposal.content.encoded
        + proposal.signature.encoded)
    #expect(vote.encoded == vote.version.encoded + vote.account.bytes + vote.vote.encoded)
  }
}
