import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("A relay that cuts a history off before an epoch")
struct TruncatingRelayTests {
  @Test func `is caught by a new device, which knows nothing but the log`() async throws {
    let house = try await Household()
    try house.phone.append(Household.text("second"), to: house.chat)
    try await house.phone.sync()
    try await house.phone.beginEpoch()
    let size = try house.phone.progress().history.tree.size
    let whole = try await house.relay.honest.history(
      of: house.phone.account, from: 0, maximumByteCount: .max, as: house.phone.caller)
    let cut = try #require(whole.batches.last).firstLeaf
    // What the relay signed when the history had no more.
    let mac = try #require(try house.mac.progress().checkpoint)
    #expect(mac.treeSize <= cut)
    await house.relay.alter { page in
      HistoryPage(batches: page.batches.filter { $0.firstLeaf < mac.treeSize }, checkpoint: mac)
    }
    let store = MemoryDeviceStore()
    await #expect(throws: DeviceError.historyRefused(.rolledBack(from: size, to: mac.treeSize))) {
      try await Device.restore(
        with: try house.key(), vault: .inMemory, store: store, relay: house.relay)
    }
    await house.relay.behave()
    let device = try await Device.restore(
      with: try house.key(), vault: .inMemory, store: store, relay: house.relay)
    #expect(try await device.sync().verdict.isComplete)
  }

  @Test func `is caught where it shows another history that an epoch's opener did not know`() async throws {
    let house = try await Household()
    var history = try house.phone.progress().history
    var other = HistoryTree()
    for index in 0..<history.tree.size { other.append(HistoryTree.leafHash([UInt8(index)])) }
    let (keys, log, _) = house.phone.secrets
    let opening = try EpochOpening(
      number: 1, account: log.account, linking: [(0, SecretKey(random: 32))],
      recipients: Dictionary(
        uniqueKeysWithValues: log.activeDevices.map { ($0, log.members[$0]!.bundle.sealingKey) }),
      treeSize: history.tree.size, treeRoot: other.root)
    var next = log
    try next.append(house.phone.forge(.epoch(Committed(opening.header))))
    let record = try house.phone.archive.conversation(house.chat).seal(Household.text("x")).bytes
    let signedBatch = try SignedBatch(
      of: [record], by: keys, account: log.account, logHead: next.head, counter: 99,
      previous: history.author(keys.deviceID)?.batchHash ?? .zero,
      knownCheckpoint: try house.phone.progress().checkpoint)
    #expect(throws: HistoryError.epochOfOtherHistory(epoch: 1)) {
      try history.accept(signedBatch, records: [record], of: next)
    }
  }
}
