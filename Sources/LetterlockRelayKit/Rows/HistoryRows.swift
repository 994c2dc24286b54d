internal import LetterlockFormat
internal import TLSCodec

/// Records and signed batches.
struct HistoryRows {
  let rows: any RelayRows
  private var tree: TreeRows { TreeRows(rows: rows) }

  init(_ rows: any RelayRows) { self.rows = rows }

  /// Adds a batch at the end of the history.
  static func add(_ batch: HistoryBatch, to rows: any WritableRelayRows) throws(RelayError) {
    try rows.put(
      .count(batch.firstLeaf), .bytes(batch.signedBatch.encoded), .bytes(batch.erasures.encoded), in: .batch)
    let records = batch.records.enumerated().compactMap { index, record in
      record.map { RelayRow([.count(batch.firstLeaf + UInt64(index)), .bytes($0)]) }
    }
    try rows.put(records, in: .record)
    try TreeRows.append(batch.leafHashes, after: batch.firstLeaf, to: rows)
    try StreamRows.add(batch, to: rows)
  }

  /// Erases a record. Returns how many bytes it had.
  static func erase(_ leaf: UInt64, in rows: any WritableRelayRows) throws(RelayError) -> UInt64 {
    guard let record = try rows.row(in: .record, .count(leaf)) else { return 0 }
    let (batch, bytes) = (try HistoryRows(rows).batchRow(of: leaf), try record.bytes(1))
    try StreamRows.remove(leaf, bytes, firstLeaf: try batch.count(0), from: rows)
    try rows.remove(RowRange([.count(leaf)]), in: .record)
    return UInt64(bytes.count)
  }

  /// Whole batches from a leaf index on, at least one if there is any, and about `maximumByteCount` bytes of records.
  func batches(from leaf: UInt64, maximumByteCount: Int) throws(RelayError) -> [HistoryBatch] {
    var page: [HistoryBatch] = []
    var (byteCount, next) = (0, RelayValue.count(leaf))
    while page.isEmpty || byteCount < maximumByteCount {
      let found = try rows.rows(in: .batch, RowRange(from: next), .ascending, limit: Self.pageCount)
      for row in found where page.isEmpty || byteCount < maximumByteCount {
        let batch = try batch(row)
        byteCount += batch.records.reduce(0) { $0 + ($1?.count ?? 0) }
        page.append(batch)
      }
      guard found.count == Self.pageCount, let last = page.last else { break }
      next = .count(last.firstLeaf + 1)
    }
    return page
  }

  private static let pageCount = 4

  /// The batch of a row of the table `batch`.
  func batch(_ row: RelayRow) throws(RelayError) -> HistoryBatch {
    let (first, signedBatch) = (try row.count(0), try signedBatch(row))
    guard let erasures = try? [UInt64](decoding: try row.bytes(2)) else { throw TreeRows.damaged }
    let count = Int(signedBatch.leafCount)
    return HistoryBatch(
      firstLeaf: first, signedBatch: signedBatch, erasures: erasures,
      leafHashes: try tree.leaves(from: first, count: count),
      records: try records(from: first, count: count))
  }

  private func records(from first: UInt64, count: Int) throws(RelayError) -> [[UInt8]?] {
    var records = [[UInt8]?](repeating: nil, count: count)
    let range = RowRange(from: .count(first), below: .count(first + UInt64(count)))
    for row in try rows.all(in: .record, range) { records[Int(try row.count(0) - first)] = try row.bytes(1) }
    return records
  }

  /// The batches that hold leaf indices, ascending, with those records only.
  func parts(of leafIndices: [UInt64]) throws(RelayError) -> [PartialBatch] {
    var batches: [PartialBatch] = []
    var rest = leafIndices[...]
    while let leaf = rest.first {
      let row = try batchRow(of: leaf)
      let (first, signedBatch) = (try row.count(0), try signedBatch(row))
      let end = first + UInt64(signedBatch.leafCount)
      guard leaf < end else { throw StreamRows.damaged }
      let here = rest.prefix { $0 < end }
      rest = rest.dropFirst(here.count)
      var records: [PartialRecord] = []
      for leaf in here {
        guard let row = try rows.row(in: .record, .count(leaf)) else { throw StreamRows.damaged }
        records.append(PartialRecord(index: UInt16(clamping: leaf - first), bytes: try row.bytes(1)))
      }
      let part = PartialBatch(
        firstLeaf: first, signedBatch: signedBatch,
        leafHashes: try tree.leaves(from: first, count: Int(signedBatch.leafCount)), records: records)
      guard let part else { throw StreamRows.damaged }
      batches.append(part)
    }
    return batches
  }

  /// The row of the batch that a leaf index is in.
  private func batchRow(of leaf: UInt64) throws(RelayError) -> RelayRow {
    guard let row = try rows.last(in: .batch, RowRange(below: .count(leaf + 1))) else {
      throw TreeRows.damaged
    }
    return row
  }

  private func signedBatch(_ row: RelayRow) throws(RelayError) -> SignedBatch {
    guard let signedBatch = try? SignedBatch(decoding: try row.bytes(1)) else { throw TreeRows.damaged }
    return signedBatch
  }
}
