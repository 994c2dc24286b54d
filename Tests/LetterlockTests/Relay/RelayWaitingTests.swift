import LetterlockTestKit
import Testing

@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md sections 6.12 and 7.8: what a relay's clock decides")
struct RelayWaitingTests {
  private let clock = RelayClock(isStopped: true)
  private let store = MemoryRelayStore()
  private let key: CheckpointKey
  private let relay: InMemoryRelay

  init() throws {
    key = try CheckpointKey()
    relay = RelayService(store: store, key: key) { [clock] in clock.now }
  }

  /// Another process over the same store.
  private var other: InMemoryRelay { RelayService(store: store, key: key) { [clock] in clock.now } }

  private func recovery(of account: TestAccount) -> RelayCaller { .device(account.recovery.deviceID) }

  @Test func `a hold holds for every process, and ends after ten minutes`() async throws {
    var account = try await TestAccount(at: relay)
    _ = try await relay.hold(account.id, as: recovery(of: account))
    let batch = try account.append([account.record(1)])
    await #expect {
      _ = try await other.append(batch, records: [account.record(1)], to: account.id, as: account.caller)
    } throws: { error in
      guard case RelayError.recoveryUnderway(let wait)? = error as? RelayError else { return false }
      return wait > .seconds(590) && wait <= .seconds(600)
    }
    clock.advance(by: .seconds(300))
    _ = try await other.hold(account.id, as: recovery(of: account))
    clock.advance(by: .seconds(590))
    await #expect(throws: RelayError.self) {
      _ = try await relay.append(batch, records: [account.record(1)], to: account.id, as: account.caller)
    }
    clock.advance(by: .seconds(11))
    try await account.send([account.record(1)], to: relay)
  }

  @Test func `a hold of a clock that was set back has ended`() async throws {
    var account = try await TestAccount(at: relay)
    _ = try await relay.hold(account.id, as: recovery(of: account))
    clock.advance(by: .seconds(-7200))
    try await account.send([account.record(1)], to: relay)
  }

  @Test func `a hold ends when its recovery device is replaced`() async throws {
    var account = try await TestAccount(at: relay)
    let old = recovery(of: account)
    _ = try await relay.hold(account.id, as: old)
    let new = try DeviceKeys()
    let (entry, wraps) = try account.replacement(by: new)
    try await account.send(entry, wraps, to: relay)
    try await account.send([account.record(1)], to: relay)
    await #expect(throws: RelayError.unknownAccount) { _ = try await relay.hold(account.id, as: old) }
  }

  @Test func `a bot that appends without pause does not keep a restore from its entry`() async throws {
    var account = try await TestAccount(at: relay)
    let bot = try DeviceKeys()
    try await account.add(bot, at: relay)
    try await account.send([account.record(1)], by: bot, to: relay)
    _ = try await relay.hold(account.id, as: recovery(of: account))
    let records = [account.record(2)]
    let batch = try account.append(records, by: bot)
    await #expect(throws: RelayError.self) {
      _ = try await relay.append(batch, records: records, to: account.id, as: .device(bot.deviceID))
    }
    let restored = try DeviceKeys()
    let (entry, wraps) = try account.restoration(of: restored)
    try await account.send(entry, wraps, to: relay)
    try await relay.release(account.id, as: recovery(of: account))
    try await account.send([account.record(3)], by: restored, to: relay)
    await #expect(throws: RelayError.unknownAccount) {
      _ = try await relay.usage(of: account.id, as: .device(bot.deviceID))
    }
    let botsWraps = try await store.read(.account(account.id)) { (rows) throws(RelayError) in
      try rows.all(in: .wrap, RowRange([.bytes(bot.deviceID.bytes)])).count
    }
    #expect(botsWraps == 0)
  }

  /// An account whose first device has just been refused a removal; and a bot, and a bystander.
  private func overtaken() async throws -> (TestAccount, bot: DeviceKeys, bystander: DeviceKeys) {
    var account = try await TestAccount(at: relay)
    let (bot, bystander) = (try DeviceKeys(), try DeviceKeys())
    for device in [bot, bystander] { try await account.add(device, by: account.recovery, at: relay) }
    try await overtake(&account, bot, bystander)
    return (account, bot, bystander)
  }

  private func overtake(
    _ account: inout TestAccount, _ bot: DeviceKeys, _ bystander: DeviceKeys
  ) async throws {
    let (late, wraps) = try account.removal(of: [bot], keeping: [bystander])
    try await account.send(try account.entry(.update(highestVersion: 1), by: bot), [], to: relay)
    await #expect(throws: RelayError.staleLogHead(newest: account.log.head)) {
      try await relay.appendLogEntry(late, wraps: wraps, to: account.id, as: account.caller)
    }
  }

  private func isKeptOff(_ device: DeviceKeys, _ account: TestAccount) async throws -> Bool {
    let entry = try account.entry(.update(highestVersion: 1), by: device)
    var wrong = entry.signatures
    wrong.removeAll()
    do throws(RelayError) {
      // Without signatures it changes nothing in any case.
      try await relay.appendLogEntry(
        LogEntry(content: entry.content, signatures: wrong), wraps: [], to: account.id,
        as: .device(device.deviceID))
      return false
    } catch {
      if case .removalUnderway = error { return true }
      return false
    }
  }

  @Test func `a turn lasts three seconds, and comes once in a minute`() async throws {
    var (account, bot, bystander) = try await overtaken()
    #expect(try await isKeptOff(bot, account))
    #expect(try await isKeptOff(bystander, account))
    #expect(try await !isKeptOff(account.keys, account))
    #expect(try await !isKeptOff(account.recovery, account))
    clock.advance(by: .seconds(4))
    #expect(try await !isKeptOff(bot, account))
    try await overtake(&account, bot, bystander)
    #expect(try await !isKeptOff(bot, account))
    clock.advance(by: .seconds(60))
    try await overtake(&account, bot, bystander)
    #expect(try await isKeptOff(bot, account))
  }

  @Test func `a turn costs what an entry costs: a device that may send no entry gets none`() async throws {
    var account = try await TestAccount(at: relay)
    let (bot, bystander) = (try DeviceKeys(), try DeviceKeys())
    for device in [bot, bystander] { try await account.add(device, by: account.recovery, at: relay) }
    for _ in 0..<15 { try await account.send(try account.entry(.update(highestVersion: 1)), [], to: relay) }
    // The last entry goes into the turn.
    try await overtake(&account, bot, bystander)
    #expect(try await isKeptOff(bot, account))
    clock.advance(by: .seconds(4))
    let entry = try account.entry(.update(highestVersion: 1))
    await #expect {
      try await relay.appendLogEntry(entry, wraps: [], to: account.id, as: account.caller)
    } throws: { error in
      guard case RelayError.tooManyEntries? = error as? RelayError else { return false }
      return true
    }
    // And without one there is no turn: a minute later the device still may send nothing.
    clock.advance(by: .seconds(60))
    let (late, wraps) = try account.removal(of: [bot], keeping: [bystander])
    try await account.send(try account.entry(.update(highestVersion: 1), by: bot), [], to: relay)
    await #expect(throws: RelayError.self) {
      try await relay.appendLogEntry(late, wraps: wraps, to: account.id, as: account.caller)
    }
    #expect(try await !isKeptOff(bot, account))
  }

  @Test func `a removal that is not signed, or of nobody who is there, gives no turn`() async throws {
    var account = try await TestAccount(at: relay)
    let (bot, gone) = (try DeviceKeys(), try DeviceKeys())
    for device in [bot, gone] { try await account.add(device, by: account.recovery, at: relay) }
    let (removal, wraps) = try account.removal(of: [gone], keeping: [bot])
    try await account.send(removal, wraps, to: relay)
    let before = account
    try await account.send(try account.entry(.update(highestVersion: 1)), [], to: relay)
    let (late, lateWraps) = try before.removal(of: [account.keys], keeping: [], by: bot)
    let (again, againWraps) = try before.removal(of: [gone], keeping: [bot], by: bot)
    let unsigned = LogEntry(content: late.content, signatures: [])
    for (entry, wraps, caller) in [
      (unsigned, lateWraps, RelayCaller.device(bot.deviceID)), (again, againWraps, .device(bot.deviceID)),
      // Whose turn would it be? Not that of whoever passes another's entry on.
      (late, lateWraps, account.caller),
    ] {
      await #expect(throws: RelayError.staleLogHead(newest: account.log.head)) {
        try await relay.appendLogEntry(entry, wraps: wraps, to: account.id, as: caller)
      }
    }
    #expect(try await !isKeptOff(account.keys, account))
    // As a check of the check: signed and by its own device it does.
    await #expect(throws: RelayError.self) {
      try await relay.appendLogEntry(late, wraps: lateWraps, to: account.id, as: .device(bot.deviceID))
    }
    #expect(try await isKeptOff(account.keys, account))
  }

  @Test func `a device may send one entry more for each ten minutes, and never more than sixteen`()
    async throws
  {
    var account = try await TestAccount(at: relay)
    func sendAll() async throws -> Int {
      for count in 0..<40 {
        do { try await account.send(try account.entry(.update(highestVersion: 1)), [], to: relay) } catch let
          error as RelayError
        {
          guard case .tooManyEntries(let wait) = error else { throw error }
          #expect(wait > .zero && wait <= .seconds(600))
          return count
        }
      }
      return 40
    }
    #expect(try await sendAll() == 16)
    clock.advance(by: .seconds(599))
    #expect(try await sendAll() == 0)
    clock.advance(by: .seconds(2))
    #expect(try await sendAll() == 1)
    clock.advance(by: .seconds(6000))
    #expect(try await sendAll() == 10)
    clock.advance(by: .seconds(10_000_000))
    #expect(try await sendAll() == 16)
    clock.advance(by: .seconds(-86400))
    #expect(try await sendAll() == 0)
  }

  @Test func `an entry that is repeated, or refused, costs nothing`() async throws {
    var account = try await TestAccount(at: relay)
    let entry = try account.entry(.update(highestVersion: 1))
    try await account.send(entry, [], to: relay)
    let wrong = try account.entry(.update(highestVersion: 0))
    for _ in 0..<20 {
      try await relay.appendLogEntry(entry, wraps: [], to: account.id, as: account.caller)
      await #expect(throws: RelayError.self) {
        try await relay.appendLogEntry(wrong, wraps: [], to: account.id, as: account.caller)
      }
    }
    for _ in 0..<15 { try await account.send(try account.entry(.update(highestVersion: 1)), [], to: relay) }
  }

  /// An account with a record and an order that waits.
  private func ordered() async throws -> (TestAccount, AccountErasure) {
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1)], to: relay)
    let order = try AccountErasure(
      of: try #require(account.checkpoint), at: .now, by: account.keys)
    let pending = try await relay.eraseAccount(order, of: account.id, as: account.caller)
    #expect(pending?.order == order)
    return (account, order)
  }

  private func completed(_ call: () async throws -> Void) async -> CompletedErasure? {
    do { try await call() } catch RelayError.accountErased(let completed) { return completed } catch {}
    return nil
  }

  private func leftRows(of account: TestAccount) async throws -> Int {
    try await store.read(.account(account.id)) { (rows) throws(RelayError) in
      var count = 0
      for table in RelayTable.erased { count += try rows.all(in: table).count }
      return count
    }
  }

  @Test func `an order takes effect after 72 hours, with whatever is asked next`() async throws {
    let (account, order) = try await ordered()
    clock.advance(by: .seconds(72 * 3600 - 5))
    #expect(try await relay.usage(of: account.id, as: account.caller).records > 0)
    clock.advance(by: .seconds(6))
    // Whoever may not ask changes nothing.
    await #expect(throws: RelayError.unknownAccount) {
      _ = try await relay.usage(of: account.id, as: .anyone)
    }
    #expect(try await leftRows(of: account) > 0)
    let found = await completed { _ = try await relay.usage(of: account.id, as: account.caller) }
    let done = try #require(found)
    #expect(done.order == order)
    try done.check(against: account.log)
    #expect(try await leftRows(of: account) == 0)
    #expect(await completed { _ = try await other.hold(account.id, as: recovery(of: account)) } == done)
    #expect(
      await completed { _ = try await other.pendingErasure(of: account.id, as: account.caller) } == done)
    #expect(try await relay.eraseAccount(order, of: account.id, as: account.caller) == nil)
    #expect(try await relay.logEntries(of: account.id, from: 0, as: account.caller) == [account.create])
  }

  @Test func `an order takes effect by itself too, and a late entry does not void it`() async throws {
    let (first, order) = try await ordered()
    let (second, _) = try await ordered()
    clock.advance(by: .seconds(72 * 3600 + 1))
    #expect(try await relay.eraseAccount(order, of: first.id, as: first.caller) == nil)
    #expect(try await leftRows(of: first) == 0)
    let entry = try second.entry(.update(highestVersion: 1))
    let found = await completed {
      try await relay.appendLogEntry(entry, wraps: [], to: second.id, as: second.caller)
    }
    #expect(found != nil)
    #expect(try await leftRows(of: second) == 0)
  }

  @Test func `an order does not take effect while the recovery device holds the account`() async throws {
    var (account, _) = try await ordered()
    clock.advance(by: .seconds(72 * 3600 - 60))
    _ = try await relay.hold(account.id, as: recovery(of: account))
    clock.advance(by: .seconds(120))
    #expect(try await relay.usage(of: account.id, as: account.caller).records > 0)
    let restored = try DeviceKeys()
    let (entry, wraps) = try account.restoration(of: restored)
    try await account.send(entry, wraps, to: relay)
    clock.advance(by: .seconds(7200))
    #expect(try await relay.usage(of: account.id, as: .device(restored.deviceID)).records > 0)
  }

  @Test func `rows of an erased account that an interruption left go with the next call`() async throws {
    let failing = FailingRelayStore(store)
    let relay = RelayService(store: failing, key: key) { [clock] in clock.now }
    let (account, _) = try await ordered()
    clock.advance(by: .seconds(72 * 3600 + 1))
    failing.fail(after: 1)
    #expect(await completed { _ = try await relay.usage(of: account.id, as: account.caller) } != nil)
    #expect(try await leftRows(of: account) > 0)
    failing.fail(after: nil)
    #expect(await completed { _ = try await relay.usage(of: account.id, as: account.caller) } != nil)
    #expect(try await leftRows(of: account) == 0)
  }

  @Test func `an announced recovery device comes into force after 72 hours, and leads to its account`()
    async throws
  {
    var account = try await TestAccount(at: relay)
    let (new, old) = (try DeviceKeys(), account.recovery.deviceID)
    try await account.send(try account.announcement(of: new), [], to: relay)
    let first = try await account.newestCheckpoint(at: relay)
    clock.advance(by: .seconds(72 * 3600 + 1))
    let second = try await account.newestCheckpoint(at: relay)
    let (entry, wraps) = try account.completion(of: new, from: first, to: second)
    try await account.send(entry, wraps, to: relay)
    #expect(try await relay.account(recoveredBy: new.deviceID, as: .device(new.deviceID)) == account.id)
    #expect(try await relay.account(recoveredBy: old, as: .device(old)) == nil)
    await #expect(throws: RelayError.unknownAccount) {
      _ = try await relay.hold(account.id, as: .device(old))
    }
    _ = try await relay.hold(account.id, as: .device(new.deviceID))
  }

  @Test func `an expired message makes room, and none goes before`() async throws {
    let mailbox = MailboxID(unchecked: [UInt8](repeating: 3, count: 32))
    for number in 0..<RelayLimits.messageCount {
      try await relay.post([UInt8(number)], to: mailbox, as: .anyone)
    }
    // However many others are posted elsewhere.
    for number in 0..<200 {
      let other = MailboxID(unchecked: [UInt8](repeating: UInt8(number), count: 31) + [9])
      try await relay.post([1], to: other, as: .anyone)
    }
    await #expect(throws: RelayError.tooLarge) { try await relay.post([99], to: mailbox, as: .anyone) }
    #expect(try await relay.messages(in: mailbox, as: .anyone).count == RelayLimits.messageCount)
    clock.advance(by: .seconds(604_801))
    #expect(try await relay.messages(in: mailbox, as: .anyone) == [])
    try await relay.post([99], to: mailbox, as: .anyone)
    #expect(try await relay.messages(in: mailbox, as: .anyone) == [[99]])
  }
}
