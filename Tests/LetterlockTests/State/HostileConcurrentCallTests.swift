import CryptoCore
import Foundation
import Synchronization
import SystemCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// What a person, an app and its background tasks do to one device at the same time.
@Suite("Calls at once on one device")
struct HostileConcurrentCallTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil

  /// Two operations, of which the first runs twice.
  struct Pair: Sendable, CustomStringConvertible {
    let one: ConcurrentOperation
    let two: ConcurrentOperation

    var description: String { "\(one.name) beside \(two.name)" }
  }

  /// Every pair of everyday operations, in one household for all of them; of which each third where time is short.
  private static var everydayPairs: [Pair] {
    let operations = ConcurrentOperation.everyday
    let pairs = operations.enumerated().flatMap { first, one in
      operations[first...].map { Pair(one: one, two: $0) }
    }
    return isHostile ? pairs : pairs.enumerated().filter { $0.offset % 3 == 1 }.map(\.element)
  }

  /// Every pair with an operation that is rare, either of them first; or, where time is short, each rare one beside some
  /// of the others.
  private static var rarePairs: [Pair] {
    let others = ConcurrentOperation.everyday + ConcurrentOperation.rare
    let pairs = ConcurrentOperation.rare.flatMap { rare in
      others.flatMap { [Pair(one: rare, two: $0), Pair(one: $0, two: rare)] }
    }
    return isHostile ? pairs : pairs.enumerated().filter { $0.offset % 67 == 3 }.map(\.element)
  }

  @Test func `every pair of operations leaves a state that is whole`() async throws {
    let scene = try await ConcurrentScene()
    for pair in Self.everydayPairs { try await run(pair, in: scene) }
    try await expectWhole(scene, "every pair")
  }

  @Test func `an operation that is rare and any other leave a state that is whole`() async throws {
    for pair in Self.rarePairs {
      // What one of them uses up is there for each pair.
      let scene = try await ConcurrentScene()
      try await run(pair, in: scene)
      try await expectWhole(scene, "\(pair)")
    }
  }

  /// Runs both at once, and takes no other refusals than those that a caller is told to expect.
  private func run(_ pair: Pair, in scene: ConcurrentScene) async throws {
    let (one, two) = (try await pair.one.prepare(scene), try await pair.two.prepare(scene))
    let failures = await withTaskGroup(of: String?.self) { group in
      for (operation, prepared) in [(pair.one, one), (pair.two, two), (pair.one, one)] {
        group.addTask {
          do {
            try await prepared.run()
            return nil
          } catch { return operation.mayThrow(error) ? nil : "\(operation.name): \(error)" }
        }
      }
      return await group.reduce(into: [String]()) { if let failure = $1 { $0.append(failure) } }
    }
    #expect(failures == [], "\(pair)")
    try expectSame(scene.house, "\(pair)")
    for (operation, prepared) in [(pair.one, one), (pair.two, two)] {
      #expect(try await prepared.holds(), "\(operation.name) of \(pair)")
    }
  }

  /// Whether both devices go on, and read all of each other's.
  private func expectWhole(_ scene: ConcurrentScene, _ pair: String) async throws {
    let house = scene.house
    try house.phone.startSyncing()
    #expect(try await house.phone.sync().verdict.isComplete, "\(pair)")
    try await house.mac.beginEpoch()
    try house.mac.append(Household.text("after all"), to: house.chat)
    #expect(try await house.mac.sync().verdict.isComplete, "\(pair)")
    #expect(try await house.phone.sync().verdict.isComplete, "\(pair)")
    #expect(try house.phone.timeline().unreadable.isEmpty, "\(pair)")
    #expect(try Household.texts(of: house.phone).contains("after all"), "\(pair)")
  }

  /// Whether the vault holds what the device shows.
  private func expectSame(_ house: Household, _ pair: String) throws {
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(again.log.head == house.phone.log.head, "\(pair)")
    #expect(again.hasRecoveryKeyToShow == house.phone.hasRecoveryKeyToShow, "\(pair)")
    #expect(again.hasRecoveryKeyNotInForce == house.phone.hasRecoveryKeyNotInForce, "\(pair)")
    let (stored, shown) = (again.secrets, house.phone.secrets)
    #expect(stored.keys.sealingKey == shown.keys.sealingKey, "\(pair)")
    #expect(Set(stored.epochSecrets.keys) == Set(shown.epochSecrets.keys), "\(pair)")
  }

  /// Rounds of the races that version 0.1 lost.
  private static let rounds = isHostile ? 20_000 : 40

  @Test func `a tap on confirm beside a rotation loses neither, and tears no file`() async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/letterlock-taps-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for round in 0..<Self.rounds {
      let vault = FileKeyVault(path: "\(folder)/\(round)")
      let (relay, store) = (RelayRoute.reaching(try InMemoryRelay(policy: .patient)), MemoryDeviceStore())
      let device = try await Device.createAccount(named: "A", vault: vault, store: store, relay: relay).device
      async let rotated: Void = device.rotateKeys()
      async let confirmed: Void = Task.detached {
        for _ in 0..<(round % 50) { await Task.yield() }
        try device.confirmRecoveryKey()
      }.value
      async let torn = Task.detached {
        // Every look at the file finds one of its versions, whole.
        var looks = 0
        while looks < 20 {
          guard let found = try? FileKeyVault(path: "\(folder)/\(round)").load(), !found.isDamaged else {
            return true
          }
          looks += 1
          await Task.yield()
        }
        return false
      }.value
      try await rotated
      try await confirmed
      #expect(await torn == false, "round \(round)")
      let again = try Device(vault: vault, store: store, relay: relay)
      #expect(!again.hasRecoveryKeyToShow && again.log.head == device.log.head, "round \(round)")
      #expect(again.secrets.keys.sealingKey == device.secrets.keys.sealingKey, "round \(round)")
      try FileManager.default.removeItem(atPath: "\(folder)/\(round)")
    }
  }

  @Test func `a stop beside an update of the settings is never lost`() async throws {
    let (relay, store) = (RelayRoute.reaching(try InMemoryRelay(policy: .patient)), MemoryDeviceStore())
    let device = try await Device.createAccount(named: "A", vault: .inMemory, store: store, relay: relay)
      .device
    for round in 0..<Self.rounds {
      try device.startSyncing()
      let failures = concurrentMap(2, chunkCount: 1) {
      } _: { _, number in
        (try? number == 0 ? device.stopSyncing() : device.update(SyncSettings())) == nil
      }
      #expect(!failures.contains(true))
      #expect(try device.settings().isStopped, "round \(round)")
    }
  }

  @Test func `a name and a presence that are told at once are both kept`() async throws {
    let (relay, store) = (RelayRoute.reaching(try InMemoryRelay(policy: .patient)), MemoryDeviceStore())
    let vault = MemoryKeyVault()
    let device = try await Device.createAccount(named: "A", vault: vault, store: store, relay: relay).device
    for round in 0..<min(Self.rounds, 500) {
      async let synced = device.sync()
      async let renamed: Void = Task.detached { try device.rename("Name \(round)") }.value
      _ = try await (synced, renamed)
    }
    try await device.sync()
    let again = try Device(vault: vault, store: store, relay: relay)
    let last = min(Self.rounds, 500) - 1
    #expect(try again.devices().first { $0.role == .thisDevice }?.name == "Name \(last)")
  }
}
