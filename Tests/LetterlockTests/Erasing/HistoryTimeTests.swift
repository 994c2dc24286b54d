import CryptoCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 6.8: clocks that are wrong erase nothing early")
struct HistoryTimeTests {
  private static let own = DeviceID(unchecked: [UInt8](repeating: 1, count: 32))
  private static let other = DeviceID(unchecked: [UInt8](repeating: 2, count: 32))
  private static let removed = DeviceID(unchecked: [UInt8](repeating: 3, count: 32))

  private func day(_ day: Int64) -> Timestamp { Timestamp(nanosecondsSince1970: day * TestClock.day) }

  private func reached(_ said: [(DeviceID, Int64)], now: Int64) -> Int64? {
    HistoryTime(
      presences: said.map { HistoryTime.Presence(device: $0.0, seen: day($0.1)) }, own: Self.own,
      active: [Self.own, Self.other]
    ).reached(by: day(now)).map { $0.nanosecondsSince1970 / TestClock.day }
  }

  @Test func `another device's word counts at once, this device's own after a week`() {
    #expect(reached([], now: 100) == nil)
    #expect(reached([(Self.own, 100)], now: 100) == nil)
    #expect(reached([(Self.own, 100)], now: 106) == nil)
    #expect(reached([(Self.own, 100)], now: 107) == 100)
    #expect(reached([(Self.other, 100)], now: 100) == 100)
    // Never beyond this device's own clock, and no removed device's word.
    #expect(reached([(Self.other, 140)], now: 100) == 100)
    #expect(reached([(Self.removed, 100)], now: 200) == nil)
  }

  @Test func `a word that another device contradicts counts for nothing`() {
    // This device's clock is a month ahead; the other one's is right.
    #expect(reached([(Self.own, 130), (Self.other, 101)], now: 140) == 101)
    #expect(reached([(Self.own, 100), (Self.other, 101)], now: 140) == 101)
    // What the other one said before contradicts nothing.
    #expect(reached([(Self.other, 101), (Self.own, 130)], now: 137) == 130)
  }

  /// A message that is in recently deleted, on the phone.
  private func deleted() async throws -> (Household, MessageID) {
    let house = try await Household()
    let message = try #require(try house.phone.timeline().messages.first)
    try house.phone.append(Household.text("stays"), to: house.chat)
    try house.phone.delete([message.id], in: house.chat)
    try await house.phone.sync()
    return (house, message.id)
  }

  @Test func `a clock that is set a month ahead erases nothing`() async throws {
    let (house, _) = try await deleted()
    let clock = TestClock()
    clock.set(house.phone)
    clock.go(days: 31)
    // It says so itself, and is believed by nobody yet.
    try await house.phone.sync()
    #expect(try await house.phone.eraseExpired() == 0)
    // The mac's clock is right, and it says so.
    try house.mac.rename("Mac")
    try await house.mac.sync()
    clock.go(days: 8)
    try await house.phone.sync()
    #expect(try await house.phone.eraseExpired() == 0)
    #expect(try Household.texts(of: house.phone) == ["first", "stays"])
    // Once the person says so, it is done at once.
    #expect(try await house.phone.eraseExpired(after: 0) == 1)
  }

  @Test func `what is due is erased once another device agrees about the time`() async throws {
    let (house, _) = try await deleted()
    let clock = TestClock()
    clock.set(house.phone)
    clock.set(house.mac)
    clock.go(days: 31)
    #expect(try await house.phone.eraseExpired() == 0)
    try await house.mac.sync()
    try await house.phone.sync()
    #expect(try await house.phone.eraseExpired() == 1)
    #expect(try Household.texts(of: house.phone) == ["stays"])
  }

  @Test func `one device alone waits a week longer`() async throws {
    let device = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: InMemoryRelay()
    ).device
    let (clock, chat) = (TestClock(), ConversationID())
    clock.set(device)
    for text in ["first", "stays"] { try device.append(Household.text(text), to: chat) }
    try device.delete([try #require(try device.timeline().messages.first).id], in: chat, at: clock.now)
    try await device.sync()
    clock.go(days: 31)
    try await device.sync()
    #expect(try await device.eraseExpired() == 0)
    clock.go(days: 7)
    try await device.sync()
    #expect(try await device.eraseExpired() == 1)
  }

  @Test func `a deletion that is dated a month too early is not due at once`() async throws {
    let house = try await Household()
    let message = try #require(try house.phone.timeline().messages.first)
    try house.phone.append(Household.text("stays"), to: house.chat)
    // The mac's clock is behind.
    try house.mac.delete([message.id], in: house.chat, at: Timestamp.now.adding(-40 * TestClock.day))
    try await house.mac.sync()
    try await house.phone.sync()
    #expect(try await house.phone.eraseExpired() == 0)
    #expect(try Household.texts(of: house.phone).contains("first"))
  }

  @Test func `what another app had deleted is marked and stays, until it is deleted here`() async throws {
    let house = try await Household()
    var message = Household.text("deleted elsewhere")
    message.recentlyDeletedAt = Timestamp(nanosecondsSince1970: 1_000_000_000)
    try house.phone.append(message, to: house.chat)
    try await house.phone.sync()
    #expect(try await house.phone.eraseExpired(after: 0) == 0)
    #expect(try await house.phone.eraseDeleted(before: Timestamp(nanosecondsSince1970: .max)) == 0)
    try await house.mac.sync()
    #expect(try Household.texts(of: house.mac) == ["first", "deleted elsewhere"])
    try house.mac.delete([message.id], in: house.chat)
    #expect(try await house.mac.eraseDeleted(before: Timestamp(nanosecondsSince1970: .max)) == 1)
    #expect(try Household.texts(of: house.mac) == ["first"])
  }
}
