import Synchronization
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 7.8: a hold lasts as long as a restore does")
struct HeldAccountTests {
  private let clock = TestClock()

  /// The recovery is open, and the phone has added more records since than a hold gives time for: each call of the recovery
  /// device takes a minute.
  private func opened(by house: Household, vault: MemoryKeyVault, store: MemoryDeviceStore) async throws
    -> RecoverySession
  {
    let session = try await Device.openRecovery(
      with: try house.key(), vault: vault, store: store, relay: house.relay)
    session.recovery.clock.follow { [clock] in clock.now }
    for number in 0..<30 {
      try house.phone.append(Household.text("\(number)"), to: house.chat)
      try await house.phone.sync()
    }
    return session
  }

  private var texts: [String] { ["first"] + (0..<30).map { "\($0)" } }

  @Test func `it is renewed in the middle of a long pull`() async throws {
    let house = try await Household(clock: clock, policy: .standard)
    let session = try await opened(by: house, vault: MemoryKeyVault(), store: MemoryDeviceStore())
    try await house.mac.sync()
    try house.mac.append(Household.text("between"), to: house.chat)
    let (recovery, calls) = (session.recovery.caller, CallCount())
    await house.relay.interrupt(after: .max)
    await house.relay.beforeEachCall { [clock] caller in
      guard caller == recovery else { return }
      clock.go(seconds: 60)
      calls.add()
    }
    let attempts = WriteAttempts(house)
    await attempts.comeBeforeNextPage()
    let restored = try await session.restore(keeping: [house.phone.id], named: "New").device
    #expect(calls.count > 30)
    // Somebody tried all the while.
    #expect(await attempts.refused > 20)
    #expect(await attempts.accepted == 0)
    #expect(try Household.texts(of: restored) == texts)
    // It was released.
    await house.relay.behave()
    #expect(try await house.phone.sync().verdict.isComplete)
    try house.phone.append(Household.text("after"), to: house.chat)
    #expect(try await house.phone.sync().sent > 0)
  }

  @Test(arguments: [1, 3, 8, 20])
  func `after a crash in the middle it ends by itself, and nothing is lost`(calls: Int) async throws {
    let house = try await Household(clock: clock, policy: .standard)
    let (vault, store) = (MemoryKeyVault(), MemoryDeviceStore())
    let session = try await opened(by: house, vault: vault, store: store)
    let (recovery, count) = (session.recovery.caller, CallCount())
    await house.relay.interrupt(after: .max)
    // The process ends: nothing that it asks gets to the relay any more, not even the release.
    await house.relay.beforeEachCall { caller in
      guard caller == recovery else { return }
      count.add()
      if count.count > calls { throw DeviceError.cancelled }
    }
    await #expect(throws: DeviceError.self) { try await session.restore(keeping: [], named: "New") }
    await house.relay.behave()
    try house.phone.append(Household.text("meanwhile"), to: house.chat)
    await #expect {
      try await house.phone.sync()
    } throws: { error in
      if case .relay(.recoveryUnderway) = error as? DeviceError { true } else { false }
    }
    clock.go(seconds: 601)
    #expect(try await house.phone.sync().sent > 0)
    let again = try await Device.openRecovery(
      with: try house.key(), vault: vault, store: store, relay: house.relay)
    let restored = try await again.restore(keeping: [house.phone.id], named: "New").device
    #expect(try Household.texts(of: restored) == texts + ["meanwhile"])
    #expect(restored.log.members.values.filter { $0.addedBy == restored.log.recoveryDevice }.count == 1)
  }
}

/// How many calls there were.
private final class CallCount: Sendable {
  private let calls = Mutex(0)
  var count: Int { calls.withLock { $0 } }
  func add() { calls.withLock { $0 += 1 } }
}

/// A device that tries to send a record before each page of the history that the relay hands out.
private actor WriteAttempts {
  private let house: Household
  private(set) var refused = 0
  private(set) var accepted = 0

  init(_ house: Household) { self.house = house }

  func comeBeforeNextPage() async {
    await house.relay.beforePage { await self.come() }
  }

  private func come() async {
    do {
      // It knows everything: there is no page to fetch before it sends.
      if try await house.mac.parts.history.sync.pusher.push() > 0 { accepted += 1 }
    } catch { refused += 1 }
    await comeBeforeNextPage()
  }
}
