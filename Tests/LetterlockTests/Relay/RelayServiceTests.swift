import LetterlockTestKit
import Testing

@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("A relay over a store that breaks down, or runs transactions again")
struct RelayServiceTests {
  @Test func `keeps the rules when every transaction is run again`() async {
    let findings = await RelayConformance.findings {
      RelayService(store: RepeatingRelayStore(MemoryRelayStore()), key: try CheckpointKey())
    }
    #expect(findings == [])
  }

  @Test func `goes on with an erasure that was interrupted, and shows nothing of the account meanwhile`()
    async throws
  {
    let (rows, key) = (MemoryRelayStore(), try CheckpointKey())
    let store = FailingRelayStore(rows)
    let relay = RelayService(store: store, key: key)
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1)], to: relay)
    let checkpoint = try #require(account.checkpoint)
    let order = try AccountErasure(of: checkpoint, at: .now, by: account.recovery)
    let recovery = RelayCaller.device(account.recovery.deviceID)
    store.fail(after: 1)
    await #expect(throws: RelayError.unavailable("the store has broken down")) {
      _ = try await relay.eraseAccount(order, of: account.id, as: recovery)
    }
    #expect(try await leftTables(rows, account) != [])
    // Another process, with nothing in memory.
    let again = RelayService(store: store, key: key)
    await #expect {
      try await again.history(of: account.id, from: 0, maximumByteCount: 1, as: account.caller)
    } throws: { error in
      guard case RelayError.accountErased(let completed)? = error as? RelayError else { return false }
      return completed.order == order
    }
    #expect(try await leftTables(rows, account) != [])
    store.fail(after: nil)
    #expect(try await again.eraseAccount(order, of: account.id, as: recovery) == nil)
    #expect(try await leftTables(rows, account) == [])
    #expect(try await again.logEntries(of: account.id, from: 0, as: account.caller) == [account.create])
  }

  private func leftTables(_ store: MemoryRelayStore, _ account: TestAccount) async throws -> [RelayTable] {
    try await store.read(.account(account.id)) { (rows) throws(RelayError) in
      var left: [RelayTable] = []
      for table in RelayTable.erased where try !rows.all(in: table).isEmpty { left.append(table) }
      return left
    }
  }

  @Test func `an account whose creation was interrupted after its claim is made when it is sent again`()
    async throws
  {
    let store = FailingRelayStore(MemoryRelayStore())
    let relay = RelayService(store: store, key: try CheckpointKey())
    let account = try TestAccount(checkpointKey: try await relay.checkpointKey(as: .anyone))
    let recovery = account.recovery.deviceID
    store.fail(after: 1)
    await #expect(throws: RelayError.self) {
      try await relay.createAccount(account.create, wraps: account.firstWraps, as: .anyone)
    }
    store.fail(after: nil)
    // The claim alone leads nowhere.
    #expect(try await relay.account(recoveredBy: recovery, as: .device(recovery)) == nil)
    try await relay.createAccount(account.create, wraps: account.firstWraps, as: .anyone)
    #expect(try await relay.account(recoveredBy: recovery, as: .device(recovery)) == account.id)
  }

  @Test func `two relays over one store see what the other has written`() async throws {
    let (store, key) = (MemoryRelayStore(), try CheckpointKey())
    let relays = (0..<2).map { _ in RelayService(store: store, key: key) }
    var account = try await TestAccount(at: relays[0])
    for turn in 0..<4 {
      let outcome = try await account.send([account.record(UInt8(turn))], to: relays[turn % 2])
      #expect(outcome.firstLeaf == UInt64(turn))
    }
    let usages = [
      try await relays[0].usage(of: account.id, as: account.caller),
      try await relays[1].usage(of: account.id, as: account.caller),
    ]
    #expect(usages[0] == usages[1])
  }

  @Test func `what an account keeps is counted without overflow, in either direction`() {
    // What wraps round ends at 5, not at the largest number again.
    var usage = RelayUsage(log: .max, records: 1, blobs: 5, quota: .max)
    #expect(usage.total == .max)
    #expect(!usage.hasRoom(for: 1))
    usage.add(.max, to: \.records)
    #expect(usage.records == .max)
    usage.subtract(5, from: \.records)
    usage.subtract(.max, from: \.records)
    #expect(usage.records == 0)
    let small = RelayUsage(log: 3, quota: 10)
    #expect(small.hasRoom(for: 7) && !small.hasRoom(for: 8) && !small.hasRoom(for: .max))
  }

  @Test func `more than the last 64 roots are not kept, and a batch that knows an older one is refused`()
    async throws
  {
    let store = MemoryRelayStore()
    let relay = RelayService(store: store, key: try CheckpointKey())
    var account = try await TestAccount(at: relay)
    var old: Checkpoint?
    for turn in 0..<70 {
      let checkpoint = try await account.send([account.record(UInt8(turn))], to: relay).checkpoint
      if turn == 2 { old = checkpoint }
    }
    let roots = try await store.read(.account(account.id)) { (rows) throws(RelayError) in
      try rows.all(in: .root).count
    }
    #expect(roots == History.boundaryCount)
    account.checkpoint = old
    let records = [account.record(9)]
    let late = try account.append(records)
    await #expect(throws: RelayError.batchRefused(.knownCheckpointTooOld(account.keys.deviceID))) {
      try await relay.append(late, records: records, to: account.id, as: account.caller)
    }
    // A relay that reads it all again says the same.
    let fresh = RelayService(store: store, key: relay.key)
    await #expect(throws: RelayError.batchRefused(.knownCheckpointTooOld(account.keys.deviceID))) {
      try await fresh.append(late, records: records, to: account.id, as: account.caller)
    }
  }
}
