import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 10.13: what a device was to send that is not part of the account any more")
struct RemovedSenderTests {
  private let scene: SendingScene
  private let vault = MemoryKeyVault()
  private let store = MemoryDeviceStore()

  init() async throws { scene = try await SendingScene() }

  private func joinOtherPhone() async throws -> Device {
    let request = try await Device.requestToJoin(
      named: "Other phone", vault: vault, store: store, relay: scene.house.relay)
    try await scene.house.phone.approve(request.code)
    let device = try await request.approved()
    scene.clock.set(device)
    try await device.sync()
    try await scene.house.mac.sync()
    return device
  }

  /// What every way to read the history shows.
  private func states(_ id: MessageID, on device: Device) async throws -> [SendState?] {
    let chat = scene.house.chat
    var shown = [try await scene.shown(id, on: device)]
    let index = try device.timelineIndex()
    let reference = try #require(index.reference(to: id))
    shown += try device.messages([reference], of: index)
    shown.append(try await device.newestMessages(in: chat, count: 50).messages.first { $0.id == id })
    try device.search("dinner") { message, _ in
      if message.id == id { shown.append(message) }
      return true
    }
    #expect(shown.count == 4)
    return shown.map { message in
      guard case .requested(_, let state)? = message?.delivery else { return nil }
      return state
    }
  }

  @Test func `what a removed device had claimed is perhaps sent, whatever is reported in its place`()
    async throws
  {
    let house = scene.house
    let other = try await joinOtherPhone()
    let request = try await scene.ask(through: other)
    try await other.sync()
    let claimed = try await other.claim(request)
    scene.carrier.send(claimed.request.plan)
    try claimed.sent()
    // The report waits.
    try await house.phone.sync()
    try await house.phone.remove(other.id)
    let again = try await joinOtherPhone()
    for device in [house.phone, house.mac, again] {
      let states = try await states(request.id, on: device)
      #expect(states.allSatisfy { $0 == .outcomeUnknown }, "\(states)")
      #expect(throws: DeviceError.sendRefused(.settled(.outcomeUnknown))) {
        try device.cancelSend(of: request.id)
      }
    }
    #expect(try again.sendRequests().isEmpty)
    await #expect(throws: DeviceError.sendRefused(.anotherDevice(other.id))) {
      _ = try await again.claim(request)
    }
    #expect(scene.carrier.sent.count == 1)
  }

  @Test func `what waits for a removed device is cancelled`() async throws {
    let house = scene.house
    let other = try await joinOtherPhone()
    let request = try await scene.ask(through: other)
    #expect(try await states(request.id, on: house.mac).allSatisfy { $0 == .waiting })
    try await house.phone.sync()
    try await house.phone.remove(other.id)
    for device in [house.phone, house.mac] {
      let states = try await states(request.id, on: device)
      #expect(states.allSatisfy { $0 == .cancelled }, "\(states)")
      #expect(throws: DeviceError.sendRefused(.settled(.cancelled))) { try device.cancelSend(of: request.id) }
    }
    let newest = try await house.mac.newestConversations(count: 5).first { $0.id == house.chat }?.newest
    #expect(newest?.delivery == .requested(of: other.id, .cancelled))
  }

  @Test func `what a device sent and reported before its removal was sent`() async throws {
    let other = try await joinOtherPhone()
    let request = try await scene.ask(through: other)
    try await scene.sendAll(other)
    try await scene.house.phone.sync()
    try await scene.house.phone.remove(other.id)
    #expect(try await scene.state(request.id) == .sent)
  }
}
