#if SQLite
import CryptoCore
import Foundation
import LetterlockTestKit
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockSQLite

@Suite("A device's store in a file")
struct SQLiteDeviceStoreTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("store.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func batch(_ account: inout TestAccount, _ records: [[UInt8]?]) throws -> HistoryBatch {
    let signedBatch = try account.append(records.map { $0 ?? [] })
    let whole = HistoryBatch(
      firstLeaf: account.history.tree.size, signedBatch: signedBatch, records: records.map { $0 ?? [] })
    return whole.replacing(records)
  }

  @Test func `everything that was put in is there when the file is opened again`() throws {
    var account = try TestAccount(checkpointKey: [])
    let whole = try batch(&account, [account.record(1), account.record(2)])
    let upload = try account.upload(of: [1, 2, 3])
    do {
      let store = try SQLiteDeviceStore(path: path)
      #expect(try store.progress() == nil)
      #expect(try store.staged() == nil)
      try store.enqueue([[1], [2], [3]], blobs: [SealedBlob(upload: upload, bytes: [1, 2, 3])])
      try store.reseal([OutboxRecord(sequence: 2, bytes: [22])])
      try store.stage([9, 9], through: 2, progress: [7])
      try store.commit([whole], clearingOutboxThrough: nil, progress: [8])
    }
    let store = try SQLiteDeviceStore(existing: path)
    #expect(try store.progress() == [8])
    #expect(try store.staged()?.signedBatch == [9, 9])
    #expect(try store.staged()?.through == 2)
    #expect(try store.outbox(limit: 2).map(\.bytes) == [[1], [22]])
    #expect(try store.outbox(limit: .max).map(\.sequence) == [1, 2, 3])
    #expect(try store.batches(from: 0, limit: 10) == [whole])
    #expect(try store.batches(from: 1, limit: 10) == [])
    #expect(try store.blob(upload.blob) == upload)
    #expect(try store.isFileWhole())
  }

  /// Adds one to a progress that counts, from whatever another store has left.
  private static func count(in store: SQLiteDeviceStore) throws {
    while true {
      let known = try store.progress()
      do throws(StoreError) {
        return try store.stage(nil, through: 0, progress: [(known?.first ?? 0) + 1], replacing: known)
      } catch {
        guard error == .conflict else { throw error }
      }
    }
  }

  @Test func `two stores over one file lose no progress of each other's`() async throws {
    let stores = [try SQLiteDeviceStore(path: path), try SQLiteDeviceStore(path: path)]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for store in stores {
        group.addTask { for _ in 0..<100 { try Self.count(in: store) } }
      }
      try await group.waitForAll()
    }
    #expect(try stores[0].progress() == [200])
  }

  @Test func `a commit drops from the outbox what it covers and its places are never used again`()
    throws
  {
    let store = try SQLiteDeviceStore(path: path)
    try store.enqueue([[1], [2]], blobs: [])
    try store.stage([5], through: 2, progress: [1])
    try store.commit([], clearingOutboxThrough: 2, progress: [2])
    #expect(try store.outbox(limit: .max) == [])
    #expect(try store.staged() == nil)
    #expect(try store.progress() == [2])
    try store.enqueue([[3]], blobs: [])
    #expect(try store.outbox(limit: .max) == [OutboxRecord(sequence: 3, bytes: [3])])
    try store.stage([5], through: 3, progress: [3])
    try store.stage(nil, through: 0, progress: [4])
    #expect(try store.staged() == nil)
    #expect(try store.progress() == [4])
  }

  @Test func `a commit keeps the signed batch that is to be sent next`() throws {
    let next = StagedBatch(signedBatch: [6], through: 3)
    let stores: [any DeviceStore] = [try SQLiteDeviceStore(path: path), MemoryDeviceStore()]
    for store in stores {
      try store.enqueue([[1], [2], [3]], blobs: [])
      try store.stage([5], through: 2, progress: [1])
      try store.commit([], clearingOutboxThrough: 2, staging: next, progress: [2])
      #expect(try store.outbox(limit: .max).map(\.sequence) == [3])
      #expect(try store.staged()?.signedBatch == [6])
      #expect(try store.staged()?.through == 3)
      #expect(try store.progress() == [2])
    }
  }

  @Test func `a commit that cannot be whole changes nothing`() throws {
    var account = try TestAccount(checkpointKey: [])
    let first = try batch(&account, [account.record(1)])
    let store = try SQLiteDeviceStore(path: path)
    try store.enqueue([[1]], blobs: [])
    try store.commit([first], clearingOutboxThrough: nil, progress: [1])
    #expect(throws: StoreError.self) {
      try store.commit([first], clearingOutboxThrough: 1, progress: [2])
    }
    #expect(try store.progress() == [1])
    #expect(try store.outbox(limit: .max).count == 1)
  }

  @Test func `a record that is absent stays absent in its place`() throws {
    var account = try TestAccount(checkpointKey: [])
    let holed = try batch(&account, [account.record(1), nil, account.record(3)])
    let store = try SQLiteDeviceStore(path: path)
    try store.commit([holed], clearingOutboxThrough: nil, progress: [])
    #expect(try store.batches(from: 0, limit: 1) == [holed])
  }

  @Test func `an attachment is there once it is finished and waits until it is uploaded`() throws {
    let account = try TestAccount(checkpointKey: [])
    let content = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
    let upload = try account.upload(of: content)
    let store = try SQLiteDeviceStore(path: path)
    try store.beginBlob(upload.blob)
    try Self.write([0, 0], to: upload.blob, at: 0, in: store)
    try store.beginBlob(upload.blob)
    // Threads come in any order.
    try Self.write(Array(content[5...]), to: upload.blob, at: 5, in: store)
    try Self.write(Array(content[..<5]), to: upload.blob, at: 0, in: store)
    #expect(try store.blob(upload.blob) == nil)
    #expect(try store.allBlobs() == [])
    try store.finishBlob(upload, isUploaded: false)
    #expect(try store.blob(upload.blob) == upload)
    #expect(try store.allBlobs() == [upload.blob])
    #expect(try store.blobsToUpload() == [upload])
    try store.markUploaded(upload.blob)
    #expect(try store.blobsToUpload() == [])
    #expect(try store.readBlob(upload.blob, at: 0, byteCount: 3_000_000) == content)
    #expect(
      try store.readBlob(upload.blob, at: 1_048_580, byteCount: 2_000_000)
        == Array(content[1_048_580...]))
    #expect(try store.readBlob(upload.blob, at: .max, byteCount: 1) == [])
    let file = "store.sqlite.blobs/\(upload.blob)"
    #expect(try folder.permissions("store.sqlite.blobs") == 0o700)
    #expect(try folder.permissions(file) == 0o600)
    let abandoned = BlobID()
    try store.beginBlob(abandoned)
    try store.removeUnfinishedBlobs()
    #expect(try store.allBlobs() == [upload.blob])
    #expect(!FileManager.default.fileExists(atPath: folder.file("store.sqlite.blobs/\(abandoned)")))
    try store.removeBlobs([upload.blob])
    #expect(try store.readBlob(upload.blob, at: 0, byteCount: 5) == [])
    #expect(!FileManager.default.fileExists(atPath: folder.file(file)))
  }

  @Test func `a small attachment is kept in the store, and read at any place`() throws {
    let account = try TestAccount(checkpointKey: [])
    let store = try SQLiteDeviceStore(path: path)
    let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
    let upload = try account.upload(of: content)
    try store.enqueue([], blobs: [SealedBlob(upload: upload, bytes: content)])
    #expect(try store.blobsToUpload() == [upload])
    #expect(try store.readBlob(upload.blob, at: 990, byteCount: 100) == Array(content[990...]))
    #expect(try store.readBlob(upload.blob, at: 1000, byteCount: 1) == [])
    #expect(!FileManager.default.fileExists(atPath: folder.file("store.sqlite.blobs")))
    try store.keepBlob(SealedBlob(upload: upload, bytes: content), isUploaded: true)
    #expect(try store.blobsToUpload() == [])
    #expect(try store.blob(upload.blob) == upload)
  }

  @Test func `a download goes on where it was, unless it is another file's`() throws {
    let account = try TestAccount(checkpointKey: [])
    let content = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 / 5) }
    let upload = try account.upload(of: content)
    do {
      let store = try SQLiteDeviceStore(path: path)
      #expect(try store.beginDownload(upload) == 0)
      try Self.write(Array(content[..<1234]), to: upload.blob, at: 0, in: store)
    }
    let store = try SQLiteDeviceStore(path: path)
    try store.removeUnfinishedBlobs()
    #expect(try store.downloadedByteCount(of: upload.blob) == 1234)
    #expect(try store.blob(upload.blob) == nil)
    #expect(try store.allBlobs() == [])
    #expect(try store.beginDownload(upload) == 1234)
    #expect(try store.readBlob(upload.blob, at: 1000, byteCount: 500) == Array(content[1000..<1234]))
    let other = try BlobUpload(
      blob: upload.blob, byteCount: 7, digest: .zero, by: account.keys, account: account.id)
    #expect(try store.beginDownload(other) == 0)
    #expect(try store.downloadedByteCount(of: upload.blob) == 0)
  }

  @Test func `a download whose file is gone begins anew`() throws {
    let account = try TestAccount(checkpointKey: [])
    let content = [UInt8](repeating: 7, count: 5000)
    let upload = try account.upload(of: content)
    let store = try SQLiteDeviceStore(path: path)
    #expect(try store.beginDownload(upload) == 0)
    // A process that is killed between row and file leaves this.
    try FileManager.default.removeItem(atPath: folder.file("store.sqlite.blobs/\(upload.blob)"))
    #expect(try store.beginDownload(upload) == 0)
    try Self.write(content, to: upload.blob, at: 0, in: store)
    try store.finishBlob(upload, isUploaded: true)
    #expect(try store.blob(upload.blob) == upload)
  }

  private static func write(
    _ bytes: [UInt8], to blob: BlobID, at offset: UInt64, in store: SQLiteDeviceStore
  ) throws {
    try bytes.withRawSpan { try store.writeBlob(blob, at: offset, $0) }
  }

  @Test func `the file is its owner's alone and is not made where its folder is not`() throws {
    let store = try SQLiteDeviceStore(path: path)
    try store.enqueue([[1]], blobs: [])
    for name in ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"] {
      #expect(try folder.permissions(name) == 0o600, "\(name)")
    }
    #expect(throws: StoreError.unavailable("The file cannot be made.")) {
      try SQLiteDeviceStore(path: folder.file("nowhere/store.sqlite"))
    }
    #expect(throws: StoreError.unavailable("There is no such file.")) {
      try SQLiteDeviceStore(existing: folder.file("other.sqlite"))
    }
  }

  @Test func `a file of another kind is refused and left as it is`() throws {
    let content = Data("a letter, and no database at all, long enough for a header".utf8)
    try content.write(to: URL(fileURLWithPath: path))
    #expect(throws: StoreError.corrupted("The file is damaged.")) { try SQLiteDeviceStore(path: path) }
    #expect(folder.contents("store.sqlite") == content)
    _ = try SQLiteRelay(path: folder.file("relay.sqlite"))
    #expect(throws: StoreError.corrupted("The file is of another kind.")) {
      try SQLiteDeviceStore(path: folder.file("relay.sqlite"))
    }
  }

  @Test(arguments: ["progress = x'09'", "through = 5", "signed_batch = NULL", "digest = x''"])
  func `progress that was changed in the file is damage`(change: String) throws {
    let store = try SQLiteDeviceStore(path: path)
    try store.stage([5], through: 3, progress: [3])
    try store.file.queue.write { try $0.execute(sql: "UPDATE state SET \(change)") }
    #expect(throws: StoreError.corrupted("The progress in the store is damaged.")) {
      try store.progress()
    }
  }
}
#endif
