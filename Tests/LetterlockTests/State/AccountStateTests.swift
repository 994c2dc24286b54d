import CryptoCore
import Foundation
import Synchronization
import SystemCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("How a device changes its state")
struct AccountStateTests {
  /// A vault that counts, and that can fail or let another save come first.
  final class MeddlingVault: KeyVault {
    private let vault: MemoryKeyVault
    private let meddling = Mutex<(@Sendable (MemoryKeyVault) throws(VaultError) -> Void)?>(nil)
    let saves = Mutex(0)

    init(_ vault: MemoryKeyVault = MemoryKeyVault()) { self.vault = vault }

    /// Before the next save.
    func meddle(_ body: @escaping @Sendable (MemoryKeyVault) throws(VaultError) -> Void) {
      meddling.withLock { $0 = body }
    }

    func load() throws(VaultError) -> VaultContents? { try vault.load() }

    func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
      saves.withLock { $0 += 1 }
      try meddling.withLock { $0.take() }?(vault)
      try vault.save(contents, replacing: version)
    }
  }

  @Test func `a change that another process overtook is made again on what that process saved`() async throws
  {
    let (vault, relay, store) = (
      MemoryKeyVault(), RelayRoute.reaching(try InMemoryRelay(policy: .patient)), MemoryDeviceStore()
    )
    let phone = try await Device.createAccount(named: "Phone", vault: vault, store: store, relay: relay)
      .device
    // The same device in another process, which opened the vault before.
    let other = try Device(vault: vault, store: store, relay: relay)
    try await phone.rotateKeys()
    let rotated = phone.log.head
    try other.confirmRecoveryKey()
    #expect(!other.hasRecoveryKeyToShow && other.log.head == rotated)
    let again = try Device(vault: vault, store: store, relay: relay)
    #expect(again.log.head == rotated && !again.hasRecoveryKeyToShow)
    #expect(again.state.read { $0.keys.sealingKey } == phone.state.read { $0.keys.sealingKey })
    // And the first one notices what the second did.
    _ = try phone.prepareRecoveryKey()
    #expect(!phone.hasRecoveryKeyToShow)
    #expect(try await phone.sync().verdict.isComplete)
  }

  @Test func `a save that fails changes nothing that anyone sees`() throws {
    let vault = MeddlingVault()
    let phone = try Device.createAccount(named: "Phone", vault: vault).device
    vault.meddle { (_) throws(VaultError) in throw .unavailable("disk full") }
    #expect(throws: DeviceError.vault(.unavailable("disk full"))) { try phone.confirmRecoveryKey() }
    #expect(phone.hasRecoveryKeyToShow)
    #expect(try Device(vault: vault).hasRecoveryKeyToShow)
    try phone.confirmRecoveryKey()
    #expect(try !phone.hasRecoveryKeyToShow && !Device(vault: vault).hasRecoveryKeyToShow)
  }

  @Test func `a change that changes nothing saves nothing`() throws {
    let vault = MeddlingVault()
    let phone = try Device.createAccount(named: "Phone", vault: vault).device
    try phone.confirmRecoveryKey()
    let saves = vault.saves.withLock { $0 }
    try phone.confirmRecoveryKey()
    #expect(vault.saves.withLock { $0 } == saves)
  }

  @Test func `a vault that another account was put into is a conflict, and keeps what it holds`() throws {
    let vault = MeddlingVault()
    let phone = try Device.createAccount(named: "Phone", vault: vault).device
    vault.meddle { (inner) throws(VaultError) in
      let stranger = MemoryKeyVault()
      do { _ = try Device.createAccount(named: "Stranger", vault: stranger) } catch { throw .corrupted }
      guard let contents = try stranger.load(), let present = try inner.load() else { throw .corrupted }
      try inner.save(
        VaultContents(version: present.version + 1, secrets: contents.secrets, state: contents.state),
        replacing: present.version)
    }
    #expect(throws: DeviceError.vault(.conflict)) { try phone.confirmRecoveryKey() }
    #expect(try Device(vault: vault).account != phone.account)
  }

  @Test func `all of many changes at once count`() async throws {
    let vault = MemoryKeyVault()
    let phone = try Device.createAccount(named: "Phone", vault: vault).device
    let devices = try (0..<4).map { _ in try Device(vault: vault) } + [phone]
    let failures = concurrentMap(40, chunkCount: 1) {
    } _: { _, number -> String? in
      do {
        try devices[number % devices.count].state.mutate {
          $0.unannouncedName = ($0.unannouncedName ?? "") + "x"
        }
        return nil
      } catch { return "\(error)" }
    }
    #expect(failures.compactMap { $0 }.isEmpty)
    // As many letters, and as many versions.
    #expect(try Device(vault: vault).state.read { $0.unannouncedName?.count } == 40)
    #expect(try vault.load()?.version == 41)
  }

  @Test func `a rotation whose answer was lost survives an epoch by another process`() async throws {
    let house = try await Household()
    let vault = MeddlingVault(house.phoneVault)
    let other = try Device(vault: vault, store: house.phoneStore, relay: house.relay)
    // The first process rotates; its answer is lost, so that the new seed is in a waiting entry alone.
    let (phone, relay) = (house.phone, house.relay)
    await relay.lose(.answer)
    let rotating = Task { try await phone.rotateKeys() }
    _ = await rotating.result
    #expect(phone.state.read { $0.pending != nil })
    // The second one, which opened the vault before, begins an epoch.
    try await other.beginEpoch()
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: relay)
    #expect(again.state.read { !$0.isRolledBack && $0.pending == nil })
    #expect(again.log.activeMember(again.id)?.bundle.sealingKey == again.secrets.keys.sealingKey)
    #expect(try await again.sync().verdict.isComplete)
    #expect(try await house.mac.sync().repaired == [])
  }

  @Test func `a pending entry that appeared since is not overwritten, and not dropped`() throws {
    let phone = try Device.createAccount(named: "Phone", vault: .inMemory).device
    func entry() throws -> PendingEntry {
      try phone.state.read { (state) throws(DeviceError) in
        guard let made = try state.entry(for: .epoch, History()) else { throw .internalError("no entry") }
        return made
      }
    }
    let (first, second) = (try entry(), try entry())
    try phone.state.mutate { (state) throws(DeviceError) in
      #expect(try state.propose(first, replacing: nil))
      #expect(try !state.propose(second, replacing: nil))
      #expect(try !state.propose(second, replacing: second.entry.head))
      state.dropPending(nil)
      state.dropPending(second.entry.head)
      #expect(state.pending?.entry.head == first.entry.head)
      #expect(try state.propose(second, replacing: first.entry.head))
      state.dropPending(second.entry.head)
      #expect(state.pending == nil)
    }
  }

  @Test func `a note of a version that another process overtook hides no older vault`() throws {
    let (vault, store) = (MemoryKeyVault(), MemoryDeviceStore())
    let phone = try Device.createAccount(named: "Phone", vault: vault, store: store).device
    let backup = try #require(try vault.load())
    try phone.confirmRecoveryKey()
    // A process that saved the version before comes to note it only now.
    let notes = DeviceNotes(
      store, signingSeed: phone.secrets.keys.signingSeed, account: phone.account)
    notes.note(vaultVersion: backup.version)
    #expect(notes.vaultVersion() == backup.version + 1)
    let old = MemoryKeyVault()
    try old.save(backup, replacing: nil)
    #expect(try Device(vault: old, store: store).state.read { $0.isRolledBack })
    #expect(try Device(vault: vault, store: store).state.read { !$0.isRolledBack })
  }

  @Test func `the store of a device that is new to it holds one note of its vault's version`() throws {
    let store = MemoryDeviceStore()
    let phone = try Device.createAccount(named: "Phone", vault: .inMemory, store: store).device
    for _ in 0..<3 { _ = try phone.state.mutate { $0.unannouncedName = "\($0.unannouncedName ?? "")x" } }
    #expect(try store.entries(in: EntryRange(prefix: DeviceNote.vaultVersion.key), limit: 9).count == 1)
  }

  @Test func `a vault that was put back stays noticed, whatever is called`() async throws {
    let house = try await Household()
    let backup = try #require(try house.phoneVault.load())
    try house.phone.confirmRecoveryKey()
    try await house.mac.beginEpoch()
    let old = MemoryKeyVault()
    try old.save(backup, replacing: nil)
    for _ in 0..<3 {
      let phone = try Device(vault: old, store: house.phoneStore, relay: house.relay)
      await #expect(throws: DeviceError.stateRolledBack) { try await phone.sync() }
      #expect(throws: DeviceError.stateRolledBack) { try phone.confirmRecoveryKey() }
      #expect(throws: DeviceError.stateRolledBack) { _ = try phone.prepareRecoveryKey() }
      #expect(try old.load()?.version == backup.version)
    }
  }

  @Test func `a vault that another process saves while it is opened is no rollback`() throws {
    let vault = MemoryKeyVault()
    let store = MemoryDeviceStore()
    let phone = try Device.createAccount(named: "Phone", vault: vault, store: store).device
    final class LateVault: KeyVault {
      let stale: Mutex<VaultContents?>
      let vault: MemoryKeyVault
      init(_ stale: VaultContents?, _ vault: MemoryKeyVault) {
        self.stale = Mutex(stale)
        self.vault = vault
      }
      func load() throws(VaultError) -> VaultContents? {
        if let early = stale.withLock({ $0.take() }) { return early }
        return try vault.load()
      }
      func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
        try vault.save(contents, replacing: version)
      }
    }
    let stale = try vault.load()
    try phone.confirmRecoveryKey()
    let other = try Device(vault: LateVault(stale, vault), store: store)
    #expect(!other.hasRecoveryKeyToShow && other.state.read { !$0.isRolledBack })
  }

  @Test func `a vault that was put back is noticed, and blames nobody`() async throws {
    let house = try await Household()
    let backup = try #require(try house.phoneVault.load())
    try await house.phone.rotateKeys()
    try house.phone.append(Household.text("after the backup"), to: house.chat)
    try await house.phone.sync()
    let old = MemoryKeyVault()
    try old.save(backup, replacing: nil)
    // The vault alone: its store has seen a later one.
    let phone = try Device(vault: old, store: house.phoneStore, relay: house.relay)
    #expect(throws: DeviceError.archive(.stateRolledBack)) {
      try phone.append(Household.text("no"), to: house.chat)
    }
    await #expect(throws: DeviceError.stateRolledBack) { try await phone.sync() }
    // The store too, as when a machine is cloned: the log tells.
    let clone = MemoryKeyVault()
    try clone.save(backup, replacing: nil)
    let cloned = try Device(vault: clone, store: MemoryDeviceStore(), relay: house.relay)
    await #expect(throws: DeviceError.stateRolledBack) { try await cloned.sync() }
    await #expect(throws: DeviceError.stateRolledBack) { try await cloned.sync() }
    #expect(throws: DeviceError.archive(.stateRolledBack)) {
      try cloned.append(Household.text("no"), to: house.chat)
    }
    #expect(try await house.mac.sync().repaired == [])
    #expect(try await house.mac.sync().verdict.isComplete)
  }
}
