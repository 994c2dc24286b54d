import LetterlockTestKit
import Synchronization

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// What a carrier was handed over.
final class CountingCarrier: Sendable {
  private let texts = Mutex<[String]>([])

  var sent: [String] { texts.withLock { $0 } }

  func send(_ plan: CarrierPlan) {
    guard case .sms(_, let segments) = plan else { return texts.withLock { $0.append("MMS") } }
    texts.withLock { $0.append(segments.joined()) }
  }
}

/// A Mac that asks, and a phone that sends.
struct SendingScene {
  let house: Household
  let clock = TestClock()
  let carrier = CountingCarrier()

  init() async throws {
    house = try await Household(clock: clock)
    clock.set(house.phone)
    clock.set(house.mac)
  }

  var tomorrow: Timestamp { clock.now.adding(TestClock.day) }

  /// A request of the Mac that the relay has.
  @discardableResult
  func ask(
    _ text: String = "Dinner at 7?", through device: Device? = nil, by asker: Device? = nil
  ) async throws -> SendRequest {
    let asker = asker ?? house.mac
    let request = try asker.requestSend(
      text, to: ["+15550100"], in: house.chat, through: (device ?? house.phone).id, expiresAt: tomorrow)
    try await asker.sync()
    return request
  }

  /// The phone, as its next process opens it.
  func phone(_ store: (any DeviceStore)? = nil) throws -> Device {
    let device = try Device(
      vault: house.phoneVault, store: store ?? house.phoneStore, relay: house.relay)
    clock.set(device)
    return device
  }

  /// What an app on a device with a carrier does.
  func sendAll(_ device: Device) async throws {
    try await device.sync()
    for request in try device.sendRequests() {
      let claimed = try await device.claim(request)
      carrier.send(claimed.request.plan)
      try claimed.sent()
    }
    try await device.sync()
  }

  /// How a request's message is shown by a device that has synchronised.
  func shown(_ id: MessageID, on device: Device? = nil) async throws -> Message? {
    let device = device ?? house.mac
    try await device.sync()
    return try device.timeline().messages.first { $0.id == id }
  }

  /// How far a request has come, as a device that has synchronised sees it; `sent` if the message shows nothing of it.
  func state(_ id: MessageID, on device: Device? = nil) async throws -> SendState? {
    guard let message = try await shown(id, on: device) else { return nil }
    guard case .requested(_, let state)? = message.delivery else { return .sent }
    return state
  }
}
