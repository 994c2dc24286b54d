import CryptoCore
import Foundation
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A row of README.md's table of attackers: each test is one thing that the row says. AttackersTableTests compares them.
@Suite("README.md, against whom: the relay, or a thief of its disk")
struct AttackersRelayTests {
  private let house: Household
  private let account: AccountID
  private let honest: InMemoryRelay

  init() async throws {
    house = try await Household()
    account = house.phone.account
    honest = await house.relay.honest
  }

  /// All bytes of every row that the relay has of the account and of its recovery device.
  private func disk() async throws -> [Data] {
    let keys: [DistributionKey] = [.account(account), .recovery(house.phone.log.recoveryDevice)]
    var found: [Data] = []
    for key in keys {
      found += try await honest.store.read(key) { (rows) throws(RelayError) in
        var found: [Data] = []
        for table in RelayTable.allCases {
          for row in try rows.rows(in: table, RowRange([]), .ascending, limit: .max) {
            for case .bytes(let bytes) in row.values { found.append(Data(bytes)) }
          }
        }
        return found
      }
    }
    return found
  }

  private func hold(_ texts: [String]) async throws -> Bool {
    await house.relay.behave()
    return try await house.phone.sync().verdict.isComplete && Household.texts(of: house.phone) == texts
  }

  @Test func `can see when and how much is stored, per conversation and epoch, in size classes`() throws {
    let chat = house.phone.archive.conversation(house.chat)
    let (short, long) = (try chat.seal(Household.text("a")), try chat.seal(Household.text("a longer text")))
    let other = try house.phone.archive.conversation(ConversationID()).seal(Household.text("a"))
    #expect(short.bytes.count == long.bytes.count && short.bytes.count == other.bytes.count)
    #expect(short.streamTag == long.streamTag && short.epoch == other.epoch)
    #expect(short.streamTag != other.streamTag)
  }

  @Test func `can refuse service`() async throws {
    try house.phone.append(Household.text("waits"), to: house.chat)
    await house.relay.beforePage { throw RelayError.unavailable("refused") }
    await #expect(throws: DeviceError.self) { try await house.phone.sync() }
    #expect(try await hold(["first", "waits"]))
  }

  @Test func `cannot read anything`() async throws {
    let attachment = try AttachmentTests.attach(Array("what the photo shows".utf8), to: house)
    try await house.phone.sync()
    let (keys, _, epochSecrets) = house.phone.secrets
    let texts = ["first", "what the photo shows", "Phone", "+15550100", "15550100"]
    let secrets =
      [house.recoveryKey, keys.signingSeed.exportRawBytes(), keys.sealingSeed.exportRawBytes()]
      + epochSecrets.values.map { $0.exportRawBytes() } + [house.chat.bytes]
    let disk = try await disk()
    #expect(disk.contains { $0.range(of: Data(attachment.blob.bytes)) != nil }, "every row is looked at")
    for needle in texts.map({ Data($0.utf8) }) + secrets.map({ Data($0) }) {
      #expect(disk.allSatisfy { $0.range(of: needle) == nil })
    }
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func `cannot forge a record`(seed: UInt64) async throws {
    let leaf = try house.phone.progress().history.tree.size
    try house.mac.append(Household.text("second"), to: house.chat)
    try await house.mac.sync()
    let forger = try await RelayForger(honest, account: account, as: house.phone.caller)
    var generator = SeededGenerator(seed: seed)
    let genuine = try await honest.history(
      of: account, from: leaf, maximumByteCount: .max, as: house.phone.caller)
    for trick in [RelayForger.Trick.signature, .otherRecord, .otherBytes, .again] {
      let page = try #require(try forger.page(trick, from: leaf, &generator))
      // What is put in the place of a record may be that record.
      guard page.batches != genuine.batches else { continue }
      await house.relay.alter { _ in page }
      #expect(try await !house.phone.sync().verdict.isComplete, "\(trick)")
      let texts = try Household.texts(of: house.phone)
      #expect(texts == ["first"] || texts == ["first", "second"], "\(trick)")
    }
    #expect(try await hold(["first", "second"]))
  }

  @Test func `cannot add a device`() async throws {
    let own = try DeviceKeys()
    let tag = Digest32(unchecked: SecureRandom.bytes(32))
    let add = AccountChange.Add(
      device: try DeviceKeyBundle(of: own, createdAt: 0), consentTag: tag,
      consent: try own.sign(tag.bytes, for: .joinConsent, account: .none), wrapHash: tag)
    let (log, entries) = (house.phone.log, house.phone.state.read { $0.entries })
    for signer in [own.deviceID, house.mac.id] {
      let content = LogEntryContent(
        version: .newest, predecessor: log.head, index: log.nextIndex, signer: signer, change: .add(add))
      let forged = try LogEntry(content, signedBy: [own], account: account)
      await house.relay.show(entries + [forged], of: account)
      _ = try? await house.phone.sync()
      #expect(house.phone.log.heads == log.heads)
    }
    // Nor with an offer of its own in the place of a device's that is to join.
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: try InMemoryRelay())
    let offer = JoinOffer(version: .newest, device: add.device, consent: add.consent)
    await house.relay.behave()
    await house.relay.forge(offer.encoded)
    await #expect(throws: DeviceError.joinRequestNotFound) { try await house.phone.approve(request.code) }
    #expect(house.phone.log.heads == log.heads)
    #expect(try await hold(["first"]))
  }

  @Test func `cannot lure a new device or a recovery key into another account`() async throws {
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    let lure = try await Device.createAccount(
      named: "Lure", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay
    ).device
    // The relay knows no code: it has to guess the secret in it.
    let guess = JoinCode(bundleHash: request.code.bundleHash, secret: SecretKey(random: 16))
    let bundle = try DeviceKeyBundle(of: try DeviceKeys(), createdAt: 0)
    let answer = try JoinAnswer(
      account: lure.account, logHead: lure.log.head, checkpoint: nil, to: bundle, JoinSecrets(guess))
    await house.relay.forge(answer.encoded)
    await #expect(throws: DeviceError.approvalForged) { try await request.approved() }
    await house.relay.lead(to: lure.account, of: lure.caller)
    await #expect(throws: DeviceError.noSuchAccount) { try await house.restore() }
    await house.relay.behave()
    #expect(try await house.restore().account == account)
  }

  @Test func `cannot make a device sign two histories of its account`() async throws {
    let other = await honest.fork()
    let size = try house.phone.progress().history.tree.size
    try house.phone.append(Household.text("one side"), to: house.chat)
    try await house.phone.sync()
    await house.relay.turn(to: other)
    try house.mac.append(Household.text("the other side"), to: house.chat)
    try await house.mac.sync()
    try house.phone.append(Household.text("more"), to: house.chat)
    let report = try await house.phone.sync()
    guard case .forked(let evidence?) = report.verdict else { Issue.record("\(report.verdict)"); return }
    try evidence.check()
    let page = try await other.history(
      of: account, from: size, maximumByteCount: .max, as: house.phone.caller)
    #expect(report.sent == 0 && page.batches.allSatisfy { $0.signedBatch.device == house.mac.id })
  }

  @Test func `cannot leave out or reorder records unseen`() async throws {
    for text in ["second", "third"] {
      try house.mac.append(Household.text(text), to: house.chat)
      try await house.mac.sync()
    }
    let tricks: [@Sendable ([HistoryBatch]) -> [HistoryBatch]] = [
      { Array($0.dropFirst()) }, { Array($0.dropLast()) }, { _ in [] }, { $0.reversed() },
      { $0.map { $0.replacing($0.records.map { _ in nil }) } },
    ]
    for trick in tricks {
      await house.relay.alter { HistoryPage(batches: trick($0.batches), checkpoint: $0.checkpoint) }
      #expect(try await !house.phone.sync().verdict.isComplete)
    }
    #expect(try await hold(["first", "second", "third"]))
  }
}
