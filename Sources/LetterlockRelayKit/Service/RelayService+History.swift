public import LetterlockFormat

/// Records and signed batches.
extension RelayService {
  /// Returns what the relay signs checkpoints with.
  public func checkpointKey(as caller: RelayCaller) async throws(RelayError) -> [UInt8] { key.publicKey }

  /// Adds records to the history, and erases others.
  public func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID,
    as caller: RelayCaller
  ) async throws(RelayError) -> BatchOutcome {
    try RelayLimits.check(records: records)
    return try await changing(account, as: caller, .author(signedBatch.device)) {
      [key, now = clock()] (rows, rules) throws(RelayError) in
      let batch = try rules.accept(signedBatch, records: records, erasing: leafIndices)
      if let batch {
        try HistoryRows.add(batch, to: rows)
        for leaf in batch.erasures {
          rules.usage.subtract(try HistoryRows.erase(leaf, in: rows), from: \.records)
        }
      }
      return BatchOutcome(firstLeaf: batch?.firstLeaf, checkpoint: try rules.checkpoint(at: now, by: key))
    }
  }

  /// Returns whole batches of records from a leaf index on.
  public func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> HistoryPage {
    let most = min(maximumByteCount, RelayLimits.pageByteCount)
    return try await reading(account, as: caller) { [key, now = clock()] (rows, rules) throws(RelayError) in
      try HistoryPage(
        HistoryRows(rows).batches(from: leaf, maximumByteCount: most),
        checkpoint: rules.checkpoint(at: now, by: key),
        tree: TreeRows(rows: rows).prover(size: rules.history.tree.size))
    }
  }

  /// Returns the newest records of streams, with what proves them.
  public func newestRecords(
    _ query: StreamQuery, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamPage {
    try RelayLimits.check(query)
    let limit = min(Int(query.limit), RelayLimits.streamRecordCount)
    return try await reading(account, as: caller) { [key, now = clock()] (rows, rules) throws(RelayError) in
      var leafIndices: [UInt64] = []
      // A stream that is named twice has no more records than one.
      for tag in Set(query.tags) {
        leafIndices += try StreamRows(rows: rows).leafIndices(in: tag, before: query.before, limit: limit + 1)
      }
      leafIndices.sort()
      return try StreamPage(
        HistoryRows(rows).parts(of: leafIndices.suffix(limit)), hasOlder: leafIndices.count > limit,
        checkpoint: rules.checkpoint(at: now, by: key), knownSize: query.knownSize,
        tree: TreeRows(rows: rows).prover(size: rules.history.tree.size))
    }
  }

  /// Returns the newest record of each stream, the stream with the newest first.
  public func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamListing {
    let limit = max(0, min(limit, RelayLimits.streamRecordCount))
    return try await reading(account, as: caller) { [key, now = clock()] (rows, rules) throws(RelayError) in
      let found = try StreamRows(rows: rows).newest(before: leaf, limit: limit + 1)
      let taken = found.prefix(limit)
      let page = try StreamPage(
        HistoryRows(rows).parts(of: taken.map { $0.leaf }.sorted()), hasOlder: found.count > limit,
        checkpoint: rules.checkpoint(at: now, by: key), knownSize: knownSize,
        tree: TreeRows(rows: rows).prover(size: rules.history.tree.size))
      return StreamListing(page: page, sizes: taken.map { $0.size })
    }
  }
}
