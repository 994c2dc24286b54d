import CryptoCore
import Synchronization
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a relay that lets a restore be tried again")
struct ReopenedRestoreTests {
  private final class Sent: Sendable {
    private let entries = Mutex<[LogEntry]>([])
    var all: [LogEntry] { entries.withLock { $0 } }
    func add(_ entry: LogEntry) { entries.withLock { $0.append(entry) } }
  }

  private let vault = MemoryKeyVault()
  private let store = MemoryDeviceStore()

  private func open(_ house: Household) async throws -> RecoverySession {
    try await Device.openRecovery(with: try house.key(), vault: vault, store: store, relay: house.relay)
  }

  @Test func `a restore that is opened again sends the entry that it made before`() async throws {
    let house = try await Household()
    let sent = Sent()
    for _ in 0..<3 {
      await house.relay.beforeEntry { entry in
        sent.add(entry)
        return .unavailable("no answer")
      }
      let session = try await open(house)
      await #expect(throws: DeviceError.relay(.unavailable("no answer"))) {
        _ = try await session.restore(keeping: [house.mac.id], named: "Restored")
      }
    }
    #expect(sent.all.count == 3 && Set(sent.all).count == 1)
    let restored = try await open(house).restore(keeping: [house.mac.id], named: "Restored")
    #expect(!restored.followsEarlierDecision && restored.goneMeanwhile.isEmpty)
    #expect(restored.device.log.heads.last == sent.all.first?.head)
    #expect(try await restored.device.sync().verdict.isComplete)
    #expect(restored.device.unreadableEpochs == [])
    #expect(try Household.texts(of: restored.device) == ["first"])
  }

  @Test func `one that another entry overtook is made again, for the same device`() async throws {
    let house = try await Household()
    let sent = Sent()
    await house.relay.beforeEntry { entry in
      sent.add(entry)
      return .unavailable("no answer")
    }
    let session = try await open(house)
    _ = try? await session.restore(keeping: [], named: "Restored")
    try await house.mac.beginEpoch()
    try house.mac.append(Household.text("meanwhile"), to: house.chat)
    try await house.mac.sync()
    let restored = try await open(house).restore(keeping: [], named: "Restored")
    guard case .recover(let first) = try #require(sent.all.first).content.change else {
      Issue.record("no recover")
      return
    }
    #expect(restored.device.id == first.device.deviceID && !restored.followsEarlierDecision)
    #expect(try await restored.device.sync().verdict.isComplete)
    #expect(try Household.texts(of: restored.device) == ["first", "meanwhile"])
  }

  /// The relay takes the first entry, gives no answer, and shows the log without it.
  private func hidden(keeping kept: (Household) -> Set<DeviceID>) async throws -> Household {
    let house = try await Household()
    let account = house.phone.account
    let log = try await house.relay.logEntries(of: account, from: 0, as: house.phone.caller)
    let before = await house.relay.honest.fork()
    await house.relay.lose(.answer)
    let session = try await open(house)
    await #expect(throws: DeviceError.relay(.unavailable("lost"))) {
      _ = try await session.restore(keeping: kept(house), named: "Restored")
    }
    await house.relay.show(log, of: account)
    await house.relay.showHistory(of: before)
    return house
  }

  private func entries(_ house: Household, _ device: Device) async throws -> [LogEntry] {
    await house.relay.behave()
    return try await house.relay.logEntries(of: device.account, from: 0, as: device.caller)
  }

  @Test func `a decision to keep more comes after the one that was sent, and is said to`() async throws {
    let house = try await hidden { _ in [] }
    let restored = try await open(house).restore(keeping: [house.mac.id], named: "Restored")
    #expect(restored.followsEarlierDecision && restored.goneMeanwhile == [house.mac.id])
    let entries = try await entries(house, restored.device)
    #expect(entries.count == restored.device.log.heads.count)
    #expect(try await restored.device.sync().verdict.isComplete)
  }

  @Test func `a decision to keep fewer takes effect by an entry after the one that was sent`() async throws {
    let house = try await hidden { [$0.phone.id, $0.mac.id] }
    let restored = try await open(house).restore(keeping: [house.mac.id], named: "Restored")
    #expect(restored.followsEarlierDecision && restored.goneMeanwhile.isEmpty)
    let entries = try await entries(house, restored.device)
    #expect(Set(entries.map(\.content.predecessor)).count == entries.count)
    let log = restored.device.log
    #expect(
      Set(log.activeDevices) == [restored.device.id, house.mac.id, log.recoveryDevice])
    #expect(try await restored.device.sync().verdict.isComplete)
  }

  @Test(arguments: [MeddlingRelay.Loss.request, .answer])
  func `one session restores when it is called again after the network failed`(
    loss: MeddlingRelay.Loss
  ) async throws {
    let house = try await Household()
    let session = try await open(house)
    for _ in 0..<2 {
      await house.relay.lose(loss)
      await #expect(throws: DeviceError.relay(.unavailable("lost"))) {
        _ = try await session.restore(keeping: [], named: "Restored")
      }
      // Whatever was answered, the entry is there the second time.
      if loss == .answer { break }
    }
    let restored = try await session.restore(keeping: [], named: "Restored")
    #expect(restored.device.log.activeDevices.count == 2 && !restored.followsEarlierDecision)
    #expect(try await restored.device.sync().verdict.isComplete)
    await #expect(throws: DeviceError.vaultNotEmpty) {
      _ = try await session.restore(keeping: [], named: "Restored")
    }
  }
}
