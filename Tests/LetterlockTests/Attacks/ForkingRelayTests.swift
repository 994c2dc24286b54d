import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: a relay that shows two histories")
struct ForkingRelayTests {
  private let house: Household
  private let honest: InMemoryRelay
  private let other: InMemoryRelay
  private let size: UInt64

  init() async throws {
    house = try await Household()
    honest = await house.relay.honest
    other = await honest.fork()
    size = try house.phone.progress().history.tree.size
    try house.phone.append(Household.text("one side"), to: house.chat)
    try await house.phone.sync()
    await house.relay.turn(to: other)
    try house.mac.append(Household.text("the other side"), to: house.chat)
    #expect(try await house.mac.sync().verdict == .complete(size: size + 1))
  }

  private func evidence(of verdict: Verdict) throws -> RelayEvidence {
    guard case .forked(let evidence?) = verdict else {
      Issue.record("\(verdict)")
      throw DeviceError.forked
    }
    return evidence
  }

  @Test func `the other history's checkpoint is evidence when both are as long`() async throws {
    let evidence = try evidence(of: try await house.phone.sync().verdict)
    try evidence.check()
    #expect(evidence.account == house.phone.account)
    #expect(evidence.older.treeSize == size + 1)
    #expect(try Household.texts(of: house.phone) == ["first", "one side"])
    #expect(try RelayEvidence(decoding: evidence.encoded) == evidence)
  }

  @Test func `the first record that comes through from the other history gives the relay away`() async throws
  {
    try house.mac.append(Household.text("more"), to: house.chat)
    try await house.mac.sync()
    let evidence = try evidence(of: try await house.phone.sync().verdict)
    try evidence.check()
    #expect(try Household.texts(of: house.phone) == ["first", "one side"])
  }

  @Test func `it gives the relay away later too`() async throws {
    try house.mac.append(Household.text("more"), to: house.chat)
    try await house.mac.sync()
    let page = try await other.history(
      of: house.phone.account, from: size, maximumByteCount: .max, as: house.phone.caller)
    await house.relay.turn(to: honest)
    for text in ["second", "third", "fourth"] {
      try house.phone.append(Household.text(text), to: house.chat)
      try await house.phone.sync()
    }
    // The last record of the other history, put at the end of this one.
    let leaf = size + 4
    let last = try #require(page.batches.last)
    await house.relay.alter {
      HistoryPage(
        batches: [last.replacing(last.records, at: leaf)],
        checkpoint: $0.checkpoint)
    }
    let evidence = try evidence(of: try await house.phone.sync().verdict)
    try evidence.check()
    #expect(evidence.older.treeSize == size + 1)
    #expect(evidence.newer.treeSize == size + 4)
  }

  @Test
  func `nothing goes to that relay while it shows the other history, and the evidence stays afterwards`()
    async throws
  {
    let evidence = try evidence(of: try await house.phone.sync().verdict)
    #expect(try house.phone.evidence() == evidence)
    #expect(try await house.phone.status().evidence == evidence)
    // Sealing goes on.
    try house.phone.append(Household.text("waits"), to: house.chat)
    let again = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    // The relay signs anew each time that it is asked: what is kept is the newest contradiction.
    let newest = try self.evidence(of: try await again.sync().verdict)
    try newest.check()
    #expect(try await again.status().waitingRecords == 1)
    // As soon as the relay shows this device's history, everything goes on by itself.
    await house.relay.turn(to: honest)
    let report = try await again.sync()
    #expect(report.verdict.isComplete)
    #expect(report.sent == 1)
    #expect(report.evidence == newest)
    #expect(try Household.texts(of: again) == ["first", "one side", "waits"])
    try await again.goOnDespiteEvidence()
    #expect(try again.evidence() == nil)
    #expect(try await again.sync().evidence == nil)
  }

  @Test func `evidence with any part altered shows nothing`() async throws {
    let bytes = try evidence(of: try await house.phone.sync().verdict).encoded
    var generator = SeededGenerator(seed: 7)
    for start in stride(from: 0, to: bytes.count, by: 101) {
      var altered = bytes
      altered[min(start + Int.random(in: 0..<101, using: &generator), bytes.count - 1)] ^=
        1 << UInt8.random(in: 0..<8, using: &generator)
      guard let evidence = try? RelayEvidence(decoding: altered) else { continue }
      #expect(throws: RelayEvidenceError.self) { try evidence.check() }
    }
    for count in [0, 4, bytes.count - 1] {
      #expect(throws: TLSError.self) { try RelayEvidence(decoding: Array(bytes.prefix(count))) }
    }
  }

  @Test func `two checkpoints of one history are no evidence`() async throws {
    let older = try #require(try house.mac.progress().checkpoint)
    try house.mac.append(Household.text("more"), to: house.chat)
    try await house.mac.sync()
    let newer = try #require(try house.mac.progress().checkpoint)
    var nodes = HistoryNodes()
    for batch in try house.mac.neededStore().batches(from: 0, limit: .max) {
      nodes.append(batch.leafHashes)
    }
    #expect(house.mac.parts.reading.status.evidence.evidence(older: older, newer: newer, nodes: nodes) == nil)
    let create = try #require(house.mac.state.read { $0.entries.first })
    let claim = RelayEvidence(
      create: create, older: older, newer: newer, beginning: older.treeRoot,
      proof: try #require(nodes.consistencyProof(from: older.treeSize, to: newer.treeSize)))
    #expect(throws: RelayEvidenceError.noContradiction) { try claim.check() }
  }

  @Test func `an author that has not seen enough must look again`() async throws {
    await house.relay.turn(to: honest)
    let house = try await Household()
    for index in 0..<History.boundaryCount + 2 {
      try house.phone.append(Household.text("\(index)"), to: house.chat)
      try await house.phone.sync()
    }
    try house.mac.append(Household.text("late"), to: house.chat)
    #expect(try await house.mac.sync().verdict.isComplete)
    #expect(try Household.texts(of: house.mac).last == "late")
  }
}
