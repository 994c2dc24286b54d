#if SQLite
import CryptoCore
import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Every relay, SPEC.md section 6.9: streams")
struct RelayStreamTests {
  /// Records of four streams in batches of many sizes, more than fit one row of the tree.
  private static func filled(_ relay: any Relay) async throws -> (TestAccount, [[UInt8]]) {
    var account = try await TestAccount(at: relay)
    var all: [[UInt8]] = []
    for count in [1, 300, 2, 257, 40] {
      let records = (0..<count).map { account.record(UInt8(($0 + count) % 4 + 1), byteCount: 272) }
      try await account.send(records, to: relay)
      all += records
    }
    return (account, all)
  }

  private static func tag(_ content: UInt8) -> StreamTag {
    StreamTag(unchecked: [UInt8](repeating: content, count: 16))
  }

  @Test(arguments: RelayKind.allCases)
  func `the newest records of streams come with what proves them`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let (account, all) = try await Self.filled(opened.relay)
    var (before, found) = (UInt64.max, [UInt64]())
    while true {
      let page = try await opened.relay.newestRecords(
        StreamQuery(tags: [Self.tag(1), Self.tag(3)], before: before, limit: 70, knownSize: 1),
        of: account.id, as: account.caller)
      let proven = try page.proven(in: account.log)
      #expect(proven.map(\.record.bytes) == proven.map { all[Int($0.leaf)] })
      #expect(page.checkpoint.treeRoot == account.history.tree.root)
      #expect(try #require(page.consistency).newSize == 600)
      found = proven.map(\.leaf) + found
      before = proven.first?.leaf ?? 0
      guard page.hasOlder else { break }
      #expect(proven.count == 70)
    }
    #expect(found == all.indices.filter { [1, 3].contains(all[$0][20]) }.map(UInt64.init))
    #expect(
      try await opened.relay.newestRecords(
        StreamQuery(tags: [Self.tag(9)], before: .max, limit: 5, knownSize: 0), of: account.id,
        as: account.caller
      ).batches.isEmpty)
  }

  @Test(arguments: RelayKind.allCases)
  func `consistency is proved from every size`(kind: RelayKind) async throws {
    let opened = try kind.open()
    let (account, all) = try await Self.filled(opened.relay)
    var tree = HistoryTree()
    for (index, record) in all.enumerated() {
      // The counters of the five signed batches.
      let counter = UInt64([1, 301, 303, 560].filter { $0 <= index }.count + 1)
      tree.append(SignedBatch.leafHash(of: record, device: account.keys.deviceID, counter: counter))
      guard index % 37 == 0 || [255, 256, 511, 599].contains(index) else { continue }
      let page = try await opened.relay.newestRecords(
        StreamQuery(tags: [Self.tag(2)], before: .max, limit: 1, knownSize: tree.size), of: account.id,
        as: account.caller)
      let proof = try #require(page.consistency)
      #expect(proof.holds(old: tree.root, new: page.checkpoint.treeRoot), "\(index)")
    }
    #expect(tree.root == account.history.tree.root)
  }

  @Test(arguments: RelayKind.allCases)
  func `streams are listed by their newest records, without erased ones`(kind: RelayKind) async throws {
    let opened = try kind.open()
    var (account, all) = try await Self.filled(opened.relay)
    let listing = try await opened.relay.newestStreams(
      before: .max, limit: 10, knownSize: 0, of: account.id, as: account.caller)
    #expect(try listing.page.proven(in: account.log).map(\.leaf) == [596, 597, 598, 599])
    #expect(listing.sizes.map(\.recordCount).reduce(0, +) == 600)
    let erased: [UInt64] = [598, 599]
    let records = [account.record(7, byteCount: 272)]
    try await account.send(records, erasing: erased, to: opened.relay)
    all.append(records[0])
    let after = try await opened.relay.newestStreams(
      before: .max, limit: 3, knownSize: 600, of: account.id, as: account.caller)
    #expect(try after.page.proven(in: account.log).map(\.leaf) == [596, 597, 600])
    #expect(after.page.hasOlder)
    let rest = try await opened.relay.newestStreams(
      before: 596, limit: 3, knownSize: 600, of: account.id, as: account.caller)
    #expect(try rest.page.proven(in: account.log).map(\.leaf) == [594, 595])
    #expect(!rest.page.hasOlder)
    let page = try await opened.relay.history(
      of: account.id, from: 560, maximumByteCount: .max, as: account.caller)
    #expect(page.batches[0].records.suffix(2) == [nil, nil])
  }
}
#endif
