import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A row of README.md's table of attackers: each test is one thing that the row says. AttackersTableTests compares them.
@Suite("README.md, against whom: a removed device")
struct AttackersRemovedTests {
  private let house: Household
  /// What the removed device had.
  private let before: (keys: DeviceKeys, log: AccountLog, epochSecrets: [UInt64: SecretKey])

  init() async throws {
    house = try await Household()
    before = house.mac.secrets
    try await house.phone.remove(house.mac.id)
  }

  /// Every epoch that the removed device can read.
  private func epochs() -> [ReadableEpoch] {
    before.log.epochs.compactMap { epoch in
      before.epochSecrets[epoch.header.number].map {
        ReadableEpoch(account: before.log.account, hash: epoch.hash, epochSecret: $0)
      }
    }
  }

  @Test func `can keep what it had read`() async throws {
    _ = try await house.mac.sync()
    #expect(try Household.texts(of: house.mac) == ["first"])
  }

  @Test func `cannot open a later epoch`() async throws {
    let record = try house.phone.archive.conversation(house.chat).seal(Household.text("without you"))
    _ = try await house.mac.sync()
    #expect(throws: ArchiveError.unreadableEpoch(record.epoch)) { try house.mac.archive.open(record) }
    let number = house.phone.log.newestEpoch.header.number
    #expect(number > before.log.newestEpoch.header.number)
    #expect(house.phone.log.newestEpoch.header.wraps.allSatisfy { $0.device != house.mac.id })
    #expect(try await house.relay.honest.wrapCount(of: house.mac.id, in: house.phone.account) == 0)
  }

  @Test func `cannot write anything that others accept`() async throws {
    let history = try house.phone.progress().history
    let (account, author) = (before.log.account, history.author(house.mac.id))
    let record = try RecordFrame.seal(
      .message(Household.text("forged")), using: try #require(epochs().last).recordKey(for: house.chat)
    ).bytes
    for head in [before.log.head, house.phone.log.head] {
      let batch = try SignedBatch(
        of: [record], by: before.keys, account: account, logHead: head, counter: (author?.counter ?? 0) + 1,
        previous: author?.batchHash ?? .zero, knownCheckpoint: try house.phone.progress().checkpoint)
      await #expect(throws: RelayError.unknownAccount) {
        try await house.relay.append(batch, records: [record], to: account)
      }
      // Nor through a relay that is on its side.
      var next = history
      #expect(throws: HistoryError.self) { try next.accept(batch, records: [record], of: house.phone.log) }
    }
    let entry = try house.mac.forge(
      .update(highestVersion: 1), at: house.phone.log.head, index: house.phone.log.nextIndex)
    await #expect(throws: RelayError.unknownAccount) {
      try await house.relay.appendLogEntry(entry, wraps: [], to: account)
    }
    var log = house.phone.log
    #expect(throws: AccountLogError.signerNotActive(house.mac.id)) { try log.append(entry) }
  }

  @Test func `cannot follow a conversation's tag`() throws {
    let tag = try house.phone.archive.conversation(house.chat).seal(Household.text("after")).streamTag
    let known = try epochs().map { try $0.recordKey(for: house.chat).tag }
    #expect(!known.isEmpty && !known.contains(tag))
  }
}

/// A row of README.md's table of attackers: each test is one thing that the row says.
@Suite("README.md, against whom: a malicious active device")
struct AttackersMemberTests {
  private let clock = TestClock()
  private let house: Household

  init() async throws { house = try await Household(clock: clock) }

  @Test func `can read what it may read`() throws {
    #expect(try Household.texts(of: house.mac) == ["first"])
  }

  @Test func `can remove others`() async throws {
    try await house.mac.remove(house.phone.id)
    guard case .removed(by: house.mac.id, _) = try await house.phone.sync().verdict else {
      Issue.record("not removed")
      return
    }
  }

  @Test func `can fill the account with its own`() async throws {
    _ = try await house.join("Thief", by: house.mac)
    try await house.phone.sync()
    #expect(house.phone.log.activeDevices.count == 4)
  }

  @Test func `can have single records and files erased`() async throws {
    try house.mac.delete(in: house.chat)
    #expect(try await house.mac.eraseDeleted(before: .now, confirmingEverything: true) == 1)
    for device in [house.mac, house.phone] { #expect(try await device.sync().verdict.isComplete) }
    #expect(try Household.texts(of: house.phone).isEmpty)
  }

  @Test
  func
    `can order the relay's whole copy erased, which every device shows and any can prevent for 72 hours (what other devices hold stays)`()
    async throws
  {
    let prepared = try await house.mac.prepareErasure()
    #expect(try await prepared.confirm(prepared.code) != nil)
    #expect(try await house.phone.sync().pendingErasure != nil)
    clock.go(seconds: 71 * 3600)
    try await house.phone.beginEpoch()
    clock.go(seconds: 2 * 3600)
    for device in [house.mac, house.phone] { #expect(try await device.sync().verdict.isComplete) }
    // Nobody prevents the next one.
    let again = try await house.mac.prepareErasure()
    _ = try await again.confirm(again.code)
    clock.go(seconds: 73 * 3600)
    #expect(try await house.phone.sync().verdict == .erased(by: house.mac.id))
    #expect(try Household.texts(of: house.phone) == ["first"])
  }

  @Test func `can announce a new recovery key, which every device shows for 72 hours before it counts`()
    async throws
  {
    // The thief has the phone, which alone has a vote.
    let old = house.phone.log.recoveryDevice
    _ = try house.phone.prepareRecoveryKey().reveal { $0 }
    try await house.phone.announceRecoveryKey(votes: [])
    for device in [house.mac, house.phone] { try await device.sync() }
    clock.go(seconds: 71 * 3600)
    for device in [house.mac, house.phone] {
      try await device.sync()
      #expect(try device.recoveryAnnouncement()?.device == house.phone.id)
    }
    #expect(house.mac.log.recoveryDevice == old)
    clock.go(seconds: 2 * 3600)
    try await house.mac.sync()
    #expect(house.mac.log.recoveryDevice != old)
  }

  @Test func `cannot lock honest devices out with a bad epoch (they name it and open a better one)`()
    async throws
  {
    let (entry, wraps) = try SplitEpochTests.opening(by: house.mac, against: [house.phone.id])
    try await house.relay.appendLogEntry(entry, wraps: wraps, to: house.phone.account)
    #expect(try await house.phone.sync().repaired == [house.mac.id])
    #expect(house.phone.log.newestEpoch.signer == house.phone.id)
    try house.phone.append(Household.text("after"), to: house.chat)
    #expect(try await house.phone.sync().verdict.isComplete)
  }

  @Test func `cannot set honest devices against each other`() async throws {
    let tablet = try await house.join("Tablet")
    for device in [house.phone, house.mac] { try await device.sync() }
    let (entry, wraps) = try SplitEpochTests.opening(by: house.mac, against: [house.phone.id])
    try await house.relay.appendLogEntry(entry, wraps: wraps, to: house.phone.account)
    var named: Set<DeviceID> = []
    for _ in 0..<3 {
      for device in [tablet, house.phone] { named.formUnion(try await device.sync().repaired) }
    }
    #expect(named == [house.mac.id])
    #expect(tablet.log.heads == house.phone.log.heads && tablet.unreadableEpochs == [])
  }

  @Test
  func
    `cannot keep the recovery key from taking the account back, however many devices it adds and however quick they are (with an honest relay)`()
    async throws
  {
    try await house.mac.remove(house.phone.id)
    for _ in 0..<3 { _ = try await house.join("Thief", by: house.mac) }
    let (house, session) = (
      house,
      try await Device.openRecovery(
        with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    )
    // Quicker than anything can be: between the entry's making and its arrival.
    await house.relay.beforeEntry { _ in
      _ = try? await house.join("Thief", by: house.mac)
      try? await house.mac.beginEpoch()
      return nil
    }
    let device = try await session.restore(keeping: [], named: "New").device
    #expect(Set(device.log.activeDevices) == [device.id, device.log.recoveryDevice])
    #expect(try Household.texts(of: device) == ["first"])
    #expect(try await device.sync().verdict.isComplete)
  }

  @Test
  func `cannot bring in devices that cannot be removed or that get a vote on the recovery key unseen`()
    async throws
  {
    let thief = try await house.join("Thief", by: house.mac)
    try await house.phone.sync()
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.replaceRecoveryKey(try house.key())
    #expect(house.phone.log.approvers == [house.phone.id])
    try await house.phone.remove([house.mac.id, thief.id])
    #expect(house.phone.log.activeDevices.count == 2)
    // A device to which nothing could be wrapped would keep every epoch from being opened: UnusableKeyTests.
  }

  @Test func `cannot get a majority by removing devices`() async throws {
    let tablet = try await house.join("Tablet")
    for device in [house.phone, house.mac] { try await device.sync() }
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.replaceRecoveryKey(
      try house.key(), approvers: [house.phone.id, house.mac.id, tablet.id])
    try await house.mac.sync()
    try await house.mac.remove([house.phone.id, tablet.id])
    #expect(house.mac.log.approvers.count == 3 && !house.mac.log.canVote)
    // Alone it can announce one, and every device shows that for 30 days.
    _ = try house.mac.prepareRecoveryKey().reveal { $0 }
    try await house.mac.announceRecoveryKey(votes: [])
    #expect(house.mac.log.announcement?.coolingOff == 30 * 24 * 3_600_000)
  }

  @Test func `cannot pass as another author`() async throws {
    let history = try house.mac.progress().history
    let (log, author) = (house.mac.log, history.author(house.phone.id))
    let record = try house.mac.archive.conversation(house.chat).seal(Household.text("from the phone")).bytes
    var bytes = try SignedBatch(
      of: [record], by: house.mac.secrets.keys, account: log.account, logHead: log.head,
      counter: (author?.counter ?? 0) + 1, previous: author?.batchHash ?? .zero,
      knownCheckpoint: try house.mac.progress().checkpoint
    ).encoded
    bytes.replaceSubrange(33..<65, with: house.phone.id.bytes)
    let forged = try SignedBatch(decoding: bytes)
    await #expect(throws: RelayError.self) {
      try await house.relay.append(forged, records: [record], to: log.account)
    }
    var next = history
    #expect(throws: HistoryError.badSignature(house.phone.id)) {
      try next.accept(forged, records: [record], of: log)
    }
  }
}
