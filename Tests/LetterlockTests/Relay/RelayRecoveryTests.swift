import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md sections 3.4, 6.12 and 8.2: what recover does at a relay")
struct RelayRecoveryTests {
  private let house: Household
  private let tablet: Device
  private let session: RecoverySession

  /// A recovery key is announced, the tablet has ordered that everything is erased, and a recovery is open.
  init() async throws {
    house = try await Household()
    tablet = try await house.join("Tablet")
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.announceRecoveryKey(votes: [])
    try await tablet.sync()
    let prepared = try await tablet.prepareErasure()
    _ = try await prepared.confirm(prepared.code)
    session = try await Device.openRecovery(
      with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
  }

  private func wrapCounts() async throws -> [Int] {
    var counts: [Int] = []
    for device in [house.phone, house.mac, tablet, session.recovery] {
      counts.append(try await house.relay.honest.wrapCount(of: device.id, in: device.account))
    }
    return counts
  }

  private func pendingErasure() async throws -> PendingErasure? {
    try await house.relay.pendingErasure(of: session.account, as: session.recovery.caller)
  }

  private func log() async throws -> AccountLog {
    try AccountLog(
      account: session.account,
      replaying: try await house.relay.logEntries(
        of: session.account, from: 0, as: session.recovery.caller))
  }

  @Test func `it erases the wraps of those that are not kept, and voids what waits`() async throws {
    #expect(try await wrapCounts() == [1, 1, 1, 1])
    #expect(try await pendingErasure()?.order.device == tablet.id)
    #expect(try await log().announcement?.signer == house.phone.id)
    let restored = try await session.restore(keeping: [house.phone.id], named: "New").device
    #expect(try await wrapCounts() == [2, 0, 0, 2])
    #expect(try await house.relay.honest.wrapCount(of: restored.id, in: restored.account) == 1)
    #expect(try await pendingErasure() == nil)
    #expect(try await log().announcement == nil)
  }

  enum Fault: String, CaseIterable, Sendable {
    case unsigned, otherWraps, fewerWraps, staleHistory, signedByAnother
  }

  @Test(arguments: Fault.allCases)
  func `nothing of it happens when the entry is refused`(fault: Fault) async throws {
    let newcomer = try DeviceKeys()
    let bundle = try DeviceKeyBundle(of: newcomer, createdAt: 0)
    let history = try session.recovery.progress().history
    let made = try session.recovery.state.read { (state) throws(DeviceError) in
      try state.recoverEntry(bundle, newcomer, keeping: [house.phone.id], history)
    }
    let pending = try #require(made)
    var (entry, wraps) = (pending.entry, pending.wraps)
    switch fault {
    case .unsigned: entry = LogEntry(content: entry.content, signatures: entry.signatures.dropLast())
    case .signedByAnother:
      entry = try LogEntry(
        entry.content, signedBy: [tablet.secrets.keys, newcomer], account: session.account)
    case .otherWraps: wraps = wraps.map { StoredWrap(device: $0.device, wrap: wraps[0].wrap) }
    case .fewerWraps: wraps.removeLast()
    case .staleHistory:
      try house.phone.append(Household.text("second"), to: house.chat)
      try await house.phone.parts.history.sync.pusher.push()
    }
    let (counts, order, head) = (try await wrapCounts(), try await pendingErasure(), try await log().head)
    await #expect(throws: RelayError.self) {
      try await house.relay.appendLogEntry(entry, wraps: wraps, to: session.account)
    }
    #expect(try await wrapCounts() == counts)
    #expect(try await pendingErasure() == order && order != nil)
    let log = try await log()
    #expect(log.head == head && log.announcement?.signer == house.phone.id)
    // The right one still does it all.
    let restored = try await session.restore(keeping: [], named: "New").device
    #expect(Set(restored.log.activeDevices) == [restored.id, restored.log.recoveryDevice])
  }
}
