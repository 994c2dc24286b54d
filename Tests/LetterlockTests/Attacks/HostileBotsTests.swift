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
      let session = try await Device.openRecovery(
        with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
      let bots = Bots(thieves, house, seed: UInt64(round))
      let running = Task { await bots.run() }
      // Not before the bots have the relay's ear.
      await bots.started()
      let restored: RestoredDevice
      do {
        restored = try await session.restore(keeping: [], named: "New phone")
      } catch {
        running.cancel()
        await running.value
        Issue.record("round \(round): \(error)")
        return
      }
      running.cancel()
      await running.value
      let device = restored.device
      #expect(Set(device.log.activeDevices) == [device.id, device.log.recoveryDevice], "round \(round)")
      try device.append(Household.text("mine again"), to: house.chat)
      #expect(try await device.sync().verdict.isComplete, "round \(round)")
      for thief in thieves { _ = try? await thief.sync() }
      #expect(thieves.allSatisfy { $0.log.activeMember($0.id) == nil }, "round \(round)")
      #expect(
        try thieves.allSatisfy { try !Household.texts(of: $0).contains("mine again") }, "round \(round)")
    }
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

  @Test func `an honest device removes a thief's that writes without a pause`() async throws {
    for round in 0..<(Self.isHostile ? 100 : 3) {
      let house = try await Household(policy: .standard)
      let bots = Bots([house.mac], house, seed: UInt64(round), acts: [.record])
      let running = Task { await bots.run() }
      await bots.started()
      // Each time that it is overtaken, the device gets a turn of its own.
      var outcome: Result<Void, DeviceError> = .failure(.cancelled)
      for _ in 0..<20 {
        do throws(DeviceError) {
          try await house.phone.remove(house.mac.id)
          outcome = .success(())
        } catch { outcome = .failure(error) }
        if case .success = outcome { break }
      }
      running.cancel()
      await running.value
      #expect(throws: Never.self) { try outcome.get() }
      #expect(house.phone.log.activeMember(house.mac.id) == nil)
    }
  }

  private static func thieves(of house: Household, count: Int) async throws -> [Device] {
    var thieves = [house.mac]
    while thieves.count < count { thieves.append(try await house.join("Thief", by: house.mac)) }
    return thieves
  }
}

/// Programs that act with devices until they are told to stop. What the relay refuses, they try again.
private actor Bots {
  enum Act: CaseIterable, Sendable {
    case record
    case epoch
    case addition
    case removal
    case erasure
  }

  private let devices: [Device]
  private let house: Household
  private let acts: [Act]
  private var random: SeededGenerator
  private var count = 0
  private var waiting: [CheckedContinuation<Void, Never>] = []
  /// The most that bots do in one round: a loop that asks a relay is bounded.
  private static let limit = 400

  init(
    _ devices: [Device], _ house: Household, seed: UInt64, acts: [Act] = Act.allCases
  ) {
    (self.devices, self.house, self.acts) = (devices, house, acts)
    random = SeededGenerator(seed: seed)
  }

  /// Returns when the first thing was done.
  func started() async {
    guard count == 0 else { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  func run() async {
    await withTaskGroup(of: Void.self) { group in
      for device in devices {
        group.addTask {
          while !Task.isCancelled, let act = await self.next() {
            try? await Self.perform(act, device, self.house)
            await self.did()
          }
        }
      }
    }
    did()
  }

  private func next() -> Act? {
    guard count < Self.limit else { return nil }
    return acts[Int.random(in: 0..<acts.count, using: &random)]
  }

  private func did() {
    count += 1
    for continuation in waiting { continuation.resume() }
    waiting = []
  }

  private static func perform(_ act: Act, _ device: Device, _ house: Household) async throws {
    switch act {
    case .record:
      try device.append(Household.text("noise"), to: house.chat)
      try await device.sync()
    case .epoch: try await device.beginEpoch()
    case .addition: _ = try await house.join("Thief", by: device)
    case .removal:
      let others = device.log.activeDevices.filter { $0 != device.id && $0 != device.log.recoveryDevice }
      if let victim = others.first { try await device.remove(victim) }
    case .erasure:
      let prepared = try await device.prepareErasure()
      _ = try await prepared.confirm(prepared.code)
    }
  }
}
