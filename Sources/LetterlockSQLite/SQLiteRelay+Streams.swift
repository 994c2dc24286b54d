#if SQLite
internal import GRDB
public import Letterlock
internal import SQLiteCore
internal import TLSCodec

/// Streams.
extension SQLiteRelay {
  /// The newest records of streams, with what proves them.
  public func newestRecords(
    _ query: StreamQuery, of account: AccountID
  ) async throws(RelayError) -> StreamPage {
    try RelayLimits.check(query)
    return try await read { [self] db in
      let rules = try accounts.rules(of: account, db)
      let limit = min(Int(query.limit), RelayLimits.streamRecordCount)
      let streams = StoredStreams(db: db, account: account)
      var leafIndices: [UInt64] = []
      for tag in query.tags {
        leafIndices += try streams.leafIndices(in: tag, before: query.before, limit: limit + 1)
      }
      leafIndices.sort()
      let reader = PageReader(db: db, account: account, tree: StoredTree(db: db, account: account))
      let batches = try reader.batches(of: leafIndices.suffix(limit))
      return try StreamPage(
        batches, hasOlder: leafIndices.count > limit, checkpoint: try checkpoint(rules),
        knownSize: query.knownSize,
        tree: reader.tree.prover(size: rules.history.tree.size))
    }
  }

  /// The newest record of each stream, the stream with the newest first.
  public func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID
  ) async throws(RelayError) -> StreamListing {
    try await read { [self] db in
      let rules = try accounts.rules(of: account, db)
      let limit = max(0, min(limit, RelayLimits.streamRecordCount))
      let found = try StoredStreams(db: db, account: account).newest(before: leaf, limit: limit + 1)
      let taken = found.prefix(limit)
      let reader = PageReader(db: db, account: account, tree: StoredTree(db: db, account: account))
      let batches = try reader.batches(of: taken.map { $0.leaf }.sorted()[...])
      let page = try StreamPage(
        batches, hasOlder: found.count > limit, checkpoint: try checkpoint(rules), knownSize: knownSize,
        tree: reader.tree.prover(size: rules.history.tree.size))
      return StreamListing(page: page, sizes: taken.map { $0.size })
    }
  }
}

/// Reads single records and what their authors signed.
private struct PageReader {
  let db: Database
  let account: AccountID
  let tree: StoredTree

  /// The batches that hold leaf indices, ascending, with those records only.
  func batches(of leafIndices: ArraySlice<UInt64>) throws -> [PartialBatch] {
    var batches: [PartialBatch] = []
    var rest = leafIndices
    while let leaf = rest.first {
      let row = try db.row(
        """
        SELECT first_leaf, signed_batch FROM batch WHERE account = ? AND first_leaf <= ? \
        ORDER BY first_leaf DESC LIMIT 1
        """, [account.bytes.stored, Int64(clamping: leaf)])
      guard let row, let signedBatch = try? SignedBatch(decoding: try row.bytes(1)) else {
        throw StoredStreams.damaged
      }
      let first = try row.count(0)
      let end = first + UInt64(signedBatch.leafCount)
      guard leaf < end else { throw StoredStreams.damaged }
      let here = rest.prefix { $0 < end }
      rest = rest.dropFirst(here.count)
      let part = PartialBatch(
        firstLeaf: first, signedBatch: signedBatch,
        leafHashes: try tree.leaves(from: first, count: Int(signedBatch.leafCount)),
        records: try here.map { try record($0, from: first) })
      guard let part else { throw StoredStreams.damaged }
      batches.append(part)
    }
    return batches
  }

  private func record(_ leaf: UInt64, from first: UInt64) throws -> PartialRecord {
    let row = try db.row(
      "SELECT bytes FROM record WHERE account = ? AND leaf = ?",
      [account.bytes.stored, Int64(clamping: leaf)])
    guard let bytes = try row?.optionalBytes(0) else { throw StoredStreams.damaged }
    return PartialRecord(index: UInt16(clamping: leaf - first), bytes: bytes)
  }
}
#endif
