import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: an account of a stranger's that a recovery key leads to")
struct StrangersAccountTests {
  /// A replacement of the stranger's recovery device by the victim's, whose bundle everyone may read.
  private func theft(
    of house: Household, by thief: Device, signedBy signers: (DeviceKeys) -> [DeviceKeys]
  ) throws -> (LogEntry, [StoredWrap]) {
    let victim = house.phone.log
    let bundle = try #require(victim.members[victim.recoveryDevice]?.bundle)
    let history = try thief.progress().history
    let own = try DeviceKeys(recoverySecret: try #require(thief.state.read { $0.recoverySecret }))
    let pending = try thief.state.read { state in
      try state.epochEntry(
        history: history, leaving: [state.log.recoveryDevice], joining: bundle, rotating: nil,
        signing: signers(own)
      ) { .replaceRecovery(.init(recovery: bundle, approvers: [], epoch: $0)) }
    }
    return (pending.entry, pending.wraps)
  }

  private func thief(at relay: any Relay) async throws -> Device {
    try await Device.createAccount(
      named: "Evil", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
  }

  @Test func `no log takes a recovery device that did not sign for the account`() async throws {
    let house = try await Household()
    let thief = try await thief(at: house.relay)
    let recovery = try DeviceKeys(recoverySecret: SecretKey(copying: house.recoveryKey))
    let (unsigned, wraps) = try theft(of: house, by: thief) { [$0] }
    var log = thief.log
    #expect(throws: AccountLogError.wrongSigners) { try log.append(unsigned) }
    await #expect(throws: RelayError.entryRefused(.wrongSigners)) {
      try await house.relay.appendLogEntry(unsigned, wraps: wraps, to: thief.account)
    }
    // What the victim's recovery device signed in its own account fits in no other.
    let elsewhere = try LogEntry(unsigned.content, signedBy: [recovery], account: house.phone.account)
    let borrowed = LogEntry(
      content: unsigned.content, signatures: unsigned.signatures + elsewhere.signatures)
    #expect(throws: AccountLogError.badSignature(recovery.deviceID)) { try log.append(borrowed) }
  }

  @Test func `a relay that leads a recovery key astray is refused, and nothing is left behind`() async throws
  {
    let house = try await Household()
    let thief = try await thief(at: house.relay)
    await house.relay.lead(to: thief.account, of: thief.caller)
    await #expect(throws: DeviceError.noSuchAccount) { try await house.restore() }
    let forged = try theft(of: house, by: thief) { [$0] }.0
    let entries = thief.state.read { $0.entries }
    await house.relay.show(entries + [forged], of: thief.account)
    await #expect(throws: DeviceError.logRefused(.wrongSigners)) { try await house.restore() }
    await house.relay.behave()
    #expect(try await house.restore().account == house.phone.account)
  }

  @Test func `a relay takes no second account with the same recovery device`() async throws {
    let house = try await Household()
    let thief = try await thief(at: house.relay)
    // Its owner might do so by mistake, and would not know where a restore ends.
    let recovery = try DeviceKeys(recoverySecret: SecretKey(copying: house.recoveryKey))
    let (entry, wraps) = try theft(of: house, by: thief) { [$0, recovery] }
    var log = thief.log
    try log.append(entry)
    await #expect(throws: RelayError.accountExists) {
      try await house.relay.appendLogEntry(entry, wraps: wraps, to: thief.account)
    }
    #expect(try await house.restore().account == house.phone.account)
  }
}
