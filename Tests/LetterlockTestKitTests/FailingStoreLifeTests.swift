import Letterlock
import LetterlockRelayKit
import LetterlockTestKit
import Testing

@Suite("A device whose store fails")
struct FailingStoreLifeTests {
  private let chat = ConversationID()

  private func texts(of device: Device) throws -> [String] { try device.timeline().messages.map(\.text) }

  /// Keeps and sends a message while one call of the store fails. Returns whether a call failed.
  private func live(_ number: Int, _ moment: PlannedFailure.Moment) async throws -> Bool {
    let (relay, vault, memory) = (try InMemoryRelay(), MemoryKeyVault(), MemoryDeviceStore())
    let store = FailingDeviceStore(memory)
    let device = try await Device.createAccount(named: "Phone", vault: vault, store: store, relay: relay)
      .device
    try device.append(.note("before"), to: chat)
    store.fail(PlannedFailure(.call(number), moment))
    let isKept: Bool
    do {
      try device.append(.note("while it fails"), to: chat)
      isKept = true
    } catch { isKept = false }
    do { _ = try await device.sync() } catch {}
    let hasFailed = store.failureCount > 0
    store.stopFailing()

    // The process ends, and the next one has a store that works.
    let again = try Device(vault: vault, store: memory, relay: relay)
    try again.append(.note("after"), to: chat)
    guard case .complete = try await again.sync().verdict else {
      Issue.record("call \(number), \(moment): the history is not complete")
      return hasFailed
    }
    let texts = try texts(of: again)
    #expect(Set(texts).count == texts.count, "call \(number), \(moment): a message is there twice")
    #expect(texts.first == "before" && texts.last == "after", "call \(number), \(moment): \(texts)")
    #expect(!isKept || texts.contains("while it fails"), "call \(number), \(moment): a message is lost")
    return hasFailed
  }

  @Test(arguments: [PlannedFailure.Moment.beforeEffect, .afterEffect])
  func `loses nothing that was kept, whichever call fails`(moment: PlannedFailure.Moment) async throws {
    var number = 1
    while try await live(number, moment) { number += 1 }
    #expect(number > 10)
  }
}
