import Benchmark
import Letterlock

/// Lists a history of 20,000 messages in 20 conversations, each deleted and recovered as a whole 100 times;
/// beside the same messages with none of it. The cost must be that of so many records, not of records times deletions.
func registerDeleting() {
  Benchmark("list 20,000 messages, 4,000 deletions", configuration: .long) {
    (benchmark, deleting: Deleting) in
    let (deleted, plain) = try deleting.run()
    benchmark.note(deleted, of: 1, against: plain)
  } setup: {
    try Deleting()
  }
}

private struct Deleting {
  private static let messageCount = 20_000
  private let deleted: Device
  private let plain: Device

  init() throws {
    (deleted, plain) = (try Self.device(rounds: 100), try Self.device(rounds: 0))
  }

  private static func device(rounds: Int) throws -> Device {
    let device = try Device.createAccount(named: "Phone", vault: .inMemory, store: MemoryDeviceStore()).device
    let chats = (0..<20).map { _ in ConversationID() }
    try device.enqueue(
      (0..<messageCount).map { number in
        var message = Message.carrier(.sms, from: Address("+15550100"), text: "\(number)")
        message.conversation = chats[number % chats.count]
        return .message(message)
      })
    for _ in 0..<rounds {
      for chat in chats {
        try device.delete(in: chat)
        try device.recover(in: chat)
      }
    }
    return device
  }

  func run() throws -> (deleted: Batch, plain: Batch) {
    (try Batch(of: 1) { try Self.list(deleted) }, try Batch(of: 1) { try Self.list(plain) })
  }

  private static func list(_ device: Device) throws {
    guard try device.timelineIndex().references.count == messageCount else { throw Failure.wrongContent }
  }
}
