import CryptoCore
import Foundation
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A relay that lies to each of three devices for a while, in ways that last, and loses what it had to a backup. When it
/// is honest again, every device that was not led to a history of its own seals, sends and is complete.
@Suite("Hostile: a relay that lies for a while")
struct HostileMemoryTests {
  /// 150 runs with other seeds, 10,000 when hostile tests are wanted at full length; or one, with the seed that
  /// `LETTERLOCK_HOSTILE_SEED` names.
  private static var seeds: ClosedRange<UInt64> {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["LETTERLOCK_HOSTILE_SEED"].flatMap(UInt64.init) { return seed...seed }
    return 1...(environment["LETTERLOCK_HOSTILE"] != nil ? 10_000 : 150)
  }

  @Test func `leaves every device usable when it is honest again`() async throws {
    let home = try await MemoryHome()
    var usable = 0
    for seed in Self.seeds {
      do { usable += try await MemoryRun(home, seed: seed).go() } catch {
        Issue.record("seed \(seed): \(error)")
      }
    }
    // Runs in which every device was led astray would prove little.
    #expect(usable >= 2 * Self.seeds.count)
  }
}

/// Three devices as every run begins with them.
private struct MemoryHome {
  let relay: InMemoryRelay
  let vaults = (0..<3).map { _ in MemoryKeyVault() }
  let stores = (0..<3).map { _ in MemoryDeviceStore() }
  let stranger: Device
  let chat = ConversationID()

  init() async throws {
    relay = try InMemoryRelay(policy: RelayPolicy(turnDuration: .zero, entryInterval: .zero))
    stranger = try await Device.createAccount(
      named: "Stranger", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
    let first = try await Device.createAccount(
      named: "0", vault: vaults[0], store: stores[0], relay: relay
    ).device
    for index in 1..<3 {
      let request = try await Device.requestToJoin(
        named: "\(index)", vault: vaults[index], store: stores[index], relay: relay)
      try await first.approve(request.code)
      try await request.approved().sync()
    }
    try await first.sync()
  }
}

/// One life of the three devices.
private final class MemoryRun {
  private var relay: InMemoryRelay
  private let lines: [HostileLine]
  private let devices: [Device]
  private let chat: ConversationID
  private let seed: UInt64
  private var generator: SeededGenerator
  private var backup: InMemoryRelay?
  private var past: InMemoryRelay
  private let clock = TestClock()
  /// Epochs that none of those who are left knows: what was sealed under one cannot be read.
  private var lostEpochs: Set<UInt64> = []

  init(_ home: MemoryHome, seed: UInt64) async throws {
    let relay = await home.relay.fork()
    let first = try Device(vault: home.vaults[0])
    let insiders = [first.account: first.caller, home.stranger.account: home.stranger.caller]
    let lines = (0..<3).map {
      HostileLine(relay, stranger: home.stranger.account, insiders: insiders, seed: seed * 7 + UInt64($0))
    }
    var devices: [Device] = []
    for (index, line) in lines.enumerated() {
      let vault = MemoryKeyVault()
      if let contents = try home.vaults[index].load() { try vault.save(contents, replacing: nil) }
      devices.append(
        try Device(vault: vault, store: MemoryDeviceStore(copying: home.stores[index]), relay: line))
    }
    (self.relay, self.lines, self.devices, chat, self.seed) = (relay, lines, devices, home.chat, seed)
    past = await relay.fork()
    generator = SeededGenerator(seed: seed)
    for device in devices { clock.set(device) }
  }

  /// Returns how many devices were usable at the end.
  func go() async throws -> Int {
    for step in 0..<12 {
      let index = Int.random(in: 0..<3, using: &generator)
      let before = (devices[index].log.heads, try devices[index].progress().history.tree)
      await lines[index].behave(malice: Int.random(in: 0..<3, using: &generator) * 20)
      let act = Int.random(in: 0..<12, using: &generator)
      trace("\(step): device \(index), act \(act)")
      switch act {
      case 0..<3: try? devices[index].append(Household.text("\(seed) \(step)"), to: chat)
      case 3, 4: try await lie(to: index)
      case 5: await lines[index].tell(nil)
      case 6: try await attempt { try await self.devices[index].beginEpoch() }
      case 7: backup = await relay.fork()
      case 8:
        try await attempt {
          _ = try await self.devices[index].newestMessages(in: self.chat, count: 3)
          _ = try await self.devices[index].newestConversations()
        }
      case 9 where step > 6 && index != 2:
        try await attempt { try await self.devices[index].remove(self.devices[2].id) }
      default: try await sync(index)
      }
      try expectGrown(index, before)
    }
    try await beHonest()
    return try await settle()
  }

  /// Says how every device stands, if one seed is replayed.
  private func trace(_ words: String) {
    guard ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE_SEED"] != nil else { return }
    print(words)
    for device in devices {
      let known = device.secrets.epochSecrets.keys.sorted()
      print(
        "  \(device.log.heads.count) entries, epoch \(device.log.newestEpoch.header.number), knows \(known),",
        device.log.activeMember(device.id) == nil ? "removed" : "active")
    }
  }

  /// Neither the log nor the tree ever shrinks or changes branch.
  private func expectGrown(_ index: Int, _ before: (heads: [LogHead], tree: HistoryTree)) throws {
    let (heads, size) = (devices[index].log.heads, try devices[index].progress().history.tree.size)
    #expect(heads.starts(with: before.heads), "seed \(seed)")
    #expect(size >= before.tree.size, "seed \(seed)")
    guard size == before.tree.size else { return }
    #expect(try devices[index].progress().history.tree == before.tree, "seed \(seed)")
  }

  private func lie(to index: Int) async throws {
    let (device, liar) = (devices[index], devices[(index + Int.random(in: 1..<3, using: &generator)) % 3])
    let key = relay.key
    func checkpoint(_ size: UInt64, _ root: Digest32, later: UInt64 = 0) throws -> Checkpoint {
      try Checkpoint(
        account: device.account, treeSize: size, treeRoot: root, logHead: device.log.head,
        at: Timestamp.now.millisecondsSince1970 + later, by: key)
    }
    let tree = try device.progress().history.tree
    switch Int.random(in: 0..<5, using: &generator) {
    case 0:
      var log = liar.state.read { $0.entries }
      log.append(try liar.forge(.update(highestVersion: 1)))
      await lines[index].tell(.log(log))
    case 1:
      let order = try AccountErasure(
        of: try checkpoint(tree.size, tree.root), at: .now, by: liar.secrets.keys)
      // The relay's time is its word: it says that the order has waited.
      let final = try checkpoint(tree.size, tree.root, later: CompletedErasure.coolingOff)
      await lines[index].tell(.erased(CompletedErasure(order: order, final: final)))
    case 2: await lines[index].tell(.gone)
    case 3: await lines[index].tell(.floor(try checkpoint(1 << 60, .zero)))
    default: await lines[index].tell(.past(past))
    }
    past = await relay.fork()
  }

  private func sync(_ index: Int) async throws {
    try await attempt { _ = try await self.devices[index].sync() }
  }

  /// A call may fail, but not by a fault of the library or of the device's own store.
  private func attempt(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let error as DeviceError {
      trace("\(error)")
      switch error {
      case .internalError, .store, .vault: Issue.record("seed \(seed): \(error)")
      default: break
      }
    }
  }

  /// The relay is honest from here on. If its operator put a backup back, the devices bring it what it lost.
  private func beHonest() async throws {
    for line in lines {
      await line.tell(nil)
      await line.behave(malice: 0)
    }
    for device in devices { try await device.goOnDespiteEvidence() }
    guard let backup else { return }
    let lost = relay
    relay = backup
    trace("a backup is put back")
    for line in lines { await line.restore(from: backup) }
    for _ in 0..<2 { for index in [0, 1, 2].shuffled(using: &generator) { try await sync(index) } }
    for line in lines { await line.reopen() }
    // Nothing is there that was not there before.
    let caller = devices[0].caller
    let (before, after) = (
      try await lost.history(of: devices[0].account, from: 0, maximumByteCount: .max, as: caller),
      try await relay.history(of: devices[0].account, from: 0, maximumByteCount: .max, as: caller)
    )
    #expect(before.batches.map(\.signedBatch).starts(with: after.batches.map(\.signedBatch)), "seed \(seed)")
  }

  /// Every device that has a beginning of the relay's history seals, sends, and is complete.
  private func settle() async throws -> Int {
    for _ in 0..<3 { for index in 0..<3 { try await sync(index) } }
    // What is asked once a day is asked again: whether the relay has the wraps of the newest epoch.
    clock.go(days: 2)
    for _ in 0..<2 { for index in 0..<3 { try await sync(index) } }
    trace("settled")
    try await removeLost()
    try await findLostEpochs()
    var usable = 0
    for (index, device) in devices.enumerated() {
      guard try await !isAstray(device) else {
        let verdict = try? await device.sync().verdict
        #expect(verdict?.isComplete != true, "seed \(seed), device \(index)")
        continue
      }
      if device.log.activeMember(device.id) == nil {
        guard case .removed = try await device.sync().verdict else {
          Issue.record("seed \(seed), device \(index)")
          continue
        }
      } else {
        try device.append(Household.text("\(seed) at the end"), to: chat)
        let report = try await device.sync()
        #expect(isAll(report.verdict), "seed \(seed), device \(index): \(report.verdict)")
        #expect(report.heldBack == [] && report.sent > 0, "seed \(seed), device \(index): \(report.heldBack)")
      }
      usable += 1
    }
    return usable
  }

  /// A device that is not in the relay's log any more joins again, and is removed: so an epoch that it gave back, and whose
  /// wraps are lost, is followed by one that the others read.
  private func removeLost() async throws {
    var astray: Set<DeviceID> = []
    for device in devices where try await isAstray(device) { astray.insert(device.id) }
    let newest = { (device: Device) in device.log.newestEpoch.header.number }
    guard
      let keeper = devices.first(where: { device in
        !astray.contains(device.id) && device.log.activeMember(device.id) != nil
          && device.unreadableEpochs.contains(newest(device))
      })
    else { return }
    for id in astray where keeper.log.activeMember(id) != nil { try await keeper.remove(id) }
    for index in 0..<3 { try await sync(index) }
  }

  private func findLostEpochs() async throws {
    var known: Set<UInt64> = []
    var newest: UInt64 = 0
    for device in devices where device.log.activeMember(device.id) != nil {
      guard try await !isAstray(device) else { continue }
      known.formUnion(device.secrets.epochSecrets.keys)
      newest = max(newest, device.log.newestEpoch.header.number)
    }
    lostEpochs = Set(0...newest).subtracting(known)
  }

  /// Whether all is there, and can be read unless nobody is left who could give an epoch's secret.
  private func isAll(_ verdict: Verdict) -> Bool {
    if case .unreadable(let records) = verdict {
      return records.allSatisfy { record in
        if case .epochWithheld(let epoch) = record.reason { lostEpochs.contains(epoch) } else { false }
      }
    }
    return verdict.isComplete
  }

  /// One that the relay answers.
  private func caller() async throws -> RelayCaller {
    for device in devices {
      if (try? await relay.usage(of: device.account, as: device.caller)) != nil { return device.caller }
    }
    throw RelayError.unknownAccount
  }

  /// Whether a relay that lied has led the device to another history than its own.
  private func isAstray(_ device: Device) async throws -> Bool {
    let caller = try await caller()
    let page = try await relay.history(
      of: device.account, from: 0, maximumByteCount: .max, as: caller)
    var nodes = HistoryNodes()
    for batch in page.batches { nodes.append(batch.leafHashes) }
    let tree = try device.progress().history.tree
    let entries = try await relay.logEntries(of: device.account, from: 0, as: caller)
    return nodes.root(at: tree.size) ?? HistoryTree().root != tree.root
      || !entries.map(\.head).starts(with: device.log.heads)
  }
}
