import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a lying relay")
struct LyingRelayTests {
  @Test(arguments: [false, true])
  func `a record that the relay took and does not show stays on the device that wrote it`(isForEver: Bool)
    async throws
  {
    let house = try await Household()
    let leaf = try house.phone.progress().history.tree.size
    try house.phone.append(Household.text("mine"), to: house.chat)
    await house.relay.loseBatch(.answer)
    await house.relay.alter { page in
      HistoryPage(batches: page.batches.map { $0.putting(nil, at: leaf) }, checkpoint: page.checkpoint)
    }
    for _ in 0..<2 { _ = try? await house.phone.sync() }
    #expect(try Household.texts(of: house.phone) == ["first", "mine"])
    #expect(
      try house.phone.parts.services.store.use { (store) throws(StoreError) in try store.outbox(limit: 1) }
        .isEmpty)
    if !isForEver { await house.relay.behave() }
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(try Household.texts(of: house.phone) == ["first", "mine"])
  }

  @Test func `a sealing key is not replaced while a wrap is withheld, and nobody is blamed for it`()
    async throws
  {
    let house = try await Household()
    try await house.withholdEpoch { try $0.append(Household.text("sealed under it"), to: house.chat) }
    #expect(house.phone.state.view.awaitsEpochSecret)
    for device in [house.phone, house.mac] {
      await #expect(throws: DeviceError.archive(.epochRefused(by: nil))) { try await device.rotateKeys() }
    }
    await house.relay.behave()
    for device in [house.phone, house.mac] {
      #expect(try await device.sync().verdict.isComplete)
      try await device.rotateKeys()
      #expect(try Household.texts(of: device).contains("sealed under it"))
    }
  }

  @Test func `a relay that lures a joining device into another account is not believed`() async throws {
    let house = try await Household()
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    // The relay answers with an account of its own, under a code that it has to guess.
    let lure = try await Household()
    let guess = JoinCode(bundleHash: request.code.bundleHash, secret: SecretKey(random: 16))
    let bundle = try DeviceKeyBundle(of: try DeviceKeys(), createdAt: 0)
    let answer = try JoinAnswer(
      account: lure.phone.account, logHead: lure.phone.log.head, checkpoint: nil, to: bundle,
      JoinSecrets(guess))
    await house.relay.forge(answer.encoded)
    await #expect(throws: DeviceError.approvalForged) { try await request.approved() }
    // The genuine answer is found behind it.
    try await house.phone.approve(request.code)
    let tablet = try await request.approved()
    #expect(tablet.account == house.phone.account)
  }

  @Test(arguments: [true, false])
  func `SPEC.md section 3.6: a relay that shows a joining device an older or another history is named`(
    isEmpty: Bool
  ) async throws {
    let house = try await Household()
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    // The relay's copy from before the account had a second record, under the log of now.
    let size = try house.phone.progress().history.tree.size
    let key = await house.relay.honest.key
    try await house.phone.approve(request.code)
    let head = house.phone.log.head
    let account = house.phone.account
    await house.relay.alter { page in
      guard isEmpty else {
        return page.with { batch in
          batch.replacing(batch.records.map { $0.map { $0.dropLast() + [($0.last ?? 0) ^ 1] } })
        }
      }
      let checkpoint = try? Checkpoint(
        account: account, treeSize: 0, treeRoot: HistoryTree().root, logHead: head,
        at: page.checkpoint.time, by: key)
      return HistoryPage(batches: [], checkpoint: checkpoint ?? page.checkpoint)
    }
    let tablet = try await request.approved()
    let verdict = try await tablet.sync().verdict
    #expect(isEmpty ? verdict == .rolledBack(from: size, to: 0) : verdict == .tampered(.tampered(leaf: 0)))
    #expect(try tablet.progress().history.tree.size == 0)
    // What the approver vouched for is still there after the relay came to its senses.
    await house.relay.behave()
    #expect(try await tablet.sync().verdict.isComplete)
    #expect(try Household.texts(of: tablet).contains("first"))
  }

  @Test func `SPEC.md section 3.6: another history of the same length is a fork for a joining device`()
    async throws
  {
    let house = try await Household()
    let honest = await house.relay.honest
    let fork = await honest.fork()
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    try house.phone.append(Household.text("shown to the approver"), to: house.chat)
    try await house.phone.sync()
    let tabletID = try await house.phone.approve(request.code)
    // The other history has another record, and the same log.
    await house.relay.turn(to: fork)
    try house.mac.append(Household.text("another"), to: house.chat)
    try await house.mac.sync()
    let add = try #require(house.phone.state.read { $0.entries.last })
    let epoch = house.phone.log.newestEpoch.header.number
    let wrap = try #require(
      try await honest.wrap(of: house.phone.account, epoch: epoch, for: tabletID, as: .device(tabletID)))
    try await fork.appendLogEntry(
      add, wraps: [StoredWrap(device: tabletID, wrap: Opaque(wrap))], to: house.phone.account)
    await house.relay.turn(to: honest)
    let tablet = try await request.approved()
    await house.relay.turn(to: fork)
    guard case .forked(let evidence?) = try await tablet.sync().verdict else {
      Issue.record("the fork is not named")
      return
    }
    try evidence.check()
  }

  @Test func `a relay cannot bring in a device of its own`() async throws {
    let house = try await Household()
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: try InMemoryRelay())
    let own = try DeviceKeys()
    let tag = Digest32(unchecked: SecureRandom.bytes(32))
    let offer = JoinOffer(
      version: .newest, device: try DeviceKeyBundle(of: own, createdAt: 0),
      consent: try own.sign(tag.bytes, for: .joinConsent, account: .none))
    await house.relay.forge(offer.encoded)
    await #expect(throws: DeviceError.joinRequestNotFound) { try await house.phone.approve(request.code) }
    #expect(house.phone.log.activeDevices.count == 3)
  }

  @Test func `what a relay does to a history is named`() async throws {
    let house = try await Household()
    for text in ["second", "third"] {
      try house.mac.append(Household.text(text), to: house.chat)
      try await house.mac.sync()
    }
    let size = try house.phone.progress().history.tree.size
    func verdict(_ change: @escaping @Sendable (HistoryPage) -> HistoryPage) async throws -> Verdict {
      await house.relay.alter(change)
      let verdict = try await house.phone.sync().verdict
      #expect(try house.phone.progress().history.tree.size == size)
      return verdict
    }
    #expect(
      try await verdict { page in
        page.with { batch in
          batch.replacing(batch.records.map { $0.map { $0.dropLast() + [($0.last ?? 0) ^ 1] } })
        }
      } == .tampered(.tampered(leaf: size)))
    #expect(
      try await verdict { HistoryPage(batches: Array($0.batches.dropFirst()), checkpoint: $0.checkpoint) }
        == .missing(leaves: [size]))
    #expect(
      try await verdict { HistoryPage(batches: [], checkpoint: $0.checkpoint) } == .missing(leaves: [size]))
    // The same records under a checkpoint that another relay signed.
    let foreign = try CheckpointKey()
    #expect(
      try await verdict { page in
        HistoryPage(
          batches: page.batches, checkpoint: page.checkpoint.signed(by: foreign),
          consistency: page.consistency)
      } == .tampered(.badSignature(house.phone.id)))
    await house.relay.behave()
    #expect(try await house.phone.sync().verdict == .complete(size: size + 2))
    #expect(try Household.texts(of: house.phone) == ["first", "second", "third"])
  }

  /// Two records of two devices, neither of which knew of the other's: each may stand at either place.
  private func sendUnseen(in house: Household) async throws -> UInt64 {
    let tablet = try await house.join("Tablet")
    for device in [house.mac, house.phone] { try await device.sync() }
    let size = try house.phone.progress().history.tree.size
    try house.mac.append(Household.text("mac"), to: house.chat)
    try tablet.append(Household.text("tablet"), to: house.chat)
    for device in [house.mac, tablet] { _ = try await device.parts.history.sync.pusher.push() }
    return size
  }

  @Test func `records in another order than the relay signed are named as reordered`() async throws {
    let house = try await Household()
    let size = try await sendUnseen(in: house)
    await house.relay.alter { page in
      guard page.batches.count == 2 else { return page }
      let (first, second) = (page.batches[0], page.batches[1])
      let swapped =
        [second.replacing(second.records, at: size)]
        + [first.replacing(first.records, at: size + UInt64(second.records.count))]
      return HistoryPage(batches: swapped, checkpoint: page.checkpoint, consistency: page.consistency)
    }
    #expect(try await house.phone.sync().verdict == .reordered)
    #expect(try house.phone.progress().history.tree.size == size)
    #expect(try Household.texts(of: house.phone) == ["first"])
    await house.relay.behave()
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(try Household.texts(of: house.phone) == ["first", "mac", "tablet"])
  }

  @Test(arguments: [true, false])
  func `a page that is not shown to begin the history that the relay signed is named as reordered`(
    hasProof: Bool
  ) async throws {
    let house = try await Household()
    let size = try await sendUnseen(in: house)
    await house.relay.interrupt(after: .max)
    await house.relay.alter { page in
      let proof = page.consistency.map {
        ConsistencyProof(oldSize: $0.oldSize, newSize: $0.newSize, path: $0.path.reversed().map(\.flipped))
      }
      return HistoryPage(
        batches: page.batches, checkpoint: page.checkpoint, consistency: hasProof ? proof : nil)
    }
    #expect(try await house.phone.sync().verdict == .reordered)
    #expect(try house.phone.progress().history.tree.size == size)
    await house.relay.behave()
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(try Household.texts(of: house.phone) == ["first", "mac", "tablet"])
  }

  @Test func `a relay that goes back is named, and nothing is lost`() async throws {
    let house = try await Household()
    let page = try await house.relay.history(
      of: house.phone.account, from: 0, maximumByteCount: .max, as: house.phone.caller)
    let log = try await house.relay.logEntries(of: house.phone.account, from: 0, as: house.phone.caller)
    try house.phone.append(Household.text("second"), to: house.chat)
    try await house.phone.sync()
    let size = try house.phone.progress().history.tree.size
    await house.relay.alter { _ in HistoryPage(batches: [], checkpoint: page.checkpoint) }
    #expect(
      try await house.phone.sync().verdict == .rolledBack(from: size, to: page.checkpoint.treeSize))
    await house.relay.behave()
    try await house.phone.beginEpoch()
    await house.relay.show(log, of: house.phone.account)
    let verdict = try await house.phone.sync().verdict
    #expect(!verdict.isComplete)
    await house.relay.behave()
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(try Household.texts(of: house.phone) == ["first", "second"])
  }

  @Test func `a wrap that the relay altered or holds back is asked for again`() async throws {
    let house = try await Household()
    try await house.phone.beginEpoch()
    await house.relay.alterWraps { $0.map { Array($0.dropLast()) + [7] } }
    _ = try await house.mac.sync()
    #expect(house.mac.unreadableEpochs == [1])
    await house.relay.alterWraps { _ in nil }
    _ = try await house.mac.sync()
    #expect(house.mac.unreadableEpochs == [1])
    await house.relay.behave()
    #expect(try await house.mac.sync().repaired == [])
    #expect(house.mac.unreadableEpochs == [])
  }
}

extension HistoryPage {
  func with(_ change: (HistoryBatch) -> HistoryBatch) -> HistoryPage {
    HistoryPage(
      batches: batches.enumerated().map { $0.offset == 0 ? change($0.element) : $0.element },
      checkpoint: checkpoint
    )
  }
}

extension Checkpoint {
  /// What another relay would sign of the same history.
  func signed(by key: CheckpointKey) -> Checkpoint {
    let signed = try? Checkpoint(
      account: account, treeSize: treeSize, treeRoot: treeRoot, logHead: logHead, at: time, by: key)
    return signed ?? self
  }
}

extension Digest32 {
  fileprivate var flipped: Digest32 { Digest32(unchecked: bytes.map { ~$0 }) }
}
