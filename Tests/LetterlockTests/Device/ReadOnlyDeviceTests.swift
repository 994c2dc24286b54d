import Foundation
import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("A device that is only read")
struct ReadOnlyDeviceTests {
  @Test func `it reads what the device reads`() async throws {
    let house = try await Household()
    let file = AttachmentSource(name: "a", mediaType: "text/plain", content: .bytes([1, 2, 3]))
    try house.phone.append(Household.text("with a file"), attaching: [file], to: house.chat)
    _ = try await house.phone.createSnapshot(named: "then")
    try house.phone.append(Household.text("waiting"), to: house.chat)
    let device = try ReadOnlyDevice(vault: house.phoneVault, store: house.phoneStore)
    #expect(device.id == house.phone.id)
    #expect(device.log.head == house.phone.log.head)
    let messages = try house.phone.timeline().messages
    #expect(try device.timeline().messages == messages)
    let index = try device.timelineIndex()
    #expect(try device.messages(index.references, of: index) == messages)
    var found: [String] = []
    try device.search("waiting") { message, _ in
      found.append(message.text)
      return true
    }
    #expect(found == ["waiting"])
    #expect(try device.devices() == house.phone.devices())
    #expect(try device.settings() == house.phone.settings())
    let snapshots = try device.snapshots()
    #expect(snapshots == (try house.phone.snapshots()))
    #expect(try device.timelineIndex(at: snapshots[0].snapshot).references.count == 2)
    #expect(try await device.status().waitingRecords == 1)
    #expect(try device.attachmentStorage() == house.phone.attachmentStorage())
    #expect(try device.restoreReport().isComplete)
    let attachment = try #require(messages.flatMap(\.attachments).first)
    var bytes: [UInt8] = []
    try device.read(attachment) { bytes += $0 }
    #expect(bytes == [1, 2, 3])
    #expect(try await device.open(attachment).read(1..<3) == [2, 3])
    #expect(try await ArchiveVerification.run(device).findings == [])
  }

  @Test func `it writes neither to the vault nor to the store`() async throws {
    let house = try await Household()
    let before = try #require(try house.phoneVault.load())
    let entries = try house.phoneStore.entries(in: .all, limit: .max)
    let device = try ReadOnlyDevice(vault: house.phoneVault, store: house.phoneStore)
    _ = try (device.timeline(), device.devices(), device.restoreReport(), device.snapshots())
    _ = try await (device.status(), ArchiveVerification.run(device))
    #expect(try house.phoneVault.load()?.version == before.version)
    #expect(try house.phoneStore.entries(in: .all, limit: .max) == entries)
    let store = try device.reading.history.store.needed()
    #expect(throws: StoreError.self) { try store.apply([]) }
    #expect(throws: StoreError.self) { try store.enqueue([[1]], blobs: []) }
    #expect(throws: StoreError.self) { try store.commit([], clearingOutboxThrough: nil, progress: []) }
  }

  @Test func `a damaged copy of the vault is read around, named, and left as it is`() throws {
    let path = FileManager.default.temporaryDirectory.path + "/letterlock-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = MemoryDeviceStore()
    let created = try Device.createAccount(named: "Phone", vault: .file(at: path), store: store)
    let id = created.device.id
    var bytes = Array(try #require(FileManager.default.contents(atPath: path)))
    bytes[bytes.count / 2 + 100] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let device = try ReadOnlyDevice(vault: .file(at: path), store: store)
    #expect(device.id == id)
    #expect(device.hasDamagedVault)
    #expect(FileManager.default.contents(atPath: path).map(Array.init) == bytes)
    // One that writes mends it.
    #expect(try Device(vault: .file(at: path), store: store).repairedVault)
    #expect(try !ReadOnlyDevice(vault: .file(at: path), store: store).hasDamagedVault)
  }

  @Test func `a vault that is older than its store is named`() async throws {
    let house = try await Household()
    let old = try #require(try house.phoneVault.load())
    try await house.phone.beginEpoch()
    let vault = MemoryKeyVault()
    try vault.save(old, replacing: nil)
    #expect(try ReadOnlyDevice(vault: vault, store: house.phoneStore).isRolledBack)
    #expect(try !ReadOnlyDevice(vault: house.phoneVault, store: house.phoneStore).isRolledBack)
  }
}
