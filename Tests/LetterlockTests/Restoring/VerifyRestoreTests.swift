import CryptoCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Proving a restore before it is needed")
struct VerifyRestoreTests {
  private func key(_ house: Household) throws -> RecoveryKey {
    guard let key = RecoveryKey(secret: house.recoveryKey) else { throw DeviceError.noSuchAccount }
    return key
  }

  @Test func `a whole history is reported whole, and the account stays as it was`() async throws {
    let house = try await Household()
    let head = house.phone.log.head
    let report = try await house.phone.verifyRestore(with: key(house))
    #expect(report.isComplete)
    #expect(report.expected == (try house.phone.progress().history.tree.size))
    #expect(report.opened == report.expected)
    try await house.phone.sync()
    #expect(house.phone.log.head == head)
    #expect(try await house.restore().restoreReport().isComplete)
  }

  @Test func `a record that another device sends meanwhile is no other history`() async throws {
    let house = try await Household()
    let relay = house.relay
    // After this device was brought up to date, and before the new one reads.
    await relay.beforePage {
      await relay.beforePage {
        try house.mac.append(Household.text("meanwhile"), to: house.chat)
        try await house.mac.sync()
      }
    }
    let report = try await house.phone.verifyRestore(with: key(house))
    #expect(report.expected == (try house.phone.progress().history.tree.size) + 1)
    #expect(report.isComplete)
  }

  @Test func `another account's key is refused`() async throws {
    let (house, other) = (try await Household(), try await Household())
    await #expect(throws: DeviceError.noSuchAccount) {
      _ = try await house.phone.verifyRestore(with: key(other))
    }
  }

  @Test func `an epoch that the recovery key cannot read is named record by record`() async throws {
    let house = try await Household()
    try await house.phone.beginEpoch()
    try house.phone.append(Household.text("later"), to: house.chat)
    try await house.phone.sync()
    await house.relay.alterWraps { _ in nil }
    let report = try await house.phone.verifyRestore(with: key(house))
    #expect(!report.isComplete)
    #expect(!report.undecryptable.isEmpty)
    #expect(report.opened + UInt64(report.undecryptable.count) == report.expected)
  }
}
