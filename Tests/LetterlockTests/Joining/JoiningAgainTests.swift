import CryptoCore
import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 8.6: joining again in the place of a former device")
struct JoiningAgainTests {
  private let house: Household
  private let vault = MemoryKeyVault()
  private let store: FailingDeviceStore
  private let memory = MemoryDeviceStore()

  init() async throws {
    house = try await Household()
    store = FailingDeviceStore(memory)
  }

  private func join(_ name: String = "Tablet") async throws -> Device {
    let request = try await Device.requestToJoin(named: name, vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    return try await request.approved()
  }

  /// A tablet that was removed while messages, one with a file, waited on it.
  private func removedTablet() async throws -> Device {
    let tablet = try await join()
    try await tablet.sync()
    try tablet.append(Household.text("one"), to: house.chat)
    try tablet.append(
      Household.text("two"),
      attaching: [AttachmentSource(name: "f", mediaType: "text/plain", content: .bytes([1, 2, 3]))],
      to: house.chat)
    var secret = Message(
      sender: .me, carriage: .endToEnd(service: "iMessage"), body: .text(RichText("three")))
    secret.conversation = house.chat
    try tablet.append(secret, to: house.chat)
    try await house.phone.sync()
    try await house.phone.remove(tablet.id)
    guard case .removed = try await tablet.sync().verdict else {
      Issue.record("not removed")
      return tablet
    }
    return tablet
  }

  private func ids(of device: Device) throws -> [MessageID] { try device.timeline().messages.map(\.id) }

  @Test func `a copy that says how a message travelled is taken along, though the message is there`()
    async throws
  {
    let tablet = try await join()
    try await tablet.sync()
    try house.phone.importing([ImportedSample.message(in: house.chat)])
    try tablet.importing([ImportedSample.message("look", .carrier(.sms), in: house.chat)])
    try await house.phone.sync()
    try await house.phone.remove(tablet.id)
    try await tablet.sync()
    #expect(try house.phone.imported()?.protection == .importedEndToEnd(service: "iMessage"))
    let again = try await join("Tablet again")
    #expect(try await again.sync().takenAlong == 1)
    try await house.phone.sync()
    #expect(try house.phone.imported()?.protection == .unencrypted(.sms))
  }

  @Test func `what waited on a removed device is sent by the one that joins in its place, each once`()
    async throws
  {
    let tablet = try await removedTablet()
    let waiting = try tablet.timeline().messages.filter { ["one", "two", "three"].contains($0.text) }
    #expect(waiting.count == 3)
    let again = try await join("Tablet again")
    #expect(again.id != tablet.id)
    let report = try await again.sync()
    #expect(report.verdict.isComplete)
    #expect(report.takenAlong == 3)
    #expect(try await again.sync().takenAlong == 0)
    #expect(try memory.outboxCount() == 0)
    try await house.phone.sync()
    let there = try house.phone.timeline().messages
    for message in waiting {
      #expect(there.filter { $0.id == message.id }.count == 1)
      #expect(there.first { $0.id == message.id }?.protection == message.protection)
    }
    #expect(again.state.read { $0.handover == nil })
    #expect(try memory.entries(in: EntryRange(prefix: DeviceNote.takenAlong.key), limit: 9).isEmpty)
    let file = try #require(there.first { $0.text == "two" }?.attachments.first)
    var bytes: [UInt8] = []
    try await house.phone.read(file) { bytes += $0 }
    #expect(bytes == [1, 2, 3])
    #expect(try again.devices().contains { $0.name == "Tablet again" })
  }

  @Test func `a failure at any point of joining again loses nothing, and sends nothing twice`() async throws {
    let tablet = try await removedTablet()
    for point in 1... {
      store.fail(
        PlannedFailure(.from(point), point % 2 == 0 ? .beforeEffect : .afterEffect, counting: .changes))
      do {
        let device = try await proceed(after: tablet)
        if try await device.sync().verdict.isComplete, store.failureCount == 0 { break }
      } catch {}
      try #require(point < 400)
    }
    store.stopFailing()
    try await house.phone.sync()
    let texts = try house.phone.timeline().messages.map(\.text).filter {
      ["one", "two", "three"].contains($0)
    }
    #expect(texts.sorted() == ["one", "three", "two"])
    #expect(try memory.outboxCount() == 0)
  }

  /// What a process does that begins where another one was killed.
  private func proceed(after former: Device) async throws -> Device {
    let contents = try vault.contents()
    if contents.stage == .device {
      let state = try DeviceState(contents)
      if state.keys.deviceID != former.id, state.joinCode == nil {
        return try Device(vault: vault, store: store, relay: house.relay)
      }
      if state.keys.deviceID == former.id { return try await join() }
    }
    let request = try Device.resumeJoining(vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    return try await request.approved()
  }

  @Test func `what the relay took before the removal, and did not say, is not sent again`() async throws {
    let tablet = try await join()
    try await tablet.sync()
    try tablet.append(Household.text("one"), to: house.chat)
    // The relay takes it, and the device never hears.
    let parts = tablet.parts.history.sync.pusher
    let waiting = try parts.signer.waiting(after: 0)
    let sending = try parts.signer.sign(
      waiting, erasing: [], after: try tablet.parts.services.progress.current())
    _ = try await house.relay.append(
      sending.signedBatch, records: waiting.map(\.bytes), to: house.phone.account)
    #expect(try memory.outboxCount() > 0)
    try await house.phone.sync()
    try await house.phone.remove(tablet.id)
    let again = try await join()
    #expect(try await again.sync().verdict.isComplete)
    #expect(try again.timeline().messages.filter { $0.text == "one" }.count == 1)
  }

  @Test func `a device that may still act is not replaced`() async throws {
    _ = try await join()
    await #expect(throws: DeviceError.vaultNotEmpty) {
      try await Device.requestToJoin(named: "x", vault: vault, store: store, relay: house.relay)
    }
  }

  @Test func `what waits for one account is never taken along to another`() async throws {
    let tablet = try await removedTablet()
    let other = try await Device.createAccount(
      named: "Other", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay
    ).device
    let request = try await Device.requestToJoin(
      named: "x", vault: vault, store: store, relay: house.relay)
    try await other.approve(request.code)
    await #expect(throws: DeviceError.otherAccount(tablet.account)) { try await request.approved() }
    #expect(try memory.outboxCount() == 3)
    // A device of the right account can still approve.
    try await house.phone.approve(request.code)
    #expect(try await request.approved().sync().takenAlong == 3)
  }

  @Test func `a restore in the folder of a removed device takes along what waits there`() async throws {
    let tablet = try await removedTablet()
    let session = try await Device.openRecovery(
      with: try house.key(), vault: vault, store: store, relay: house.relay)
    let restored = try await session.restore(keeping: [house.phone.id], named: "Restored").device
    #expect(restored.id != tablet.id)
    let report = try await restored.sync()
    #expect(report.verdict.isComplete)
    #expect(report.takenAlong == 3)
    try await house.phone.sync()
    #expect(try Set(ids(of: house.phone)).count == ids(of: house.phone).count)
    #expect(try house.phone.timeline().messages.filter { $0.text == "three" }.count == 1)
  }

  @Test func `a restored device that no relay knows restores again, and loses nothing that it wrote`()
    async throws
  {
    let backup = await house.relay.honest.fork()
    let lost = try await Device.restore(
      with: try house.key(), keeping: [], vault: vault, store: store, relay: house.relay)
    try lost.append(Household.text("sent"), to: house.chat)
    try await lost.sync()
    try lost.append(Household.text("waits"), to: house.chat)
    // The relay lost it all, and nobody gives it back in time.
    await house.relay.turn(to: backup)
    try house.phone.append(Household.text("later"), to: house.chat)
    try await house.phone.sync()
    await #expect(throws: DeviceError.relay(.unknownAccount)) { try await lost.sync() }
    let session = try await Device.openRecovery(
      with: try house.key(), vault: vault, store: store, relay: house.relay)
    let again = try await session.restore(keeping: [], named: "Again").device
    let report = try await again.sync()
    #expect(report.verdict.isComplete)
    #expect(report.takenAlong == 2)
    #expect(try Set(again.timeline().messages.map(\.text)) == ["first", "later", "sent", "waits"])
  }

  @Test func `a device whose vault was put back from a copy joins again with what waits`() async throws {
    let tablet = try await join()
    try await tablet.sync()
    let copy = try vault.contents()
    try await tablet.rotateKeys()
    try tablet.append(Household.text("one"), to: house.chat)
    let old = MemoryKeyVault()
    try old.save(copy, replacing: nil)
    let request = try await Device.requestToJoin(
      named: "Again", vault: old, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    let again = try await request.approved()
    #expect(try await again.sync().takenAlong == 1)
    try await house.phone.sync()
    #expect(try house.phone.timeline().messages.filter { $0.text == "one" }.count == 1)
  }

  @Test func `what a removed device left unfinished gives way to another upload of the same file`()
    async throws
  {
    let relay = try InMemoryRelay(policy: .patient)
    var account = try await TestAccount(at: relay)
    let gone = try DeviceKeys()
    try await account.add(gone, at: relay)
    let bytes = [UInt8](repeating: 5, count: 1000)
    let upload = try account.upload(of: bytes, by: gone)
    let caller = RelayCaller.device(gone.deviceID)
    _ = try await relay.beginBlob(upload, of: account.id, as: caller)
    try await relay.writeBlob(upload.blob, of: account.id, at: 0, Array(bytes.prefix(500)), as: caller)
    let own = try account.upload(of: bytes, as: upload.blob)
    await #expect(throws: RelayError.blobRefused) {
      try await relay.beginBlob(own, of: account.id, as: account.caller)
    }
    let (removal, wraps) = try account.removal(of: [gone])
    try await account.send(removal, wraps, to: relay)
    #expect(try await relay.beginBlob(own, of: account.id, as: account.caller) == 0)
    try await relay.writeBlob(own.blob, of: account.id, at: 0, bytes, as: account.caller)
    #expect(try await relay.blob(own.blob, of: account.id, as: account.caller) == own)
    #expect(try await relay.usage(of: account.id, as: account.caller).blobs == 1000)
  }
}
