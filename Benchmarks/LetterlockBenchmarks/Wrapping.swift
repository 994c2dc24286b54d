import Benchmark
import CryptoCore
import Letterlock

/// An epoch's secret wrapped for one device, and unwrapped by it: HPKE with X-Wing, bound to the epoch's header.
func registerWrapping() {
  let batchCount = 8
  Benchmark("wrap an epoch secret", configuration: .timed) { (benchmark, wrapping: Wrapping) in
    benchmark.note(try Batch(of: batchCount) { blackHole(try wrapping.wrap()) }, of: batchCount)
  } setup: {
    try await Wrapping()
  }
  Benchmark("unwrap an epoch secret", configuration: .timed) { (benchmark, wrapping: Wrapping) in
    let wrap = try wrapping.wrap()
    benchmark.note(try Batch(of: batchCount) { blackHole(try wrapping.unwrap(wrap)) }, of: batchCount)
  } setup: {
    try await Wrapping()
  }
}

private struct Wrapping {
  let account: AccountID
  let header: EpochHeader
  let epochSecret = SecretKey(random: 32)
  let keys: DeviceKeys

  init() async throws {
    let history = try await AccountHistory(deviceCount: 1, epochCount: 2)
    let log = try AccountLog(account: history.account, replaying: history.entries)
    account = history.account
    header = log.newestEpoch.header
    keys = try DeviceKeys()
    guard try unwrap(wrap()).isEqual(to: epochSecret) else { throw Failure.wrongContent }
  }

  private var info: [UInt8] {
    EpochWrap.info(header: header, account: account, recipient: keys.deviceID, sealingKey: keys.sealingKey)
  }

  /// What opening an epoch does for each device.
  func wrap() throws -> [UInt8] {
    let key = try HPKEPublicKey(bytes: keys.sealingKey.bytes, kem: .xWing)
    return try HPKE.sealSecret(epochSecret, to: key, suite: .letterlock, info: info, authenticating: [])
  }

  func unwrap(_ wrap: [UInt8]) throws -> SecretKey {
    guard let epochSecret = keys.openWrap(wrap, info: info) else { throw Failure.refused }
    return epochSecret
  }
}
