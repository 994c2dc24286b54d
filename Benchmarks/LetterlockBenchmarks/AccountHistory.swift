import Letterlock
import LetterlockRelayKit

/// An account as a relay keeps it: the log of its devices and epochs.
struct AccountHistory {
  let account: AccountID
  let entries: [LogEntry]

  init(deviceCount: Int, epochCount: Int) async throws {
    let relay = try InMemoryRelay(policy: .unlimited)
    let created = try await Device.createAccount(
      named: "Device 1", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    let device = created.device
    for number in 1..<deviceCount {
      let request = try await Device.requestToJoin(
        named: "Device \(number + 1)", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
      try await device.approve(request.code)
    }
    for _ in 1..<epochCount { try await device.beginEpoch() }
    account = device.account
    entries = try await relay.logEntries(of: device.account, from: 0, as: .device(device.id))
    let log = try AccountLog(account: account, replaying: entries)
    // The recovery device is one more.
    guard log.activeDevices.count == deviceCount + 1, log.epochs.count == epochCount else {
      throw Failure.wrongContent
    }
  }
}

extension RelayPolicy {
  /// As many entries as an account of the wanted size needs, at once.
  static let unlimited = RelayPolicy(entryInterval: .zero)
}
