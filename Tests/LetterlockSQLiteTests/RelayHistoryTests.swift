#if SQLite
import CryptoCore
import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Every relay, SPEC.md section 7: records")
struct RelayHistoryTests {
  @Test(arguments: RelayKind.allCases)
  func `records come back in the order they were accepted, with a checkpoint for all of them`(
    kind: RelayKind
  ) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    #expect(try await account.send([account.record(1), account.record(2)], to: relay).firstLeaf == 0)
    #expect(try await account.send([account.record(3)], to: relay).firstLeaf == 2)
    let page = try await relay.history(of: account.id, from: 0, maximumByteCount: 1 << 20, as: account.caller)
    #expect(page.batches.map(\.firstLeaf) == [0, 2])
    #expect(
      page.batches.map(\.records)
        == [[account.record(1), account.record(2)], [account.record(3)]])
    #expect(page.checkpoint.isSigned(by: try await relay.checkpointKey(as: .anyone)))
    #expect(page.checkpoint.account == account.id)
    #expect(page.checkpoint.treeSize == 3)
    #expect(page.checkpoint.treeRoot == account.history.tree.root)
    #expect(page.checkpoint.logHead == account.log.head)
  }

  @Test(arguments: RelayKind.allCases)
  func `a page ends when it is full and the next one goes on`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    for content in UInt8(0)..<6 { try await account.send([account.record(content)], to: relay) }
    var leaf: UInt64 = 0
    var pages: [Int] = []
    var contents: [[UInt8]?] = []
    while true {
      let page = try await relay.history(
        of: account.id, from: leaf, maximumByteCount: 500, as: account.caller)
      #expect(page.checkpoint.treeSize == 6)
      guard let last = page.batches.last else { break }
      pages.append(page.batches.count)
      contents += page.batches.flatMap(\.records)
      leaf = last.firstLeaf + UInt64(last.records.count)
    }
    #expect(pages == [2, 2, 2])
    #expect(contents == (UInt8(0)..<6).map { account.record($0) })
    let smallest = try await relay.history(of: account.id, from: 5, maximumByteCount: 0, as: account.caller)
    #expect(smallest.batches.map(\.firstLeaf) == [5])
    #expect(
      try await relay.history(of: account.id, from: .max, maximumByteCount: 1, as: account.caller).batches
        .isEmpty)
  }

  @Test(arguments: RelayKind.allCases)
  func `a signed batch sent again changes nothing, and one on an old log head is refused`(
    kind: RelayKind
  ) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    let records = [account.record(1)]
    let signedBatch = try account.append(records)
    try await account.send(records, to: relay)
    let usage = try await relay.usage(of: account.id, as: account.caller)
    let again = try await relay.append(signedBatch, records: records, to: account.id, as: account.caller)
    #expect(again.firstLeaf == nil)
    #expect(again.checkpoint.treeSize == 1)
    #expect(try await relay.usage(of: account.id, as: account.caller) == usage)
    let (entry, wraps) = try account.epochEntry(for: [account.keys, account.recovery]) {
      .epoch($0)
    }
    let late = try account.append([account.record(2)])
    let lateRecords = [account.record(2)]
    try await account.send(entry, wraps, to: relay)
    await #expect(throws: RelayError.staleLogHead(newest: entry.head)) {
      try await relay.append(late, records: lateRecords, to: account.id, as: account.caller)
    }
  }

  @Test(arguments: RelayKind.allCases)
  func `records that their signed batch does not name are refused and nothing of them is kept`(
    kind: RelayKind
  ) async throws {
    let opened = try kind.open()
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    let signedBatch = try account.append([account.record(1), account.record(2)])
    let wrong = [account.record(1), account.record(3)]
    await #expect(throws: RelayError.batchRefused(.otherLeaves(leaf: 0))) {
      try await relay.append(signedBatch, records: wrong, to: account.id, as: account.caller)
    }
    let fewer = [account.record(1)]
    await #expect(throws: RelayError.batchRefused(.wrongRecordCount)) {
      try await relay.append(signedBatch, records: fewer, to: account.id, as: account.caller)
    }
    let huge = [[UInt8](repeating: 1, count: RelayLimits.recordByteCount + 1)]
    await #expect(throws: RelayError.tooLarge) {
      try await relay.append(signedBatch, records: huge, to: account.id, as: account.caller)
    }
    #expect(try await relay.usage(of: account.id, as: account.caller).records == 0)
    #expect(try await account.send([account.record(4)], to: relay).firstLeaf == 0)
  }

  @Test(arguments: RelayKind.allCases)
  func `a full account says what takes the room, keeps all it has, and still takes log entries`(
    kind: RelayKind
  ) async throws {
    let probe = try TestAccount(checkpointKey: [UInt8](repeating: 1, count: 32))
    let logByteCount = UInt64(RelayUsage.byteCount(of: probe.create, probe.firstWraps))
    let opened = try kind.open(quota: logByteCount + 1500)
    let relay = opened.relay
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1), account.record(2)], to: relay)
    let usage = try await relay.usage(of: account.id, as: account.caller)
    #expect(usage.log == logByteCount)
    #expect(usage.quota == logByteCount + 1500)
    let records = [account.record(3), account.record(4)]
    let signedBatch = try account.append(records)
    await #expect(throws: RelayError.quotaExceeded(usage)) {
      try await relay.append(signedBatch, records: records, to: account.id, as: account.caller)
    }
    let upload = try account.upload(of: [UInt8](repeating: 0, count: 2000))
    await #expect(throws: RelayError.quotaExceeded(usage)) {
      try await relay.beginBlob(upload, of: account.id, as: account.caller)
    }
    let page = try await relay.history(of: account.id, from: 0, maximumByteCount: 1 << 20, as: account.caller)
    #expect(page.batches.flatMap(\.records) == [account.record(1), account.record(2)])
    #expect(try await relay.usage(of: account.id, as: account.caller) == usage)
    try await account.send(try account.entry(.update(highestVersion: 1)), [], to: relay)
  }
}
#endif
