import CryptoCore

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// What a relay can make by itself: checkpoints for whatever it likes, and signed batches and log entries without the
/// keys that they need.
struct RelayForger {
  private let key: CheckpointKey
  private let account: AccountID
  /// The whole history, and the checkpoint for it.
  private let batches: [HistoryBatch]
  private let checkpoint: Checkpoint
  private static let keys = Result { try DeviceKeys() }

  init(_ relay: InMemoryRelay, account: AccountID, as caller: RelayCaller) async throws {
    let page = try await relay.history(of: account, from: 0, maximumByteCount: .max, as: caller)
    (key, self.account, batches, checkpoint) = (relay.key, account, page.batches, page.checkpoint)
  }

  enum Trick: CaseIterable {
    case signature, otherRecord, otherBytes, again, leftOut, checkpointKey, root, cut
  }

  /// A page for a device that has the history up to a leaf.
  func page(_ trick: Trick, from leaf: UInt64, _ generator: inout SeededGenerator) throws -> HistoryPage? {
    let old = batches.filter { $0.firstLeaf < leaf }
    var new = batches.filter { $0.firstLeaf >= leaf }
    let other = batches.randomElement(using: &generator)?.records[0]
    switch trick {
    case .signature:
      guard let forged = try unsigned(repeating: other) else { return nil }
      new.append(forged)
    case .otherRecord, .otherBytes:
      guard let index = new.indices.randomElement(using: &generator), let other else { return nil }
      let batch = new[index].putting(other, at: new[index].firstLeaf)
      let records = batch.records.compactMap { $0 }
      new[index] =
        trick == .otherBytes
        ? batch
        : HistoryBatch(
          firstLeaf: batch.firstLeaf, signedBatch: batch.signedBatch, erasing: batch.erasures,
          records: records)
      if trick == .otherRecord { new = Array(new[...index]) }
    case .again:
      guard let last = batches.randomElement(using: &generator) else { return nil }
      new.append(last)
    case .leftOut:
      guard let index = new.indices.randomElement(using: &generator) else { return nil }
      new.remove(at: index)
    case .checkpointKey, .root: break
    case .cut: new = Array(new.prefix(Int.random(in: 0...new.count, using: &generator)))
    }
    return try page(trick, old, new)
  }

  /// A page that ends with one more batch, under a checkpoint for a head of the log, or the newest.
  func page(adding batch: HistoryBatch, from leaf: UInt64, head: LogHead?) throws -> HistoryPage {
    try page(
      nil, batches.filter { $0.firstLeaf < leaf }, batches.filter { $0.firstLeaf >= leaf } + [batch], head)
  }

  /// Batches one after the other, under a checkpoint that fits them.
  private func page(
    _ trick: Trick?, _ old: [HistoryBatch], _ new: [HistoryBatch], _ head: LogHead? = nil
  ) throws -> HistoryPage {
    var tree = HistoryTree()
    for batch in old { tree.append(batch.leafHashes) }
    let moved = new.map { batch in
      defer { tree.append(batch.leafHashes) }
      return batch.replacing(batch.records, at: tree.size)
    }
    let signed = try Checkpoint(
      account: account, treeSize: tree.size, treeRoot: trick == .root ? .zero : tree.root,
      logHead: head ?? checkpoint.logHead, at: checkpoint.time,
      by: trick == .checkpointKey ? CheckpointKey() : key)
    return HistoryPage(batches: moved, checkpoint: signed)
  }

  /// The next signed batch of the newest record's author, over a record that is there already, without the author's
  /// signature.
  private func unsigned(repeating record: [UInt8]?) throws -> HistoryBatch? {
    guard let record, let last = batches.last?.signedBatch else { return nil }
    let leaves = LeafHashes(of: [record], device: last.device, counter: last.counter + 1)
    var bytes = try SignedBatch(
      of: leaves, erasing: [], by: Self.keys.get(), account: account, logHead: checkpoint.logHead,
      counter: last.counter + 1, previous: last.hash, knownCheckpoint: checkpoint
    ).encoded
    bytes.replaceSubrange(33..<65, with: last.device.bytes)
    return HistoryBatch(
      firstLeaf: 0, signedBatch: try SignedBatch(decoding: bytes), erasures: [], leafHashes: leaves,
      records: [record])
  }

  /// The next entry of a log, in its last signer's name and without its signature.
  static func entry(after entry: LogEntry) throws -> LogEntry {
    let content = LogEntryContent(
      version: .newest, predecessor: entry.head, index: entry.content.index + 1, signer: entry.content.signer,
      change: .update(highestVersion: 1))
    var forged = try LogEntry(content, signedBy: [keys.get()], account: .none).encoded
    // Its last signature: a device, and what the device should have signed.
    let start = forged.count - DeviceID.byteCount - HybridSignatureBytes.byteCount
    forged.replaceSubrange(start..<start + DeviceID.byteCount, with: entry.content.signer.bytes)
    return try LogEntry(decoding: forged)
  }
}
