import CryptoCore
import Foundation
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// Fifty devices and five hundred epochs in a build for release, fewer in one for debugging.
@Suite("Hostile: many devices and many epochs")
struct HostileScaleTests {
  private static let isLarge = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil
  private static let deviceCount = isLarge ? 50 : 6
  private static let epochCount = isLarge ? 500 : 30

  private func join(_ house: Household, named name: String) async throws -> Device {
    let request = try await Device.requestToJoin(
      named: name, vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    try await house.phone.approve(request.code)
    return try await request.approved()
  }

  @Test func `all read everything, and who joins last opens every epoch back`() async throws {
    let house = try await Household()
    var devices = [house.phone, house.mac]
    for number in 2..<Self.deviceCount { devices.append(try await join(house, named: "Device \(number)")) }
    var written = ["first"]
    // Three are awake; the others see none of it until the end.
    var turn = 0
    while house.phone.log.epochs.count < Self.epochCount {
      let device = devices[turn % 3]
      if turn % 25 == 7 { try await device.rotateKeys() } else { try await device.beginEpoch() }
      if turn % 10 == 0 {
        written.append("text \(turn)")
        try device.append(Household.text("text \(turn)"), to: house.chat)
        try await device.sync()
      }
      try await house.phone.sync()
      turn += 1
    }
    for device in devices.dropFirst(3) {
      #expect(try await device.sync().verdict.isComplete)
      #expect(device.unreadableEpochs == [])
    }
    // Each told the others its name with that.
    try await house.phone.sync()
    let last = try await join(house, named: "Last")
    #expect(try await last.sync().verdict.isComplete)
    #expect(last.unreadableEpochs == [])
    #expect(last.log.epochs.count >= Self.epochCount)
    #expect(try Household.texts(of: last) == written)
    #expect(try last.devices().count == Self.deviceCount + 2)
    #expect(try last.devices().count { $0.name != nil } == Self.deviceCount + 1)
    #expect(try Household.texts(of: try await house.restore()) == written)
  }

  @Test func `an epoch costs one wrap for each device, and 64 bytes in the log`() async throws {
    let house = try await Household()
    var sizes: [Int: Int] = [:]
    for number in 2..<(Self.isLarge ? 20 : 6) {
      let (log, epochSecrets) = (house.phone.log, house.phone.secrets.epochSecrets)
      let newest = log.newestEpoch.header.number
      let recipients = log.members.filter { $0.value.isActive }.mapValues { $0.bundle.sealingKey }
      let opening = try EpochOpening(
        number: newest + 1, account: log.account, linking: [(newest, try #require(epochSecrets[newest]))],
        recipients: recipients, treeSize: 3, treeRoot: HistoryTree().root)
      #expect(opening.wraps.count == recipients.count)
      #expect(opening.wraps.allSatisfy { $0.wrap.bytes.count == 1168 })
      sizes[recipients.count] = opening.header.encoded.count
      _ = try await join(house, named: "Device \(number)")
    }
    for (count, size) in sizes {
      guard let next = sizes[count + 1] else { continue }
      #expect(next == size + 64)
    }
    #expect(sizes.count >= 4)
  }
}
