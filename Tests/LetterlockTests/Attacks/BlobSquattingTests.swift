import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: junk under the name of another device's file")
struct BlobSquattingTests {
  private static let junk = AttachmentTests.content(500, seed: 9)

  /// A file of the phone whose message every device has, and whose upload failed.
  private func unsent(in house: Household) async throws -> Letterlock.Attachment {
    let attachment = try AttachmentTests.attach(AttachmentTests.content(3000), to: house)
    await house.relay.refuse(attachment.blob)
    #expect(try await house.phone.sync().failedAttachments.count == 1)
    await house.relay.behave()
    try await house.mac.sync()
    return attachment
  }

  /// The mac puts junk in its place.
  private func squat(
    on blob: BlobID, in house: Household, _ content: [UInt8] = junk, byteCount: Int
  ) async throws {
    let upload = try BlobUpload(
      blob: blob, byteCount: UInt64(content.count), digest: SegmentHasher.digest(of: content),
      by: house.mac.secrets.keys, account: house.mac.account)
    let (account, caller) = (house.mac.account, house.mac.caller)
    _ = try await house.relay.beginBlob(upload, of: account, as: caller)
    guard byteCount > 0 else { return }
    try await house.relay.writeBlob(
      blob, of: account, at: 0, Array(content.prefix(byteCount)), as: caller)
  }

  private func expectSent(_ attachment: Letterlock.Attachment, in house: Household) async throws {
    let report = try await house.phone.sync()
    #expect(report.sentAttachments == 1 && report.failedAttachments.isEmpty)
    let upload = try await house.relay.blob(
      attachment.blob, of: house.phone.account, as: house.phone.caller)
    #expect(upload?.digest.bytes == attachment.digest)
    #expect(try await house.mac.download([attachment]) == 1)
  }

  @Test(arguments: [0, 100, 500])
  func `the file is sent, whether the junk is complete or not`(byteCount: Int) async throws {
    let house = try await Household()
    let attachment = try await unsent(in: house)
    try await squat(on: attachment.blob, in: house, byteCount: byteCount)
    try await expectSent(attachment, in: house)
  }

  /// The relay is restored from a backup of before the file, and the mac is quicker than the phone.
  @Test(arguments: [0, 100, 500])
  func `a file that the relay lost is sent again, though its name is taken`(byteCount: Int) async throws {
    let house = try await Household()
    let backup = await house.relay.honest.fork()
    let attachment = try AttachmentTests.attach(AttachmentTests.content(3000), to: house)
    #expect(try await house.phone.sync().sentAttachments == 1)
    try await house.mac.sync()
    await house.relay.restore(from: backup)
    #expect(try await house.phone.sync().returned != nil)
    await house.relay.reopen()
    try await squat(on: attachment.blob, in: house, byteCount: byteCount)
    try await expectSent(attachment, in: house)
  }

  @Test func `a message that names the junk does not keep it there`() async throws {
    let house = try await Household()
    let attachment = try await unsent(in: house)
    try await squat(on: attachment.blob, in: house, byteCount: 500)
    var message = Household.text("junk")
    message.attachments = [
      try Letterlock.Attachment(
        blob: attachment.blob, key: SecretKey(random: 32), mediaType: "a/b", byteCount: 400,
        digest: SegmentHasher.digest(of: Self.junk).bytes)
    ]
    try house.mac.append(message, to: house.chat)
    try await house.mac.sync()
    try await expectSent(attachment, in: house)
    // What a message's author sealed stays, whatever others name by it.
    let restarted = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(try await restarted.collectUnreferencedAttachments().collected.count == 0)
  }

  @Test func `a third device has the junk dropped, and the file is sent afterwards`() async throws {
    let house = try await Household()
    let tablet = try await house.join("Tablet")
    let attachment = try await unsent(in: house)
    try await squat(on: attachment.blob, in: house, byteCount: 500)
    #expect(try await tablet.collectUnreferencedAttachments().collected.count == 1)
    #expect(
      try await house.relay.blob(attachment.blob, of: tablet.account, as: tablet.caller) == nil)
    try await expectSent(attachment, in: house)
  }

  @Test func `an upload of the same bytes that is never completed gives way after a day`() async throws {
    let house = try await Household()
    let attachment = try await unsent(in: house)
    let sealed = try house.phoneStore.readBlob(attachment.blob, at: 0, byteCount: 1 << 20)
    try await squat(on: attachment.blob, in: house, sealed, byteCount: 1)
    #expect(try await house.phone.sync().failedAttachments.map(\.reason) == [.relay(.blobRefused)])
    house.clock.advance(by: .seconds(86_401))
    try await expectSent(attachment, in: house)
  }
}
