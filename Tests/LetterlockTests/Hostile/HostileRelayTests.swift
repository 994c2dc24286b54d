import CryptoCore
import Foundation
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// Three devices and a relay that does to each of them whatever it likes, with a removed device that kept its
/// keys: every run ends in the right history or in a named error.
@Suite("Hostile: a relay that may do anything")
struct HostileRelayTests {
  private struct Start {
    let relay: InMemoryRelay
    let vaults: [MemoryKeyVault]
    let stores: [MemoryDeviceStore]
    let chat = ConversationID()
    let stranger: Device
  }

  /// Run `LETTERLOCK_HOSTILE_RUNS` times with other seeds: 300 if it does not say, 40 in a build for debugging. Or once,
  /// with the seed that `LETTERLOCK_HOSTILE_SEED` names.
  private static var seeds: ClosedRange<UInt64> {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["LETTERLOCK_HOSTILE_SEED"].flatMap(UInt64.init) { return seed...seed }
    let wanted = environment["LETTERLOCK_HOSTILE_RUNS"].flatMap(UInt64.init)
    return 1...(wanted ?? (environment["LETTERLOCK_HOSTILE"] != nil ? 300 : 40))
  }

  private static func start() async throws -> Start {
    let relay = try InMemoryRelay(policy: .patient)
    let stranger = try await Device.createAccount(
      named: "Stranger", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await stranger.device.sync()
    let vaults = (0..<3).map { _ in MemoryKeyVault() }
    let stores = (0..<3).map { _ in MemoryDeviceStore() }
    let first = try await Device.createAccount(named: "0", vault: vaults[0], store: stores[0], relay: relay)
      .device
    for index in 1..<3 {
      let request = try await Device.requestToJoin(
        named: "\(index)", vault: vaults[index], store: stores[index], relay: relay)
      try await first.approve(request.code)
      try await request.approved().sync()
    }
    try await first.sync()
    return Start(relay: relay, vaults: vaults, stores: stores, stranger: stranger.device)
  }

  @Test func `never makes a history wrong`() async throws {
    let start = try await Self.start()
    var complete = 0
    for seed in Self.seeds {
      complete += try await HostileRun(
        start.relay, start.vaults, start.stores, start.chat, start.stranger, seed: seed
      )
      .go()
    }
    // Runs in which every device was led astray would prove little.
    #expect(complete > 0)
  }
}

/// One life of the three devices.
private final class HostileRun {
  private let relay: InMemoryRelay
  /// The relay as it was, from where it went on in another way.
  private var past: [InMemoryRelay] = []
  private var plotted: Set<SignedBatch> = []
  private let lines: [HostileLine]
  private let devices: [Device]
  private let chat: ConversationID
  private let seed: UInt64
  private var generator: SeededGenerator
  private var written: Set<String> = []
  /// Of each device, the leaf indices of the third device's records that it took before it knew of the removal.
  private var takenBefore: [Set<UInt64>] = [[], [], []]
  private var knowsRemoval = [false, false, false]
  private static let removedText = "a removed device's"

  init(
    _ origin: InMemoryRelay, _ vaults: [MemoryKeyVault], _ stores: [MemoryDeviceStore],
    _ chat: ConversationID, _ stranger: Device, seed: UInt64
  ) async throws {
    let relay = await origin.fork()
    let first = try Device(vault: vaults[0])
    let insiders = [first.account: first.caller, stranger.account: stranger.caller]
    let lines = (0..<3).map {
      HostileLine(relay, stranger: stranger.account, insiders: insiders, seed: seed * 3 + UInt64($0))
    }
    var devices: [Device] = []
    for (index, line) in lines.enumerated() {
      let vault = MemoryKeyVault()
      if let contents = try vaults[index].load() { try vault.save(contents, replacing: nil) }
      devices.append(
        try Device(vault: vault, store: MemoryDeviceStore(copying: stores[index]), relay: line))
    }
    (self.relay, self.lines, self.devices, self.chat, self.seed) = (relay, lines, devices, chat, seed)
    generator = SeededGenerator(seed: seed)
  }

  /// Gives how many devices ended with the whole history.
  func go() async throws -> Int {
    for step in 0..<20 {
      let index = Int.random(in: 0..<3, using: &generator)
      await lines[index].behave(malice: Int.random(in: 0..<3, using: &generator) * 25)
      switch Int.random(in: 0..<14, using: &generator) {
      case 0..<4: write(step, on: devices[index])
      case 4: past.append(await relay.fork())
      case 5:
        // Another history, from now or from then.
        if let other = past.randomElement(using: &generator) { await lines[index].turn(to: other) }
      case 6: await lines[index].turn(to: relay)
      case 7: try await expectNamed { try await self.devices[index].beginEpoch() }
      case 8 where index != 2 && step > 8: try await removeThird(by: index)
      case 9, 10: try await readNewest(index)
      default: try await sync(index)
      }
      try check(index)
    }
    return try await settle()
  }

  private func write(_ step: Int, on device: Device) {
    let text = "\(seed) \(step)"
    guard (try? device.append(Household.text(text), to: chat)) != nil else { return }
    written.insert(text)
  }

  /// The removed device goes on writing, and the relay signs for what it writes.
  private func removeThird(by index: Int) async throws {
    let (keys, log, _) = devices[2].secrets
    let sealed = try? devices[2].archive.conversation(chat).seal(Household.text(Self.removedText))
    try await expectNamed { try await self.devices[index].remove(self.devices[2].id) }
    let progress = try devices[index].progress()
    guard let record = sealed?.bytes, let knownCheckpoint = try devices[2].progress().checkpoint else {
      return
    }
    // The relay hands it the records of the epoch that it cannot read, too.
    let newest = devices[index].log.head
    let copied = try? devices[index].archive.conversation(chat).seal(Household.text(Self.removedText)).bytes
    let batches = try [(log.head, record), (newest, record), (newest, copied ?? record)].map { head, record in
      let signedBatch = try SignedBatch(
        of: [record], by: keys, account: log.account, logHead: head,
        counter: (progress.history.author(keys.deviceID)?.counter ?? 0) + 100,
        previous: progress.history.author(keys.deviceID)?.batchHash ?? .zero, knownCheckpoint: knownCheckpoint
      )
      // One that names a head without it is never right. If the removal came to nothing both heads have it.
      if head == log.head || devices[index].log.activeMember(keys.deviceID) != nil {
        plotted.insert(signedBatch)
      }
      return HistoryBatch(firstLeaf: 0, signedBatch: signedBatch, records: [record])
    }
    for line in lines {
      let isHidden = Bool.random(using: &generator)
      await line.conspire(batches, hidingAfter: isHidden ? log.head : nil)
    }
    for other in 0..<2 {
      try await sync(other)
      try check(other)
    }
  }

  /// A page that is not refused holds what was written, and of a removed device nothing after its removal.
  private func readNewest(_ index: Int) async throws {
    let device = devices[index]
    var texts: [String] = []
    try await expectNamed {
      var window = try await device.newestMessages(in: self.chat, count: 3)
      if window.hasOlder { try await device.extend(&window, by: 3) }
      texts = window.messages.map(\.text)
      let found = try await device.newestConversations()
      #expect(found.allSatisfy { $0.id == self.chat }, "seed \(self.seed)")
    }
    #expect(Set(texts).count == texts.count, "seed \(seed)")
    #expect(Set(texts).subtracting(written).subtracting([Self.removedText]).isEmpty, "seed \(seed)")
  }

  private func sync(_ index: Int) async throws {
    let device = devices[index]
    try await expectNamed {
      let verdict = try await device.sync().verdict
      let isMisled = try !self.leavesAfterRemoval(index).isEmpty
      #expect(!isMisled || !verdict.isComplete, "seed \(self.seed)")
      // An honest relay shows a removed device no more than its removal.
      guard device.log.activeMember(device.id) != nil else { return }
      let size = try device.progress().history.tree.size
      #expect(!verdict.isComplete || size >= device.log.newestEpoch.header.treeSize, "seed \(self.seed)")
    }
  }

  /// A call may fail, but not by a fault of the library or of the device's own store.
  private func expectNamed(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let error as DeviceError {
      switch error {
      case .internalError, .store, .vault: Issue.record("seed \(seed): \(error)")
      default: break
      }
    }
  }

  /// Nothing that nobody wrote, nothing twice.
  private func check(_ index: Int) throws {
    let texts = try Household.texts(of: devices[index])
    #expect(Set(texts).count == texts.count, "seed \(seed)")
    let foreign = Set(texts).subtracting(written).subtracting([Self.removedText])
    #expect(foreign.isEmpty, "seed \(seed)")
    try checkCheckpoint(index)
    guard index != 2 else { return }
    // What the third device wrote in time is its own. Where its removal says that it was gone nothing of it may come to
    // stand, but what was there already stays, and is told at each synchronisation.
    let after = try leavesAfterRemoval(index)
    let isKnown = devices[index].log.members[devices[2].id]?.isActive == false
    if isKnown, knowsRemoval[index] {
      #expect(after.isSubset(of: takenBefore[index]), "seed \(seed)")
    } else {
      takenBefore[index] = after
    }
    knowsRemoval[index] = isKnown
  }

  /// What is kept as the relay's word is its word, for the history that is here.
  private func checkCheckpoint(_ index: Int) throws {
    let progress = try devices[index].progress()
    guard let checkpoint = progress.checkpoint else { return }
    let log = devices[index].log
    #expect(checkpoint.account == log.account && checkpoint.isSigned(by: log.checkpointKey), "seed \(seed)")
    guard checkpoint.treeSize == progress.history.tree.size else { return }
    #expect(checkpoint.treeRoot == progress.history.tree.root, "seed \(seed)")
  }

  /// A device has only what devices made, as they made it: no entry, no signed batch, no record of anyone else, and
  /// each signed batch in the history that its author had verified.
  private func checkOrigins() async throws {
    let account = devices[0].account
    var (heads, signedBatches): (Set<LogHead>, Set<SignedBatch>) = ([], plotted)
    for relay in past + [relay] {
      heads.formUnion(try await relay.logEntries(of: account, from: 0, as: devices[0].caller).map(\.head))
      let page = try await relay.history(of: account, from: 0, maximumByteCount: .max, as: devices[0].caller)
      signedBatches.formUnion(page.batches.map(\.signedBatch))
    }
    for device in devices {
      #expect(heads.isSuperset(of: device.log.heads), "seed \(seed)")
      var nodes = HistoryNodes()
      var seen: Set<SignedBatch> = []
      for batch in try device.neededStore().batches(from: 0, limit: .max) {
        let signedBatch = batch.signedBatch
        // Said briefly: there are many.
        let isMade = signedBatches.contains(signedBatch)
        #expect(isMade, "seed \(seed)")
        #expect(seen.insert(signedBatch).inserted, "seed \(seed)")
        let knownCheckpoint = signedBatch.knownCheckpoint
        #expect(
          nodes.root(at: knownCheckpoint?.treeSize ?? 0) == knownCheckpoint?.treeRoot ?? HistoryTree().root,
          "seed \(seed)")
        for (place, record) in batch.records.enumerated() {
          guard let record else { continue }
          let hash = SignedBatch.leafHash(
            of: record, device: signedBatch.device, counter: signedBatch.counter)
          #expect(hash == batch.leafHashes[place], "seed \(seed)")
        }
        #expect(batch.leafHashes.root == signedBatch.leafRoot, "seed \(seed)")
        nodes.append(batch.leafHashes)
      }
    }
  }

  /// Where a device has records of the third one from after its removal.
  private func leavesAfterRemoval(_ index: Int) throws -> Set<UInt64> {
    guard index != 2, let removal = devices[index].log.members[devices[2].id]?.removal else { return [] }
    var leaves: Set<UInt64> = []
    try devices[index].forEachEntry { entry in
      if entry.author == self.devices[2].id, let leaf = entry.leaf, leaf >= removal.treeSize {
        leaves.insert(leaf)
      }
    }
    return leaves
  }

  /// At an honest relay, whoever was not led astray has everything, and whoever was is told.
  private func settle() async throws -> Int {
    try await checkOrigins()
    for line in lines {
      await line.turn(to: relay)
      await line.behave(malice: 0)
    }
    // Every person decides to go on.
    for device in devices { try await device.goOnDespiteEvidence() }
    var complete = 0
    for _ in 0..<3 { for index in 0..<3 { try await sync(index) } }
    let account = devices[0].account
    let page = try await relay.history(of: account, from: 0, maximumByteCount: .max, as: devices[0].caller)
    var nodes = HistoryNodes()
    for batch in page.batches { nodes.append(batch.leafHashes) }
    for (index, device) in devices.enumerated() {
      let verdict = try? await device.sync().verdict
      let tree = try device.progress().history.tree
      let isRemoved = device.log.activeMember(device.id) == nil
      let isWhole = !isRemoved && verdict?.isComplete ?? false
      #expect(try !isWhole || leavesAfterRemoval(index).isEmpty, "seed \(seed), device \(index)")
      #expect(!isWhole || nodes.root(at: tree.size) == tree.root, "seed \(seed), device \(index)")
      if isWhole, device.log.head == devices[0].log.head {
        #expect(tree.size == nodes.size, "seed \(seed), device \(index)")
        #expect(try device.progress().history.absent == [], "seed \(seed), device \(index)")
        complete += 1
      }
      // Never silent: another history than the relay's is named.
      if nodes.root(at: tree.size) != tree.root { #expect(!isWhole, "seed \(seed), device \(index)") }
      try check(index)
    }
    return complete
  }
}
