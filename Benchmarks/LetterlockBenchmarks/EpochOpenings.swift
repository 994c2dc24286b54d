import Benchmark
import CryptoCore
import Letterlock
import LetterlockRelayKit

/// Opening an epoch for 50 devices, held against the 51 X-Wing wraps (the recovery device's is one) that it cannot do
/// without; and everything that a device which joins does to read 500 epochs back: it replays the log, opens one wrap,
/// and follows the links.
func registerEpochOpenings() {
  Benchmark("open an epoch for 50 devices", configuration: .timed) { (benchmark, opening: LargeOpening) in
    try benchmark.compare(1, { blackHole(try opening.open()) }, with: { try opening.wrapAlone() })
  } setup: {
    try LargeOpening(recipientCount: 51)
  }
  Benchmark("join and open 500 epochs back", configuration: .timed) { (benchmark, joining: Joining) in
    let request = try await joining.approvedRequest()
    benchmark.note(
      try await Batch {
        guard try await request.approved().unreadableEpochs.isEmpty else { throw Failure.wrongContent }
      }, of: 1)
  } setup: {
    try await Joining(epochCount: 500)
  }
}

private struct LargeOpening {
  let account = AccountID(unchecked: SecureRandom.bytes(32))
  let recipients: [DeviceID: SealingKey]
  let epochSecret = SecretKey(random: 32)
  /// As many bytes as a wrap's info has.
  let info: [UInt8]

  init(recipientCount: Int) throws {
    var recipients: [DeviceID: SealingKey] = [:]
    for _ in 0..<recipientCount {
      let keys = try DeviceKeys()
      recipients[keys.deviceID] = keys.sealingKey
    }
    self.recipients = recipients
    info = SecureRandom.bytes(2660)
  }

  func open() throws -> EpochOpening {
    try EpochOpening(
      number: 7, account: account, linking: [(6, epochSecret)], recipients: recipients, treeSize: 9,
      treeRoot: HistoryTree().root)
  }

  func wrapAlone() throws {
    for (_, key) in recipients {
      let key = try HPKEPublicKey(bytes: key.bytes, kem: .xWing)
      blackHole(try HPKE.sealSecret(epochSecret, to: key, suite: .letterlock, info: info, authenticating: []))
    }
  }
}

private struct Joining {
  let relay: InMemoryRelay
  let device: Device

  init(epochCount: Int) async throws {
    relay = try InMemoryRelay(policy: .unlimited)
    device = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
    while device.log.epochs.count < epochCount { try await device.beginEpoch() }
  }

  /// A device that was approved, and does not know it yet.
  func approvedRequest() async throws -> JoinRequest {
    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await device.approve(request.code)
    return request
  }
}
