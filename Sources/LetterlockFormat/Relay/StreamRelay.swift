/// Records by their streams, the newest first, for a device that does not have the whole history yet. SPEC.md section
/// 6.9. See `Relay` for what holds for every operation.
public protocol StreamRelay: Sendable {
  /// Returns the newest records of streams, with what proves them: at most `RelayLimits.streamRecordCount`, whatever
  /// was asked for. Called by a reader.
  func newestRecords(
    _ query: StreamQuery, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamPage

  /// Returns the newest record of each stream whose newest record stands below a leaf index, the newest first, with
  /// what proves them: at most `RelayLimits.streamRecordCount`. Called by a reader.
  func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamListing
}
