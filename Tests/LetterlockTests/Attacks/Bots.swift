@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// Programs that act with devices until they are told to stop. What the relay refuses, they try again.
actor Bots {
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
  /// Devices that they do not remove.
  private let spared: Set<DeviceID>
  private var random: SeededGenerator
  private var begun = 0
  private(set) var count = 0
  private var waiting: [CheckedContinuation<Void, Never>] = []
  /// The most that bots do in one round: a loop that asks a relay is bounded.
  private let limit: Int
  /// Beside other tests each act takes long, and so does whoever they race against.
  static let usualLimit = 400

  init(
    _ devices: [Device], _ house: Household, seed: UInt64, acts: [Act] = Act.allCases,
    sparing spared: Set<DeviceID> = [], limit: Int = usualLimit
  ) {
    (self.devices, self.house, self.acts, self.spared, self.limit) = (devices, house, acts, spared, limit)
    random = SeededGenerator(seed: seed)
  }

  /// Returns when the first thing was done.
  func started() async {
    guard count == 0 else { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Acts with every device, in turns, and with so many of them at once.
  func run(atOnce width: Int? = nil) async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<min(width ?? devices.count, devices.count) {
        group.addTask {
          while !Task.isCancelled, let (act, device) = await self.next() {
            try? await self.perform(act, device)
            await self.did()
          }
        }
      }
    }
    did()
  }

  private func next() -> (Act, Device)? {
    guard begun < limit else { return nil }
    defer { begun += 1 }
    return (acts[Int.random(in: 0..<acts.count, using: &random)], devices[begun % devices.count])
  }

  private func did() {
    count += 1
    for continuation in waiting { continuation.resume() }
    waiting = []
  }

  private nonisolated func perform(_ act: Act, _ device: Device) async throws {
    switch act {
    case .record:
      try device.append(Household.text("noise"), to: house.chat)
      try await device.sync()
    case .epoch: try await device.beginEpoch()
    case .addition: _ = try await house.join("Thief", by: device)
    case .removal:
      let others = device.log.activeDevices.filter {
        $0 != device.id && $0 != device.log.recoveryDevice && !spared.contains($0)
      }
      if let victim = others.first { try await device.remove(victim) }
    case .erasure:
      let prepared = try await device.prepareErasure()
      _ = try await prepared.confirm(prepared.code)
    }
  }
}
