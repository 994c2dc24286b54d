#if SQLite
import CryptoCore
import Foundation
import GRDB
import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockSQLite

@Suite("The embedded relay: large attachments are files beside its store, SPEC.md section 9")
struct RelayPartFilesTests {
  private static let partByteCount = 1 << 18
  private let folder: TemporaryFolder
  private let relay: SQLiteRelay
  private let account: TestAccount

  init() async throws {
    folder = try TemporaryFolder()
    relay = try SQLiteRelay(path: folder.file("relay.sqlite"))
    account = try await TestAccount(at: relay)
  }

  private func content(_ count: Int) -> [UInt8] { SecureRandom.bytes(count) }

  /// Sends parts of an attachment from an offset on, all of them or so many.
  private func send(
    _ content: [UInt8], as upload: BlobUpload, to relay: SQLiteRelay, from offset: Int = 0, parts: Int = .max
  ) async throws {
    _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
    for start in stride(from: offset, to: content.count, by: Self.partByteCount).prefix(parts) {
      try await relay.writeBlob(
        upload.blob, of: account.id, at: UInt64(start), Array(content[start...].prefix(Self.partByteCount)),
        as: account.caller)
    }
  }

  private func read(_ upload: BlobUpload, from offset: UInt64 = 0, _ count: Int) async throws -> [UInt8] {
    try await relay.readBlob(
      upload.blob, of: account.id, at: offset, byteCount: count, as: account.caller)
  }

  private var files: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.file("relay.sqlite.blobs"))) ?? []
  }

  private func remove(_ upload: BlobUpload) async throws {
    let checkpoint = try await account.newestCheckpoint(at: relay)
    let removal = try BlobRemoval(
      of: [upload.blob], knownCheckpoint: checkpoint, by: account.keys, account: account.id)
    try await relay.removeBlobs(removal, of: account.id, as: account.caller)
  }

  private func changeStore(_ sql: String) throws {
    let queue = try DatabaseQueue(path: folder.file("relay.sqlite"))
    defer { try? queue.close() }
    try queue.write { try $0.execute(sql: sql) }
  }

  @Test func `its bytes are written once, into a file that its owner alone reads`() async throws {
    let content = content(3_000_000)
    let upload = try account.upload(of: content)
    try await send(content, as: upload, to: relay)
    let name = try #require(files.first)
    #expect(files.count == 1)
    #expect(try folder.permissions("relay.sqlite.blobs") == 0o700)
    #expect(try folder.permissions("relay.sqlite.blobs/" + name) == 0o600)
    // What is left after the last whole part is small, and stands in a row.
    let whole = content.count / Self.partByteCount * Self.partByteCount
    #expect(folder.contents("relay.sqlite.blobs/" + name).prefix(whole) == Data(content.prefix(whole)))
    let stored = folder.contents("relay.sqlite").count + folder.contents("relay.sqlite-wal").count
    #expect(stored < 600_000)
    for (offset, count) in [(0, 3_000_000), (262_143, 2), (1_000_001, 700_000), (2_999_999, 9)] {
      #expect(
        try await read(upload, from: UInt64(offset), count)
          == Array(content.dropFirst(offset).prefix(count)))
    }
    #expect(try relay.audit() == [])
    #expect(!name.contains(upload.blob.description) && !name.contains(account.id.description))
  }

  @Test func `a small attachment has no file`() async throws {
    let content = content(65_535)
    let upload = try account.upload(of: content)
    try await send(content, as: upload, to: relay)
    #expect(files == [])
    #expect(try await read(upload, 100_000) == content)
  }

  @Test func `an upload goes on after the server was started again, and in another process`() async throws {
    let content = content(5 * Self.partByteCount + 1000)
    let upload = try account.upload(of: content)
    try await send(content, as: upload, to: relay, parts: 2)
    let other = try SQLiteRelay(existing: folder.file("relay.sqlite"))
    try await send(content, as: upload, to: other, from: 2 * Self.partByteCount, parts: 1)
    try await send(content, as: upload, to: relay, from: 3 * Self.partByteCount, parts: 1)
    try await send(content, as: upload, to: other, from: 4 * Self.partByteCount)
    #expect(try await relay.blob(upload.blob, of: account.id, as: account.caller) == upload)
    #expect(try await read(upload, content.count) == content)
    #expect(try relay.audit() == [])
  }

  @Test func `bytes that are not what was signed leave no file`() async throws {
    let content = content(600_000)
    let upload = try account.upload(of: content, digest: SegmentHasher.digest(of: [1]))
    await #expect(throws: RelayError.blobRefused) { try await send(content, as: upload, to: relay) }
    #expect(files == [])
    #expect(try relay.audit() == [])
  }

  @Test func `another process that sent other bytes meanwhile makes no digest hold`() async throws {
    let content = content(3 * Self.partByteCount)
    let upload = try account.upload(of: content)
    let other = try SQLiteRelay(existing: folder.file("relay.sqlite"))
    try await send(content, as: upload, to: relay, parts: 1)
    try await send(
      [UInt8](repeating: 7, count: 2 * Self.partByteCount), as: upload, to: other, from: Self.partByteCount)
    await #expect(throws: RelayError.blobRefused) {
      try await send(content, as: upload, to: relay, from: 2 * Self.partByteCount)
    }
    try await send(content, as: upload, to: relay)
    #expect(try await read(upload, content.count) == content)
  }

  @Test func `a file goes with its attachment, and with its account`() async throws {
    let content = content(700_000)
    let (first, second) = (try account.upload(of: content), try account.upload(of: content))
    for upload in [first, second] { try await send(content, as: upload, to: relay) }
    #expect(files.count == 2)
    try await remove(first)
    #expect(files.count == 1)
    #expect(try await read(second, content.count) == content)
    let checkpoint = try await account.newestCheckpoint(at: relay)
    let order = try AccountErasure(of: checkpoint, at: .now, by: account.recovery)
    #expect(
      try await relay.eraseAccount(order, of: account.id, as: .device(account.recovery)) == nil)
    #expect(files == [])
    #expect(try relay.audit() == [])
  }

  @Test func `a file that a process had no time to remove is removed by the next`() async throws {
    let content = content(300_000)
    let upload = try account.upload(of: content)
    try await send(content, as: upload, to: relay)
    // As it is when a process ends between the transaction and the file.
    try changeStore("INSERT INTO dropped_file (name) SELECT name FROM blob_file")
    try changeStore("DELETE FROM blob_file")
    try changeStore("DELETE FROM file_part")
    try changeStore("DELETE FROM blob_part")
    try changeStore("DELETE FROM blob")
    #expect(files.count == 1)
    _ = try SQLiteRelay(existing: folder.file("relay.sqlite"))
    #expect(files == [])
  }

  @Test func `a file that is lost, cut or strange is named, and what is before it is read`() async throws {
    let content = content(4 * Self.partByteCount)
    let upload = try account.upload(of: content)
    try await send(content, as: upload, to: relay)
    let path = folder.file("relay.sqlite.blobs/" + (try #require(files.first)))
    let whole = FileManager.default.contents(atPath: path)
    try Data(content.prefix(300_000)).write(to: URL(fileURLWithPath: path))
    #expect(try await read(upload, content.count) == Array(content.prefix(300_000)))
    #expect(try relay.audit() == ["the file of an attachment is not there, or too short"])
    try FileManager.default.removeItem(atPath: path)
    #expect(try await read(upload, content.count) == [])
    #expect(try relay.audit() == ["the file of an attachment is not there, or too short"])
    try #require(whole).write(to: URL(fileURLWithPath: path))
    #expect(try relay.audit() == [])
    try Data([1]).write(to: URL(fileURLWithPath: folder.file("relay.sqlite.blobs/stranger")))
    var found: [RelayFinding] = []
    _ = try relay.check(readsAttachments: true, progress: { _, _ in }, found: { found.append($0) })
    #expect(found.map(\.text) == ["files beside the store that belong to no attachment: 1"])
    #expect(found.map(\.isDamage) == [false])
    #expect(try relay.audit() == [])
  }

  @Test(arguments: [
    "DELETE FROM blob_file", "UPDATE blob_file SET blob = x'00'", "UPDATE blob_file SET name = x'00'",
    "UPDATE file_part SET byte_count = byte_count + 1 WHERE offset > 0", "DELETE FROM file_part",
    "DELETE FROM file_part WHERE offset = 0", "DELETE FROM blob_part WHERE offset = 0",
    "UPDATE blob_part SET bytes = x'00' WHERE offset = 0", "UPDATE file_part SET offset = offset + 1",
  ])
  func `a row that was changed is named`(change: String) async throws {
    let content = content(2 * Self.partByteCount)
    try await send(content, as: try account.upload(of: content), to: relay)
    #expect(try relay.audit() == [])
    try changeStore(change)
    #expect(try relay.audit() != [])
  }
}
#endif
