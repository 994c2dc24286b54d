import Synchronization
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A vault in which another process comes first with every other save, so that each change of a device's state is made
/// twice.
private final class OvertakenVault: KeyVault {
  private let vault = MemoryKeyVault()
  private let isOvertaken = Mutex(false)
  let conflicts = Mutex(0)

  func load() throws(VaultError) -> VaultContents? { try vault.load() }

  func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
    let isOvertaken = isOvertaken.withLock { isOvertaken in
      // A vault without a device is made by one process.
      isOvertaken = !isOvertaken && version != nil
      return isOvertaken
    }
    guard !isOvertaken else {
      conflicts.withLock { $0 += 1 }
      throw .conflict
    }
    try vault.save(contents, replacing: version)
  }
}

@Suite("How a device changes its state: each change is made twice")
struct RepeatedChangeTests {
  /// What a life leaves behind.
  private struct End: Equatable {
    var entries: UInt64
    var records: UInt64
    var active: Int
    var epoch: UInt64
    var texts: [String]
  }

  /// Every operation that changes the state, by a device with this vault.
  private func live(_ vault: some KeyVault) async throws -> End {
    let relay = RelayRoute.reaching(try InMemoryRelay(policy: .patient))
    let chat = ConversationID()
    let created = try await Device.createAccount(
      named: "Phone", vault: vault, store: MemoryDeviceStore(), relay: relay)
    let phone = created.device
    let key = created.recoveryKey
    try phone.confirmRecoveryKey()
    try phone.append(Household.text("first"), to: chat)
    #expect(try await phone.sync().verdict.isComplete)
    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await phone.approve(request.code)
    let mac = try await request.approved()
    #expect(try await mac.sync().verdict.isComplete)
    try await phone.rotateKeys()
    try await phone.beginEpoch()
    try phone.append(Household.text("second"), to: chat)
    #expect(try await phone.sync().verdict.isComplete)
    #expect(try await mac.sync().verdict.isComplete)
    try mac.append(Household.text("third"), to: chat)
    #expect(try await mac.sync().verdict.isComplete)
    try await phone.remove(mac.id)
    _ = try phone.prepareRecoveryKey()
    try await phone.replaceRecoveryKey(key)
    try phone.confirmRecoveryKey()
    #expect(try await phone.sync().verdict.isComplete)
    return End(
      entries: phone.log.nextIndex, records: try phone.progress().history.tree.size,
      active: phone.log.activeDevices.count, epoch: phone.log.newestEpoch.header.number,
      texts: try Household.texts(of: phone))
  }

  @Test func `a life of a device ends the same, entry by entry and record by record`() async throws {
    let vault = OvertakenVault()
    let end = try await live(vault)
    #expect(try await live(MemoryKeyVault()) == end)
    #expect(end.texts == ["first", "second", "third"])
    #expect(vault.conflicts.withLock { $0 } > 5)
    // Opened again, it is the same device.
    #expect(try vault.load()?.isDamaged == false)
  }
}
