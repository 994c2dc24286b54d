import CryptoCore
import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 6.13: what a restored relay takes back")
struct LostPartTests {
  private let lost: LostAccount

  init() async throws { lost = try await LostAccount() }

  /// The part with a batch more, which the relay has never seen.
  private func extended(_ part: LostPart, by author: DeviceKeys, in account: TestAccount) throws -> LostPart {
    let records = [account.record(9)]
    let batch = HistoryBatch(
      firstLeaf: account.history.tree.size, signedBatch: try account.append(records, by: author),
      records: records)
    return LostPart(
      entries: part.entries, batches: part.batches + [batch], checkpoint: part.checkpoint,
      end: part.checkpoint.treeSize + 1)
  }

  private func isUnchanged() async throws -> Bool {
    let state = try await lost.state(of: lost.backup)
    return state.logHead == lost.before.log.head && state.treeSize == 2
      && state.treeRoot == lost.before.history.tree.root
  }

  @Test func `a part that leads to what the relay signed is taken, and once more changes nothing`()
    async throws
  {
    let part = try await lost.part()
    for _ in 0..<2 {
      #expect(await lost.refusal(part) == nil)
      #expect(try await lost.state(of: lost.backup).isOfSameState(as: part.checkpoint))
    }
    let pages = try await (
      lost.relay.history(of: lost.account.id, from: 0, maximumByteCount: 1 << 20, as: lost.account.caller),
      lost.backup.history(of: lost.account.id, from: 0, maximumByteCount: 1 << 20, as: lost.account.caller)
    )
    #expect(pages.0.batches == pages.1.batches)
    // What was taken back is what the store has, read by another process.
    let other = InMemoryRelay(
      store: lost.backup.store, key: lost.backup.key, policy: .patient)
    #expect(try await lost.state(of: other).isOfSameState(as: part.checkpoint))
  }

  @Test func `a batch that the relay never took is refused, whoever signed it`() async throws {
    let part = try await lost.part()
    #expect(
      await lost.refusal(try extended(part, by: lost.friend, in: lost.account)) == .lostPartRefused)
    #expect(
      await lost.refusal(try extended(part, by: lost.account.keys, in: lost.account)) == .lostPartRefused)
    // Where the thief was active, and by itself.
    var account = lost.before
    account.checkpoint = try await lost.before.newestCheckpoint(at: lost.backup)
    let own = LostPart(entries: [], batches: [], checkpoint: lost.seenByThief)
    let forged = try extended(own, by: lost.thief, in: account)
    #expect(await lost.refusal(forged, as: .device(lost.thief.deviceID)) == .lostPartRefused)
    let honest = LostPart(
      entries: [], batches: [], checkpoint: try await lost.before.newestCheckpoint(at: lost.backup))
    #expect(
      await lost.refusal(try extended(honest, by: lost.thief, in: account), as: .device(lost.thief.deviceID))
        == .lostPartRefused)
    #expect(try await isUnchanged())
  }

  @Test func `an entry that the relay never took is refused: an active thief removes nobody`() async throws {
    var account = lost.before
    let (removal, _) = try account.removal(of: [account.keys], by: lost.thief)
    let part = try await lost.part()
    for forged in [[removal], [removal] + part.entries, part.entries + [removal]] {
      let refusal = await lost.refusal(
        LostPart(entries: forged, batches: [], checkpoint: part.checkpoint), as: .device(lost.thief.deviceID))
      #expect(refusal == .lostPartRefused)
    }
    account = lost.account
    let (another, _) = try account.removal(of: [lost.friend])
    #expect(
      await lost.refusal(
        LostPart(entries: part.entries + [another], batches: part.batches, checkpoint: part.checkpoint))
        == .lostPartRefused)
    #expect(try await isUnchanged())
  }

  @Test func `a part that ends too soon is refused, and nothing of it stays`() async throws {
    let part = try await lost.part()
    func cut(_ entries: [LogEntry], _ batches: [HistoryBatch]) -> LostPart {
      LostPart(entries: entries, batches: batches, checkpoint: part.checkpoint)
    }
    #expect(await lost.refusal(cut(part.entries, part.batches.dropLast())) == .lostPartRefused)
    #expect(await lost.refusal(cut(part.entries, [])) == .staleHistory(treeSize: 2))
    #expect(await lost.refusal(cut([], part.batches)) != nil)
    #expect(await lost.refusal(cut(part.entries, Array(part.batches.dropFirst()))) != nil)
    #expect(await lost.refusal(cut(part.entries, part.batches.reversed())) != nil)
    #expect(await lost.refusal(cut(part.entries + part.entries, part.batches)) != nil)
    let last = try #require(part.batches.last)
    #expect(
      await lost.refusal(cut(part.entries, part.batches.dropLast() + [last.putting(nil, at: last.firstLeaf)]))
        == .batchRefused(.tampered(leaf: last.firstLeaf)))
    #expect(try await isUnchanged())
  }

  @Test func `a checkpoint of another account or another relay proves nothing`() async throws {
    let part = try await lost.part()
    let named = part.checkpoint
    let foreign = try Checkpoint(
      account: named.account, treeSize: named.treeSize, treeRoot: named.treeRoot, logHead: named.logHead,
      at: named.time, by: try CheckpointKey())
    var other = try await TestAccount(at: lost.backup)
    try await other.send([other.record(1)], to: lost.backup)
    let others = try await other.newestCheckpoint(at: lost.backup)
    for checkpoint in [foreign, others] {
      #expect(
        await lost.refusal(LostPart(entries: part.entries, batches: part.batches, checkpoint: checkpoint))
          == .lostPartRefused)
    }
    #expect(try await isUnchanged())
  }

  @Test func `a device that was removed meanwhile gives back what leads to before its removal alone`()
    async throws
  {
    let thief = RelayCaller.device(lost.thief.deviceID)
    #expect(await lost.refusal(try await lost.part(), as: thief) == .unknownAccount)
    #expect(await lost.refusal(try await lost.part(), as: .anyone) == .unknownAccount)
    #expect(try await isUnchanged())
    #expect(await lost.refusal(lost.partOfThief, as: thief) == nil)
    // The longer one extends it.
    let whole = try await lost.part()
    #expect(await lost.refusal(whole) == nil)
    #expect(try await lost.state(of: lost.backup).isOfSameState(as: whole.checkpoint))
    #expect(await lost.refusal(lost.partOfThief, as: thief) == .unknownAccount)
  }

  @Test func `more than a request may hold is refused before it is looked at`() async throws {
    let part = try await lost.part()
    let entries = [LogEntry](repeating: try #require(part.entries.first), count: 1_000_000)
    #expect(
      await lost.refusal(LostPart(entries: entries, batches: [], checkpoint: part.checkpoint)) == .tooLarge)
    let batches = [HistoryBatch](repeating: try #require(part.batches.first), count: 1_000_000)
    #expect(
      await lost.refusal(LostPart(entries: [], batches: batches, checkpoint: part.checkpoint)) == .tooLarge)
  }

  @Test func `two devices that give back at once leave what the longest of them gave`() async throws {
    let (whole, short) = (try await lost.part(), lost.partOfThief)
    async let first = lost.refusal(whole)
    async let second = lost.refusal(short, as: .device(lost.friend.deviceID))
    async let third = lost.refusal(whole, as: .device(lost.friend.deviceID))
    #expect(await [first, second, third] == [nil, nil, nil])
    #expect(try await lost.state(of: lost.backup).isOfSameState(as: whole.checkpoint))
  }

  @Test func `pages are taken one by one, and any device goes on where another stopped`() async throws {
    let whole = try await lost.part()
    let ends = whole.batches.map(\.endLeaf)
    var size: UInt64 = 2
    for (end, device) in zip(ends, [lost.account.keys, lost.friend, lost.account.keys]) {
      // What other pages bring comes without its records.
      let batches = whole.batches.filter { $0.firstLeaf >= size }.map {
        $0.endLeaf <= end ? $0 : $0.withoutRecords
      }
      let page = LostPart(
        entries: whole.entries, batches: batches, checkpoint: whole.checkpoint, end: end)
      #expect(await lost.refusal(page, as: .device(device.deviceID)) == nil)
      size = end
      #expect(try await lost.state(of: lost.backup).treeSize == end)
    }
    #expect(try await lost.state(of: lost.backup).isOfSameState(as: whole.checkpoint))
    #expect(
      try await lost.backup.history(
        of: lost.account.id, from: 2, maximumByteCount: 1 << 20, as: lost.account.caller
      ).batches == whole.batches)
    let account = lost.account.id
    let problems = try await lost.backup.store.read(.account(account)) { (rows) throws(RelayError) in
      try RelayAudit.problems(of: account, in: rows)
    }
    #expect(problems.filter { !$0.contains("wrap") } == [])
  }

  @Test func `a recovery device that was brought in meanwhile is claimed before the account changes`()
    async throws
  {
    let relay = try InMemoryRelay(policy: .patient)
    var account = try await TestAccount(at: relay)
    let backup = await relay.fork()
    let (key, old) = (try DeviceKeys(), account.recovery.deviceID)
    let (entry, wraps) = try account.replacement(by: key)
    try await account.send(entry, wraps, to: relay)
    let part = LostPart(
      entries: [entry], batches: [], checkpoint: try await account.newestCheckpoint(at: relay))
    // The store breaks down after the claim, and before the account changes.
    let store = FailingRelayStore(backup.store)
    let failing = RelayService(store: store, key: backup.key, policy: .patient)
    store.fail(after: 1)
    await #expect(throws: RelayError.self) {
      try await RestoredRelay(failing).takeBack(part, of: account.id, as: account.caller)
    }
    store.fail(after: nil)
    #expect(try await account.newestCheckpoint(at: failing).logHead != account.log.head)
    let claimant = try await backup.store.read(.recovery(key.deviceID)) { (rows) throws(RelayError) in
      try RelayAudit.claimant(in: rows)
    }
    #expect(claimant == account.id)
    _ = try await RestoredRelay(backup).takeBack(part, of: account.id, as: account.caller)
    #expect(try await backup.account(recoveredBy: key.deviceID, as: .device(key.deviceID)) == account.id)
    #expect(try await backup.account(recoveredBy: old, as: .device(old)) == nil)
  }

  @Test func `an order to erase that was voided after the backup is not carried out`() async throws {
    let clock = RelayClock(isStopped: true)
    let (account, backup, part) = try await waitingOrder(clock)
    // Whoever asks first brings nothing about: the entry that voids the order is still to come.
    let restored = RestoredRelay(backup)
    for _ in 0..<2 {
      let page = try await restored.history(
        of: account.id, from: 0, maximumByteCount: 1, as: account.caller)
      #expect(page.batches.flatMap(\.records) == [account.record(1)])
      _ = try await restored.takeBack(part, of: account.id, as: account.caller)
    }
    #expect(try await backup.pendingErasure(of: account.id, as: account.caller) == nil)
    #expect(try await account.newestCheckpoint(at: backup).isOfSameState(as: part.checkpoint))
  }

  /// A relay of which a backup was made while an order to erase waited, and the order was made void afterwards.
  private func waitingOrder(
    _ clock: RelayClock
  ) async throws -> (TestAccount, InMemoryRelay, lost: LostPart) {
    let relay = try InMemoryRelay(policy: .patient) { clock.now }
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1)], to: relay)
    let order = try AccountErasure(
      of: try await account.newestCheckpoint(at: relay), at: clock.now, by: account.keys)
    #expect(try await relay.eraseAccount(order, of: account.id) != nil)
    let backup = await relay.fork()
    let entry = try account.entry(.update(highestVersion: 1))
    try await account.send(entry, [], to: relay)
    let lost = LostPart(
      entries: [entry], batches: [], checkpoint: try await account.newestCheckpoint(at: relay))
    clock.advance(by: .seconds(80 * 3600))
    return (account, backup, lost)
  }

  @Test func `an order to erase waits anew when the relay was restored, though nobody brings what voided it`()
    async throws
  {
    let clock = RelayClock(isStopped: true)
    let (account, backup, _) = try await waitingOrder(clock)
    _ = try await RestoredRelay(backup).logEntries(of: account.id, from: 0, as: account.caller)
    let pending = try #require(try await backup.pendingErasure(of: account.id, as: account.caller))
    #expect(pending.takesEffect == clock.now.adding(72 * 3600 * 1_000_000_000))
    clock.advance(by: .seconds(72 * 3600 + 1))
    await #expect(throws: RelayError.self) {
      try await backup.pendingErasure(of: account.id, as: account.caller)
    }
  }

  @Test func `an order to erase waits anew at a relay whose operator says when it was restored`() async throws
  {
    let clock = RelayClock(isStopped: true)
    let (account, backup, _) = try await waitingOrder(clock)
    var policy = backup.policy
    policy.restored = clock.now
    let relay = InMemoryRelay(
      store: backup.store, key: backup.key, quota: backup.quota, policy: policy, clock: backup.clock)
    let pending = try #require(try await relay.pendingErasure(of: account.id, as: account.caller))
    #expect(pending.takesEffect == clock.now.adding(72 * 3600 * 1_000_000_000))
    await #expect(throws: RelayError.self) {
      try await backup.pendingErasure(of: account.id, as: account.caller)
    }
  }

  @Test func `a part that could not be stored is taken the next time`() async throws {
    let part = try await lost.part()
    let store = FailingRelayStore(lost.backup.store)
    let failing = RelayService(store: store, key: lost.backup.key, policy: .patient)
    store.fail(after: 0)
    await #expect(throws: RelayError.self) {
      try await RestoredRelay(failing).takeBack(part, of: lost.account.id, as: lost.account.caller)
    }
    store.fail(after: nil)
    #expect(try await isUnchanged())
    let again = try await RestoredRelay(failing).takeBack(part, of: lost.account.id, as: lost.account.caller)
    #expect(again?.isOfSameState(as: part.checkpoint) == true)
  }

  @Test func `a device that was restored after the backup gives back the entry that brought it in`()
    async throws
  {
    var account = lost.account
    let newcomer = try DeviceKeys()
    let (entry, wraps) = try account.restoration(of: newcomer)
    try await lost.relay.appendLogEntry(
      entry, wraps: wraps, to: account.id, as: .device(account.recovery.deviceID))
    try account.log.append(entry)
    let caller = RelayCaller.device(newcomer.deviceID)
    let history = try await lost.relay.history(
      of: account.id, from: 2, maximumByteCount: 1 << 20, as: caller)
    let entries = try await lost.relay.logEntries(of: account.id, from: 0, as: caller)
    let probe = LostPart(entries: entries, batches: [], checkpoint: history.checkpoint)
    #expect(await lost.refusal(probe, as: caller) == .staleHistory(treeSize: 2))
    #expect(
      await lost.refusal(
        LostPart(entries: [], batches: [], checkpoint: history.checkpoint), as: caller) == .unknownAccount)
    let part = LostPart(entries: entries, batches: history.batches, checkpoint: history.checkpoint)
    #expect(await lost.refusal(part, as: account.caller) == .unknownAccount)
    #expect(await lost.refusal(part, as: caller) == nil)
    #expect(
      try await lost.backup.logEntries(of: account.id, from: 0, as: caller).map(\.head) == entries.map(\.head)
    )
  }
}
