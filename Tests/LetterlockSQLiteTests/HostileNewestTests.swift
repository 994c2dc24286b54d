#if SQLite
import CryptoCore
import Foundation
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockSQLite

/// A large archive at a relay in a file: `LETTERLOCK_HOSTILE_RECORDS` records, 20,000 if it does not say, by three
/// devices in 36 epochs and 200 conversations.
@Suite("Hostile: the newest page of a large archive")
struct HostileNewestTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil

  private static var recordCount: Int {
    ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE_RECORDS"].flatMap(Int.init)
      ?? (isHostile ? 20_000 : 720)
  }

  @Test func `is small, whatever the archive's size`() async throws {
    let folder = try TemporaryFolder()
    let relay = try SQLiteRelay(
      path: folder.file("relay.sqlite"), policy: RelayPolicy(entryInterval: .zero))
    let devices = try await Self.devices(at: relay)
    let chats = (0..<200).map { _ in ConversationID() }
    var written = 0
    let text = String(repeating: "x", count: 180)
    for epoch in 0..<36 {
      if epoch > 0 { try await devices[0].beginEpoch() }
      for device in devices {
        let entries = (0..<Self.recordCount / 108).map { number -> ArchiveEntry in
          var message = Message.carrier(.sms, from: "+15550100", text: "\(epoch) \(number) \(text)")
          message.conversation = chats[written % chats.count]
          written += 1
          return .message(message)
        }
        try device.enqueue(entries)
        try await device.sync()
      }
    }
    let vault = MemoryKeyVault()
    let request = try await Device.requestToJoin(
      named: "new", vault: vault, store: MemoryDeviceStore(), relay: relay)
    try await devices[0].approve(request.code)
    let device = try await request.approved()
    let clock = ContinuousClock()
    var spans: [Duration] = []
    var window = try await device.newestMessages(in: chats[0], count: 50)
    for chat in chats.prefix(20) {
      let opened = try SQLiteRelay(existing: folder.file("relay.sqlite"))
      let fresh = try Device(vault: vault, store: MemoryDeviceStore(), relay: opened)
      spans.append(try await clock.measure { window = try await fresh.newestMessages(in: chat, count: 50) })
      #expect(!window.messages.isEmpty)
    }
    let page = try await relay.newestRecords(
      StreamQuery(tags: [try Self.tag(of: chats[0], device)], before: .max, limit: 50, knownSize: 1),
      of: device.account, as: .device(device.id))
    #expect(page.encoded.count < 200 << 10)
    let size = window.historySize
    // A speed is said, never demanded.
    print(
      "newest 50 of \(size) records: median \(spans.sorted()[spans.count / 2]), \(page.encoded.count) bytes for",
      page.batches.map(\.records.count).reduce(0, +), "records of the newest epoch")
  }

  private static func devices(at relay: SQLiteRelay) async throws -> [Device] {
    let first = try await Device.createAccount(
      named: "0", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
    var devices = [first]
    for number in 1..<3 {
      let request = try await Device.requestToJoin(
        named: "\(number)", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
      try await first.approve(request.code)
      devices.append(try await request.approved())
    }
    return devices
  }

  private static func tag(of chat: ConversationID, _ device: Device) throws -> StreamTag {
    let epochSecret = device.state.read { $0.keyring.epochSecrets[$0.log.newestEpoch.header.number] }
    return try RecordKey.tag(of: chat, account: device.account, epochSecret: try #require(epochSecret))
  }
}
#endif
