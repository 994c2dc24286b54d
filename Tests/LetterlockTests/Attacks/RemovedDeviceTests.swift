import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a removed device")
struct RemovedDeviceTests {
  @Test func `a device that is removed before it has finished joining is told so, and no relay is accused`()
    async throws
  {
    let house = try await Household()
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    let tablet = try await house.phone.approve(request.code)
    try await house.phone.remove(tablet)
    for _ in 0..<2 { await #expect(throws: DeviceError.removed) { try await request.approved() } }
  }

  @Test func `a device that is removed while it synchronises is told so by that very call`() async throws {
    let house = try await Household()
    let (phone, mac, relay) = (house.phone, house.mac, house.relay)
    // What is asked once a day is asked.
    try await mac.sync()
    // The relay gives it the last page all the same: nothing fails, and the checkpoint names the entry that removed it.
    await relay.giveHistory(asTo: phone.caller)
    await relay.beforePage { await relay.beforePage { try await phone.remove(mac.id) } }
    guard case .removed(let signer, _) = try await mac.sync().verdict else {
      Issue.record("\(try await mac.sync().verdict)")
      return
    }
    #expect(signer == phone.id)
  }

  @Test func `a device that is removed while it changes the account is told so, and no log is accused`()
    async throws
  {
    let house = try await Household()
    let (phone, mac, relay) = (house.phone, house.mac, house.relay)
    await relay.beforeEntry { _ in
      try await phone.remove(mac.id)
      return .staleLogHead(newest: phone.log.head)
    }
    await #expect(throws: DeviceError.removed) { try await mac.remove(phone.id) }
    #expect(phone.log.activeMember(phone.id) != nil)
  }

  @Test func `an entry that a device made before it learned of its removal accuses no log`() async throws {
    let house = try await Household()
    let (phone, mac) = (house.phone, house.mac)
    let made = try PendingEntry(mac.forge(.update(highestVersion: 2)))
    try await phone.remove(mac.id)
    try await mac.sync()
    #expect(throws: DeviceError.removed) {
      try mac.state.mutate { (state) throws(DeviceError) in _ = try state.propose(made, replacing: nil) }
    }
  }

  @Test func `a removed device that signs the next epoch at an old head is refused, and stops nobody`()
    async throws
  {
    let house = try await Household()
    let before = house.mac.secrets
    let history = try house.mac.progress().history
    let opening = try EpochOpening(
      number: 1, account: before.log.account, linking: before.epochSecrets.map { ($0.key, $0.value) },
      recipients: before.log.members.mapValues { $0.bundle.sealingKey },
      treeSize: history.tree.size, treeRoot: history.tree.root)
    let entry = try house.mac.forge(.epoch(Committed(opening.header)))
    let old = try await house.relay.logEntries(of: house.phone.account, from: 0, as: house.phone.caller)
    try await house.phone.remove(house.mac.id)

    let head = house.phone.log.head
    await #expect(throws: RelayError.unknownAccount) {
      try await house.relay.appendLogEntry(entry, wraps: opening.wraps, to: house.phone.account)
    }
    var log = house.phone.log
    #expect(throws: AccountLogError.wrongPredecessor) { try log.append(entry) }
    // At the new head it is refused as nobody's.
    let again = try house.mac.forge(.epoch(Committed(opening.header)), at: head, index: log.nextIndex)
    #expect(throws: AccountLogError.signerNotActive(house.mac.id)) { try log.append(again) }

    // A relay that conspires and shows the removed device's log: a fork, which an honest device goes on in spite of.
    await house.relay.show(old + [entry], of: house.phone.account)
    #expect(try await house.phone.sync().verdict == .forked(evidence: nil))
    #expect(house.phone.log.head == head)
    try house.phone.append(Household.text("x"), to: house.chat)
  }

  @Test(arguments: ["a record", "a deletion", "an end-to-end mark"])
  func `a removed device with all old epoch secrets forges nothing that others take`(what: String)
    async throws
  {
    let house = try await Household()
    let before = house.mac.secrets
    try await house.phone.remove(house.mac.id)
    let message = try forged(what, in: house)
    let epoch = before.log.newestEpoch
    let epochSecret = try #require(before.epochSecrets[epoch.header.number])
    let old = ReadableEpoch(account: before.log.account, hash: epoch.hash, epochSecret: epochSecret)
    let record = try RecordFrame.seal(.message(message), using: try old.recordKey(for: house.chat)).bytes

    // The key opens it, since epoch secrets are shared; but it has no author, and claims nothing.
    let opened = try house.phone.archive.open(SealedRecord(decoding: record))
    #expect(!opened.protection.isEndToEnd)

    let history = try house.phone.progress().history
    func refusal(_ head: LogHead, by keys: DeviceKeys) throws -> HistoryError? {
      let author = history.author(keys.deviceID)
      let signedBatch = try SignedBatch(
        of: [record], by: keys, account: before.log.account, logHead: head,
        counter: (author?.counter ?? 0) + 1, previous: author?.batchHash ?? .zero,
        knownCheckpoint: try house.mac.progress().checkpoint)
      var next = history
      do throws(HistoryError) { try next.accept(signedBatch, records: [record], of: house.phone.log) } catch {
        return error
      }
      return nil
    }
    #expect(try refusal(before.log.head, by: before.keys) == .staleLogHead(house.mac.id))
    #expect(try refusal(house.phone.log.head, by: before.keys) == .authorNotActive(house.mac.id))
    // In the phone's name, it lacks the phone's key.
    let author = history.author(house.phone.id)
    let genuine = try SignedBatch(
      of: [record], by: before.keys, account: before.log.account, logHead: house.phone.log.head,
      counter: (author?.counter ?? 0) + 1, previous: author?.batchHash ?? .zero,
      knownCheckpoint: try house.phone.progress().checkpoint)
    var bytes = genuine.encoded
    bytes.replaceSubrange(33..<65, with: house.phone.id.bytes)
    let forged = try SignedBatch(decoding: bytes)
    var next = history
    #expect(throws: HistoryError.badSignature(house.phone.id)) {
      try next.accept(forged, records: [record], of: house.phone.log)
    }
  }

  private func forged(_ what: String, in house: Household) throws -> Message {
    switch what {
    case "a deletion":
      Message(
        conversation: house.chat, sender: .me, carriage: .local, body: .retraction(target: MessageID()))
    case "an end-to-end mark":
      Message(
        conversation: house.chat, sender: .other("+1"), carriage: .endToEnd(service: "MLS"),
        body: .text("Trust me")
      )
      .markedVerified(by: .conversation(EndToEndEvidence(service: "MLS", isSenderVerified: true)))
    default:
      Message(conversation: house.chat, sender: .other("+1"), carriage: .carrier(.sms), body: .text("Forged"))
    }
  }

  @Test
  func `what was taken before its author's removal was known, and stands after it, is told from then on`()
    async throws
  {
    let house = try await Household()
    let tablet = try await house.join("Tablet")
    try await house.phone.sync()
    try await house.mac.sync()
    let size = try house.mac.progress().history.tree.size
    let honest = await house.relay.honest
    let other = await honest.fork()
    await house.relay.turn(to: other)
    try tablet.append(Household.text("from the tablet"), to: house.chat)
    try await tablet.sync()
    #expect(try await house.phone.sync().verdict.isComplete)
    // Of that record, the relay says nothing to the one who removes its author.
    await house.relay.turn(to: honest)
    try await house.mac.remove(tablet.id)
    #expect(house.mac.log.members[tablet.id]?.removal?.treeSize == size)
    await house.relay.show(
      try await honest.logEntries(of: house.phone.account, from: 0, as: house.phone.caller),
      of: house.phone.account)
    await house.relay.turn(to: other)

    let verdict = Verdict.tampered(.staleLogHead(tablet.id))
    for _ in 0..<2 {
      #expect(try await house.phone.sync().verdict == verdict)
      #expect(house.phone.log.head == house.mac.log.head)
    }
    // No epoch is begun on that history, and what is here stays.
    await #expect(throws: DeviceError.historyRefused(verdict)) { try await house.phone.beginEpoch() }
    #expect(try Household.texts(of: house.phone) == ["first", "from the tablet"])
    // Who knew of the removal takes no such record.
    await house.relay.behave()
    #expect(try await house.mac.sync().verdict != .complete(size: size + 1))
    #expect(try Household.texts(of: house.mac) == ["first"])
  }

  @Test func `a removed device opens nothing that is sealed afterwards`() async throws {
    let house = try await Household()
    try await house.phone.remove(house.mac.id)
    let record = try house.phone.archive.conversation(house.chat).seal(Household.text("without you"))
    let reference = house.phone.log.newestEpoch.reference
    #expect(throws: ArchiveError.unreadableEpoch(reference)) { try house.mac.archive.open(record) }
    _ = try await house.mac.sync()
    #expect(throws: ArchiveError.unreadableEpoch(reference)) { try house.mac.archive.open(record) }
    #expect(throws: ArchiveError.deviceRemoved) {
      try house.mac.archive.conversation(house.chat).seal(Household.text("x"))
    }
    #expect(try await house.relay.honest.wrapCount(of: house.mac.id, in: house.phone.account) == 0)
  }
}

extension Protection {
  var isEndToEnd: Bool { if case .endToEnd = self { true } else { false } }
}
