import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// Five devices that write at once, in random order, and see each other's work whenever they happen to look.
@Suite("Devices that write at once")
struct ConvergenceTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `show the same in the end, whatever came in which order`(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let house = try await Household()
    var devices = [house.phone, house.mac]
    for index in 2..<5 {
      let request = try await Device.requestToJoin(
        named: "\(index)", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
      try await house.phone.approve(request.code)
      devices.append(try await request.approved())
    }
    for step in 0..<400 {
      let device = devices[Int.random(in: 0..<5, using: &generator)]
      try act(on: device, in: house.chat, step: step, &generator)
      if Int.random(in: 0..<4, using: &generator) == 0 {
        #expect(try await device.sync().verdict.isComplete)
      }
    }
    for device in devices + devices { #expect(try await device.sync().verdict.isComplete) }
    let tree = try house.phone.progress().history.tree
    let messages = try house.phone.timeline().messages
    #expect(messages.count > 50)
    for device in devices.dropFirst() {
      #expect(try device.progress().history.tree == tree)
      #expect(try device.timeline().messages == messages)
    }
  }

  /// A message, or something done to one that the device has seen.
  private func act(
    on device: Device, in chat: ConversationID, step: Int, _ generator: inout SeededGenerator
  ) throws {
    let sender = Sender.other(Address("+15550100"))
    let time = Timestamp(nanosecondsSince1970: Int64.random(in: 0..<1000, using: &generator))
    func send(_ body: Message.Body) throws {
      try device.append(
        Message(sender: sender, sentAt: time, carriage: .carrier(.sms), body: body), to: chat)
    }
    let seen = try device.timeline().messages
    guard let target = seen.randomElement(using: &generator)?.id, step > 10 else {
      return try send(.text(RichText("\(step)")))
    }
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: try send(.edit(Message.Edit(target: target, newText: RichText("edited \(step)"))))
    case 1: try send(.retraction(target: target))
    case 2: try device.delete([target], in: chat, at: time)
    case 3: try device.recover([target], in: chat, at: time)
    case 4 where step % 50 == 0: try device.delete(in: chat, at: time)
    default: try send(.text(RichText("\(step)")))
    }
  }
}
