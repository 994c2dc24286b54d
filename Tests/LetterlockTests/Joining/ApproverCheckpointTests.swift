import CryptoCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 3.6: what an approver vouches for to a device that joins")
struct ApproverCheckpointTests {
  private let house: Household
  /// A device that the relay never lies to.
  private let tablet: Device

  init() async throws {
    house = try await Household()
    let (vault, store) = (MemoryKeyVault(), MemoryDeviceStore())
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    _ = try await request.approved()
    tablet = try Device(vault: vault, store: store, relay: await house.relay.honest)
    try await tablet.sync()
    try await house.phone.sync()
  }

  private func ask() async throws -> JoinRequest {
    try await Device.requestToJoin(
      named: "Laptop", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
  }

  @Test func `it is the checkpoint of the history that the approver has verified`() async throws {
    let request = try await ask()
    try await house.phone.approve(request.code)
    let laptop = try await request.approved()
    let tree = try house.phone.progress().history.tree
    let promised = try #require(try laptop.progress().promised)
    #expect(promised.treeSize == tree.size && promised.treeRoot == tree.root)
  }

  /// The tablet sends two records before the approver's last look at the history. Of the page with the second the relay
  /// says that it is the beginning of a longer history, which it made up: the proof holds, and the approver, who fetches
  /// only what was there when the look began, never sees the rest.
  private func lieInLastLook() async throws {
    let (house, tablet) = (house, tablet)
    let honest = await house.relay.honest
    let account = house.phone.account
    await house.relay.beforePage {
      for text in ["one", "two"] {
        try tablet.append(Household.text(text), to: house.chat)
        try await tablet.sync()
      }
      let whole = try await honest.history(
        of: account, from: 0, maximumByteCount: .max, as: tablet.caller)
      var nodes = HistoryNodes()
      for batch in whole.batches { nodes.append(batch.leafHashes) }
      let size = whole.checkpoint.treeSize
      nodes.append(Digest32(unchecked: SecureRandom.bytes(32)))
      let longer = try Checkpoint(
        account: account, treeSize: size + 1, treeRoot: try #require(nodes.root(at: size + 1)),
        logHead: whole.checkpoint.logHead, at: whole.checkpoint.time, by: honest.key)
      let proof = try #require(nodes.consistencyProof(from: size, to: size + 1))
      await house.relay.interrupt(after: .max)
      await house.relay.alter { page in
        guard page.batches.last?.endLeaf ?? size == size else { return page }
        return HistoryPage(batches: page.batches, checkpoint: longer, consistency: proof)
      }
    }
  }

  @Test func `a newer checkpoint, of a history that the approver has not verified, is not passed on`()
    async throws
  {
    let request = try await ask()
    // The first look after the entry is only for a checkpoint that names it.
    await house.relay.beforeEntry { [house] _ in
      await house.relay.beforePage { try await lieInLastLook() }
      return nil
    }
    try await house.phone.approve(request.code)
    let tree = try house.phone.progress().history.tree
    #expect(try Household.texts(of: house.phone) == ["first", "one", "two"])
    let laptop = try await request.approved()
    if let promised = try laptop.progress().promised {
      #expect(promised.treeSize == tree.size && promised.treeRoot == tree.root)
    }
    await house.relay.behave()
    #expect(try await laptop.sync().verdict.isComplete)
    #expect(try Household.texts(of: laptop) == ["first", "one", "two"])
  }
}
