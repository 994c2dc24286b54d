import CryptoCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 3.7: an announced recovery key")
struct AnnouncedRecoveryTests {
  private let clock = TestClock()

  /// The phone, the only recovery approver, has announced a recovery key, and both devices have seen it.
  private func announced() async throws -> (Household, shown: String) {
    let house = try await Household(clock: clock)
    let key = try house.phone.prepareRecoveryKey()
    let shown = key.reveal { $0 }
    try await house.phone.announceRecoveryKey(votes: [])
    for device in [house.mac, house.phone] { try await device.sync() }
    return (house, shown)
  }

  private static func strangersKey() throws -> RecoveryKey {
    guard let key = RecoveryKey(SecretKey(random: 32)) else { throw DeviceError.noSuchAccount }
    return key
  }

  @Test func `every device shows it, and the old key counts until it takes effect`() async throws {
    let (house, _) = try await announced()
    let seen = try #require(try house.mac.recoveryAnnouncement())
    #expect(seen.device == house.phone.id && seen.voters.isEmpty && seen.seen != nil)
    let effective = try #require(seen.effective)
    #expect(effective.nanoseconds(since: clock.now) / TestClock.day <= 3)
    #expect(try await house.mac.status().recoveryAnnouncement == seen)
    #expect(try await house.restore().account == house.phone.account)
    #expect(house.phone.hasRecoveryKeyNotInForce)
  }

  @Test func `it takes effect by any device, and not before 72 hours`() async throws {
    let (house, shown) = try await announced()
    clock.go(days: 2)
    for device in [house.mac, house.phone] { try await device.sync() }
    #expect(house.mac.log.announcement != nil)
    clock.go(days: 1)
    try await house.mac.sync()
    #expect(house.mac.log.announcement == nil)
    #expect(try house.mac.recoveryAnnouncement() == nil)
    try await house.phone.sync()
    #expect(!house.phone.hasRecoveryKeyNotInForce && house.phone.hasRecoveryKeyToShow)
    try house.phone.check(try RecoveryKey.parse(shown).key())
    await #expect(throws: DeviceError.noSuchAccount) { try await house.restore() }
  }

  /// The only one that a device shows.
  private func replacement(at device: Device) throws -> RecoveryReplacement {
    let replaced = try device.replacedRecoveryKeys()
    #expect(replaced.count == 1)
    return try #require(replaced.first)
  }

  @Test func `one that takes effect early by a device's own clock is shown until the person has seen it`()
    async throws
  {
    let (house, _) = try await announced()
    // The relay's clock alone goes on.
    clock.go(days: 3)
    try await house.phone.sync()
    let report = try await house.mac.sync()
    let replaced = try replacement(at: house.mac)
    #expect(report.replacedRecoveryKeys == [replaced] && report.verdict.isComplete)
    #expect(replaced.announcer == house.phone.id && !replaced.wasShown)
    #expect(replaced.time == Timestamp(millisecondsSince1970: clock.now.millisecondsSince1970))
    #expect(try await house.mac.sync().replacedRecoveryKeys == [replaced])
    #expect(try await house.mac.status().replacedRecoveryKeys == [replaced])
    try house.mac.acknowledge(replaced)
    #expect(try await house.mac.sync().replacedRecoveryKeys.isEmpty)
    #expect(try await house.mac.status().replacedRecoveryKeys.isEmpty)
  }

  @Test func `one that takes effect in time is shown too, but to the person who announced it`() async throws {
    let (house, _) = try await announced()
    for device in [house.phone, house.mac] { clock.set(device) }
    clock.go(days: 4)
    #expect(try await house.phone.sync().replacedRecoveryKeys.isEmpty)
    try house.phone.confirmRecoveryKey()
    try await house.mac.sync()
    #expect(try replacement(at: house.mac).wasShown)
    #expect(try await house.phone.sync().replacedRecoveryKeys.isEmpty)
    // One that joins afterwards takes the account as it is.
    #expect(try await house.join("Tablet").sync().replacedRecoveryKeys.isEmpty)
  }

  @Test func `one that was announced and took effect between two synchronisations is shown`() async throws {
    let house = try await Household(clock: clock)
    for device in [house.phone, house.mac] { clock.set(device) }
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.announceRecoveryKey(votes: [])
    try await house.phone.sync()
    clock.go(days: 4)
    try await house.phone.sync()
    #expect(try await house.mac.sync().replacedRecoveryKeys.count == 1)
    let replaced = try replacement(at: house.mac)
    #expect(replaced.announcer == house.phone.id && !replaced.wasShown)
  }

  @Test func `one that came after an announcement which was cancelled is shown`() async throws {
    let (house, _) = try await announced()
    for device in [house.phone, house.mac] { clock.set(device) }
    try await house.phone.cancelRecoveryAnnouncement()
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.announceRecoveryKey(votes: [])
    try await house.phone.sync()
    clock.go(days: 4)
    try await house.phone.sync()
    // Another call than a synchronisation brings it here, and another process shows it.
    try await house.mac.beginEpoch()
    #expect(try !replacement(at: house.mac).wasShown)
    #expect(try await house.mac.status().replacedRecoveryKeys.count == 1)
    #expect(try await house.mac.sync().replacedRecoveryKeys.count == 1)
  }

  @Test(arguments: [false, true])
  func `one that was called off never comes in, and the next is another`(isByOther: Bool) async throws {
    let (house, shown) = try await announced()
    if isByOther {
      try await house.mac.cancelRecoveryAnnouncement(with: try house.key())
      try await house.phone.sync()
    } else {
      try await house.phone.cancelRecoveryAnnouncement()
    }
    #expect(!house.phone.hasRecoveryKeyNotInForce)
    #expect(try house.phone.prepareRecoveryKey().reveal { $0 } != shown)
    try await house.phone.announceRecoveryKey(votes: [])
    #expect(house.phone.log.announcement != nil)
  }

  @Test func `one that took the place of the old with the old is shown to every other device`() async throws {
    let house = try await Household(clock: clock)
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.replaceRecoveryKey(try house.key())
    #expect(try await house.phone.sync().replacedRecoveryKeys.isEmpty)
    try house.phone.confirmRecoveryKey()
    let phone = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(try await phone.sync().replacedRecoveryKeys.isEmpty)
    try await house.mac.sync()
    let replaced = try replacement(at: house.mac)
    #expect(replaced.announcer == nil && replaced.time == nil && !replaced.wasShown)
    try house.mac.acknowledge(replaced)
    // What comes later is shown again.
    clock.go(days: 1)
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.announceRecoveryKey(votes: [])
    for device in [house.phone, house.mac] { try await device.sync() }
    clock.go(days: 4)
    for device in [house.phone, house.mac] { try await device.sync() }
    #expect(try replacement(at: house.mac).announcer == house.phone.id)
  }

  @Test func `a recovery approver cancels it, and so does the old key`() async throws {
    for isByKey in [false, true] {
      let (house, _) = try await announced()
      await #expect(throws: DeviceError.notAnApprover) { try await house.mac.cancelRecoveryAnnouncement() }
      if isByKey {
        await #expect(throws: DeviceError.noSuchAccount) {
          let stranger = try Self.strangersKey()
          try await house.mac.cancelRecoveryAnnouncement(with: stranger)
        }
        try await house.mac.cancelRecoveryAnnouncement(with: try house.key())
      } else {
        try await house.phone.cancelRecoveryAnnouncement()
      }
      clock.go(days: 4)
      for device in [house.phone, house.mac] { try await device.sync() }
      #expect(house.phone.log.announcement == nil)
      try house.phone.check(try house.key())
      // Nothing is left to cancel.
      try await house.phone.cancelRecoveryAnnouncement()
    }
  }

  @Test func `a device that was removed has announced nothing`() async throws {
    let (house, _) = try await announced()
    try await house.mac.remove(house.phone.id)
    clock.go(days: 40)
    try await house.mac.sync()
    #expect(try house.mac.recoveryAnnouncement() == nil)
    try house.mac.check(try house.key())
  }

  @Test func `SPEC.md section 6.2: a relay whose clock goes back is named, once`() async throws {
    let house = try await Household(clock: clock)
    clock.go(days: 2)
    try house.phone.append(Household.text("later"), to: house.chat)
    try await house.phone.sync()
    clock.go(days: -1)
    #expect(try await house.phone.sync().verdict == .tampered(.timeWentBack))
    // A clock that was wrong once ends no account.
    #expect(try await house.phone.sync().verdict.isComplete)
  }

  @Test(arguments: ["nothing", "a record", "an entry"])
  func `a relay's clock that was far ahead once does not keep an announcement from taking effect`(
    meanwhile: String
  ) async throws {
    let house = try await Household(clock: clock)
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.announceRecoveryKey(votes: [])
    // The first checkpoint since that the mac sees has a wrong time.
    clock.go(days: 400)
    try await house.mac.sync()
    clock.go(days: -400)
    switch meanwhile {
    case "a record":
      try house.phone.append(Household.text("second"), to: house.chat)
      try await house.phone.sync()
    case "an entry": try await house.phone.beginEpoch()
    default: break
    }
    #expect(try await house.mac.sync().verdict == .tampered(.timeWentBack))
    try await house.mac.sync()
    let old = house.mac.log.recoveryDevice
    let effective = try #require(try house.mac.recoveryAnnouncement()?.effective)
    #expect(effective.nanoseconds(since: clock.now) / TestClock.day <= 3)
    clock.go(days: 4)
    try await house.mac.sync()
    #expect(house.mac.log.recoveryDevice != old && house.mac.log.announcement == nil)
  }

  @Test func `one wrong time shows nothing that takes effect at once, where it is the first`() async throws {
    let house = try await Household(clock: clock)
    _ = try house.phone.prepareRecoveryKey()
    clock.go(days: 400)
    try await house.phone.announceRecoveryKey(votes: [])
    try await house.phone.sync()
    clock.go(days: -400)
    for _ in 0..<3 {
      try await house.phone.sync()
      #expect(house.phone.log.announcement != nil)
    }
  }
}
