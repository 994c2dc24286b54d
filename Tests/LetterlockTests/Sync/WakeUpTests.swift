import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("A device that its relay wakes up")
struct WakeUpTests {
  private func household() async throws -> (phone: Device, mac: Device) {
    let relay = try InMemoryRelay(policy: .patient)
    let phone = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await phone.approve(request.code)
    let mac = try await request.approved()
    try await mac.sync()
    try await phone.sync()
    try await mac.sync()
    return (phone, mac)
  }

  @Test func `what another device sends wakes it, and what it has does not`() async throws {
    let (phone, mac) = try await household()
    var wakeUps = try #require(mac.wakeUps()).makeAsyncIterator()
    for text in ["one", "two"] {
      try phone.append(Household.text(text), to: ConversationID())
      try await phone.sync()
      #expect(await wakeUps.next() == .news)
      try await mac.sync()
    }
  }

  @Test func `what came before it listened wakes it at once`() async throws {
    let (phone, mac) = try await household()
    try phone.append(Household.text("one"), to: ConversationID())
    try await phone.sync()
    var wakeUps = try #require(mac.wakeUps()).makeAsyncIterator()
    #expect(await wakeUps.next() == .news)
  }

  @Test func `a device that is removed is woken for it, and then not any more`() async throws {
    let (phone, mac) = try await household()
    try phone.append(Household.text("one"), to: ConversationID())
    try await phone.sync()
    var wakeUps = try #require(mac.wakeUps()).makeAsyncIterator()
    #expect(await wakeUps.next() == .news)
    try await phone.remove(mac.id)
    #expect(await wakeUps.next() == .news)
    guard case .removed = try await mac.sync().verdict else {
      Issue.record("the device does not know that it was removed")
      return
    }
    #expect(await wakeUps.next() == nil)
    var later = try #require(mac.wakeUps()).makeAsyncIterator()
    #expect(await later.next() == .refused(.unknownAccount))
    #expect(await later.next() == nil)
  }

  @Test func `a task that is cancelled listens no more`() async throws {
    let (_, mac) = try await household()
    let task = Task {
      var wakeUps = mac.wakeUps()?.makeAsyncIterator()
      return await wakeUps?.next()
    }
    task.cancel()
    #expect(await task.value == nil)
  }

  @Test func `a device whose relay cannot tell has none`() async throws {
    let relay = MeddlingRelay(try InMemoryRelay())
    let phone = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
    #expect(phone.wakeUps()?.makeAsyncIterator() == nil)
  }
}
