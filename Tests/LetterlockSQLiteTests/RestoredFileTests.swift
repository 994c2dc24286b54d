#if SQLite
import Foundation
import GRDB
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockSQLite

/// As docs/relay.md tells an operator to do it.
@Suite("A relay's file that was put back from a copy")
struct RestoredFileTests {
  private let folder: TemporaryFolder
  private let chat = ConversationID()

  init() throws { folder = try TemporaryFolder() }

  private func relay() throws -> SQLiteRelay {
    try SQLiteRelay(path: folder.file("relay.sqlite"), policy: RelayPolicy(entryInterval: .zero))
  }

  private func vault(_ name: String) -> FileKeyVault {
    FileKeyVault(path: folder.file(name + ".keys"), passphrase: nil)
  }

  private func store(_ name: String) throws -> SQLiteDeviceStore {
    try SQLiteDeviceStore(path: folder.file(name + ".store"))
  }

  private func open(_ name: String, at relay: any Relay) throws -> Device {
    try Device(vault: vault(name), store: store(name), relay: relay)
  }

  private func append(_ text: String, to device: Device, file: [UInt8]? = nil) throws {
    var message = Message.carrier(.sms, from: Address("+15550100"), text: text)
    message.conversation = chat
    let files = file.map { AttachmentSource(name: "file", mediaType: "text/plain", content: .bytes($0)) }
    try device.append([ImportedMessage(message: message, attachments: files.map { [$0] } ?? [])])
  }

  private func join(_ name: String, by device: Device, at relay: any Relay) async throws -> Device {
    let request = try await Device.requestToJoin(
      named: name, vault: vault(name), store: store(name), relay: relay)
    try await device.approve(request.code)
    let joined = try await request.approved()
    try await joined.sync()
    return joined
  }

  private func files() -> [String] { ["", "-wal", "-shm"].map { folder.file("relay.sqlite" + $0) } }

  private func copy(to place: String) throws {
    for file in files() where FileManager.default.fileExists(atPath: file) {
      try FileManager.default.copyItem(atPath: file, toPath: file + place)
    }
  }

  private func putBack(from place: String) throws {
    for file in files() {
      try? FileManager.default.removeItem(atPath: file)
      if FileManager.default.fileExists(atPath: file + place) {
        try FileManager.default.moveItem(atPath: file + place, toPath: file)
      }
    }
  }

  @Test func `everything that came after the copy comes back from the devices`() async throws {
    let secret: [UInt8]
    do {
      let relay = try relay()
      let created = try await Device.createAccount(
        named: "Phone", vault: vault("phone"), store: store("phone"), relay: relay)
      let phone = created.device
      let key = created.recoveryKey
      secret = key.secret.exportRawBytes()
      let mac = try await join("mac", by: phone, at: relay)
      try append("first", to: phone)
      try await phone.sync()
      try await mac.sync()
    }
    try copy(to: ".copy")
    let heads: [LogHead]
    do {
      let relay = try relay()
      let (phone, mac) = (try open("phone", at: relay), try open("mac", at: relay))
      for number in 0..<300 {
        try append("phone \(number)", to: phone, file: number % 100 == 0 ? [UInt8(number % 251)] : nil)
      }
      try await phone.sync()
      let late = try await join("late", by: phone, at: relay)
      try append("late", to: late, file: [UInt8](repeating: 3, count: 100_000))
      try await late.sync()
      try await phone.sync()
      try await phone.remove(mac.id)
      try append("last", to: phone)
      try await phone.sync()
      _ = try await late.sync()
      heads = late.log.heads
    }
    try putBack(from: ".copy")
    do {
      let restored = RestoredRelay(try relay())
      let phone = try open("phone", at: restored)
      let report = try await phone.sync()
      #expect(report.verdict.isComplete)
      #expect(report.returned != nil)
      #expect(try await open("late", at: restored).sync().verdict.isComplete)
    }
    let relay = try relay()
    for name in ["phone", "late", "phone"] {
      let device = try open(name, at: relay)
      #expect(try await device.sync().verdict.isComplete)
      #expect(device.log.heads.starts(with: heads))
    }
    guard let key = RecoveryKey(secret: secret) else { throw DeviceError.noSuchAccount }
    let restored = try await Device.openRecovery(
      with: key, vault: MemoryKeyVault(), store: store("restored"), relay: relay
    ).restore(keeping: [], named: "Restored").device
    #expect(try await restored.sync().verdict.isComplete)
    #expect(try restored.timeline().messages.count == 303)
    #expect(try await restored.downloadAll().count == 4)
    #expect(try await restored.downloadAll().failures == [])
  }

  /// As another process does it with SQLite's own command.
  private func vacuum(into backup: String) throws {
    let connection = try DatabaseQueue(path: folder.file("relay.sqlite"))
    try connection.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [backup]) }
    try connection.close()
  }

  @Test func `a copy that SQLite makes while the relay runs is a backup from which devices go on`()
    async throws
  {
    let backup = folder.file("backup.sqlite")
    let key: [UInt8]
    do {
      let relay = try relay()
      let phone = try await Device.createAccount(
        named: "Phone", vault: vault("phone"), store: store("phone"), relay: relay
      ).device
      let mac = try await join("mac", by: phone, at: relay)
      try append("before", to: phone, file: [UInt8](repeating: 3, count: 100_000))
      try await phone.sync()
      try vacuum(into: backup)
      key = try await relay.checkpointKey(as: .anyone)
      try append("after", to: phone)
      try await phone.sync()
      try await mac.sync()
    }
    for file in files() { try? FileManager.default.removeItem(atPath: file) }
    try FileManager.default.moveItem(atPath: backup, toPath: folder.file("relay.sqlite"))
    do {
      let relay = try relay()
      #expect(try await relay.checkpointKey(as: .anyone) == key)
      #expect(try relay.isFileWhole() && relay.audit() == [])
      #expect(try await open("mac", at: RestoredRelay(relay)).sync().returned?.recordCount ?? 0 > 0)
    }
    let relay = try relay()
    let (phone, mac) = (try open("phone", at: relay), try open("mac", at: relay))
    for device in [phone, mac] { #expect(try await device.sync().verdict.isComplete) }
    try append("and on", to: mac)
    try await mac.sync()
    #expect(try await phone.sync().verdict.isComplete)
    // The file was in the backup.
    #expect(try await mac.downloadAll().failures == [])
    for device in [phone, mac] {
      #expect(try device.timeline().messages.map(\.text) == ["before", "after", "and on"])
    }
    #expect(try relay.isFileWhole() && relay.audit() == [])
  }
}
#endif
