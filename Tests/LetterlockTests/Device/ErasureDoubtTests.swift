import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Nothing is erased for good while it is not known what people said")
struct ErasureDoubtTests {
  /// A message that the phone deleted, and both devices know it.
  private func deleted() async throws -> (Household, MessageID) {
    let house = try await Household()
    let message = Household.text("deleted")
    try house.phone.append(message, to: house.chat)
    try house.phone.delete([message.id], in: house.chat)
    try await house.phone.sync()
    try await house.mac.sync()
    return (house, message.id)
  }

  private func enqueueErased(_ message: MessageID, _ house: Household) throws {
    try house.phone.parts.writing.outbox.enqueue([
      .deletion(Deletion(.erased, at: .now, conversation: house.chat, messages: [message]))
    ])
  }

  /// The relay hides from the phone that the Mac took the message back.
  private func hideRecovery(of message: MessageID, _ house: Household) async throws -> UInt64 {
    try house.mac.recover([message], in: house.chat)
    try await house.mac.sync()
    let leaf = try house.mac.progress().history.tree.size - 1
    await house.relay.alter { page in
      HistoryPage(batches: page.batches.map { $0.putting(nil, at: leaf) }, checkpoint: page.checkpoint)
    }
    return leaf
  }

  private func expectThere(_ house: Household) async throws {
    for device in [house.phone, house.mac] {
      #expect(try await device.sync().verdict.isComplete)
      #expect(try Household.texts(of: device) == ["first", "deleted"])
      #expect(try device.timeline().messages.allSatisfy { $0.recentlyDeletedAt == nil })
    }
  }

  @Test func `a relay that hides that a message was taken back has it erased by nobody`() async throws {
    let (house, message) = try await deleted()
    let leaf = try await hideRecovery(of: message, house)
    await #expect(throws: DeviceError.historyRefused(.missing(leaves: [leaf]))) {
      try await house.phone.eraseDeleted(before: Timestamp.now)
    }
    await house.relay.behave()
    #expect(try await house.phone.eraseDeleted(before: Timestamp.now) == 0)
    try await expectThere(house)
  }

  @Test func `an entry that waits erases nothing while a record is missing`() async throws {
    let (house, message) = try await deleted()
    _ = try await hideRecovery(of: message, house)
    try enqueueErased(message, house)
    _ = try? await house.phone.sync()
    await house.relay.behave()
    try await expectThere(house)
  }

  @Test func `a relay that withholds the secret of who took a message back has it erased by nobody`()
    async throws
  {
    let (house, message) = try await deleted()
    try await house.withholdEpoch { try $0.recover([message], in: house.chat) }
    #expect(house.phone.state.view.awaitsEpochSecret)
    await #expect(throws: DeviceError.archive(.epochRefused(by: nil))) {
      try await house.phone.eraseDeleted(before: Timestamp.now)
    }
    await house.relay.behave()
    #expect(try await house.phone.eraseDeleted(before: Timestamp.now) == 0)
    try await expectThere(house)
  }

  @Test(arguments: [false, true])
  func `what was taken back just before, and waits to be sent too, is not erased`(isWhole: Bool) async throws
  {
    let (house, message) = try await deleted()
    try house.phone.recover(isWhole ? [] : [message], in: house.chat)
    try enqueueErased(message, house)
    try await house.phone.sync()
    try await expectThere(house)
  }

  /// The relay hides from the phone what the Mac wrote, and the phone sends an entry that erases nothing.
  private func postponed(_ message: MessageID, _ house: Household) async throws {
    try house.mac.append(Household.text("hidden"), to: house.chat)
    try await house.mac.sync()
    let leaf = try house.mac.progress().history.tree.size - 1
    await house.relay.alter { page in
      HistoryPage(batches: page.batches.map { $0.putting(nil, at: leaf) }, checkpoint: page.checkpoint)
    }
    try enqueueErased(message, house)
    let report = try await house.phone.sync()
    #expect(report.verdict == .missing(leaves: [leaf]))
    #expect(report.postponedErasures == 1)
    await house.relay.behave()
    for device in [house.phone, house.mac, house.phone] {
      let report = try await device.sync()
      #expect(report.verdict.isComplete && report.postponedErasures == 0)
      // Every device shows the same: the message is in recently deleted.
      let shown = try device.timeline().messages.first { $0.id == message }
      #expect(shown?.recentlyDeletedAt != nil)
    }
  }

  @Test(arguments: [true, false])
  func `what could not be erased is erased with the next, however short ago it was deleted`(
    isSender: Bool
  ) async throws {
    let (house, message) = try await deleted()
    try await postponed(message, house)
    let device = isSender ? house.phone : house.mac
    #expect(try await device.eraseExpired(after: 30) == 1)
    for device in [house.phone, house.mac, try await house.restore()] {
      #expect(try await device.sync().verdict.isComplete)
      #expect(try Household.texts(of: device) == ["first", "hidden"])
    }
    #expect(try await device.eraseExpired(after: 30) == 0)
  }

  @Test func `what could not be erased and was taken back since stays`() async throws {
    let (house, message) = try await deleted()
    try await postponed(message, house)
    try house.mac.recover([message], in: house.chat)
    try await house.mac.sync()
    #expect(try await house.phone.eraseExpired(after: 30) == 0)
    #expect(try Household.texts(of: house.phone) == ["first", "deleted", "hidden"])
    // Deleted again, it has its whole time again.
    try house.mac.delete([message], in: house.chat)
    try await house.mac.sync()
    #expect(try await house.phone.eraseExpired(after: 30) == 0)
  }

  @Test func `what was taken back and deleted again is erased`() async throws {
    let (house, message) = try await deleted()
    try house.phone.recover([message], in: house.chat)
    try house.phone.delete([message], in: house.chat)
    try enqueueErased(message, house)
    try await house.phone.sync()
    #expect(try Household.texts(of: house.phone) == ["first"])
  }

  // MARK: What is known later

  /// The phone lacks what says that the message was taken back: the record, or the secret to open it.
  private func withholdRecovery(of message: MessageID, _ house: Household, isSecret: Bool) async throws {
    if isSecret {
      try await house.withholdEpoch { try $0.recover([message], in: house.chat) }
    } else {
      _ = try await hideRecovery(of: message, house)
      _ = try? await house.phone.sync()
    }
  }

  @Test(arguments: [false, true])
  func `what comes while an entry is sent again counts`(isSecret: Bool) async throws {
    let (house, message) = try await deleted()
    try await withholdRecovery(of: message, house, isSecret: isSecret)
    try enqueueErased(message, house)
    // The relay is honest again once the entry was brought, and refuses it: the log has moved on.
    await house.relay.beforeBatch { [relay = house.relay, mac = house.mac] in
      await relay.behave()
      try await mac.sync()
      try await mac.beginEpoch()
    }
    try await house.phone.parts.history.sync.pusher.push()
    try await expectThere(house)
  }

  @Test(arguments: [false, true])
  func `what was read counts no longer when what was missing is there`(isSecret: Bool) async throws {
    let (house, message) = try await deleted()
    try await withholdRecovery(of: message, house, isSecret: isSecret)
    let history = house.phone.parts.history.sync.pusher.erasures.history
    let name = ErasureTargets.Name(message: message, conversation: house.chat)
    var targets = ErasureTargets(of: [name])
    try targets.read(history)
    let wasAsRead = try targets.isAsRead(history)
    let before = try #require(targets.word(on: name))
    #expect(before != .recovered && wasAsRead)
    await house.relay.behave()
    try await house.phone.sync()
    let isAsRead = try targets.isAsRead(history)
    try targets.read(history)
    let after = targets.word(on: name)
    #expect(after == .recovered && !isAsRead)
  }

  // MARK: What is deleted again

  /// The Mac takes the message back, and deletes it again some time after now.
  private func deleteAgain(_ message: MessageID, _ house: Household) async throws {
    try house.mac.recover([message], in: house.chat)
    try house.mac.delete([message], in: house.chat, at: Timestamp.now.adding(40 * TestClock.day))
    try await house.mac.sync()
  }

  /// The message is in recently deleted, and is not erased before its time; but at once if a person says so.
  private func expectWholeTime(_ house: Household) async throws {
    for device in [house.phone, house.mac] {
      #expect(try await device.sync().verdict.isComplete)
      #expect(try await device.eraseExpired(after: 30) == 0)
      #expect(try Household.texts(of: device) == ["first", "deleted"])
      #expect(try device.timeline().messages.map { $0.recentlyDeletedAt != nil } == [false, true])
    }
    let end = Timestamp(nanosecondsSince1970: .max)
    #expect(try await house.phone.eraseDeleted(before: end) == 1)
    #expect(try Household.texts(of: house.phone) == ["first"])
  }

  @Test func `an entry that waits erases nothing that was deleted again after it was made`() async throws {
    let (house, message) = try await deleted()
    try enqueueErased(message, house)
    try await deleteAgain(message, house)
    try await house.phone.sync()
    try await expectWholeTime(house)
  }

  @Test func `an entry that erased nothing counts for no deletion after it was made`() async throws {
    let (house, message) = try await deleted()
    try await deleteAgain(message, house)
    try await house.postponeErasure(of: message, by: house.phone)
    try await expectWholeTime(house)
  }
}
