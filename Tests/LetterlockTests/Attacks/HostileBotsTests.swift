import Foundation
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A thief has one unlocked device, and lets programs act with it, and with all that it adds, as fast as the relay takes
/// it: records, epochs, additions, removals, erasures.
@Suite("Attacks: a thief's bots against the recovery key, SPEC.md sections 7.8 and 8.2")
struct HostileBotsTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil
  private static let roundCount = isHostile ? 1000 : 6

  @Test func `a restore wins, whatever the thief's devices do meanwhile`() async throws {
    var random = SeededGenerator(seed: 11)
    for round in 0..<Self.roundCount {
      let house = try await Household(policy: .standard)
      let thieves = try await Self.thieves(of: house, count: Int.random(in: 1...4, using: &random))
      let bots = Bots(thieves, house, seed: UInt64(round))
      try await expectRestore(of: house, from: thieves, despite: bots, "round \(round)")
    }
  }

  @Test func `a restore wins against as many devices of a thief as an account has room for`() async throws {
    for round in 0..<(Self.isHostile ? max(1, Self.roundCount / 20) : 1) {
      let house = try await Household(policy: .standard)
      let thieves = try await Self.fill(house)
      #expect(Set(thieves.map(\.id)).count == AccountLog.maximumDeviceCount)
      let bots = Bots(
        thieves, house, seed: UInt64(round), limit: Self.isHostile ? 100 * thieves.count : Bots.usualLimit)
      try await expectRestore(
        of: house, from: thieves, despite: bots, atOnce: Self.isHostile ? nil : 4, "round \(round)")
    }
  }

  /// The recovery key takes the account back from bots that act until it has, and from all devices.
  private func expectRestore(
    of house: Household, from thieves: [Device], despite bots: Bots, atOnce width: Int? = nil, _ round: String
  ) async throws {
    let session = try await Device.openRecovery(
      with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    let running = Task { await bots.run(atOnce: width) }
    // Not before the bots have the relay's ear.
    await bots.started()
    let restored: RestoredDevice
    do {
      restored = try await session.restore(keeping: [], named: "New phone")
    } catch {
      running.cancel()
      await running.value
      Issue.record("\(round): \(error)")
      return
    }
    running.cancel()
    await running.value
    let device = restored.device
    #expect(Set(device.log.activeDevices) == [device.id, device.log.recoveryDevice], "\(round)")
    try device.append(Household.text("mine again"), to: house.chat)
    #expect(try await device.sync().verdict.isComplete, "\(round)")
    for thief in thieves { _ = try? await thief.sync() }
    #expect(thieves.allSatisfy { $0.log.activeMember($0.id) == nil }, "\(round)")
    #expect(try thieves.allSatisfy { try !Household.texts(of: $0).contains("mine again") }, "\(round)")
  }

  /// Rule 6 of SPEC.md section 3.4: `recover` needs no room.
  @Test func `an account that a thief has filled with devices is restored`() async throws {
    let house = try await Household()
    let relay = house.relay
    // A thief has time: nothing of the rate that the relay holds them to matters here.
    var newest = house.mac
    while newest.log.activeDevices.count <= AccountLog.maximumDeviceCount {
      newest = try await house.join("Thief", by: newest)
    }
    try await newest.remove(house.phone.id)
    _ = try await house.join("One more", by: newest)
    let session = try await Device.openRecovery(
      with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    #expect(session.devices.count == AccountLog.maximumDeviceCount)
    #expect(session.devices.filter { $0.name == "Thief" }.allSatisfy { !$0.sharesNameWith.isEmpty })
    let device = try await session.restore(keeping: [], named: "New phone").device
    #expect(device.log.activeDevices.count == 2)
    #expect(try Household.texts(of: device) == ["first"])
  }

  @Test func `the recovery is opened although a record comes before each page`() async throws {
    let house = try await Household(policy: .standard)
    let noise = Noise(house, limit: 40)
    await noise.comeBeforeNextPage()
    let session = try await Device.openRecovery(
      with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    // It ended by itself, and not because nothing came any more.
    #expect(await !noise.isOver)
    let device = try await session.restore(keeping: [house.phone.id], named: "New").device
    #expect(device.log.activeMember(house.mac.id) == nil)
    #expect(try await device.sync().verdict.isComplete)
  }

  /// By the relay's clock, which goes on when the device is told to wait, and when it was overtaken and has no turn: with
  /// one device of a thief the removal is done within a minute. With more, they take turns of each other, and hold it off
  /// for no more than SECURITY.md says: 18 seconds in an hour for each.
  @Test func `an honest device removes a thief's that act without a pause`() async throws {
    for round in 0..<(Self.isHostile ? 100 : 4) {
      let clock = TestClock()
      let house = try await Household(clock: clock, policy: .standard)
      let thieves = try await Self.thieves(of: house, count: 1 + round % 4)
      // They have waited until they may send as much as any device at once.
      clock.go(seconds: 3 * 3600)
      let bots = Bots(
        thieves, house, seed: UInt64(round), acts: [.record, .epoch, .addition, .removal],
        sparing: [house.phone.id], limit: Self.isHostile ? 20_000 : Bots.usualLimit)
      let running = Task { await bots.run() }
      await bots.started()
      let (beginning, latest) = (clock.now, max(60, 18 * Int64(thieves.count)))
      while clock.now.nanoseconds(since: beginning) <= latest * 1_000_000_000 {
        do throws(DeviceError) {
          try await house.phone.remove(Self.active(thieves, in: house.phone.log))
        } catch {
          try Self.wait(after: error, by: clock)
        }
        if Self.active(thieves, in: house.phone.log).isEmpty { break }
      }
      running.cancel()
      await running.value
      #expect(Self.active(thieves, in: house.phone.log).isEmpty, "round \(round)")
      #expect(clock.now.nanoseconds(since: beginning) <= latest * 1_000_000_000, "round \(round)")
    }
  }

  private static func active(_ devices: [Device], in log: AccountLog) -> Set<DeviceID> {
    Set(devices.map(\.id)).filter { log.activeMember($0) != nil }
  }

  /// Lets as much time pass as a device that was refused is told to wait, or a second where it was overtaken.
  private static func wait(after error: DeviceError, by clock: TestClock) throws {
    switch error {
    case .relay(.removalUnderway(let wait)): clock.go(seconds: max(1, wait.components.seconds))
    // Another one removed one of them first, or others kept changing the account.
    case .unknownDevice: break
    case .relay(.unavailable), .relay(.staleLogHead), .relay(.staleHistory): clock.go(seconds: 1)
    default: throw error
    }
  }

  private static func thieves(of house: Household, count: Int) async throws -> [Device] {
    var thieves = [house.mac]
    while thieves.count < count { thieves.append(try await house.join("Thief", by: house.mac)) }
    return thieves
  }

  /// The thief's devices in an account that is full of them. Each may send as many entries at once as any device may.
  private static func fill(_ house: Household) async throws -> [Device] {
    try await house.mac.remove(house.phone.id)
    var thieves = [house.mac]
    while thieves.count < AccountLog.maximumDeviceCount {
      // A device that adds another shares what it may send.
      house.clock.advance(by: .seconds(1200))
      thieves.append(try await house.join("Thief", by: thieves[thieves.count - 1]))
    }
    house.clock.advance(by: .seconds(16 * 600))
    return thieves
  }
}
