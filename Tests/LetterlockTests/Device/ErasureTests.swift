import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 6.12: erasing the relay's copy of everything")
struct ErasureTests {
  /// An order over the newest state.
  private func order(in house: Household, by keys: DeviceKeys) async throws -> AccountErasure {
    let page = try await house.relay.history(
      of: house.phone.account, from: 0, maximumByteCount: 1, as: house.phone.caller)
    return try AccountErasure(of: page.checkpoint, at: .now, by: keys)
  }

  @Test func `what was erased is gone from the relay, and every device says by whom`() async throws {
    let house = try await Household()
    let prepared = try await house.phone.prepareErasure()
    #expect(prepared.recordCount == 3)
    #expect(prepared.otherDevices == [house.mac.id])
    // Nothing happens without the second confirmation.
    await #expect(throws: DeviceError.erasureNotConfirmed) { try await prepared.confirm("00000000") }
    #expect(try await house.mac.sync().verdict.isComplete)

    let pending = try #require(try await prepared.confirm(prepared.code))
    #expect(house.phone.erasedBy == nil)
    #expect(try await house.mac.sync().verdict.isComplete)
    #expect(try await house.relay.pendingErasure(of: house.mac.account, as: house.mac.caller) == pending)
    house.clock.advance(by: .seconds(72 * 3600 + 1))
    #expect(try await prepared.confirm(prepared.code) == nil)
    #expect(house.phone.erasedBy == house.phone.id)
    #expect(try await house.mac.sync().verdict == .erased(by: house.phone.id))
    #expect(try await house.mac.status().holds == [.erased(by: house.phone.id)])
    #expect(SyncHold.erased(by: house.phone.id).remedy == .beginNewAccount)
    #expect(try await house.phone.sync().verdict == .erased(by: house.phone.id))
    // What is here stays, and nothing is added.
    for device in [house.phone, house.mac] {
      #expect(try Household.texts(of: device) == ["first"])
      #expect(throws: DeviceError.archive(.accountErased)) {
        try device.append(Household.text("x"), to: house.chat)
      }
    }
    // Opened anew, a device knows it from its store.
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(again.erasedBy == house.phone.id)
    // The recovery key is told, too.
    let error = await #expect(throws: DeviceError.self) { try await house.restore() }
    guard case .relay(.accountErased(let erasure)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(erasure.order.device == house.phone.id)
  }

  @Test func `every device shows an order that waits, until an entry makes it void`() async throws {
    let house = try await Household()
    #expect(try await house.phone.sync().pendingErasure == nil)
    let prepared = try await house.mac.prepareErasure()
    let order = try #require(try await prepared.confirm(prepared.code))
    #expect(order.order.device == house.mac.id)
    for device in [house.phone, house.mac] {
      for _ in 0..<2 { #expect(try await device.sync().pendingErasure == order) }
      #expect(try await device.status().pendingErasure == order)
    }
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    #expect(try await again.status().pendingErasure == order)
    // A record does not make it void.
    try again.append(Household.text("second"), to: house.chat)
    #expect(try await again.sync().pendingErasure == order)
    try await again.beginEpoch()
    #expect(try await again.status().pendingErasure == nil)
    #expect(try await house.mac.sync().pendingErasure == nil)
    #expect(try await house.mac.status().pendingErasure == nil)
  }

  @Test func `any device makes an order void, and is told whose it was`() async throws {
    let house = try await Household()
    #expect(try await house.phone.cancelErasure() == nil)
    let prepared = try await house.mac.prepareErasure()
    let order = try #require(try await prepared.confirm(prepared.code))
    #expect(try await house.phone.pendingErasure() == order)
    #expect(try await house.phone.cancelErasure() == order)
    #expect(try await house.phone.pendingErasure() == nil)
    #expect(try await house.phone.cancelErasure() == nil)
    house.clock.advance(by: .seconds(73 * 3600))
    #expect(try await house.mac.sync().verdict.isComplete)
  }

  @Test func `an order that no active device gave is not shown`() async throws {
    let house = try await Household()
    let tablet = try await house.join("Tablet")
    for device in [house.phone, house.mac] { try await device.sync() }
    let keys = tablet.secrets.keys
    try await house.phone.remove(tablet.id)
    let order = try await order(in: house, by: keys)
    await house.relay.claim(PendingErasure(order: order, takesEffect: house.clock.now))
    let report = try await house.mac.sync()
    #expect(report.pendingErasure == nil && report.verdict.isComplete)
  }

  @Test func `an order fits the state that was shown, and no later one`() async throws {
    let house = try await Household()
    let prepared = try await house.phone.prepareErasure()
    try house.mac.append(Household.text("second"), to: house.chat)
    try await house.mac.sync()
    await #expect(throws: DeviceError.relay(.staleHistory(treeSize: 4))) {
      try await prepared.confirm(prepared.code)
    }
    try await house.mac.beginEpoch()
    let again = try await house.phone.prepareErasure()
    #expect(again.code != prepared.code)
    try await house.mac.beginEpoch()
    await #expect(throws: DeviceError.relay(.staleLogHead(newest: house.mac.log.head))) {
      try await again.confirm(again.code)
    }
    #expect(try await house.phone.sync().verdict.isComplete)
  }

  @Test func `the recovery key can order it`() async throws {
    let house = try await Household()
    guard let key = RecoveryKey(secret: house.recoveryKey) else { throw DeviceError.noSuchAccount }
    let prepared = try await Device.prepareErasure(with: key, relay: house.relay)
    try await prepared.confirm(prepared.code)
    let recovery = house.phone.log.recoveryDevice
    #expect(try await house.phone.sync().verdict == .erased(by: recovery))
    #expect(try await house.mac.sync().verdict == .erased(by: recovery))
  }

  @Test func `an order whose answer was lost is recognised`() async throws {
    let house = try await Household()
    let prepared = try await house.phone.prepareErasure()
    let first = try await prepared.confirm(prepared.code)
    #expect(try await prepared.confirm(prepared.code) == first)
    house.clock.advance(by: .seconds(72 * 3600 + 1))
    for _ in 0..<2 {
      #expect(try await prepared.confirm(prepared.code) == nil)
      #expect(house.phone.erasedBy == house.phone.id)
    }
  }

  @Test func `an entry of another device voids an order that waits`() async throws {
    let house = try await Household()
    let prepared = try await house.phone.prepareErasure()
    #expect(try await prepared.confirm(prepared.code) != nil)
    try await house.mac.beginEpoch()
    house.clock.advance(by: .seconds(80 * 3600))
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(try await house.mac.sync().verdict.isComplete)
    #expect(try await house.relay.usage(of: house.phone.account, as: house.phone.caller).records > 0)
  }

  @Test func `a device does not believe that an order took effect too soon`() async throws {
    let house = try await Household()
    let order = try await order(in: house, by: house.mac.secrets.keys)
    try await house.relay.pretendErased(by: order, waiting: CompletedErasure.coolingOff - 1)
    #expect(try await house.phone.sync().verdict == .rolledBack(from: 3, to: 0))
    #expect(house.phone.erasedBy == nil)
    try await house.relay.pretendErased(by: order)
    #expect(try await house.phone.sync().verdict == .erased(by: house.mac.id))
  }

  @Test func `a removed device orders nothing, with any relay`() async throws {
    let house = try await Household()
    let before = try await order(in: house, by: house.mac.secrets.keys)
    try await house.phone.remove(house.mac.id)
    // An old order, at an honest relay.
    await #expect(throws: RelayError.unknownAccount) {
      try await house.relay.eraseAccount(before, of: house.phone.account)
    }
    let after = try await order(in: house, by: house.mac.secrets.keys)
    await #expect(throws: RelayError.unknownAccount) {
      try await house.relay.eraseAccount(after, of: house.phone.account)
    }
    // A relay that conspires shows either: no device believes it.
    for forged in [before, after] {
      try await house.relay.pretendErased(by: forged)
      #expect(try await house.phone.sync().verdict == .rolledBack(from: 3, to: 0))
      #expect(house.phone.erasedBy == nil)
      await house.relay.behave()
    }
    #expect(try await house.phone.sync().verdict.isComplete)
  }

  @Test func `a forged order is refused, whatever was altered`() async throws {
    let house = try await Household()
    let keys = house.phone.secrets.keys
    let good = try await order(in: house, by: keys)
    let log = house.phone.log
    try good.check(against: log)
    for index in stride(from: 0, to: good.encoded.count, by: 37) {
      var bytes = good.encoded
      bytes[index] ^= 1
      guard let forged = try? AccountErasure(decoding: bytes) else { continue }
      #expect(throws: ErasureRefusal.self, "byte \(index)") { try forged.check(against: log) }
      await #expect(throws: RelayError.self, "byte \(index)") {
        try await house.relay.eraseAccount(forged, of: house.phone.account)
      }
    }
    // A signature for another purpose is none.
    let wrong = try AccountErasure(of: good.checkpoint, at: good.at, by: house.mac.secrets.keys)
    var bytes = wrong.encoded
    bytes.replaceSubrange(1..<33, with: house.phone.id.bytes)
    let forged = try AccountErasure(decoding: bytes)
    #expect(throws: ErasureRefusal.badSignature(house.phone.id)) { try forged.check(against: log) }
    #expect(try await house.phone.sync().verdict.isComplete)
  }

  @Test func `a device that has seen more than the order names does not believe it`() async throws {
    let house = try await Household()
    let early = try await order(in: house, by: house.mac.secrets.keys)
    try house.phone.append(Household.text("second"), to: house.chat)
    try await house.phone.sync()
    try await house.relay.pretendErased(by: early)
    #expect(try await house.phone.sync().verdict == .rolledBack(from: 4, to: 0))
    #expect(house.phone.erasedBy == nil)
  }

  @Test func `another account's order erases nothing`() async throws {
    let house = try await Household()
    let stranger = try await Device.createAccount(
      named: "Stranger", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay
    ).device
    try await stranger.sync()
    let page = try await house.relay.history(
      of: stranger.account, from: 0, maximumByteCount: 1, as: stranger.caller)
    let order = try AccountErasure(of: page.checkpoint, at: .now, by: stranger.secrets.keys)
    await #expect(throws: RelayError.unknownAccount) {
      try await house.relay.eraseAccount(order, of: house.phone.account)
    }
    try await house.relay.eraseAccount(order, of: stranger.account)
    #expect(try await house.phone.sync().verdict.isComplete)
  }
}
