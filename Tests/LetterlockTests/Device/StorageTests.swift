import CryptoCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Room that attachments take, SPEC.md sections 7.5 and 7.6")
struct StorageTests {
  private func attach(
    _ byteCounts: [Int], to device: Device, _ chat: ConversationID
  ) throws -> [Letterlock.Attachment] {
    for (index, count) in byteCounts.enumerated() {
      let content = AttachmentTests.content(count, seed: UInt64(index + 1))
      try device.append(
        Household.text("file \(index)"),
        attaching: [AttachmentSource(name: "\(index)", mediaType: "image/jpeg", content: .bytes(content))],
        to: chat)
    }
    return try device.timeline().messages.flatMap(\.attachments).suffix(byteCounts.count)
  }

  @Test func `a hook resizes what is sealed and adds a preview, which stays when the original goes`()
    async throws
  {
    let house = try await Household()
    let photo = AttachmentSource(
      name: "big.jpg", mediaType: "image/jpeg", content: .bytes([UInt8](repeating: 9, count: 900_000)))
    try house.phone.append(Household.text("look"), attaching: [photo], to: house.chat) { source in
      var smaller = source
      smaller.content = .bytes(AttachmentTests.content(600_000))
      return PreparedAttachment(
        file: smaller, preview: AttachmentSource(mediaType: "image/jpeg", content: .bytes([1, 2, 3])))
    }
    let message = try #require(house.phone.timeline().messages.last)
    #expect(message.attachments.map(\.role) == [.file, .preview])
    #expect(message.attachments.map(\.byteCount) == [600_000, 3])
    #expect(try house.phone.attachmentStorage().waiting.count == 2)
    // What waits is never dropped.
    let early = try await house.phone.evictOriginals()
    #expect(early == EvictionReport())
    try await house.phone.sync()
    let evicted = try await house.phone.evictOriginals()
    #expect(evicted.evicted.count == 1)
    #expect(evicted.notAtRelay.count == 0)
    let storage = try house.phone.attachmentStorage()
    #expect((storage.previews.count, storage.originals.count, storage.absent.count) == (1, 0, 1))
    let findings = try await ArchiveVerification.run(house.phone).findings
    #expect(findings == [])
    // It comes back when it is read, whole or in part.
    #expect(
      try await house.phone.read(message.attachments[0], range: 5..<10)
        == Array(AttachmentTests.content(600_000)[5..<10]))
    #expect(try house.phone.attachmentStorage().absent.count == 1)
    #expect(try await house.phone.download(message.attachments) == 1)
    #expect(try house.phone.attachmentStorage().absent.count == 0)
  }

  @Test func `what a hook throws comes out, and nothing is kept`() async throws {
    struct Refused: Error {}
    let house = try await Household()
    let file = AttachmentSource(mediaType: "image/jpeg", content: .bytes([1]))
    #expect(throws: Refused.self) {
      try house.phone.append(Household.text("look"), attaching: [file], to: house.chat) { _ in throw Refused()
      }
    }
    #expect(try Household.texts(of: house.phone) == ["first"])
    #expect(try house.phoneStore.allBlobs() == [])
  }

  @Test func `an app fetches previews alone, or files up to a size`() async throws {
    let house = try await Household()
    let photo = AttachmentSource(mediaType: "image/jpeg", content: .bytes(AttachmentTests.content(600_000)))
    for size in [10, 2000] {
      try house.phone.append(Household.text("look"), attaching: [photo], to: house.chat) {
        PreparedAttachment(
          file: $0,
          preview: AttachmentSource(
            mediaType: "image/jpeg", content: .bytes([UInt8](repeating: 1, count: size))))
      }
    }
    try await house.phone.sync()
    try await house.mac.sync()
    #expect(try await house.mac.download(where: { $0.role == .preview && $0.byteCount < 100 }).count == 1)
    #expect(try await house.mac.download(where: { $0.role == .preview }).count == 1)
    #expect(try house.mac.attachmentStorage().absent.count == 2)
    #expect(try await house.mac.download(where: { _ in true }).count == 2)
  }

  @Test func `a file that the relay lost, or does not really have, stays and is sent again`() async throws {
    let house = try await Household()
    let attachments = try attach([600_000, 700_000], to: house.phone, house.chat)
    try await house.phone.sync()
    try await house.mac.sync()
    try await house.mac.download(attachments)
    // The relay knows what was signed, and gives other bytes.
    await house.relay.alterBlobs { _, bytes in bytes.map { _ in 0 } }
    let doubted = try await house.mac.evictOriginals()
    #expect((doubted.evicted.count, doubted.notAtRelay.count) == (0, 2))
    #expect(try house.mac.attachmentStorage().waiting.count == 2)
    // The relay lost one: another device than its first sender sends it again.
    await house.relay.behave()
    let (keys, log, _) = house.phone.secrets
    let knownCheckpoint = try #require(house.phone.progress().checkpoint)
    try await house.relay.removeBlobs(
      try BlobRemoval(
        of: [attachments[0].blob], knownCheckpoint: knownCheckpoint, by: keys, account: log.account),
      of: log.account)
    #expect(try await house.mac.sync().sentAttachments == 2)
    #expect(
      try await house.relay.blob(attachments[0].blob, of: log.account, as: house.phone.caller)?.device
        == house.mac.id)
    #expect(
      try await house.relay.blob(attachments[1].blob, of: log.account, as: house.phone.caller)?.device
        == house.phone.id)
    #expect(try await house.mac.evictOriginals().evicted.count == 2)
  }

  @Test func `files of erased messages are collected, everywhere, and others are not`() async throws {
    let house = try await Household()
    let attachments = try attach([1000, 600_000, 700_000], to: house.phone, house.chat)
    try await house.phone.sync()
    try await house.mac.sync()
    try await house.mac.download(attachments)
    let gone = try #require(house.mac.timeline().messages.first { $0.text == "file 1" })
    // The mac erases what the phone had sent.
    try house.mac.delete([gone.id], in: house.chat)
    #expect(try await house.mac.eraseDeleted(before: .now) == 1)
    let left = try await house.relay.blobs(of: house.phone.account, after: nil, as: house.phone.caller).map(
      \.upload.blob)
    #expect(Set(left) == [attachments[0].blob, attachments[2].blob])
    #expect(try Set(house.mac.neededStore().allBlobs()) == Set(left))
    #expect(try await house.relay.usage(of: house.phone.account, as: house.phone.caller).blobs < 750_000)
    try await house.phone.sync()
    #expect(try house.phone.attachmentStorage().unreferenced.count == 1)
    _ = try await house.phone.collectUnreferencedAttachments()
    #expect(try Set(house.phoneStore.allBlobs()) == Set(left))
    for device in [house.phone, house.mac] {
      let findings = try await ArchiveVerification.run(device).findings
      #expect(findings == [])
    }
  }

  @Test func `a device collects its own uploads and those of removed devices, never another's`() async throws
  {
    let house = try await Household()
    let account = house.phone.account
    // Each device sealed a file and ended before it kept the message; both were sent.
    let (phones, macs) = (try orphan(of: house.phone), try orphan(of: house.mac))
    try await house.phone.sync()
    try await house.mac.sync()
    #expect(try await house.relay.blobs(of: account, after: nil, as: house.phone.caller).count == 2)
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(try await again.collectUnreferencedAttachments().collected.count == 1)
    #expect(
      try await house.relay.blobs(of: account, after: nil, as: house.phone.caller).map(\.upload.blob) == [
        macs
      ])
    #expect(try house.phoneStore.blob(phones) == nil)
    try await again.remove(house.mac.id)
    #expect(try await again.collectUnreferencedAttachments().collected.count == 1)
    #expect(try await house.relay.blobs(of: account, after: nil, as: house.phone.caller) == [])
  }

  @Test func `a device takes no upload for its own that it did not sign`() async throws {
    let house = try await Household()
    let account = house.phone.account
    let macs = try orphan(of: house.mac)
    try await house.mac.sync()
    try await house.phone.sync()
    let phone = house.phone.id
    // The relay says that the phone uploaded it.
    await house.relay.alterListing { stored in
      var bytes = stored.upload.encoded
      bytes.replaceSubrange(17..<49, with: phone.bytes)
      guard let upload = try? BlobUpload(decoding: bytes) else { return stored }
      return RelayBlob(upload: upload, isComplete: stored.isComplete)
    }
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(try await again.collectUnreferencedAttachments().collected.count == 0)
    await house.relay.behave()
    #expect(
      try await house.relay.blobs(of: account, after: nil, as: house.mac.caller).map(\.upload.blob) == [macs])
  }

  private func orphan(of device: Device) throws -> BlobID {
    let sealed = try device.seal(
      AttachmentSource(mediaType: "a/b", content: .bytes(AttachmentTests.content(600_000))))
    return sealed.attachment.blob
  }

  @Test func `what is being attached is not collected, though it was sent before its message`() async throws {
    let house = try await Household()
    let blob = try orphan(of: house.phone)
    try await house.phone.sync()
    #expect(try await house.phone.collectUnreferencedAttachments().collected.count == 0)
    #expect(try await house.relay.blob(blob, of: house.phone.account, as: house.phone.caller) != nil)
  }

  @Test func `nothing is collected while a record is missing or unreadable`() async throws {
    let house = try await Household()
    let blob = try orphan(of: house.phone)
    try await house.phone.sync()
    try house.mac.append(Household.text("seen by nobody"), to: house.chat)
    try await house.mac.sync()
    let leaf = try house.phone.progress().history.tree.size
    await house.relay.alter { page in
      HistoryPage(batches: page.batches.map { $0.putting(nil, at: leaf) }, checkpoint: page.checkpoint)
    }
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    await #expect(throws: DeviceError.historyRefused(.missing(leaves: [leaf]))) {
      _ = try await again.collectUnreferencedAttachments()
    }
    #expect(try await house.relay.blob(blob, of: house.phone.account, as: house.phone.caller) != nil)
  }
}
