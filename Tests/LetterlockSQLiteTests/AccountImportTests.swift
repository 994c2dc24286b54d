#if SQLite
import CryptoCore
import Foundation
import GRDB
import LetterlockTestKit
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockSQLite

@Suite("SPEC.md section 7.9: an account that is taken in beside others")
struct AccountImportTests {
  private let folder: TemporaryFolder
  private let key: CheckpointKey
  private let old: SQLiteRelay
  private let new: SQLiteRelay
  private let first: TestAccount

  init() async throws {
    folder = try TemporaryFolder()
    key = try CheckpointKey()
    old = try SQLiteRelay(path: folder.file("old.sqlite"), checkpointKey: key)
    new = try SQLiteRelay(path: folder.file("new.sqlite"), checkpointKey: key)
    first = try await TestAccount(at: old)
  }

  /// The account with a history of several pages, and attachments of several parts.
  private func filled() async throws -> (TestAccount, [BlobUpload]) {
    var account = first
    for number in 0..<20 {
      try await account.send(
        (0..<20).map { account.record(UInt8($0 + number), byteCount: 30_000) }, to: old)
    }
    try await account.send([account.record(9)], erasing: [3, 5], to: old)
    var uploads: [BlobUpload] = []
    for byteCount in [5_000_000, 300_000, 100] {
      uploads.append(try await store(SecureRandom.bytes(byteCount), account, at: old))
    }
    return (account, uploads)
  }

  private func store(
    _ content: [UInt8], _ account: TestAccount, at relay: SQLiteRelay
  ) async throws -> BlobUpload {
    let upload = try account.upload(of: content)
    _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
    for start in stride(from: 0, to: content.count, by: 1 << 18) {
      try await relay.writeBlob(
        upload.blob, of: account.id, at: UInt64(start), Array(content[start...].prefix(1 << 18)),
        as: account.caller)
    }
    return upload
  }

  private func exported(from relay: SQLiteRelay, freezing: Bool = false) async throws -> [UInt8] {
    if freezing { try await relay.decide(about: first.id) { $0.moved = .now } }
    let collector = Collector()
    try relay.export(first.id) { (bytes) throws(AccountMoveError) in collector.bytes += bytes }
    return collector.bytes
  }

  private final class Collector { var bytes: [UInt8] = [] }

  /// Takes a file in, and does something before each of its pieces is read.
  private func take(
    _ file: [UInt8], into relay: SQLiteRelay, beforePiece: @escaping (Int) -> Void = { _ in }
  ) throws(AccountMoveError) -> AccountID {
    var (place, count) = (0, 0)
    return try relay.importAccount { (wanted) throws(AccountMoveError) in
      beforePiece(count)
      count += 1
      let piece = file[place...].prefix(min(wanted, 200_000))
      place += piece.count
      return Array(piece)
    }
  }

  private func findings(_ relay: SQLiteRelay) throws -> [RelayFinding] {
    var found: [RelayFinding] = []
    _ = try relay.check(readsAttachments: true, progress: { _, _ in }) { found.append($0) }
    return found
  }

  private func isFrozen(_ relay: SQLiteRelay) throws -> Bool {
    try relay.summary(of: first.id).states.contains {
      if case .moved = $0 { true } else { false }
    }
  }

  private func accounts(_ relay: SQLiteRelay) throws -> Int {
    var count = 0
    try relay.forEachAccount(.account) { _ in count += 1 }
    return count
  }

  @Test func `nobody waits for it, and nothing shows before the end`() async throws {
    let (account, uploads) = try await filled()
    let file = try await exported(from: old)
    var configuration = Configuration()
    configuration.busyMode = .immediateError
    let other = try DatabaseQueue(path: folder.file("new.sqlite"), configuration: configuration)
    let reader = try SQLiteRelay(existing: folder.file("new.sqlite"))
    let seen = Collector()
    var pieces = 0
    let taken = try take(file, into: new) { piece in
      // Another process gets the lock at once.
      #expect(throws: Never.self) { try other.write { try $0.execute(sql: "DELETE FROM mailbox") } }
      #expect(throws: Never.self) { seen.bytes.append(UInt8(try accounts(reader))) }
      pieces = piece
    }
    #expect(taken == account.id)
    #expect(pieces > 50)
    #expect(seen.bytes.allSatisfy { $0 == 0 })
    #expect(try findings(new) == [])
    #expect(try accounts(new) == 1)
    let read = try await new.readBlob(
      uploads[0].blob, of: account.id, at: 4_999_999, byteCount: 10, as: account.caller)
    #expect(read.count == 1)
    #expect(try new.summary(of: account.id).recordCount == old.summary(of: account.id).recordCount)
    #expect(throws: AccountMoveError.accountExists) { try take(file, into: new) }
  }

  @Test func `a process that is killed leaves nothing that shows, and the next one begins anew`() async throws
  {
    let (account, _) = try await filled()
    let file = try await exported(from: old)
    let store = folder.file("new.sqlite")
    // What a kill at each of these moments leaves, as files.
    _ = try take(file, into: new) { piece in
      guard [20, 45, 62, 80].contains(piece) else { return }
      for suffix in ["", "-wal", ".blobs"] where FileManager.default.fileExists(atPath: store + suffix) {
        try? FileManager.default.copyItem(atPath: store + suffix, toPath: "\(store).\(piece)\(suffix)")
      }
    }
    for piece in [20, 45, 62, 80] {
      let left = try SQLiteRelay(existing: "\(store).\(piece)")
      #expect(try accounts(left) == 0)
      let found = try findings(left)
      #expect(
        found.map(\.account) == [account.id] && !found.contains(where: \.isDamage), "\(piece): \(found)")
      await #expect(throws: RelayError.unknownAccount) {
        try await left.usage(of: account.id, as: account.caller)
      }
      await #expect(throws: RelayError.isTakenIn) {
        try await left.createAccount(account.create, wraps: account.firstWraps, as: .anyone)
      }
      #expect(try take(file, into: left) == account.id)
      #expect(try findings(left) == [])
      #expect(try left.summary(of: account.id).recordCount == old.summary(of: account.id).recordCount)
    }
  }

  @Test func `a file that is refused leaves nothing`() async throws {
    _ = try await filled()
    var file = try await exported(from: old)
    file[file.count - 1] ^= 1
    #expect(throws: AccountMoveError.self) { try take(file, into: new) }
    #expect(throws: AccountMoveError.truncated) { try take(Array(file.dropLast(2_000_000)), into: new) }
    #expect(try findings(new) == [])
    let left = try await new.store.file.queue.read { db in
      try Int.fetchOne(
        db, sql: "SELECT (SELECT count(*) FROM account_setting) + (SELECT count(*) FROM log_entry)")
    }
    #expect(left == 0)
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.file("new.sqlite.blobs"))
    #expect(names ?? [] == [])
    // Two at once: the one that began later goes on.
    file[file.count - 1] ^= 1
    let whole = file
    let begun = Collector()
    #expect(throws: AccountMoveError.importReplaced) {
      try take(whole, into: new) { piece in
        guard piece == 30 else { return }
        begun.bytes = (try? take(whole, into: new).bytes) ?? []
      }
    }
    #expect(begun.bytes == first.id.bytes)
    #expect(try findings(new) == [])
  }

  @Test func `an account that was moved comes back, with what is new`() async throws {
    var (account, uploads) = try await filled()
    let early = try await exported(from: old, freezing: true)
    _ = try take(early, into: new)
    try await account.send([account.record(1), account.record(2)], to: new)
    try await account.send([account.record(3)], erasing: [0, 400], to: new)
    try await account.add(DeviceKeys(), at: new)
    let removal = try BlobRemoval(
      of: [uploads[1].blob], knownCheckpoint: await account.newestCheckpoint(at: new), by: account.keys,
      account: account.id)
    try await new.removeBlobs(removal, of: account.id, as: account.caller)
    let added = try await store(SecureRandom.bytes(700_000), account, at: new)
    let late = try await exported(from: new, freezing: true)
    #expect(try take(late, into: old) == account.id)
    #expect(try findings(old) == [])
    #expect(try old.summary(of: account.id).recordCount == new.summary(of: account.id).recordCount)
    let bytes = try await old.readBlob(
      added.blob, of: account.id, at: 0, byteCount: 700_000, as: account.caller)
    #expect(SegmentHasher.digest(of: bytes) == added.digest)
    #expect(try await old.blob(uploads[1].blob, of: account.id, as: account.caller) == nil)
    // It takes writes here, and none there.
    try await account.send([account.record(4)], to: old)
    await #expect(throws: RelayError.accountMoved) {
      _ = try await new.hold(account.id, as: .device(account.recovery))
    }
    #expect(throws: AccountMoveError.accountExists) { try take(late, into: old) }
  }

  @Test func `an account that was moved is not rolled back, and not forked`() async throws {
    var (account, _) = try await filled()
    let early = try await exported(from: old)
    _ = try take(early, into: new)
    var other = account
    try await account.send([account.record(1)], to: old)
    let newer = try await exported(from: old, freezing: true)
    for file in [early, Array(newer.dropLast(40))] {
      #expect(throws: AccountMoveError.self) { try take(file, into: old) }
      #expect(try isFrozen(old))
    }
    #expect(throws: AccountMoveError.older) { try take(early, into: old) }
    // The other store went its own way.
    try await other.send([other.record(7)], to: new)
    try await other.send([other.record(8)], to: new)
    let fork = try await exported(from: new)
    #expect(throws: AccountMoveError.self) { try take(fork, into: old) }
    #expect(try findings(old) == [])
    #expect(try isFrozen(old))
    // The same state comes back as it is.
    #expect(try take(newer, into: old) == account.id)
    #expect(try !isFrozen(old))
    #expect(try findings(old) == [])
    try await account.send([account.record(2)], to: old)
  }

  @Test func `files of no attachment are removed when they are old, and no others`() async throws {
    let (account, uploads) = try await filled()
    let blobs = folder.file("old.sqlite.blobs")
    let named = Set(try FileManager.default.contentsOfDirectory(atPath: blobs))
    let (stray, fresh) = (Hex.encode(SecureRandom.bytes(16)), Hex.encode(SecureRandom.bytes(16)))
    for name in [stray, fresh, "notes.txt", stray.uppercased() + "0"] {
      try Data([1]).write(to: URL(fileURLWithPath: "\(blobs)/\(name)"))
    }
    let before = Date(timeIntervalSinceNow: -86_500)
    for name in named.union([stray, "notes.txt", stray.uppercased() + "0"]) {
      try FileManager.default.setAttributes([.modificationDate: before], ofItemAtPath: "\(blobs)/\(name)")
    }
    // Another process has begun an attachment and not committed it yet: its file has no row, and is new.
    let other = try SQLiteRelay(existing: folder.file("old.sqlite"))
    let upload = try account.upload(of: [UInt8](repeating: 1, count: 400_000))
    _ = try await other.beginBlob(upload, of: account.id, as: account.caller)
    try await other.writeBlob(
      upload.blob, of: account.id, at: 0, [UInt8](repeating: 1, count: 1 << 18), as: account.caller)
    #expect(try old.removeStrayFiles() == 1)
    let left = Set(try FileManager.default.contentsOfDirectory(atPath: blobs))
    #expect(!left.contains(stray))
    #expect(left.isSuperset(of: named.union([fresh, "notes.txt"])))
    try await other.writeBlob(
      upload.blob, of: account.id, at: 1 << 18, [UInt8](repeating: 1, count: 400_000 - (1 << 18)),
      as: account.caller)
    let read = try await old.readBlob(
      uploads[0].blob, of: account.id, at: 0, byteCount: 5_000_000, as: account.caller)
    #expect(SegmentHasher.digest(of: read) == uploads[0].digest)
    #expect(try old.removeStrayFiles() == 0)
    #expect(try old.removeStrayFiles(at: Timestamp.now.adding(2 * Timestamp.day)) == 1)
    #expect(try findings(old).filter(\.isDamage) == [])
  }
}
#endif
