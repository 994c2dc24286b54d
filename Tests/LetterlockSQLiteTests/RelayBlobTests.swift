#if SQLite
import CryptoCore
import GRDB
import LetterlockTestKit
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockSQLite

@Suite("Every relay, SPEC.md section 7.3: attachments and mailboxes")
struct RelayBlobTests {
  private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) } }

  @Test(arguments: RelayKind.allCases)
  func `an upload that was interrupted goes on where it stopped`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    let account = try await TestAccount(at: relay)
    let content = bytes(2_500_000)
    let upload = try account.upload(of: content)
    #expect(try await relay.beginBlob(upload, of: account.id, as: account.caller) == 0)
    try await relay.writeBlob(
      upload.blob, of: account.id, at: 0, Array(content[..<1_000_000]), as: account.caller)
    #expect(try await relay.blob(upload.blob, of: account.id, as: account.caller) == nil)
    #expect(try await relay.beginBlob(upload, of: account.id, as: account.caller) == 1_000_000)
    for wrong in [0, 999_999, 1_000_001, UInt64.max] {
      await #expect(throws: RelayError.blobRefused) {
        try await relay.writeBlob(upload.blob, of: account.id, at: wrong, [1, 2, 3], as: account.caller)
      }
    }
    await #expect(throws: RelayError.tooLarge) {
      try await relay.writeBlob(
        upload.blob, of: account.id, at: 1_000_000, [UInt8](repeating: 0, count: 1_048_577),
        as: account.caller)
    }
    for offset in stride(from: 1_000_000, to: content.count, by: 500_000) {
      try await relay.writeBlob(
        upload.blob, of: account.id, at: UInt64(offset), Array(content[offset...].prefix(500_000)),
        as: account.caller)
    }
    #expect(try await relay.blob(upload.blob, of: account.id, as: account.caller) == upload)
    #expect(try await relay.usage(of: account.id, as: account.caller).blobs == 2_500_000)
    for (offset, count) in [(0, 10), (999_990, 1_000_020), (2_499_999, 100), (2_500_000, 5), (3, 0)] {
      #expect(
        try await relay.readBlob(
          upload.blob, of: account.id, at: UInt64(offset), byteCount: count, as: account.caller)
          == Array(content.dropFirst(offset).prefix(count)))
    }
    await #expect(throws: RelayError.blobRefused) {
      try await relay.writeBlob(upload.blob, of: account.id, at: 2_500_000, [1], as: account.caller)
    }
  }

  @Test(arguments: RelayKind.allCases)
  func `an upload that is not what was signed is dropped whole`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    let account = try await TestAccount(at: relay)
    let upload = try account.upload(of: bytes(1000), digest: SegmentHasher.digest(of: [1]))
    _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
    try await relay.writeBlob(
      upload.blob, of: account.id, at: 0, Array(bytes(1000)[..<600]), as: account.caller)
    await #expect(throws: RelayError.blobRefused) {
      try await relay.writeBlob(
        upload.blob, of: account.id, at: 600, Array(bytes(1000)[600...]), as: account.caller)
    }
    #expect(try await relay.usage(of: account.id, as: account.caller).blobs == 0)
    #expect(try await relay.blob(upload.blob, of: account.id, as: account.caller) == nil)
    await #expect(throws: RelayError.unknownBlob) {
      try await relay.readBlob(upload.blob, of: account.id, at: 0, byteCount: 1, as: account.caller)
    }
    #expect(try await relay.beginBlob(upload, of: account.id, as: account.caller) == 0)
  }

  @Test(arguments: RelayKind.allCases)
  func `an upload signed for another account, or of no bytes, is refused`(kind: RelayKind)
    async throws
  {
    let opened = try kind.open()
    let relay = opened.relay
    let account = try await TestAccount(at: relay)
    let stranger = try TestAccount(checkpointKey: [])
    let foreign = try stranger.upload(of: bytes(10))
    await #expect(throws: RelayError.unknownAccount) {
      try await relay.beginBlob(foreign, of: account.id, as: account.caller)
    }
    for digest in [SegmentHasher.digest(of: [1]), SegmentHasher.digest(of: [])] {
      let empty = try account.upload(of: [], digest: digest)
      await #expect(throws: RelayError.blobRefused) {
        try await relay.beginBlob(empty, of: account.id, as: account.caller)
      }
    }
    await #expect(throws: RelayError.unknownBlob) {
      try await relay.writeBlob(BlobID(), of: account.id, at: 0, [1], as: account.caller)
    }
  }

  @Test(arguments: RelayKind.allCases)
  func `an upload that is not complete gives way to another device's, if it is of other bytes or was left`(
    kind: RelayKind
  ) async throws {
    let clock = RelayClock()
    let opened = try kind.open(clock: { clock.now })
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    let other = try DeviceKeys()
    try await account.add(other, at: relay)
    let caller = RelayCaller.device(other.deviceID)
    let content = bytes(1000)
    // Junk under the name of a file that is still to come.
    let junk = try account.upload(of: bytes(70), by: other)
    _ = try await relay.beginBlob(junk, of: account.id, as: caller)
    try await relay.writeBlob(junk.blob, of: account.id, at: 0, Array(bytes(70)[..<50]), as: caller)
    let own = try account.upload(of: content, as: junk.blob)
    #expect(try await relay.beginBlob(own, of: account.id, as: account.caller) == 0)
    #expect(try await relay.usage(of: account.id, as: account.caller).blobs == 0)
    await #expect(throws: RelayError.unknownBlob) {
      try await relay.writeBlob(junk.blob, of: account.id, at: 50, [1], as: caller)
    }
    // The same bytes wait for a day, as long as the device is active.
    let same = try account.upload(of: content, as: junk.blob, by: other)
    await #expect(throws: RelayError.blobRefused) {
      try await relay.beginBlob(same, of: account.id, as: caller)
    }
    clock.advance(by: .seconds(86_401))
    #expect(try await relay.beginBlob(same, of: account.id, as: caller) == 0)
    await #expect(throws: RelayError.blobRefused) {
      try await relay.beginBlob(own, of: account.id, as: account.caller)
    }
    try await relay.writeBlob(same.blob, of: account.id, at: 0, content, as: caller)
    // A complete one stays, whatever it is.
    clock.advance(by: .seconds(86_401))
    await #expect(throws: RelayError.blobRefused) {
      try await relay.beginBlob(own, of: account.id, as: account.caller)
    }
    #expect(try await relay.blob(own.blob, of: account.id, as: account.caller) == same)
  }

  @Test(arguments: RelayKind.allCases)
  func `a device has only so many uploads that are not complete`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    let account = try await TestAccount(at: relay)
    let content = bytes(10)
    let first = try account.upload(of: content)
    _ = try await relay.beginBlob(first, of: account.id, as: account.caller)
    for _ in 1..<RelayLimits.unfinishedBlobCount {
      _ = try await relay.beginBlob(try account.upload(of: content), of: account.id, as: account.caller)
    }
    let more = try account.upload(of: content)
    await #expect(throws: RelayError.tooLarge) {
      try await relay.beginBlob(more, of: account.id, as: account.caller)
    }
    // What was begun goes on, and makes room once it is complete.
    #expect(try await relay.beginBlob(first, of: account.id, as: account.caller) == 0)
    try await relay.writeBlob(first.blob, of: account.id, at: 0, content, as: account.caller)
    #expect(try await relay.beginBlob(more, of: account.id, as: account.caller) == 0)
  }

  @Test func `a row that counts an upload is found if it is damaged, or belongs to none`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("relay.sqlite")
    let relay = try SQLiteRelay(path: path)
    let account = try await TestAccount(at: relay)
    let content = bytes(100)
    let upload = try account.upload(of: content)
    _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
    #expect(try relay.audit() == [])
    let database = try DatabaseQueue(path: path)
    for change in ["begun = begun + 1", "digest = x'00'", "blob = zeroblob(16)", "device = zeroblob(32)"] {
      try await database.write { try $0.execute(sql: "UPDATE unfinished_blob SET \(change)") }
      #expect(try relay.audit() == ["the list of unfinished uploads is damaged"], "\(change)")
      try await database.write { try $0.execute(sql: "DELETE FROM unfinished_blob") }
      #expect(try relay.audit() == ["the list of unfinished uploads is damaged"])
      try await database.write { try $0.execute(sql: "DELETE FROM blob") }
      #expect(try relay.audit() == [])
      _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
    }
    try await relay.writeBlob(upload.blob, of: account.id, at: 0, content, as: account.caller)
    #expect(try relay.audit() == [])
  }

  @Test(arguments: RelayKind.allCases)
  func `uploads that were begun together do not exceed the quota together`(kind: RelayKind)
    async throws
  {
    let probe = try TestAccount(checkpointKey: [UInt8](repeating: 1, count: 32))
    let logByteCount = UInt64(RelayUsage.byteCount(of: probe.create, probe.firstWraps))
    let opened = try kind.open(quota: logByteCount + 1500)
    let relay = opened.relay
    let account = try await TestAccount(at: relay)
    let first = try account.upload(of: bytes(1000))
    let second = try account.upload(of: bytes(1000))
    _ = try await relay.beginBlob(first, of: account.id, as: account.caller)
    _ = try await relay.beginBlob(second, of: account.id, as: account.caller)
    try await relay.writeBlob(first.blob, of: account.id, at: 0, bytes(1000), as: account.caller)
    let usage = try await relay.usage(of: account.id, as: account.caller)
    await #expect(throws: RelayError.quotaExceeded(usage)) {
      try await relay.writeBlob(second.blob, of: account.id, at: 0, bytes(1000), as: account.caller)
    }
  }

  private func store(_ content: [UInt8], of account: TestAccount, at relay: any Relay) async throws
    -> BlobUpload
  {
    let upload = try account.upload(of: content)
    _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
    try await relay.writeBlob(upload.blob, of: account.id, at: 0, content, as: account.caller)
    return upload
  }

  @Test(arguments: RelayKind.allCases)
  func `attachments are dropped for a device that has seen the newest record, and for no other`(
    kind: RelayKind
  )
    async throws
  {
    let opened = try kind.open()
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    let (first, second) = (
      try await store(bytes(1000), of: account, at: relay),
      try await store(bytes(2000), of: account, at: relay)
    )
    let begun = try account.upload(of: bytes(50))
    _ = try await relay.beginBlob(begun, of: account.id, as: account.caller)
    let listed = try await relay.blobs(of: account.id, after: nil, as: account.caller)
    #expect(listed.map(\.upload.blob) == [first.blob, second.blob, begun.blob].sorted())
    #expect(Set(listed.filter(\.isComplete).map(\.upload)) == [first, second])
    #expect(
      try await relay.blobs(of: account.id, after: listed[0].upload.blob, as: account.caller)
        == Array(listed[1...]))

    let old = try await account.send([account.record(1)], to: relay).checkpoint
    let newest = try await account.send([account.record(2)], to: relay).checkpoint
    func removal(_ knownCheckpoint: Checkpoint, by keys: DeviceKeys, _ blobs: [BlobID]) throws -> BlobRemoval
    {
      try BlobRemoval(of: blobs, knownCheckpoint: knownCheckpoint, by: keys, account: account.id)
    }
    await #expect(throws: RelayError.staleHistory(treeSize: 2)) {
      try await relay.removeBlobs(
        try removal(old, by: account.keys, [first.blob]), of: account.id, as: account.caller)
    }
    // The recovery device's, sent by another, and one of a device of no account.
    for keys in [account.recovery, try DeviceKeys()] {
      let other = try removal(newest, by: keys, [first.blob])
      await #expect(throws: RelayError.unknownAccount) {
        try await relay.removeBlobs(other, of: account.id, as: account.caller)
      }
    }
    let wrong = [
      try removal(newest, by: account.keys, []),
      try removal(newest, by: account.keys, (0...1000).map { _ in BlobID() }),
      // A signature for other blobs.
      try BlobRemoval(
        decoding: Array(
          try removal(newest, by: account.keys, [second.blob]).encoded.dropLast(64)
            + removal(newest, by: account.keys, [first.blob]).signature.bytes)),
    ]
    for removal in wrong {
      await #expect(throws: RelayError.blobRefused) {
        try await relay.removeBlobs(removal, of: account.id, as: account.caller)
      }
    }
    #expect(try await relay.blobs(of: account.id, after: nil, as: account.caller) == listed)

    try await relay.removeBlobs(
      try removal(newest, by: account.keys, [first.blob, begun.blob, BlobID()]), of: account.id,
      as: account.caller)
    #expect(try await relay.blobs(of: account.id, after: nil, as: account.caller).map(\.upload) == [second])
    #expect(try await relay.usage(of: account.id, as: account.caller).blobs == 2000)
    #expect(try await relay.blob(first.blob, of: account.id, as: account.caller) == nil)
  }

  @Test(arguments: RelayKind.allCases)
  func `an upload that another device is in the middle of is not dropped`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    let other = try DeviceKeys()
    let (entry, wraps) = try account.addition(of: other)
    try await account.send(entry, wraps, to: relay)
    let newest = try await account.send([account.record(1)], to: relay).checkpoint
    let complete = try await store(bytes(10), of: account, at: relay)
    let begun = try account.upload(of: bytes(50))
    _ = try await relay.beginBlob(begun, of: account.id, as: account.caller)
    let both = try BlobRemoval(
      of: [complete.blob, begun.blob], knownCheckpoint: newest, by: other, account: account.id)
    await #expect(throws: RelayError.blobRefused) {
      try await relay.removeBlobs(both, of: account.id, as: .device(other.deviceID))
    }
    #expect(try await relay.blobs(of: account.id, after: nil, as: account.caller).count == 2)
    let one = try BlobRemoval(
      of: [complete.blob], knownCheckpoint: newest, by: other, account: account.id)
    try await relay.removeBlobs(one, of: account.id, as: .device(other.deviceID))
    #expect(try await relay.blobs(of: account.id, after: nil, as: account.caller).map(\.upload) == [begun])
  }

  @Test(arguments: RelayKind.allCases)
  func `a mailbox holds 16 messages in order, and no large one`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    let name = MailboxID(unchecked: [UInt8](repeating: 7, count: 32))
    let other = MailboxID(unchecked: [UInt8](repeating: 8, count: 32))
    #expect(try await relay.messages(in: name, as: .anyone) == [])
    for message in UInt8(0)..<16 {
      try await relay.post([UInt8](repeating: message, count: Int(message)), to: name, as: .anyone)
    }
    try await relay.post([1], to: other, as: .anyone)
    #expect(
      try await relay.messages(in: name, as: .anyone)
        == (UInt8(0)..<16).map { [UInt8](repeating: $0, count: Int($0)) })
    await #expect(throws: RelayError.tooLarge) { try await relay.post([1], to: name, as: .anyone) }
    await #expect(throws: RelayError.tooLarge) {
      try await relay.post([UInt8](repeating: 0, count: 65_537), to: other, as: .anyone)
    }
    #expect(try await relay.messages(in: other, as: .anyone) == [[1]])
  }
}
#endif
