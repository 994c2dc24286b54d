#if HTTP && Server
import Foundation
import Letterlock
import LetterlockHTTP
import LetterlockRelayKit
import LetterlockSQLite
import LetterlockTestKit
import Testing

@Suite("SPEC.md section 13: devices at a relay over HTTP")
struct HTTPDeviceTests {
  let servers = TestServers()
  let chat = ConversationID()

  private func texts(of device: Device) throws -> [String] { try device.timeline().messages.map(\.text) }

  private func text(_ text: String) -> Message { .carrier(.sms, from: Address("+15550100"), text: text) }

  private func createPhone(at relay: any Relay) async throws -> CreatedAccount {
    try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
  }

  private func join(_ phone: Device, at relay: any Relay) async throws -> Device {
    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await phone.approve(request.code)
    return try await request.approved()
  }

  @Test func `two devices synchronise, each over a connection of its own`() async throws {
    let folder = try TemporaryFolder()
    let url = try await servers.serve(SQLiteRelay(path: folder.file("relay.sqlite")))
    let phone = try await createPhone(at: try HTTPRelay(url: url)).device
    let mac = try await join(phone, at: try HTTPRelay(url: url))
    try phone.append(text("one"), to: chat)
    try await phone.sync()
    #expect(try await mac.sync().verdict.isComplete)
    try mac.append(text("two"), to: chat)
    try await mac.sync()
    #expect(try await phone.sync().verdict.isComplete)
    #expect(try texts(of: phone) == ["one", "two"])
    #expect(try texts(of: mac) == ["one", "two"])
  }

  @Test func `a recovery key restores the history`() async throws {
    let url = try await servers.serve(InMemoryRelay())
    let created = try await createPhone(at: try HTTPRelay(url: url))
    let key = created.recoveryKey.reveal { text in text }
    try created.device.append(text("kept"), to: chat)
    try await created.device.sync()
    let session = try await Device.openRecovery(
      with: RecoveryKey.parse(key).key(), vault: .inMemory, store: MemoryDeviceStore(),
      relay: try HTTPRelay(url: url))
    let laptop = try await session.restore(keeping: [], named: "Laptop").device
    #expect(try await laptop.sync().verdict.isComplete)
    #expect(try texts(of: laptop) == ["kept"])
    // The phone was not kept: its log says so, up to the entry that removed it.
    guard case .removed = try await created.device.sync().verdict else {
      Issue.record("the phone was not told")
      return
    }
  }

  @Test func `a file of several parts goes up and comes down`() async throws {
    let url = try await servers.serve(InMemoryRelay())
    let relay = try HTTPRelay(url: url)
    let phone = try await createPhone(at: relay).device
    let mac = try await join(phone, at: try HTTPRelay(url: url))
    let content = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
    let file = AttachmentSource(mediaType: "image/png", content: .bytes(content))
    try phone.append(text("look"), attaching: [file], to: chat)
    try await phone.sync()
    try await mac.sync()
    let received = try #require(try mac.timeline().messages.first?.attachments.first)
    var bytes: [UInt8] = []
    try await mac.read(received) { piece in bytes += piece }
    #expect(bytes == content)
  }

  @Test func `a relay that was restored takes back what it lost`() async throws {
    let folder = try TemporaryFolder()
    let (live, backup) = (folder.file("relay.sqlite"), folder.file("backup.sqlite"))
    let (vault, store) = (MemoryKeyVault(), MemoryDeviceStore())
    let key = try CheckpointKey()
    do {
      let relay = try HTTPRelay(url: try await servers.serve(SQLiteRelay(path: live, checkpointKey: key)))
      let phone = try await Device.createAccount(named: "Phone", vault: vault, store: store, relay: relay)
        .device
      try phone.append(text("before"), to: chat)
      try await phone.sync()
      try await SQLiteRelay(existing: live).store.scrub()
      try FileManager.default.copyItem(atPath: live, toPath: backup)
      try phone.append(text("after"), to: chat)
      try await phone.sync()
    }
    let restored = RestoredRelay(try SQLiteRelay(existing: backup))
    let phone = try Device(
      vault: vault, store: store, relay: try HTTPRelay(url: try await servers.serve(restored)))
    #expect(try await phone.sync().returned?.recordCount == 1)
  }
}
#endif
