#if SQLite
import CryptoCore
import LetterlockTestKit
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Every relay, SPEC.md section 7: accounts and logs")
struct RelayLogTests {
  @Test(arguments: RelayKind.allCases)
  func `an account is made once, however often it is sent, and its log, wraps and recovery device are there`(
    kind: RelayKind
  )
    async throws
  {
    let opened = try kind.open()
    let relay = opened.relay
    let account = try await TestAccount(at: relay)
    #expect(try await relay.logEntries(of: account.id, from: 0, as: account.caller) == [account.create])
    #expect(try await relay.logEntries(of: account.id, from: 1, as: account.caller) == [])
    for (keys, found) in [(account.recovery, account.id), (account.keys, nil)] {
      let device = keys.deviceID
      #expect(try await relay.account(recoveredBy: device, as: .device(device)) == found)
    }
    for wrap in account.firstWraps {
      #expect(
        try await relay.wrap(of: account.id, epoch: 0, for: wrap.device, as: .device(wrap.device))
          == wrap.wrap.bytes)
    }
    #expect(
      try await relay.wrap(of: account.id, epoch: 1, for: account.keys.deviceID, as: account.caller) == nil)
    // Once more, after an answer that was lost.
    try await relay.createAccount(account.create, wraps: account.firstWraps, as: .anyone)
    #expect(try await relay.logEntries(of: account.id, from: 0, as: account.caller) == [account.create])
  }

  @Test(arguments: RelayKind.allCases)
  func `an account that was never made is unknown to every request`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    let account = try TestAccount(checkpointKey: [])
    let records = [account.record(1)]
    let signedBatch = try account.append(records)
    let entry = try account.entry(.update(highestVersion: 1))
    await #expect(throws: RelayError.unknownAccount) {
      try await relay.logEntries(of: account.id, from: 0, as: account.caller)
    }
    await #expect(throws: RelayError.unknownAccount) {
      try await relay.appendLogEntry(entry, wraps: [], to: account.id, as: account.caller)
    }
    await #expect(throws: RelayError.unknownAccount) {
      try await relay.append(signedBatch, records: records, to: account.id, as: account.caller)
    }
    await #expect(throws: RelayError.unknownAccount) {
      try await relay.history(of: account.id, from: 0, maximumByteCount: 1, as: account.caller)
    }
    await #expect(throws: RelayError.unknownAccount) {
      try await relay.usage(of: account.id, as: account.caller)
    }
  }

  @Test(arguments: RelayKind.allCases)
  func `of two entries on one head the first stands, and sent again it changes nothing`(
    kind: RelayKind
  ) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    let devices = [account.keys, account.recovery]
    let (first, firstWraps) = try account.epochEntry(for: devices) { .epoch($0) }
    let (second, secondWraps) = try account.epochEntry(for: devices) { .epoch($0) }
    try await account.send(first, firstWraps, to: relay)
    await #expect(throws: RelayError.staleLogHead(newest: first.head)) {
      try await relay.appendLogEntry(second, wraps: secondWraps, to: account.id, as: account.caller)
    }
    let usage = try await relay.usage(of: account.id, as: account.caller)
    try await relay.appendLogEntry(first, wraps: firstWraps, to: account.id, as: account.caller)
    #expect(try await relay.usage(of: account.id, as: account.caller) == usage)
    #expect(
      try await relay.logEntries(of: account.id, from: 0, as: account.caller) == [account.create, first])
    #expect(
      try await relay.wrap(of: account.id, epoch: 1, for: account.keys.deviceID, as: account.caller)
        == firstWraps.first { $0.device == account.keys.deviceID }?.wrap.bytes)
  }

  @Test(arguments: RelayKind.allCases)
  func `wraps other than those the entry names are refused`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    let account = try await TestAccount(at: relay)
    let (entry, wraps) = try account.epochEntry(for: [account.keys, account.recovery]) {
      .epoch($0)
    }
    for wrong in [[], Array(wraps.dropLast()), wraps.reversed(), wraps + [wraps[0]]] {
      await #expect(throws: RelayError.wrongWraps) {
        try await relay.appendLogEntry(entry, wraps: wrong, to: account.id, as: account.caller)
      }
    }
    let large = StoredWrap(
      device: account.keys.deviceID, wrap: Opaque([UInt8](repeating: 0, count: 5000)))
    await #expect(throws: RelayError.tooLarge) {
      try await relay.appendLogEntry(entry, wraps: [large], to: account.id, as: account.caller)
    }
    #expect(try await relay.logEntries(of: account.id, from: 1, as: account.caller) == [])
    try await relay.appendLogEntry(entry, wraps: wraps, to: account.id, as: account.caller)
  }

  @Test(arguments: RelayKind.allCases)
  func `an epoch that does not know the newest records is refused`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    let (entry, wraps) = try account.epochEntry(for: [account.keys, account.recovery]) {
      .epoch($0)
    }
    try await account.send([account.record(1)], to: relay)
    await #expect(throws: RelayError.staleHistory(treeSize: 1)) {
      try await relay.appendLogEntry(entry, wraps: wraps, to: account.id, as: account.caller)
    }
  }

  @Test(arguments: RelayKind.allCases)
  func `removing a device erases its wraps and leaves the others`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    let joiner = try DeviceKeys()
    let (addition, wraps) = try account.addition(of: joiner)
    let before = try await relay.usage(of: account.id, as: account.caller).log
    try await account.send(addition, wraps, to: relay)
    #expect(
      try await relay.wrap(of: account.id, epoch: 0, for: joiner.deviceID, as: .device(joiner.deviceID))
        == wraps[0].wrap.bytes)
    let (removal, newWraps) = try account.epochEntry(for: [account.keys, account.recovery]) {
      .remove(.init(devices: [joiner.deviceID], epoch: $0))
    }
    try await account.send(removal, newWraps, to: relay)
    await #expect(throws: RelayError.unknownAccount) {
      try await relay.wrap(of: account.id, epoch: 0, for: joiner.deviceID, as: .device(joiner.deviceID))
    }
    for epoch in UInt64(0)...1 {
      let own = try await relay.wrap(
        of: account.id, epoch: epoch, for: account.keys.deviceID, as: account.caller)
      #expect(own?.count == EpochWrap.byteCount)
    }
    #expect(
      try await relay.usage(of: account.id, as: account.caller).log - before
        == UInt64(addition.encoded.count + removal.encoded.count + 2 * EpochWrap.byteCount))
  }
}
#endif
