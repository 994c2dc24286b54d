import LetterlockTestKit
import Synchronization
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a crash between any two steps of removing a device")
struct InterruptedRemovalTests {
  /// A vault that a power failure stops: after so many saves, none is kept.
  final class FailingVault: KeyVault {
    private let vault: MemoryKeyVault
    private let left: Mutex<Int>

    init(_ vault: MemoryKeyVault, saves: Int) {
      self.vault = vault
      left = Mutex(saves)
    }

    func load() throws(VaultError) -> VaultContents? { try vault.load() }

    func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
      let mayGoOn = left.withLock { left in
        left -= 1
        return left >= 0
      }
      guard mayGoOn else { throw .unavailable("power failure") }
      try vault.save(contents, replacing: version)
    }
  }

  private func finish(_ house: Household, vault: MemoryKeyVault) async throws {
    let phone = try Device(vault: vault, store: house.phoneStore, relay: house.relay)
    #expect(try await phone.sync().verdict.isComplete)
    if phone.log.activeMember(house.mac.id) != nil { try await phone.remove(house.mac.id) }
    try phone.append(Household.text("without the mac"), to: house.chat)
    #expect(try await phone.sync().verdict.isComplete)
    #expect(phone.unreadableEpochs == [])
    #expect(try Household.texts(of: phone) == ["first", "without the mac"])
    #expect(phone.log.activeMember(house.mac.id) == nil)
    _ = try? await house.mac.sync()
    #expect(try Household.texts(of: house.mac) == ["first"])
    #expect(try Household.texts(of: try await house.restore()) == ["first", "without the mac"])
  }

  @Test(arguments: [MeddlingRelay.Loss.request, .answer])
  func `the relay is lost, before the entry or after it`(loss: MeddlingRelay.Loss) async throws {
    let house = try await Household()
    await house.relay.lose(loss)
    await #expect(throws: DeviceError.relay(.unavailable("lost"))) {
      try await house.phone.remove(house.mac.id)
    }
    try await finish(house, vault: house.phoneVault)
  }

  @Test func `a store that fails when the relay has taken the entry is named, and the removal is made once`()
    async throws
  {
    let house = try await Household()
    let store = FailingDeviceStore(house.phoneStore)
    let phone = try Device(vault: house.phoneVault, store: store, relay: house.relay)
    let count = phone.log.heads.count
    await house.relay.beforeEntry { _ in
      store.fail(PlannedFailure(.from(1), .beforeEffect))
      return nil
    }
    let error = await #expect(throws: DeviceError.self) { try await phone.remove(house.mac.id) }
    guard case .store = error else { Issue.record("\(String(describing: error))"); return }
    store.stopFailing()
    #expect(phone.log.heads.count == count + 1)
    try await finish(house, vault: house.phoneVault)
    #expect(
      try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay).log.heads.starts(
        with: phone.log.heads))
  }

  @Test(arguments: 0..<4)
  func `the device stops after so many saves`(saves: Int) async throws {
    let house = try await Household()
    let vault = FailingVault(house.phoneVault, saves: saves)
    let phone = try Device(vault: vault, store: house.phoneStore, relay: house.relay)
    try? await phone.remove(house.mac.id)
    try await finish(house, vault: house.phoneVault)
  }
}
