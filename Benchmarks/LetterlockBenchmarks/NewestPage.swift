import Benchmark
import Foundation
import Letterlock
import LetterlockRelayKit
import LetterlockSQLite

/// The newest 50 messages of a conversation in an archive of 1,000,000 records, by three devices in 36 epochs and 200
/// conversations: what a device that has just joined does first, its question and the relay's answer together, in
/// processor time. Made in a full run only: the archive alone takes longer than a short one may.
func registerNewestPage() {
  guard ProcessInfo.processInfo.environment["LETTERLOCK_BENCH"] != "short" else { return }
  Benchmark("newest 50 messages of 1,000,000, first sync", configuration: .long) {
    (benchmark, archive: LargeArchive) async throws in
    var fetched = 0
    let batch = try await Batch(processorTime: { fetched = try await archive.readNewest() })
    benchmark.note(batch, of: 1, fetching: fetched)
  } setup: {
    try await LargeArchive()
  }
}

private final class LargeArchive {
  private static let recordsOfEpoch = 27_780
  private let folder: ScratchFolder
  private let relay: SQLiteRelay
  private let vault = MemoryKeyVault()
  private let chats = (0..<200).map { _ in ConversationID() }

  init() async throws {
    folder = try ScratchFolder()
    relay = try SQLiteRelay(path: folder.path("relay.sqlite"), policy: .unlimited)
    let first = try await Device.createAccount(
      named: "1", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
    var devices = [first]
    for number in 2...3 { devices.append(try await join(first, "\(number)", MemoryKeyVault())) }
    var number = 0
    for epoch in 0..<36 {
      if epoch > 0 { try await first.beginEpoch() }
      for device in devices {
        try device.enqueue(
          (0..<Self.recordsOfEpoch / devices.count).map { _ in
            var message = Message.carrier(
              .sms, from: Address("+15550100"), text: Sample.text(200, number: number))
            // Steps that are no divisor of 200 spread each conversation over all signed batches.
            message.conversation = chats[number * 7 % 200]
            number += 1
            return .message(message)
          })
        try await device.sync()
      }
    }
    _ = try await join(first, "new", vault)
  }

  private func join(_ old: Device, _ name: String, _ vault: MemoryKeyVault) async throws -> Device {
    let request = try await Device.requestToJoin(
      named: name, vault: vault, store: MemoryDeviceStore(), relay: relay)
    try await old.approve(request.code)
    return try await request.approved()
  }

  /// Gives the number of bytes that came from the relay, the account's log and wraps left out.
  func readNewest() async throws -> Int {
    let device = try Device(vault: vault, store: MemoryDeviceStore(), relay: relay)
    let window = try await device.newestMessages(in: chats[0], count: 50)
    guard window.messages.count >= 50, window.historySize > 999_000 else { throw Failure.wrongContent }
    return Int(try await device.status().dataUsage.recordsDown)
  }
}
