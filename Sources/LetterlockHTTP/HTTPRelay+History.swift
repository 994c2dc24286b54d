#if HTTP
public import LetterlockFormat
internal import LetterlockHTTPFormat
internal import TLSCodec

/// The history, streams, and what a relay has lost. `HistoryRelay`, `StreamRelay` and `RestorableRelay` say what each
/// operation does.
extension HTTPRelay {
  /// Adds records to the history, and erases others.
  public func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID,
    as caller: RelayCaller
  ) async throws(RelayError) -> BatchOutcome {
    let body = BatchRequest(signedBatch: signedBatch, records: records, erasures: leafIndices).encoded
    let answer: BatchAnswer = try await ask(
      RelayCall(operation: .append, account: account, caller: caller, body: body))
    return answer.outcome
  }

  /// Returns whole batches of records from a leaf index on.
  public func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> HistoryPage {
    var query = QueryItems()
    query.add("from", leaf)
    query.add("bytes", max(0, maximumByteCount))
    let answer: HistoryAnswer = try await ask(
      RelayCall(operation: .history, account: account, caller: caller, query: query))
    return answer.page
  }

  /// Returns the newest records of streams.
  public func newestRecords(
    _ query: StreamQuery, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamPage {
    guard query.tags.count <= RelayLimits.streamTagCount else { throw .tooLarge }
    return try await ask(
      RelayCall(operation: .newestRecords, account: account, caller: caller, body: query.encoded))
  }

  /// Returns the newest record of each stream.
  public func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamListing {
    var query = QueryItems()
    query.add("before", leaf)
    query.add("limit", max(0, limit))
    query.add("known", knownSize)
    return try await ask(RelayCall(operation: .newestStreams, account: account, caller: caller, query: query))
  }

  /// Sends the relay what it has lost.
  public func takeBack(
    _ part: LostPart, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> Checkpoint? {
    let body = LostPartRequest(signingKeys: caller.keys?.signingKeys, part: part).encoded
    return try await ask(RelayCall(operation: .takeBack, account: account, caller: caller, body: body))
  }
}
#endif
