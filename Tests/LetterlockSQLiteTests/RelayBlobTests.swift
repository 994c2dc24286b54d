#if SQLite
import CryptoCore
import LetterlockTestKit
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

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
  func `an upload signed for another account, or empty and not so, is refused`(kind: RelayKind)
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
    let empty = try account.upload(of: [], digest: SegmentHasher.digest(of: [1]))
    await #expect(throws: RelayError.blobRefused) {
      try await relay.beginBlob(empty, of: account.id, as: account.caller)
    }
    await #expect(throws: RelayError.unknownBlob) {
      try await relay.writeBlob(BlobID(), of: account.id, at: 0, [1], as: account.caller)
    }
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
