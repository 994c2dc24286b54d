import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("One thing that fails does not stop the others")
struct OneFailureTests {
  private let house: Household

  init() async throws { house = try await Household() }

  private func attach(_ name: String) throws -> Letterlock.Attachment {
    var message = Household.text(name)
    message.conversation = house.chat
    let source = AttachmentSource(
      name: name, mediaType: "text/plain", content: .bytes(SecureRandom.bytes(40_000)))
    try house.phone.append([ImportedMessage(message: message, attachments: [source])])
    return try #require(
      house.phone.timeline().messages.flatMap(\.attachments).first { $0.name == name })
  }

  @Test func `an attachment that cannot be sent is named with its message, and everything else is sent`()
    async throws
  {
    let (bad, good) = (try attach("bad"), try attach("good"))
    await house.relay.refuse(bad.blob)
    let report = try await house.phone.sync()
    #expect(report.verdict.isComplete)
    #expect(report.sentAttachments == 1 && report.sent == 2)
    let message = try #require(house.phone.timeline().messages.first { $0.text == "bad" })
    #expect(report.failedAttachments.map(\.blob) == [bad.blob])
    #expect(report.failedAttachments.first?.message == message.id)
    #expect(report.failedAttachments.first?.name == "bad")
    try await house.mac.sync()
    #expect(try await house.mac.download([good]) == 1)
    // It waits for the next time.
    await house.relay.behave()
    let again = try await house.phone.sync()
    #expect(again.sentAttachments == 1 && again.failedAttachments == [])
    #expect(try await house.mac.download([bad]) == 1)
  }

  @Test func `an attachment that does not come is named with its message, and the others come`() async throws
  {
    let (bad, good) = (try attach("bad"), try attach("good"))
    try await house.phone.sync()
    try await house.mac.sync()
    await house.relay.refuse(bad.blob)
    await #expect(throws: DeviceError.relay(.corrupted("damaged"))) {
      try await house.mac.download([bad, good])
    }
    #expect(try house.mac.neededStore().allBlobs() == [good.blob])
    try house.mac.neededStore().removeBlobs([good.blob])
    let transfer = try await house.mac.downloadAll()
    #expect(transfer.count == 1)
    #expect(transfer.failures.map(\.name) == ["bad"])
    #expect(transfer.failures.first?.conversation == house.chat)
    #expect(try await house.mac.download(where: { _ in true }).failures.count == 1)
    let report = try await house.phone.verifyRestore(with: try house.key())
    #expect(report.missingAttachments == [bad.blob])
  }

  @Test func `a file that the relay has damaged would not come back, and verifying the restore says so`()
    async throws
  {
    let (bad, good) = (try attach("bad"), try attach("good"))
    try await house.phone.sync()
    let whole = try await house.phone.verifyRestore(with: try house.key())
    #expect(whole.isComplete && whole.attachments == 2)
    await house.relay.alterBlobs { offset, bytes in offset == 0 ? bytes.map { $0 ^ 1 } : bytes }
    let report = try await house.phone.verifyRestore(with: try house.key())
    #expect(!report.isComplete)
    #expect(report.missingAttachments == [bad.blob, good.blob].sorted())
  }

  @Test func `a history is not complete while the relay withholds the key to a part of it`() async throws {
    try await house.phone.beginEpoch()
    let epoch = house.phone.log.newestEpoch.header.number
    for text in ["one", "two"] { try house.phone.append(Household.text(text), to: house.chat) }
    try await house.phone.sync()
    await house.relay.alterWraps { _ in nil }
    let records = UnreadableRecords(count: 2, reason: .epochWithheld(epoch: epoch))
    for _ in 0..<2 { #expect(try await house.mac.sync().verdict == .unreadable([records])) }
    await house.relay.behave()
    #expect(try await house.mac.sync().verdict.isComplete)
  }

  @Test func `a history is not complete while a record of it does not open, and its author is named`()
    async throws
  {
    let (keys, log, _) = house.mac.secrets
    var bytes = try house.mac.archive.conversation(house.chat).seal(Household.text("bad")).bytes
    bytes[bytes.count - 1] ^= 1
    let progress = try house.mac.progress()
    let author = progress.history.author(keys.deviceID)
    let signedBatch = try SignedBatch(
      of: [bytes], by: keys, account: log.account, logHead: log.head, counter: (author?.counter ?? 0) + 1,
      previous: author?.batchHash ?? .zero, knownCheckpoint: progress.checkpoint)
    let leaf = try #require(
      try await house.relay.append(signedBatch, records: [bytes], to: log.account).firstLeaf)
    let records = UnreadableRecords(count: 1, reason: .doesNotOpen(author: house.mac.id))
    try house.phone.append(Household.text("after"), to: house.chat)
    let report = try await house.phone.sync()
    #expect(report.verdict == .unreadable([records]) && report.sent == 1)
    #expect(try await house.phone.sync().verdict == .unreadable([records]))
    // Once it is erased nothing is missing.
    try house.phone.append(Household.text("erases it"), to: house.chat)
    try await house.phone.parts.history.sync.pusher.pushAll(erasing: [leaf])
    #expect(try await house.phone.sync().verdict.isComplete)
  }

  @Test func `a copy of a device that wrote meanwhile is found in its own newer batch`() async throws {
    let vault = MemoryKeyVault()
    try vault.save(try #require(try house.phoneVault.load()), replacing: nil)
    let copy = try Device(
      vault: vault, store: MemoryDeviceStore(copying: house.phoneStore), relay: house.relay)
    try house.phone.append(Household.text("by the one"), to: house.chat)
    try await house.phone.sync()
    try copy.append(Household.text("by the other"), to: house.chat)
    let report = try await copy.sync()
    #expect(report.verdict.isComplete && report.sent == 1)
    #expect(try await house.mac.sync().verdict.isComplete)
    #expect(try Household.texts(of: house.mac) == ["first", "by the one", "by the other"])
  }

  @Test func `a device whose sealing key is not the log's blames nobody, and keeps what waits`() async throws
  {
    let vault = MemoryKeyVault()
    try vault.save(try #require(try house.phoneVault.load()), replacing: nil)
    let store = MemoryDeviceStore(copying: house.phoneStore)
    let copy = try Device(vault: vault, store: store, relay: house.relay)
    try copy.append(Household.text("waits"), to: house.chat)
    try await house.phone.rotateKeys()
    for _ in 0..<2 { await #expect(throws: DeviceError.stateRolledBack) { try await copy.sync() } }
    let status = try await copy.status()
    #expect(status.holds == [.stateRolledBack])
    #expect(status.holds.first?.remedy == .joinAgain)
    #expect(try Household.texts(of: copy) == ["first", "waits"])
    #expect(try await house.mac.sync().repaired == [])
  }
}
