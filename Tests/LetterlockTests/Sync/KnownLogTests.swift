import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("The log is asked for when it has something new, SPEC.md section 6.3")
struct KnownLogTests {
  private let house: Household

  init() async throws {
    house = try await Household()
    for device in [house.phone, house.mac, house.phone] { try await device.sync() }
  }

  private func logBytes(of device: Device) async throws -> UInt64 {
    try await device.status().dataUsage.logDown
  }

  @Test func `a message costs no byte of the log`() async throws {
    let phone = try await logBytes(of: house.phone)
    let mac = try await logBytes(of: house.mac)
    try house.phone.append(Household.text("new"), to: house.chat)
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(try await house.mac.sync().received == 1)
    #expect(try Household.texts(of: house.mac) == ["first", "new"])
    let window = try await house.mac.newestMessages(in: house.chat, count: 1)
    #expect(window.messages.map(\.text) == ["new"])
    #expect(!(try await house.mac.newestConversations(count: 1)).isEmpty)
    #expect(try await logBytes(of: house.phone) == phone)
    #expect(try await logBytes(of: house.mac) == mac)
  }

  @Test func `an entry that another device added is taken before the records under it`() async throws {
    try await house.phone.beginEpoch()
    try house.phone.append(Household.text("in a new epoch"), to: house.chat)
    try await house.phone.sync()
    let window = try await house.mac.newestMessages(in: house.chat, count: 1)
    #expect(window.messages.map(\.text) == ["in a new epoch"])
    #expect(try await house.mac.sync().verdict.isComplete)
    #expect(house.mac.log.head == house.phone.log.head)
    #expect(try Household.texts(of: house.mac) == ["first", "in a new epoch"])
  }

  @Test func `a relay whose log is shorter than this device has seen is named, however long its history is`()
    async throws
  {
    let backup = await house.relay.honest.fork()
    try await house.phone.rotateKeys()
    let length = house.phone.log.nextIndex
    await house.relay.turn(to: backup)
    guard case .rolledBack = try await house.phone.sync().verdict else {
      Issue.record("\(try await house.phone.sync().verdict)")
      return
    }
    #expect(house.phone.log.nextIndex == length)
  }

  @Test func `a page under a checkpoint that another key signed does not stand for the log`() async throws {
    let account = house.phone.account
    let stranger = try CheckpointKey()
    await house.relay.alter { page in
      let known = page.checkpoint
      let forged = try? Checkpoint(
        account: account, treeSize: known.treeSize, treeRoot: known.treeRoot, logHead: known.logHead,
        at: known.time, by: stranger)
      return HistoryPage(batches: page.batches, checkpoint: forged ?? known, consistency: page.consistency)
    }
    let before = try await logBytes(of: house.mac)
    #expect(try await house.mac.sync().verdict == .tampered(.badSignature(house.mac.id)))
    #expect(try await logBytes(of: house.mac) > before)
  }
}
