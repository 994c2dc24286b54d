#if SQLite
import Foundation
import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockSQLite

@Suite("A device's store that is opened to be read")
struct ReadingStoreTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("store.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func makeStore() throws -> SQLiteDeviceStore {
    let store = try SQLiteDeviceStore(path: path)
    try store.enqueue([[1], [2]], blobs: [])
    try store.commit([], clearingOutboxThrough: nil, progress: [7])
    return store
  }

  @Test func `it shows what the store held when it was opened`() throws {
    let store = try makeStore()
    let reading = try SQLiteDeviceStore(readingFrom: path)
    try store.enqueue([[3]], blobs: [])
    try store.commit([], clearingOutboxThrough: 1, progress: [8])
    #expect(try reading.progress() == [7])
    #expect(try reading.outbox(limit: .max).map(\.bytes) == [[1], [2]])
    let later = try SQLiteDeviceStore(readingFrom: path)
    #expect(try later.progress() == [8])
    #expect(try later.outbox(limit: .max).map(\.bytes) == [[2], [3]])
  }

  @Test func `it refuses every change`() throws {
    let reading: SQLiteDeviceStore
    do {
      _ = try makeStore()
      reading = try SQLiteDeviceStore(readingFrom: path)
    }
    #expect(throws: StoreError.self) { try reading.enqueue([[3]], blobs: []) }
    #expect(throws: StoreError.self) { try reading.commit([], clearingOutboxThrough: nil, progress: [9]) }
    #expect(throws: StoreError.self) { try reading.apply([.put(StoreEntry(key: [1], value: [1]))]) }
    #expect(try reading.progress() == [7])
  }

  @Test func `a file that is not there or of another kind is refused`() throws {
    #expect(throws: StoreError.unavailable("There is no such file.")) {
      try SQLiteDeviceStore(readingFrom: path)
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    try Data("no database, and longer than its header would be, so that it is read.".utf8).write(
      to: URL(fileURLWithPath: path))
    #expect(throws: StoreError.self) { try SQLiteDeviceStore(readingFrom: path) }
  }

  @Test func `a write-ahead log that cannot be read is named`() throws {
    let copy = folder.file("copy.sqlite")
    let store = try makeStore()
    try FileManager.default.copyItem(atPath: path, toPath: copy)
    try FileManager.default.copyItem(atPath: path + "-wal", toPath: copy + "-wal")
    withExtendedLifetime(store) {}
    // SQLite does not share the log through what a link points to.
    try FileManager.default.createSymbolicLink(atPath: copy + "-shm", withDestinationPath: "nowhere")
    let error = #expect(throws: StoreError.self) { try SQLiteDeviceStore(readingFrom: copy) }
    guard case .unavailable(let reason) = error else { return }
    #expect(reason.contains("write-ahead log"))
    #expect(reason.contains(copy + "-wal"))
  }

  /// Nobody refuses root a write.
  private static let isRoot = geteuid() == 0

  @Test(.enabled(if: !isRoot)) func `it works in a folder that cannot be written`() throws {
    do { _ = try makeStore() }
    try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
    defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path) }
    let reading = try SQLiteDeviceStore(readingFrom: path)
    #expect(try reading.progress() == [7])
    #expect(try reading.outbox(limit: .max).map(\.bytes) == [[1], [2]])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["store.sqlite"])
  }

  @Test(.enabled(if: !isRoot)) func `a log in a folder that cannot be written is named`() throws {
    let store = try makeStore()
    for name in ["store.sqlite", "store.sqlite-wal"] {
      try FileManager.default.copyItem(atPath: folder.file(name), toPath: folder.file("copy." + name))
    }
    withExtendedLifetime(store) {}
    let copy = try TemporaryFolder()
    for name in ["store.sqlite", "store.sqlite-wal"] {
      try FileManager.default.moveItem(atPath: folder.file("copy." + name), toPath: copy.file(name))
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: copy.path)
    defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: copy.path) }
    let error = #expect(throws: StoreError.self) {
      try SQLiteDeviceStore(readingFrom: copy.file("store.sqlite"))
    }
    guard case .unavailable(let reason) = error else { return }
    #expect(reason.contains("write-ahead log"))
  }

  @Test func `a device is read through it`() throws {
    let vault = MemoryKeyVault()
    let chat = ConversationID()
    let device = try Device.createAccount(
      named: "Phone", vault: vault, store: try SQLiteDeviceStore(path: path)
    ).device
    try device.append(.carrier(.sms, from: Address("+15550100"), text: "hello"), to: chat)
    let reading = try ReadOnlyDevice(vault: vault, store: try SQLiteDeviceStore(readingFrom: path))
    try device.append(.carrier(.sms, from: Address("+15550100"), text: "later"), to: chat)
    #expect(try reading.timeline().messages.map(\.text) == ["hello"])
    #expect(try reading.devices().first { $0.role == .thisDevice }?.isActive == true)
  }
}
#endif
