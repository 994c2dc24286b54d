internal import SystemCore

/// A record whose author and leaf index are proven.
package struct ProvenRecord: Hashable, Sendable {
  package let leaf: UInt64
  package let author: DeviceID
  package let record: SealedRecord
}

/// What a page proves by itself: who signed for each record, and where it stands in the history that the relay
/// signed. SPEC.md section 6.9.
extension StreamPage {
  /// The records, ascending.
  /// - Throws: `HistoryError`, a case for each rule of SPEC.md section 6.9.
  package func proven(in log: AccountLog) throws(HistoryError) -> [ProvenRecord] {
    var proven: [ProvenRecord] = []
    var leaves: [(leaf: UInt64, hash: Digest32)] = []
    var end: UInt64 = 0
    for batch in batches {
      guard batch.firstLeaf >= end, batch.firstLeaf < checkpoint.treeSize,
        // In range: the line above.
        UInt64(batch.signedBatch.leafCount) <= checkpoint.treeSize - batch.firstLeaf
      else { throw .notInHistory(leaf: batch.firstLeaf) }
      end = batch.firstLeaf.addingSaturated(UInt64(batch.signedBatch.leafCount))
      let found = try batch.leaves(in: log)
      leaves += found.map { (leaf: $0.record.leaf, hash: $0.hash) }
      proven += found.map { $0.record }
    }
    guard let first = leaves.first else { return [] }
    guard proof.root(of: leaves, size: checkpoint.treeSize) == checkpoint.treeRoot else {
      throw .notInHistory(leaf: first.leaf)
    }
    return proven
  }
}

extension PartialBatch {
  /// The records with their hashes, when their author signed for every one of them.
  fileprivate func leaves(
    in log: AccountLog
  ) throws(HistoryError) -> [(record: ProvenRecord, hash: Digest32)] {
    try signedBatch.checkAuthor(in: log)
    let count = Int(signedBatch.leafCount)
    guard !records.isEmpty, count <= SignedBatch.maximumLeafCount else { throw .wrongRecordCount }
    let epoch = try signedBatch.epoch(from: firstLeaf, count: count, in: log)
    var found: [(record: ProvenRecord, hash: Digest32)] = []
    for part in records {
      // The relay chose the index and the first leaf: their sum may be past the largest number.
      guard Int(part.index) < count else { throw .otherLeaves(leaf: firstLeaf) }
      let leaf = firstLeaf.addingSaturated(UInt64(part.index))
      guard let sealed = try? SealedRecord(decoding: part.bytes), sealed.epoch == epoch.reference else {
        throw .wrongEpoch(leaf: leaf)
      }
      found.append(
        (
          ProvenRecord(leaf: leaf, author: signedBatch.device, record: sealed),
          SignedBatch.leafHash(of: part.bytes, device: signedBatch.device, counter: signedBatch.counter)
        ))
    }
    let root = proof.root(
      of: zip(records, found).map { (leaf: UInt64($0.index), hash: $1.hash) }, size: UInt64(count))
    guard root == signedBatch.leafRoot else { throw .otherLeaves(leaf: firstLeaf) }
    return found
  }
}
