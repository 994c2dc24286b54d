import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("A relay that lies in a page of a stream")
struct LyingStreamTests {
  private let house: Household
  private let device: Device

  init() async throws {
    house = try await Household()
    for text in ["a", "b", "c", "d"] { try house.mac.append(Household.text(text), to: house.chat) }
    try await house.mac.sync()
    try house.mac.append(Household.text("elsewhere"), to: ConversationID())
    try house.mac.append(Household.text("e"), to: house.chat)
    try await house.mac.sync()
    try await house.phone.beginEpoch()
    let vault = MemoryKeyVault()
    if let contents = try house.phoneVault.load() { try vault.save(contents, replacing: nil) }
    device = try Device(vault: vault, store: MemoryDeviceStore(), relay: house.relay)
    #expect(
      try await device.newestMessages(in: house.chat, count: 4).messages.map(\.text) == ["b", "c", "d", "e"])
  }

  /// Why a page is refused that was changed.
  private func refusal(_ change: @escaping @Sendable (StreamPage) -> StreamPage) async throws -> Verdict? {
    await house.relay.alterStreams(change)
    do throws(DeviceError) { _ = try await device.newestMessages(in: house.chat, count: 4) } catch {
      guard case .historyRefused(let verdict) = error else { throw error }
      return verdict
    }
    return nil
  }

  private func refusal(
    batches change: @escaping @Sendable ([PartialBatch]) -> [PartialBatch]
  ) async throws -> Verdict? {
    try await refusal { page in
      StreamPage(
        checkpoint: page.checkpoint, consistency: page.consistency, batches: change(page.batches),
        proof: page.proof,
        hasOlder: page.hasOlder)
    }
  }

  @Test func `is refused when a record is altered, left out of its proof, or out of place`() async throws {
    let altered = try await refusal(batches: {
      $0.map { batch in
        batch.with(
          batch.records.map {
            PartialRecord(index: $0.index, bytes: $0.bytes.dropLast() + [($0.bytes.last ?? 0) ^ 1])
          })
      }
    })
    guard case .tampered(.otherLeaves) = altered else {
      Issue.record("\(String(describing: altered))"); return
    }
    let fewer = try await refusal(batches: { $0.map { $0.with(Array($0.records.dropFirst())) } })
    #expect(fewer == .tampered(.wrongRecordCount) || fewer.isOtherLeaves)
    let renumbered = try await refusal(batches: {
      $0.map { batch in
        batch.with(batch.records.map { PartialRecord(index: $0.index + 1, bytes: $0.bytes) })
      }
    })
    #expect(renumbered.isOtherLeaves)
    let moved = try await refusal(batches: {
      $0.map {
        PartialBatch(
          firstLeaf: $0.firstLeaf - 1, signedBatch: $0.signedBatch, records: $0.records, proof: $0.proof)
      }
    })
    guard case .tampered(.notInHistory) = moved else { Issue.record("\(String(describing: moved))"); return }
    let doubled = try await refusal(batches: { $0 + $0 })
    guard case .tampered(.notInHistory) = doubled else {
      Issue.record("\(String(describing: doubled))"); return
    }
  }

  @Test func `is refused with a proof for another tree, another history, or an older checkpoint`()
    async throws
  {
    let other = try await refusal { page in
      var bytes = page.proof.nodes.bytes
      if !bytes.isEmpty { bytes[0] ^= 1 }
      return StreamPage(
        checkpoint: page.checkpoint, consistency: page.consistency, batches: page.batches,
        proof: LeavesProof(nodes: LeafHashes(bytes: bytes) ?? LeafHashes()), hasOlder: page.hasOlder)
    }
    guard case .tampered(.notInHistory) = other else { Issue.record("\(String(describing: other))"); return }
    let size = try house.phone.progress().history.tree.size
    let old = try #require(try house.phone.progress().checkpoint)
    let none = try await refusal { page in
      StreamPage(
        checkpoint: page.checkpoint, consistency: nil, batches: page.batches, proof: page.proof,
        hasOlder: page.hasOlder)
    }
    #expect(none == .forked(evidence: nil))
    let past = try #require(
      try house.mac.neededStore().batches(from: 0, limit: .max).compactMap(\.signedBatch.knownCheckpoint).last
    )
    #expect(past.treeSize < size && old.treeSize == size)
    let back = try await refusal { page in
      StreamPage(
        checkpoint: past, consistency: page.consistency, batches: page.batches, proof: page.proof,
        hasOlder: page.hasOlder)
    }
    #expect(back == .rolledBack(from: size, to: past.treeSize))
  }

  @Test func `is refused when it gives what was not asked for`() async throws {
    let (account, relay) = (house.phone.account, house.relay)
    let listing = try await relay.newestStreams(
      before: .max, limit: 50, knownSize: 0, of: account, as: house.phone.caller)
    let size = try #require(try device.progress().promised ?? device.progress().checkpoint).treeSize
    let others = try await relay.newestStreams(
      before: .max, limit: 50, knownSize: size, of: account, as: house.phone.caller)
    #expect(listing.page.batches == others.page.batches)
    let verdict = try await refusal { _ in others.page }
    guard case .tampered(.notAskedFor) = verdict else {
      Issue.record("\(String(describing: verdict))"); return
    }
  }

  @Test func `is refused where a record's leaf index would be past the largest number`() async throws {
    try house.phone.append(Household.text("after"), to: house.chat)
    try await house.phone.sync()
    let page = try await house.relay.newestStreams(
      before: .max, limit: 1, knownSize: 0, of: house.phone.account, as: house.phone.caller
    ).page
    let batch = try #require(page.batches.last)
    let last = UInt64.max - UInt64(batch.signedBatch.leafCount)
    let moved = PartialBatch(
      firstLeaf: last, signedBatch: batch.signedBatch,
      records: batch.records.map { PartialRecord(index: .max, bytes: $0.bytes) }, proof: batch.proof)
    let endless = StreamPage(
      checkpoint: try Checkpoint(
        account: house.phone.account, treeSize: .max, treeRoot: page.checkpoint.treeRoot,
        logHead: page.checkpoint.logHead, at: page.checkpoint.time, by: CheckpointKey()),
      consistency: nil, batches: [moved], proof: page.proof, hasOlder: false)
    #expect(throws: HistoryError.otherLeaves(leaf: last)) { try endless.proven(in: house.phone.log) }
  }

  @Test func `that says there is more and gives nothing is not asked for ever`() async throws {
    await house.relay.alterStreams { page in
      StreamPage(
        checkpoint: page.checkpoint, consistency: page.consistency, batches: [],
        proof: LeavesProof(nodes: LeafHashes()), hasOlder: true)
    }
    await #expect(throws: DeviceError.self) { try await device.newestMessages(in: house.chat) }
  }

  @Test func `a removed device's record is refused after its removal`() async throws {
    let (keys, log, _) = house.mac.secrets
    let progress = try house.mac.progress()
    let record = try house.mac.archive.conversation(house.chat).seal(Household.text("late")).bytes
    try await house.phone.remove(house.mac.id)
    let signedBatch = try SignedBatch(
      of: [record], by: keys, account: log.account, logHead: log.head, counter: 99,
      previous: progress.history.author(keys.deviceID)?.batchHash ?? .zero,
      knownCheckpoint: progress.checkpoint)
    let forged = PartialBatch(
      firstLeaf: progress.history.tree.size, signedBatch: signedBatch,
      records: [PartialRecord(index: 0, bytes: record)],
      proof: LeavesProof(nodes: LeafHashes()))
    try house.phone.append(Household.text("after"), to: house.chat)
    try await house.phone.sync()
    // The relay puts it where the removal says that nothing of it can stand.
    let newest = try await refusal { page in
      StreamPage(
        checkpoint: page.checkpoint, consistency: page.consistency, batches: [forged], proof: page.proof,
        hasOlder: false)
    }
    #expect(newest == .tampered(.staleLogHead(house.mac.id)))
  }
}

extension PartialBatch {
  fileprivate func with(_ records: [PartialRecord]) -> PartialBatch {
    PartialBatch(firstLeaf: firstLeaf, signedBatch: signedBatch, records: records, proof: proof)
  }
}

extension Verdict? {
  fileprivate var isOtherLeaves: Bool {
    if case .tampered(.otherLeaves) = self { return true }
    return false
  }
}
