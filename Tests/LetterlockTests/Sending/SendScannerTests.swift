import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Looking for requests to send, again and again")
struct SendScannerTests {
  private let scene: SendingScene
  private let request: SendRequest

  /// A request that the phone has seen.
  init() async throws {
    scene = try await SendingScene()
    request = try await scene.ask()
    try await phone.sync()
    #expect(try phone.sendRequests() == [request])
  }

  private var phone: Device { scene.house.phone }
  private var mac: Device { scene.house.mac }

  /// A device object that has looked before finds what a new one finds, which reads everything.
  private func expectWaiting(_ expected: [SendRequest]) throws {
    #expect(try phone.sendRequests() == expected)
    #expect(try scene.phone().sendRequests() == expected)
  }

  /// Hides the newest record from every device but the Mac, whose it is.
  private func hideNewest() async throws {
    let leaf = try mac.progress().history.tree.size - 1
    await scene.house.relay.alter { page in
      HistoryPage(batches: page.batches.map { $0.putting(nil, at: leaf) }, checkpoint: page.checkpoint)
    }
  }

  @Test func `a look costs what has come since the one before, however long the history is`() async throws {
    let store = FailingDeviceStore(scene.house.phoneStore)
    let device = try scene.phone(store)
    func cost() throws -> Int {
      store.fail(PlannedFailure(.call(.max), .beforeEffect))
      #expect(try device.sendRequests() == [request])
      return store.callCount
    }
    for number in 0..<80 {
      try mac.append(Household.text("\(number)"), to: scene.house.chat)
      try await mac.sync()
    }
    try await device.sync()
    let (first, again) = (try cost(), try cost())
    #expect(first > 20 && again <= 5)
    try mac.append(Household.text("one more"), to: scene.house.chat)
    try await mac.sync()
    try await device.sync()
    #expect(try cost() <= again + 3)
  }

  @Test func `requests, cancellations and outcomes count as they come`() async throws {
    let second = try await scene.ask("second")
    try await phone.sync()
    try expectWaiting([request, second])
    try mac.cancelSend(of: request.id)
    try await mac.sync()
    try await phone.sync()
    try expectWaiting([second])
    try await phone.claim(second).sent()
    try expectWaiting([])
    try await phone.sync()
    try expectWaiting([])
  }

  @Test func `what waits here to be sent counts, and is not counted twice when it was sent`() throws {
    try phone.cancelSend(of: request.id)
    try expectWaiting([])
    try expectWaiting([])
  }

  @Test func `a record that was missing counts when it comes`() async throws {
    try mac.cancelSend(of: request.id)
    try await mac.sync()
    try await hideNewest()
    guard case .missing = try await phone.sync().verdict else { Issue.record("not hidden"); return }
    #expect(try phone.sendRequests() == [request])
    await scene.house.relay.behave()
    try await phone.sync()
    try expectWaiting([])
  }

  @Test func `a record whose secret was withheld counts when that comes`() async throws {
    let tablet = try await scene.house.join("Tablet")
    for device in [phone, mac] { try await device.sync() }
    try await tablet.beginEpoch()
    let epoch = tablet.log.newestEpoch.header.number
    let hidden = try await scene.house.relay.honest.wrap(
      of: phone.account, epoch: epoch, for: phone.id, as: phone.caller)
    try tablet.cancelSend(of: request.id)
    try await tablet.sync()
    await scene.house.relay.alterWraps { $0 == hidden ? nil : $0 }
    _ = try await phone.sync()
    #expect(try phone.sendRequests() == [request])
    await scene.house.relay.behave()
    #expect(try await phone.sync().verdict.isComplete)
    try expectWaiting([])
  }

  @Test func `a record that was erased counts no more, whether it asked or cancelled`() async throws {
    let asked = try mac.progress().history.tree.size - 1
    try mac.cancelSend(of: request.id)
    try await mac.sync()
    let cancelled = try mac.progress().history.tree.size - 1
    try await phone.sync()
    try expectWaiting([])
    try mac.append(Household.text("erases"), to: scene.house.chat)
    try await mac.parts.history.sync.pusher.pushAll(erasing: [cancelled])
    try await phone.sync()
    try expectWaiting([request])
    try mac.append(Household.text("erases"), to: scene.house.chat)
    try await mac.parts.history.sync.pusher.pushAll(erasing: [asked])
    try await phone.sync()
    try expectWaiting([])
  }

  @Test func `a request whose identifier another message had counts when that message is gone`() async throws
  {
    var message = Household.text("taken")
    message.conversation = scene.house.chat
    try mac.append(message, to: scene.house.chat)
    try await mac.sync()
    let leaf = try mac.progress().history.tree.size - 1
    let content = SendRequestContent(
      Message(
        id: message.id, conversation: scene.house.chat, sender: .me, sentAt: scene.clock.now,
        carriage: .carrier(.sms), body: .text(RichText("again")), recipients: ["+15550100"]),
      device: phone.id, expiresAt: scene.tomorrow, segments: ["again"])
    try mac.enqueue([.sendRequest(#require(content))])
    try await mac.sync()
    try await phone.sync()
    try expectWaiting([request])
    try mac.append(Household.text("erases"), to: scene.house.chat)
    try await mac.parts.history.sync.pusher.pushAll(erasing: [leaf])
    try await phone.sync()
    #expect(try phone.sendRequests().count == 2)
    #expect(try scene.phone().sendRequests().count == 2)
  }

  @Test func `a history that was put in the place of this one counts alone`() throws {
    try scene.house.phoneStore.clearHistory(
      progress: DeviceProgress().encoded, replacing: try scene.house.phoneStore.progress())
    try expectWaiting([])
  }

  @Test func `looking that is cancelled goes on the next time`() async throws {
    let device = try scene.phone()
    let error = await Task { () -> (any Error)? in
      cancelCurrentTask()
      do { _ = try device.sendRequests() } catch { return error }
      return nil
    }.value
    #expect(error as? DeviceError == .cancelled)
    #expect(try device.sendRequests() == [request])
  }
}
