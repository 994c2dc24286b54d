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

  /// A public operation that changes something, and how it may be refused.
  struct Operation: Sendable {
    let name: String
    let body: @Sendable (Device, ConversationID) async throws -> Void
  }

  static let operations: [Operation] = [
    Operation(name: "append") { device, chat in try device.append(Household.text("one more"), to: chat) },
    Operation(name: "append a file") { device, chat in
      let file = AttachmentSource(mediaType: "a/b", content: .bytes([UInt8](repeating: 1, count: 5_000)))
      try device.append(.note("with a file"), attaching: [file], to: chat)
    },
    Operation(name: "sync") { device, _ in _ = try await device.sync(ignoringConditions: true) },
    Operation(name: "rotate") { device, _ in try await device.rotateKeys() },
    Operation(name: "epoch") { device, _ in try await device.beginEpoch() },
    Operation(name: "confirm") { device, _ in try device.confirmRecoveryKey() },
    Operation(name: "prepare") { device, _ in _ = try device.prepareRecoveryKey() },
    Operation(name: "delete") { device, chat in try device.delete(in: chat) },
    Operation(name: "recover") { device, chat in try device.recover(in: chat) },
    Operation(name: "rename") { device, _ in try device.rename("Study") },
    Operation(name: "update") { device, _ in try device.update(SyncSettings()) },
    Operation(name: "stop") { device, _ in try device.stopSyncing() },
    Operation(name: "start") { device, _ in try device.startSyncing() },
    Operation(name: "evict") { device, _ in _ = try await device.evictOriginals() },
    Operation(name: "collect") { device, _ in _ = try await device.collectUnreferencedAttachments() },
    Operation(name: "download") { device, _ in _ = try await device.downloadAll() },
    Operation(name: "erase expired") { device, _ in _ = try await device.eraseExpired(after: 30) },
    Operation(name: "newest") { device, chat in _ = try await device.newestMessages(in: chat) },
  ]

  /// Errors that a caller is told to expect: the person stopped synchronising, or a file is gone again.
  private static func isDocumented(_ error: any Error) -> Bool {
    switch error as? DeviceError {
    case .heldBack(.stopped): true
    case .attachmentUnreadable: true
    default: false
    }
  }

  @Test func `every pair of operations leaves a state that is whole`() async throws {
    let house = try await Household()
    for (first, one) in Self.operations.enumerated() {
      for two in Self.operations[first...] {
        let failures = Mutex<[String]>([])
        await withTaskGroup(of: String?.self) { group in
          for operation in [one, two, one] {
            group.addTask {
              do {
                try await operation.body(house.phone, house.chat)
                return nil
              } catch { return Self.isDocumented(error) ? nil : "\(operation.name): \(error)" }
            }
          }
          for await failure in group {
            if let failure { failures.withLock { $0.append(failure) } }
          }
        }
        #expect(failures.withLock { $0 } == [], "\(one.name) beside \(two.name)")
        try expectSame(house, "\(one.name) beside \(two.name)")
      }
    }
    try house.phone.startSyncing()
    #expect(try await house.phone.sync().verdict.isComplete)
    try await house.mac.beginEpoch()
    try house.mac.append(Household.text("after all"), to: house.chat)
    #expect(try await house.mac.sync().verdict.isComplete)
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(try house.phone.timeline().unreadable.isEmpty)
    #expect(try Household.texts(of: house.phone).contains("after all"))
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
      let (relay, store) = (try InMemoryRelay(policy: .patient), MemoryDeviceStore())
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
    let (relay, store) = (try InMemoryRelay(policy: .patient), MemoryDeviceStore())
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
    let (relay, store) = (try InMemoryRelay(policy: .patient), MemoryDeviceStore())
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
