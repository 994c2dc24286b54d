import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// The tablet wrote after a backup of the relay was made, and came too late to give it back: by then the relay has a
/// longer history that goes on from the backup without it.
@Suite("SPEC.md section 8.6: a former device whose history the relay does not have")
struct ForkedFormerDeviceTests {
  private let house: Household
  private let vault = MemoryKeyVault()
  private let store = MemoryDeviceStore()
  private let tablet: Device

  init() async throws {
    house = try await Household()
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    tablet = try await request.approved()
    try tablet.append(Household.text("before"), to: house.chat)
    try await tablet.sync()
    try await house.phone.sync()
  }

  /// Goes on from a backup that lacks what the tablet sent.
  private func fork(laterCount: Int = 3) async throws {
    let backup = await house.relay.honest.fork()
    try tablet.append(Household.text("sent"), to: house.chat)
    #expect(try await tablet.sync().verdict.isComplete)
    try tablet.append(Household.text("waits"), to: house.chat)
    await house.relay.turn(to: backup)
    for number in 0..<laterCount {
      try house.phone.append(Household.text("later \(number)"), to: house.chat)
      #expect(try await house.phone.sync().verdict.isComplete)
    }
  }

  private func joinAgain() async throws -> Device {
    let request = try await Device.requestToJoin(
      named: "Again", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    return try await request.approved()
  }

  private func check(_ again: Device, takenAlong count: Int = 2, lacking lost: [String] = []) async throws {
    #expect(again.id != tablet.id)
    let report = try await again.sync()
    #expect(report.verdict.isComplete)
    #expect(report.takenAlong == count)
    #expect(again.state.read { $0.handover == nil })
    #expect(try store.outboxCount() == 0)
    for device in [house.phone, again] {
      #expect(try await device.sync().verdict.isComplete)
      let texts = try Household.texts(of: device)
      #expect(texts.filter { ["sent", "waits"].contains($0) }.sorted() == ["sent", "waits"])
      #expect(texts.filter { $0 == "before" }.count == (lost.isEmpty ? 1 : 0))
    }
    #expect(try await ArchiveVerification.run(again).findings == [])
  }

  @Test(arguments: [1, 3])
  func `it joins again, and what the relay does not have is taken along`(laterCount: Int) async throws {
    try await fork(laterCount: laterCount)
    #expect(try await !tablet.sync().verdict.isComplete)
    try await check(try await joinAgain())
  }

  @Test func `it is restored in its folder, and what the relay does not have is taken along`() async throws {
    try await fork()
    let session = try await Device.openRecovery(
      with: try house.key(), vault: vault, store: store, relay: house.relay)
    try await check(try await session.restore(keeping: [house.phone.id], named: "Again").device)
  }

  @Test func `one that was removed as well joins again`() async throws {
    try await fork()
    try await house.phone.remove(tablet.id)
    try await check(try await joinAgain())
  }

  @Test func `what was erased meanwhile of the history that both share does not come back`() async throws {
    let leaf = try #require(
      try house.phone.timeline().messages.first { $0.text == "before" }.flatMap { message in
        var found: UInt64?
        try house.phone.forEachEntry { entry in
          if case .success(.message(let read)) = entry.entry, read.id == message.id { found = entry.leaf }
        }
        return found
      })
    try await fork()
    try house.phone.append(Household.text("erases"), to: house.chat)
    try await house.phone.parts.history.sync.pusher.pushAll(erasing: [leaf])
    try await check(try await joinAgain(), lacking: ["before"])
  }

  @Test func `a device that read the newest records of a history that was lost joins again`() async throws {
    let backup = await house.relay.honest.fork()
    try house.phone.append(Household.text("lost"), to: house.chat)
    try await house.phone.sync()
    #expect(try await tablet.newestMessages(in: house.chat, count: 1).messages.map(\.text) == ["lost"])
    await house.relay.turn(to: backup)
    for number in 0..<2 {
      try house.mac.append(Household.text("later \(number)"), to: house.chat)
      #expect(try await house.mac.sync().verdict.isComplete)
    }
    let request = try await Device.requestToJoin(
      named: "Again", vault: vault, store: store, relay: house.relay)
    try await house.mac.approve(request.code)
    let again = try await request.approved()
    #expect(try await again.sync().verdict.isComplete)
    #expect(try Household.texts(of: again) == ["first", "before", "later 0", "later 1"])
  }

  @Test func `a device that has fallen behind is not replaced`() async throws {
    for number in 0..<3 {
      try house.phone.append(Household.text("later \(number)"), to: house.chat)
      try await house.phone.sync()
    }
    await #expect(throws: DeviceError.vaultNotEmpty) { _ = try await joinAgain() }
  }

  @Test func `a history that the relay did not sign replaces no device, and drops nothing`() async throws {
    let before = try vault.contents().version
    let key = try CheckpointKey()
    await house.relay.alterStreams { page in
      let known = page.checkpoint
      guard
        let forged = try? Checkpoint(
          account: known.account, treeSize: known.treeSize + 9, treeRoot: known.treeRoot,
          logHead: known.logHead, at: known.time, by: key)
      else { return page }
      return StreamPage(
        checkpoint: forged, consistency: nil, batches: [], proof: page.proof, hasOlder: false)
    }
    let refusal = DeviceError.historyRefused(.tampered(.badSignature(tablet.id)))
    await #expect(throws: refusal) { _ = try await joinAgain() }
    #expect(try vault.contents().version == before)
    // Nor does a device that joins in a removed one's place leave its history for one.
    try await house.phone.remove(tablet.id)
    let size = try tablet.progress().history.tree.size
    let request = try await Device.requestToJoin(
      named: "Again", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    await #expect(throws: refusal) { _ = try await request.approved() }
    #expect(try tablet.progress().history.tree.size == size)
    await house.relay.behave()
    #expect(try await request.approved().sync().verdict.isComplete)
  }
}
