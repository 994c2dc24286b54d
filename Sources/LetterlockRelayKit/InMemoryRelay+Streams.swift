public import LetterlockFormat

/// Streams.
extension InMemoryRelay {
  /// The newest records of streams, with what proves them.
  public func newestRecords(
    _ query: StreamQuery, of account: AccountID
  ) async throws(RelayError) -> StreamPage {
    try RelayLimits.check(query)
    let stored = try stored(account)
    var leafIndices = query.tags.flatMap { stored.streams[$0] ?? [] }.filter { $0 < query.before }
    leafIndices.sort()
    return try page(leafIndices, limit: Int(query.limit), knownSize: query.knownSize, stored)
  }

  /// The newest record of each stream, the stream with the newest first.
  public func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID
  ) async throws(RelayError) -> StreamListing {
    let stored = try stored(account)
    let newest = stored.streams.compactMap { $0.value.last }.filter { $0 < leaf }.sorted()
    let page = try page(newest, limit: limit, knownSize: knownSize, stored)
    let listed = Set(StreamPage.leafIndices(of: page.batches))
    let sizes = stored.streams.filter { $0.value.last.map(listed.contains) ?? false }.map {
      StreamSize(tag: $0.key, recordCount: UInt64($0.value.count))
    }
    return StreamListing(page: page, sizes: sizes)
  }

  /// A page of the last of some leaf indices.
  private func page(
    _ leafIndices: [UInt64], limit: Int, knownSize: UInt64, _ stored: StoredAccount
  ) throws(RelayError) -> StreamPage {
    let taken = leafIndices.suffix(max(0, min(limit, RelayLimits.streamRecordCount)))
    var batches: [PartialBatch] = []
    var rest = taken
    while let leaf = rest.first, let batch = stored.batch(of: leaf) {
      let end = batch.firstLeaf + UInt64(batch.records.count)
      let records = rest.prefix { $0 < end }.compactMap { leaf -> PartialRecord? in
        let index = Int(leaf - batch.firstLeaf)
        return batch.records[index].map { PartialRecord(index: UInt16(clamping: index), bytes: $0) }
      }
      rest = rest.drop { $0 < end }
      let part = PartialBatch(
        firstLeaf: batch.firstLeaf, signedBatch: batch.signedBatch, leafHashes: batch.leafHashes,
        records: records)
      if let part { batches.append(part) }
    }
    guard let tree = stored.nodes.prover(size: stored.nodes.size) else { throw .internalError("nodes") }
    return StreamPage(
      batches, hasOlder: taken.count < leafIndices.count, checkpoint: try stored.rules.checkpoint(by: key),
      knownSize: knownSize, tree: tree)
  }
}
