import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 10.13: a message is never sent twice")
struct SentOnceTests {
  /// A process that ends at every point at which it touches its store, before or after the store has done what it was
  /// asked, and the next process, which goes on.
  @Test(arguments: [PlannedFailure.Moment.beforeEffect, .afterEffect])
  func `whenever the process ends, the message is sent once, or shown as perhaps sent`(
    moment: PlannedFailure.Moment
  ) async throws {
    var outcomes: Set<SendState> = []
    var call = 1
    while true {
      let scene = try await SendingScene()
      let request = try await scene.ask()
      let store = FailingDeviceStore(scene.house.phoneStore)
      let phone = try scene.phone(store)
      try await phone.sync()
      store.fail(PlannedFailure(.from(call), moment, counting: .changes))
      try? await scene.sendAll(phone)
      guard store.failureCount > 0 else { break }
      for _ in 0..<2 { try await scene.sendAll(try scene.phone()) }
      let state = try #require(try await scene.state(request.id))
      switch state {
      case .sent: #expect(scene.carrier.sent.count == 1)
      case .outcomeUnknown: #expect(scene.carrier.sent.count <= 1)
      default: Issue.record("\(state) after call \(call)")
      }
      outcomes.insert(state)
      call += 1
    }
    #expect(outcomes == [.sent, .outcomeUnknown])
    #expect(call > 5)
  }

  @Test func `a claim that is dropped without a word is perhaps sent, and is not claimed again`() async throws
  {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let phone = scene.house.phone
    try await phone.sync()
    do { _ = try await phone.claim(request) }
    await #expect(throws: DeviceError.sendRefused(.settled(.outcomeUnknown))) {
      _ = try await phone.claim(request)
    }
    #expect(try phone.sendRequests().isEmpty)
    try await phone.sync()
    #expect(try await scene.state(request.id) == .outcomeUnknown)
  }

  @Test func `a claim that is held is not given a second time`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let phone = scene.house.phone
    try await phone.sync()
    let claimed = try await phone.claim(request)
    await #expect(throws: DeviceError.sendRefused(.settled(.sending))) { _ = try await phone.claim(request) }
    #expect(try phone.sendRequests().isEmpty)
    #expect(try await scene.state(request.id) == .sending)
    try claimed.sent()
    try await phone.sync()
    #expect(try await scene.state(request.id) == .sent)
  }

  @Test func `two processes of one phone claim a request once`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let (first, second) = (try scene.phone(), try scene.phone())
    try await first.sync()
    try await second.sync()
    await withTaskGroup(of: Void.self) { group in
      for device in [first, second] {
        group.addTask {
          guard let claimed = try? await device.claim(request) else { return }
          scene.carrier.send(claimed.request.plan)
          try? claimed.sent()
        }
      }
    }
    for _ in 0..<2 { try await scene.sendAll(try scene.phone()) }
    #expect(scene.carrier.sent.count <= 1)
  }

  @Test func `without the relay nothing is claimed, and the request waits`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let phone = scene.house.phone
    try await phone.sync()
    await scene.house.relay.interrupt(after: 0)
    await #expect(throws: DeviceError.relay(.unavailable("interrupted"))) {
      _ = try await phone.claim(request)
    }
    await scene.house.relay.behave()
    #expect(try await scene.state(request.id) == .waiting)
    try await scene.sendAll(phone)
    #expect(scene.carrier.sent.count == 1)
  }

  @Test(arguments: [MeddlingRelay.Loss.request, .answer])
  func `a claim that the relay did not answer is tried again by the same process`(
    loss: MeddlingRelay.Loss
  ) async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let phone = scene.house.phone
    try await phone.sync()
    await scene.house.relay.loseBatch(loss)
    await #expect(throws: DeviceError.relay(.unavailable("lost"))) { _ = try await phone.claim(request) }
    try await scene.sendAll(phone)
    #expect(scene.carrier.sent == ["Dinner at 7?"])
    #expect(try await scene.state(request.id) == .sent)
  }

  @Test(arguments: [MeddlingRelay.Loss.request, .answer])
  func `a claim that the relay did not answer is not used by the next process`(
    loss: MeddlingRelay.Loss
  ) async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let phone = try scene.phone()
    try await phone.sync()
    await scene.house.relay.loseBatch(loss)
    await #expect(throws: DeviceError.self) { _ = try await phone.claim(request) }
    for _ in 0..<2 { try await scene.sendAll(try scene.phone()) }
    #expect(scene.carrier.sent.isEmpty)
    #expect(try await scene.state(request.id) == .outcomeUnknown)
  }

  @Test func `a store that was put back from a copy finds its claim in the history`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    try await scene.house.phone.sync()
    let copy = MemoryDeviceStore(copying: scene.house.phoneStore)
    try await scene.sendAll(scene.house.phone)
    #expect(scene.carrier.sent.count == 1)
    let restored = try scene.phone(copy)
    await #expect(throws: DeviceError.sendRefused(.settled(.sent))) { _ = try await restored.claim(request) }
    try await scene.sendAll(restored)
    #expect(scene.carrier.sent.count == 1)
  }

  @Test func `a store that was put back after a claim does not send again`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    try await scene.house.phone.sync()
    let copy = MemoryDeviceStore(copying: scene.house.phoneStore)
    let claimed = try await scene.house.phone.claim(request)
    scene.carrier.send(claimed.request.plan)
    let restored = try scene.phone(copy)
    for _ in 0..<2 { try await scene.sendAll(restored) }
    #expect(scene.carrier.sent.count == 1)
    #expect(try await scene.state(request.id) == .outcomeUnknown)
    _ = consume claimed
  }

  @Test func `a relay that repeats a request, or withholds a record, has nothing sent twice`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let phone = scene.house.phone
    try await scene.sendAll(phone)
    // A member brings the same request once more, and another device of the account repeats its bytes.
    let content = try #require(
      SendRequestContent(
        request.message, device: phone.id, expiresAt: scene.tomorrow, segments: ["Dinner at 7?"]))
    try scene.house.mac.enqueue([.sendRequest(content)])
    try await scene.house.mac.sync()
    try await scene.sendAll(phone)
    #expect(scene.carrier.sent.count == 1)
    // A record that is missing may be a claim, or a cancellation.
    let second = try await scene.ask("two")
    try await phone.sync()
    try scene.house.mac.append(Household.text("withheld"), to: scene.house.chat)
    try await scene.house.mac.sync()
    await scene.house.relay.alter(\.withoutRecords)
    let missing = try phone.progress().history.tree.size
    await #expect(throws: DeviceError.historyRefused(.missing(leaves: [missing]))) {
      _ = try await phone.claim(second)
    }
    #expect(scene.carrier.sent.count == 1)
  }

  @Test func `a claim that the relay keeps back until the time is over is not used`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let phone = scene.house.phone
    try await phone.sync()
    await scene.house.relay.beforeBatch { @Sendable [clock = scene.clock] in clock.go(days: 2) }
    await #expect(throws: DeviceError.sendRefused(.settled(.failed("its time was over")))) {
      _ = try await phone.claim(request)
    }
    try await phone.sync()
    #expect(try await scene.state(request.id) == .failed("its time was over"))
  }
}

extension HistoryPage {
  /// The page of a relay that withholds every record.
  fileprivate var withoutRecords: HistoryPage {
    let batches = batches.map { batch in
      HistoryBatch(
        firstLeaf: batch.firstLeaf, signedBatch: batch.signedBatch, erasures: batch.erasures,
        leafHashes: batch.leafHashes, records: batch.records.map { _ in nil })
    }
    return HistoryPage(batches: batches, checkpoint: checkpoint, consistency: consistency)
  }
}
