import CryptoCore
@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
import TLSCodec

/// What a relay and a device of the account can make of a log and a history when both lie and sign whatever they like:
/// it is refused, and nothing changes then.
struct LetterlockVerifying: FuzzTarget {
  private let account: FuzzedAccount
  private let page: StreamPage
  private let evidence: RelayEvidence

  init() throws {
    account = try FuzzedAccount()
    page = try account.page()
    evidence = try account.evidence()
  }

  var seeds: [[UInt8]] { (0..<7).flatMap { kind in (0..<6).map { [UInt8(kind), UInt8($0), 0, 0, 0, 0] } } }

  mutating func run(_ input: [UInt8]) {
    var choices = Choices(input)
    switch choices.below(7) {
    case 0: alterPage(&choices)
    case 1: try? forgePage(&choices)
    case 2: try? forgeBatch(&choices)
    case 3: try? forgeEntry(&choices)
    case 4: alterEvidence(&choices)
    case 5: prove(&choices)
    default: growTree(&choices)
    }
  }

  private func alterPage(_ choices: inout Choices) {
    var bytes = page.encoded
    choices.alter(&bytes)
    guard let page = try? StreamPage(decoding: bytes) else { return }
    check(page)
  }

  private func check(_ page: StreamPage) {
    guard let proven = try? page.proven(in: account.log) else { return }
    // Only what stands in the history is proven, unless the relay signed for another tree.
    guard page.checkpoint.treeRoot == account.nodes.root(at: page.checkpoint.treeSize) else { return }
    for record in proven {
      let stands = account.batches.contains { $0.records.contains(record.record.bytes) }
      require(stands, "a record is proven that is not in the history")
    }
  }

  private func forgePage(_ choices: inout Choices) throws {
    var batches = page.batches
    for _ in 0..<choices.below(4) where !batches.isEmpty {
      let place = choices.below(batches.count)
      let batch = batches[place]
      let records = batch.records.map { record in
        PartialRecord(
          index: choices.flag() ? UInt16(truncatingIfNeeded: choices.size()) : record.index,
          bytes: choices.flag() ? choices.some(9) : record.bytes)
      }
      batches[place] = PartialBatch(
        firstLeaf: choices.flag() ? choices.size() : batch.firstLeaf,
        signedBatch: choices.flag() ? try signedBatch(choices: &choices) : batch.signedBatch,
        records: choices.flag() ? records : records + records,
        proof: choices.flag() ? batch.proof : proof(&choices))
    }
    let size = choices.flag() ? choices.size() : account.nodes.size
    check(
      StreamPage(
        checkpoint: try account.checkpoint(size: size), consistency: page.consistency, batches: batches,
        proof: choices.flag() ? page.proof : proof(&choices), hasOlder: choices.flag()))
  }

  private func proof(_ choices: inout Choices) -> LeavesProof {
    LeavesProof(
      nodes: LeafHashes(bytes: [UInt8](repeating: 1, count: 32 * choices.below(70))) ?? LeafHashes())
  }

  /// A signed batch that the device signs, of anything.
  private func signedBatch(choices: inout Choices) throws -> SignedBatch {
    let last = account.batches[2]
    return try SignedBatch(
      of: choices.flag() ? last.leafHashes : proof(&choices).nodes,
      erasing: (0..<choices.below(4)).map { _ in choices.size() }, by: account.keys,
      account: account.log.account,
      logHead: choices.flag() ? account.log.head : .none, counter: choices.flag() ? 3 : choices.size(),
      previous: choices.flag() ? last.signedBatch.previous : .zero,
      knownCheckpoint: choices.flag()
        ? last.signedBatch.knownCheckpoint : account.checkpoint(size: choices.size()))
  }

  private func forgeBatch(_ choices: inout Choices) throws {
    let last = account.batches[2]
    let isSame = choices.flag()
    var records = last.records
    for _ in 0..<choices.below(3) where !records.isEmpty {
      let place = choices.below(records.count)
      switch choices.below(4) {
      case 0: records[place] = nil
      case 1: records[place] = choices.some(20)
      case 2: records.remove(at: place)
      default: records.append(records[place])
      }
    }
    let batch = HistoryBatch(
      firstLeaf: choices.flag() ? last.firstLeaf : choices.size(),
      signedBatch: isSame ? last.signedBatch : try signedBatch(choices: &choices),
      erasures: choices.flag() ? last.erasures : (0..<choices.below(4)).map { _ in choices.size() },
      leafHashes: choices.flag() ? last.leafHashes : proof(&choices).nodes, records: records)
    var history = account.before
    do throws(HistoryError) { try history.accept(batch, of: account.log) } catch {
      require(history == account.before, "a refused batch has changed the history")
    }
  }

  /// An entry after the first, which the device signs or does not.
  private func forgeEntry(_ choices: inout Choices) throws {
    var bytes = account.create.encoded
    choices.alter(&bytes)
    let first = (try? LogEntry(decoding: bytes))?.content ?? account.create.content
    let change: AccountChange =
      switch (choices.below(4), first.change) {
      case (0, .create(let create)): .epoch(create.epoch)
      case (1, .create(let create)): .remove(.init(devices: [account.keys.deviceID], epoch: create.epoch))
      case (2, .create(let create)): .rotate(.init(device: Committed(create.device), epoch: create.epoch))
      default: .update(highestVersion: choices.byte())
      }
    let content = LogEntryContent(
      version: .newest, predecessor: choices.flag() ? account.log.head : .none,
      index: choices.flag() ? choices.size() : 1, signer: account.keys.deviceID,
      change: choices.flag() ? first.change : change)
    var entry = LogEntry(content: content, signatures: account.create.signatures)
    if choices.below(4) == 0 {
      entry = try LogEntry(content, signedBy: [account.keys], account: account.log.account)
    }
    var log = account.log
    do throws(AccountLogError) { try log.append(entry) } catch {
      require(log.head == account.log.head && log.epochs.count == 1, "a refused entry has changed the log")
    }
    _ = try? AccountLog(create: LogEntry(content: first, signatures: account.create.signatures))
  }

  private func alterEvidence(_ choices: inout Choices) {
    var bytes = evidence.encoded
    choices.alter(&bytes)
    guard let altered = try? RelayEvidence(decoding: bytes), (try? altered.check()) != nil else { return }
    require(altered.account == account.log.account, "evidence against another relay")
  }

  /// Proofs for trees of any size.
  private func prove(_ choices: inout Choices) {
    let path = (0..<choices.below(70)).map { Digest32(unchecked: [UInt8](repeating: UInt8($0), count: 32)) }
    let (old, new) = (choices.size(), choices.size())
    // Of a tree of one leaf the leaf is the root: it is another one here.
    let root = Digest32(unchecked: [UInt8](repeating: 0xFF, count: 32))
    let inclusion = InclusionProof(leaf: old, path: path)
    require(!inclusion.holds(for: .zero, size: new, root: root), "an inclusion was proven")
    let consistency = ConsistencyProof(oldSize: old, newSize: new, path: path)
    require(!consistency.holds(old: .zero, new: path.first ?? root), "consistency")
    let leaves = (0..<choices.below(5)).map { _ in (leaf: choices.size(), hash: Digest32.zero) }
    let proof = proof(&choices)
    _ = proof.root(of: leaves, size: new)
    _ = proof.root(of: leaves.sorted { $0.leaf < $1.leaf }, size: new)
  }

  /// A stored tree of any size takes leaves.
  private func growTree(_ choices: inout Choices) {
    let size = choices.size()
    let frontier = (0..<size.nonzeroBitCount).map { _ in Digest32.zero }
    var writer = TLSWriter()
    writer.write(size)
    frontier.encode(to: &writer)
    guard var tree = try? HistoryTree(decoding: writer.bytes) else { return }
    tree.append(.zero)
    tree.append(proof(&choices).nodes)
    _ = tree.root
  }
}
