internal import SystemCore

/// Records as they were added together. SPEC.md section 5.3.
public struct HistoryBatch: Hashable, Sendable {
  /// The leaf index of the first record.
  public let firstLeaf: UInt64
  /// The author's signature over them.
  public let signedBatch: SignedBatch
  /// Leaf indices of earlier records that the signed batch erases, ascending.
  public let erasures: [UInt64]
  /// The hash of every leaf, whether its record is here or not: so that a verifier can go on where records were
  /// erased, and can say which one is not what it was.
  public let leafHashes: LeafHashes
  /// The records; nil for one that is not here.
  public let records: [[UInt8]?]

  /// Records as they were stored.
  public init(
    firstLeaf: UInt64, signedBatch: SignedBatch, erasures: [UInt64], leafHashes: LeafHashes,
    records: [[UInt8]?]
  ) {
    self.firstLeaf = firstLeaf
    self.signedBatch = signedBatch
    self.erasures = erasures
    self.leafHashes = leafHashes
    self.records = records
  }

  /// The leaf index of one of the records.
  package func leaf(of index: Int) -> UInt64 { firstLeaf.addingSaturated(UInt64(clamping: index)) }

  /// The leaf index after the last record.
  package var endLeaf: UInt64 { leaf(of: records.count) }

  /// How many bytes the records have that are here.
  package var recordByteCount: Int { records.reduce(0) { $0 + ($1?.count ?? 0) } }

  /// The same without its records.
  package var withoutRecords: HistoryBatch {
    replacing([[UInt8]?](repeating: nil, count: records.count))
  }

  /// Records that are all here.
  public init(
    firstLeaf: UInt64, signedBatch: SignedBatch, erasing erasures: [UInt64] = [], records: [[UInt8]]
  ) {
    self.init(
      firstLeaf: firstLeaf, signedBatch: signedBatch, erasures: erasures,
      leafHashes: LeafHashes(of: records, device: signedBatch.device, counter: signedBatch.counter),
      records: records)
  }

  /// The same with another record, or none, at a leaf index.
  package func putting(_ record: [UInt8]?, at leaf: UInt64) -> HistoryBatch {
    // In range: the condition before.
    guard leaf >= firstLeaf, leaf - firstLeaf < UInt64(records.count) else { return self }
    var records = records
    // In range: the guard above.
    records[Int(leaf - firstLeaf)] = record
    return replacing(records)
  }

  /// The same with other records, whatever their hashes.
  package func replacing(_ records: [[UInt8]?], at firstLeaf: UInt64? = nil) -> HistoryBatch {
    HistoryBatch(
      firstLeaf: firstLeaf ?? self.firstLeaf, signedBatch: signedBatch, erasures: erasures,
      leafHashes: leafHashes,
      records: records)
  }
}
