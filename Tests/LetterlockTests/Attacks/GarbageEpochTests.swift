import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: an epoch that nobody else can read, and a record under it")
struct GarbageEpochTests {
  /// The mac begins an epoch with wraps that hold nothing for anybody else, and appends one record under it.
  private func poison(_ house: Household, withRecord: Bool = true) async throws -> UInt64 {
    try await house.mac.sync()
    let (entry, wraps) = try SplitEpochTests.opening(
      by: house.mac, against: Set(house.mac.log.activeDevices).subtracting([house.mac.id]))
    try await house.relay.appendLogEntry(entry, wraps: wraps, to: house.phone.account)
    let number = try #require(entry.content.change.epoch?.number)
    // Its owner reads it.
    try await house.mac.parts.account.log.pullLog()
    try await house.mac.parts.account.log.pullWraps()
    if withRecord {
      try house.mac.append(Household.text("poison"), to: house.chat)
      try await house.mac.parts.history.sync.pusher.push()
    }
    return number
  }

  private func scanned(_ device: Device) throws -> UInt64 {
    try device.parts.services.journal.read().directory.scanned
  }

  @Test func `names and the time by the history go on past an epoch that was begun wrongly`() async throws {
    let house = try await Household()
    let clock = TestClock()
    clock.set(house.phone)
    let tablet = try await house.join("Tablet")
    clock.set(tablet)
    try await house.phone.sync()
    let message = try #require(try house.phone.timeline().messages.first)
    try house.phone.append(Household.text("stays"), to: house.chat)
    try house.phone.delete([message.id], in: house.chat, at: clock.now)
    try await house.phone.sync()
    let bad = try await poison(house)
    #expect(try await house.phone.sync().repaired == [house.mac.id])
    try await tablet.sync()
    #expect(house.phone.unreadableEpochs == [bad])
    clock.go(days: 31)
    try tablet.rename("New name")
    try await tablet.sync()
    try await house.phone.sync()
    #expect(try scanned(house.phone) == house.phone.progress().history.tree.size)
    #expect(try house.phone.devices().contains { $0.name == "New name" })
    #expect(try await house.phone.eraseExpired() == 1)
    // The records of that epoch are counted as its opener's, and not twice.
    let verdict = try await house.phone.sync().verdict
    guard case .unreadable(let records) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(try await house.phone.status().lastSync == clock.now)
    #expect(records == [UnreadableRecords(count: 1, reason: .epochFaulty(epoch: bad, by: house.mac.id))])
  }

  @Test func `a record that was passed over is looked at once its epoch can be read`() async throws {
    let house = try await Household()
    let tablet = try await house.join("Tablet")
    for device in [house.phone, house.mac] { try await device.sync() }
    // A wrap that is wrong for the phone alone: the tablet writes under the epoch, and links to it afterwards.
    let (entry, wraps) = try SplitEpochTests.opening(by: house.mac, against: [house.phone.id])
    try await house.relay.appendLogEntry(entry, wraps: wraps, to: house.phone.account)
    let bad = try #require(entry.content.change.epoch?.number)
    try await tablet.sync()
    try tablet.rename("Under the epoch")
    try await tablet.sync()
    try await house.phone.parts.account.puller.pull()
    #expect(house.phone.unreadableEpochs == [bad])
    #expect(try house.phone.parts.services.journal.read().directory.skipped == [bad])
    #expect(try scanned(house.phone) == house.phone.progress().history.tree.size)
    for _ in 0..<3 {
      try await house.phone.sync()
      try await tablet.sync()
    }
    #expect(house.phone.unreadableEpochs == [])
    #expect(try house.phone.devices().contains { $0.name == "Under the epoch" })
    let directory = try house.phone.parts.services.journal.read().directory
    #expect(directory.skipped == [])
    #expect(directory.presences.map(\.leaf) == directory.presences.map(\.leaf).sorted())
    // Nothing is taken twice.
    #expect(Set(directory.presences.map(\.leaf)).count == directory.presences.count)
    #expect(try await house.phone.sync().verdict.isComplete)
  }

  @Test(arguments: [false, true])
  func `a sealing key is replaced in time though an epoch was begun wrongly`(withRecord: Bool) async throws {
    let house = try await Household()
    let clock = TestClock()
    clock.set(house.phone)
    let bad = try await poison(house, withRecord: withRecord)
    try await house.phone.sync()
    #expect(house.phone.unreadableEpochs == [bad])
    let key = house.phone.secrets.keys.sealingKey
    clock.go(days: 181)
    try await house.phone.sync()
    #expect(house.phone.secrets.keys.sealingKey != key)
    try house.phone.append(Household.text("after"), to: house.chat)
    #expect(try await house.phone.sync().sent > 0)
  }

  @Test func `a sealing key is not replaced while the relay may still give an epoch's secret`() async throws {
    let house = try await Household()
    let clock = TestClock()
    clock.set(house.phone)
    try await house.mac.beginEpoch()
    await house.relay.alterWraps { _ in nil }
    _ = try? await house.phone.sync()
    let key = house.phone.secrets.keys.sealingKey
    clock.go(days: 181)
    _ = try? await house.phone.sync()
    #expect(house.phone.secrets.keys.sealingKey == key)
  }

  @Test func `files of erased messages go though a record cannot be read, and others stay and are named`()
    async throws
  {
    let house = try await Household()
    let gone = try AttachmentTests.attach(AttachmentTests.content(3000), to: house)
    try await house.phone.sync()
    let kept = try AttachmentTests.attach(AttachmentTests.content(4000, seed: 2), to: house)
    try await house.phone.sync()
    // A file whose message was never written.
    let orphan = try house.phone.seal(
      AttachmentSource(mediaType: "a/b", content: .bytes(AttachmentTests.content(600_000, seed: 3))))
    try await house.phone.sync()
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    _ = try await poison(house)
    try await again.sync()
    let message = try #require(
      try again.timeline().messages.first { $0.attachments.contains { $0.blob == gone.blob } })
    try again.delete([message.id], in: house.chat)
    #expect(try await again.eraseDeleted(before: .now) == 1)
    func blobs() async throws -> Set<BlobID> {
      Set(
        try await house.relay.blobs(of: house.phone.account, after: nil, as: house.phone.caller)
          .map(\.upload.blob))
    }
    #expect(try await blobs() == [kept.blob, orphan.attachment.blob])
    #expect(try house.phoneStore.blob(gone.blob) == nil)
    let report = try await again.collectUnreferencedAttachments()
    #expect(report == CollectionReport(collected: .init(), unreadableRecordCount: 1))
    #expect(try await blobs() == [kept.blob, orphan.attachment.blob])
  }
}
