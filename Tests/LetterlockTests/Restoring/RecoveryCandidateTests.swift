import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 8.2: what a person decides by, and what a restore names")
struct RecoveryCandidateTests {
  private func session(of house: Household) async throws -> RecoverySession {
    try await Device.openRecovery(
      with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
  }

  @Test
  func `each device is there with its place, its adder, its names, its last record and what was erased`()
    async throws
  {
    let house = try await Household()
    let tablet = try await house.join("Tablet", by: house.mac)
    for device in [tablet, house.mac, house.phone] { try await device.sync() }
    try house.mac.rename("Phone")
    try await house.mac.sync()
    // The phone's message goes, by the mac's word.
    try house.mac.delete(in: house.chat)
    #expect(try await house.mac.eraseDeleted(before: .now, confirmingEverything: true) == 1)

    let found = try await session(of: house).devices
    #expect(found.map(\.id) == [house.phone.id, house.mac.id, tablet.id])
    let log = house.mac.log
    #expect(found.map(\.entry) == found.map { log.members[$0.id]?.addedAt })
    #expect(found.map(\.addedBy) == [house.phone.id, house.phone.id, house.mac.id])
    #expect(found.map(\.names) == [["Phone"], ["Mac", "Phone"], ["Tablet"]])
    #expect(found.map(\.sharesNameWith) == [[house.mac.id], [house.phone.id], []])
    #expect(found.map(\.erasedRecordCount) == [1, 0, 0])
    #expect(found.allSatisfy { $0.lastSeen != nil })
    let page = try await house.relay.history(
      of: log.account, from: 0, maximumByteCount: .max, as: house.mac.caller)
    for candidate in found {
      let last = page.batches.last { $0.signedBatch.device == candidate.id }
      #expect(candidate.lastLeaf == last.map { $0.endLeaf - 1 })
    }
  }

  @Test func `a device cannot hide its first name behind many others`() async throws {
    let house = try await Household()
    for number in 0..<20 {
      try house.mac.rename("Name \(number)")
      try await house.mac.sync()
    }
    let mac = try #require(try await session(of: house).devices.first { $0.id == house.mac.id })
    #expect(mac.names == ["Mac"] + (12..<20).map { "Name \($0)" })
  }

  @Test func `a restore that is shown a checkpoint of records that do not exist adds nothing to the log`()
    async throws
  {
    let house = try await Household()
    let (account, head) = (house.phone.account, house.phone.log.head)
    let key = await house.relay.honest.key
    let lie = try Checkpoint(
      account: account, treeSize: 1 << 60, treeRoot: Digest32(unchecked: SecureRandom.bytes(32)),
      logHead: head, at: Timestamp.now.millisecondsSince1970, by: key)
    await house.relay.alter { HistoryPage(batches: $0.batches, checkpoint: lie) }
    await #expect(throws: DeviceError.self) {
      try await session(of: house).restore(keeping: [], named: "New")
    }
    await house.relay.behave()
    // Nor does one that was opened before.
    let opened = try await session(of: house)
    await house.relay.alter { HistoryPage(batches: $0.batches, checkpoint: lie) }
    await #expect(throws: DeviceError.self) { try await opened.restore(keeping: [], named: "New") }
    await house.relay.behave()
    let log = try await house.relay.logEntries(of: account, from: 0, as: house.phone.caller)
    #expect(log.last?.head == head)
    let device = try await session(of: house).restore(keeping: [], named: "New").device
    #expect(device.log.newestEpoch.header.treeSize == 3)
  }

  @Test func `what a restore writes is of the version that the recovery key's holder reads`() async throws {
    let house = try await Household()
    let device = try await house.restore(keeping: [])
    let log = try await house.relay.logEntries(of: device.account, from: 0, as: device.caller)
    guard case .recover(let recover)? = log.last?.content.change else {
      Issue.record("no recover")
      return
    }
    #expect(recover.highestVersion == FormatVersion.newest.rawValue && recover.kept.isEmpty)
    #expect(try await house.relay.honest.wrapCount(of: house.mac.id, in: device.account) == 0)
    #expect(try await house.relay.honest.wrapCount(of: house.phone.id, in: device.account) == 0)
  }
}
