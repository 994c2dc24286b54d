import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a device that writes quicker than pages come, SPEC.md section 6.3")
struct UnendingWriterTests {
  /// What begins with fetching what is new.
  enum Call: String, CaseIterable, Sendable {
    case sync, remove, approve, beginEpoch, rotateKeys, replaceRecoveryKey, announceRecoveryKey
    case cancelAnnouncement, vote, verifyRestore, prepareErasure, erase, snapshot, openRecovery, restore
  }

  @Test(arguments: Call.allCases)
  func `a record before each page keeps nothing waiting`(call: Call) async throws {
    let house = try await Household()
    let body = try await prepared(call, house)
    let noise = Noise(house, limit: 40)
    await noise.comeBeforeNextPage()
    try await body()
    // It ended by itself, and not because nothing came any more.
    #expect(await !noise.isOver)
  }

  /// What to do once somebody writes.
  private func prepared(_ call: Call, _ house: Household) async throws -> () async throws -> Void {
    let (phone, mac) = (house.phone, house.mac)
    switch call {
    case .sync: return { try await phone.sync() }
    case .remove: return { try await phone.remove(mac.id) }
    case .approve:
      let request = try await Device.requestToJoin(
        named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
      return {
        try await phone.approve(request.code)
        _ = try await request.approved()
      }
    case .beginEpoch: return { try await phone.beginEpoch() }
    case .rotateKeys: return { try await phone.rotateKeys() }
    case .replaceRecoveryKey:
      _ = try phone.prepareRecoveryKey()
      return { try await phone.replaceRecoveryKey(try house.key()) }
    case .announceRecoveryKey:
      _ = try phone.prepareRecoveryKey()
      return { try await phone.announceRecoveryKey(votes: []) }
    case .cancelAnnouncement:
      _ = try phone.prepareRecoveryKey()
      try await phone.announceRecoveryKey(votes: [])
      return { try await phone.cancelRecoveryAnnouncement() }
    case .vote:
      _ = try phone.prepareRecoveryKey()
      let proposal = try phone.proposeRecoveryKey()
      return { _ = try await phone.vote(for: proposal, confirmedBy: proposal.code) }
    case .verifyRestore: return { _ = try await phone.verifyRestore(with: try house.key()) }
    case .prepareErasure: return { _ = try await phone.prepareErasure() }
    case .erase:
      let messages = try phone.timeline().messages.map(\.id)
      try phone.delete(messages, in: house.chat)
      return {
        _ = try await phone.eraseDeleted(
          before: Timestamp(nanosecondsSince1970: .max), confirmingEverything: true)
      }
    case .snapshot: return { _ = try await phone.createSnapshot(named: "now") }
    case .openRecovery:
      return {
        _ = try await Device.openRecovery(
          with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
      }
    case .restore: return { _ = try await house.restore(keeping: []) }
    }
  }
}
