import LetterlockTestKit
import Synchronization
import Testing

@testable import Letterlock

/// A vault that is newer than the store opens all that the store holds. The other way round it would not.
@Suite("A device that is only read takes its store first")
struct ReadOnlyDeviceOrderTests {
  /// A vault that notes how many calls a store had answered when its keys were read.
  private final class NotingVault: KeyVault {
    private let vault: MemoryKeyVault
    private let store: FailingDeviceStore
    let noted = Mutex<[Int]>([])

    init(_ vault: MemoryKeyVault, _ store: FailingDeviceStore) { (self.vault, self.store) = (vault, store) }

    func load() throws(VaultError) -> VaultContents? {
      noted.withLock { $0.append(store.callCount) }
      return try vault.load()
    }

    func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
      throw .readOnly
    }
  }

  @Test func `the store is asked before the keys are read`() async throws {
    let house = try await Household()
    let store = FailingDeviceStore(house.phoneStore)
    store.fail(PlannedFailure(.call(.max), .beforeEffect))
    let vault = NotingVault(house.phoneVault, store)
    let device = try ReadOnlyDevice(vault: vault, store: store)
    #expect(device.id == house.phone.id)
    let noted = vault.noted.withLock { $0 }
    #expect(!noted.isEmpty && noted.allSatisfy { $0 > 0 })
  }
}
