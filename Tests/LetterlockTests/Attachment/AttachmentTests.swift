import CryptoCore
import Foundation
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attachments, SPEC.md section 7.1")
struct AttachmentTests {
  /// Bytes that differ from place to place.
  static func content(_ byteCount: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount + 8)
    while bytes.count < byteCount {
      let word = generator.next()
      for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return Array(bytes[..<byteCount])
  }

  /// Seals a file and keeps it with a message.
  static func attach(_ content: [UInt8], to house: Household) throws -> Letterlock.Attachment {
    let source = AttachmentSource(
      name: "file", mediaType: "application/octet-stream", content: .bytes(content))
    var message = Household.text("file")
    message.conversation = house.chat
    try house.phone.append([ImportedMessage(message: message, attachments: [source])])
    return try #require(house.phone.timeline().messages.last { !$0.attachments.isEmpty }?.attachments.first)
  }

  private static func whole(_ attachment: Letterlock.Attachment, from device: Device) async throws -> [UInt8]
  {
    var bytes: [UInt8] = []
    try await device.read(attachment) { bytes += $0 }
    return bytes
  }

  @Test(arguments: [0, 1, 256, 16_383, 16_384, 16_385, 524_287, 524_288, 524_289, 557_056, 1_600_000])
  func `a file of any length comes back, and a second device gets the same`(byteCount: Int) async throws {
    let house = try await Household()
    let content = Self.content(byteCount)
    let attachment = try Self.attach(content, to: house)
    #expect(attachment.byteCount == UInt64(byteCount))
    #expect(try await Self.whole(attachment, from: house.phone) == content)
    try await house.phone.sync()
    try await house.mac.sync()
    let found = try #require(house.mac.timeline().messages.last?.attachments.first)
    #expect(found == attachment)
    #expect(try await Self.whole(found, from: house.mac) == content)
    let findings = try await ArchiveVerification.run(house.mac).findings
    #expect(findings == [])
  }

  @Test func `what files are said to take is counted without overflow`() {
    var share = AttachmentStorage.Share()
    for byteCount in [UInt64.max, 1, 5] { share.add(byteCount) }
    #expect(share.count == 3 && share.byteCount == .max)
  }

  @Test func `any part of a file is read without the rest, here and from the relay`() async throws {
    let house = try await Household()
    let content = Self.content(1_200_000)
    let attachment = try Self.attach(content, to: house)
    try await house.phone.sync()
    try await house.mac.sync()
    var generator = SeededGenerator(seed: 7)
    let ends = [0, 1, 16_383, 16_384, 16_385, 524_288, 1_199_999, 1_200_000, 1_300_000]
    let chosen = ends.flatMap { start in ends.filter { $0 >= start }.map { start..<$0 } }
    let random = (0..<20).map { _ in
      let start = Int.random(in: 0..<1_200_000, using: &generator)
      return start..<start + Int.random(in: 0...40_000, using: &generator)
    }
    for device in [house.phone, house.mac] {
      let file = try await device.open(attachment)
      for range in chosen + random {
        let expected = Array(content[range.clamped(to: 0..<content.count)])
        let read = try await file.read(UInt64(range.lowerBound)..<UInt64(range.upperBound))
        #expect(read == expected, "\(range)")
      }
    }
    // The second device fetched what it was asked for and kept none of it.
    #expect(try house.mac.neededStore().allBlobs() == [])
  }

  @Test func `a small part of a file at the relay costs little`() async throws {
    let house = try await Household()
    let attachment = try Self.attach(Self.content(1_200_000), to: house)
    try await house.phone.sync()
    await house.relay.countBlobBytes()
    let part = try await house.mac.read(attachment, range: 700_000..<700_100)
    #expect(part == Array(Self.content(1_200_000)[700_000..<700_100]))
    #expect(await house.relay.blobByteCount < 3 * 16_400)
  }

  @Test func `a part of a file that was altered, cut or exchanged is refused, and the others are not`()
    async throws
  {
    let house = try await Household()
    let content = Self.content(200_000)
    let attachment = try Self.attach(content, to: house)
    try await house.phone.sync()
    let unreadable = DeviceError.attachmentUnreadable(attachment.blob)
    let chunk = UInt64(16_400)
    // Chunk 3 has one bit wrong.
    await house.relay.alterBlobs { offset, bytes in
      var bytes = bytes
      let place = 56 + 3 * chunk + 100
      if offset <= place, place < offset + UInt64(bytes.count) { bytes[Int(place - offset)] ^= 1 }
      return bytes
    }
    let file = try await house.mac.open(attachment)
    #expect(try await file.read(0..<49_152) == Array(content[0..<49_152]))
    await #expect(throws: unreadable) { try await file.read(49_152..<49_153) }
    await #expect(throws: unreadable) { try await file.read(0..<200_000) }
    #expect(try await file.read(65_536..<70_000) == Array(content[65_536..<70_000]))
    // Chunk 1 in the place of chunk 2.
    let relay = house.relay
    await relay.alterBlobs { offset, bytes in
      guard offset == 56 + 2 * chunk else { return bytes }
      return
        (try? await relay.honest.readBlob(
          attachment.blob, of: house.phone.account, at: 56 + chunk, byteCount: bytes.count,
          as: house.phone.caller)) ?? []
    }
    await #expect(throws: unreadable) { try await house.mac.read(attachment, range: 32_768..<32_769) }
    // A file that ends early is noticed before a byte of it is given.
    await relay.alterBlobs { offset, bytes in
      Array(bytes.prefix(Int(max(0, 56 + 5 * Int64(chunk) - Int64(offset)))))
    }
    await #expect(throws: unreadable) { try await house.mac.open(attachment) }
  }

  @Test func `a device heals a part of its own copy from the relay`() async throws {
    let house = try await Household()
    let content = Self.content(600_000)
    let attachment = try Self.attach(content, to: house)
    try await house.phone.sync()
    try [UInt8](repeating: 0, count: 9).withRawSpan {
      try house.phoneStore.writeBlob(attachment.blob, at: 20_000, $0)
    }
    #expect(try await house.phone.read(attachment, range: 0..<40_000) == Array(content[..<40_000]))
    await house.relay.alterBlobs { _, bytes in bytes.map { $0 ^ 1 } }
    await #expect(throws: DeviceError.attachmentUnreadable(attachment.blob)) {
      try await house.phone.read(attachment, range: 0..<40_000)
    }
  }

  @Test func `a device that has the key cannot put another file in the place of an author's`() async throws {
    let house = try await Household()
    let content = Self.content(1000)
    let attachment = try Self.attach(content, to: house)
    try await house.phone.sync()
    // The mac seals other bytes under the same key, and the relay helps.
    let padded = Int(Padding.attachmentByteCount(1000))
    let forged = try ChunkedEncryption.seal(
      [UInt8](repeating: 7, count: 1000) + [UInt8](repeating: 0, count: padded - 1000),
      suite: .cobblestone256,
      key: attachment.key,
      context: SealedSegments.context(account: house.phone.account, blob: attachment.blob))
    await house.relay.alterBlobs { offset, bytes in Array(forged[Int(offset)...].prefix(bytes.count)) }
    await #expect(throws: DeviceError.attachmentUnreadable(attachment.blob)) {
      try await Self.whole(attachment, from: house.mac)
    }
  }

  @Test
  func `an upload that breaks off goes on where it was, with what was sealed, whatever became of the file`()
    async throws
  {
    let house = try await Household()
    let content = Self.content(2_600_000)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(content).write(to: URL(fileURLWithPath: path))
    var message = Household.text("file")
    message.conversation = house.chat
    let source = AttachmentSource(mediaType: "application/octet-stream", content: .file(path: path))
    try house.phone.append([ImportedMessage(message: message, attachments: [source])])
    let attachment = try #require(house.phone.timeline().messages.last?.attachments.first)
    let sealed = try house.phoneStore.readBlob(attachment.blob, at: 0, byteCount: 3_000_000)
    await house.relay.countBlobBytes(failingAfter: 1_500_000)
    #expect(
      try await house.phone.sync().failedAttachments.map(\.reason) == [.relay(.unavailable("broken"))])
    let before = await house.relay.blobByteCount
    // The file is another one now: it is not looked at again.
    try Data(Self.content(2_600_000, seed: 9)).write(to: URL(fileURLWithPath: path))
    await house.relay.countBlobBytes()
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(try await again.sync().sentAttachments == 1)
    #expect(await house.relay.blobByteCount == sealed.count - before)
    #expect(
      try await house.relay.readBlob(
        attachment.blob, of: again.account, at: 0, byteCount: 3_000_000, as: house.phone.caller)
        == sealed)
    try await house.mac.sync()
    #expect(try await Self.whole(attachment, from: house.mac) == content)
  }

  @Test func `each attempt to seal has its own blob, key and salt, and one that broke off leaves nothing`()
    async throws
  {
    struct Broken: Error {}
    let house = try await Household()
    let content = Self.content(1_200_000)
    let breaking = ByteStream {
      var place = 0
      return {
        guard place < 1_100_000 else { throw Broken() }
        defer { place += 100_000 }
        return Array(content[place..<place + 100_000])
      }
    }
    var seen: [[UInt8]] = []
    #expect(throws: DeviceError.self) {
      try house.phone.seal(AttachmentSource(mediaType: "a/b", content: .stream(breaking)))
    }
    #expect(try house.phoneStore.allBlobs() == [])
    for _ in 0..<3 {
      let sealed = try house.phone.seal(AttachmentSource(mediaType: "a/b", content: .bytes(content)))
      let header = try house.phoneStore.readBlob(sealed.attachment.blob, at: 0, byteCount: 56)
      seen += [sealed.attachment.blob.bytes, sealed.attachment.key.exportRawBytes(), Array(header[..<24])]
    }
    #expect(Set(seen).count == 9)
  }

  @Test func `a file that somebody writes to while it is sealed is refused`() async throws {
    let house = try await Household()
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(Self.content(700_000)).write(to: URL(fileURLWithPath: path))
    let sealing = try AttachmentSealing(
      .file(path: path), account: house.phone.account, store: house.phoneStore)
    // It was opened; now it grows.
    try Data(Self.content(800_000)).write(to: URL(fileURLWithPath: path))
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: Data([1]))
    try handle.close()
    let source = AttachmentSource(mediaType: "a/b", content: .file(path: path))
    #expect(throws: DeviceError.attachmentChanged) {
      try sealing.seal(source, keys: house.phone.secrets.keys)
    }
    #expect(try house.phoneStore.allBlobs() == [])
  }

  @Test func `a download that breaks off goes on at the byte where it was`() async throws {
    let house = try await Household()
    let content = Self.content(3_000_000)
    let attachment = try Self.attach(content, to: house)
    try await house.phone.sync()
    try await house.mac.sync()
    await house.relay.countBlobBytes(failingAfter: 2_000_000)
    await #expect(throws: DeviceError.relay(.unavailable("broken"))) {
      try await house.mac.download([attachment])
    }
    let before = await house.relay.blobByteCount
    let store = try house.mac.neededStore()
    #expect(try store.downloadedByteCount(of: attachment.blob) == UInt64(before))
    // What is here already is read without asking.
    await house.relay.countBlobBytes(failingAfter: 2 * 16_400)
    #expect(
      try await house.mac.read(attachment, range: 500_000..<600_000) == Array(content[500_000..<600_000]))
    await house.relay.countBlobBytes()
    #expect(try await house.mac.download([attachment]) == 1)
    #expect(
      await house.relay.blobByteCount == Int(try #require(store.blob(attachment.blob)).byteCount) - before)
    #expect(try await Self.whole(attachment, from: house.mac) == content)
  }

  @Test func `a download whose first part was torn begins anew, and one that the relay alters is refused`()
    async throws
  {
    let house = try await Household()
    let content = Self.content(2_400_000)
    let attachment = try Self.attach(content, to: house)
    try await house.phone.sync()
    await house.relay.countBlobBytes(failingAfter: 1_000_000)
    _ = try? await house.mac.download([attachment])
    let store = try house.mac.neededStore()
    try [9, 9, 9].withRawSpan { try store.writeBlob(attachment.blob, at: 70_000, $0) }
    await house.relay.behave()
    #expect(try await house.mac.download([attachment]) == 1)
    #expect(try await Self.whole(attachment, from: house.mac) == content)
    try store.removeBlobs([attachment.blob])
    await house.relay.alterBlobs { offset, bytes in offset > 1_500_000 ? bytes.map { $0 ^ 1 } : bytes }
    for _ in 0..<2 {
      await #expect(throws: DeviceError.attachmentUnreadable(attachment.blob)) {
        try await house.mac.download([attachment])
      }
      #expect(try store.allBlobs() == [])
    }
  }
}
