/// Takes everything that the relay has of the account: the log, this device's wraps, and the history.
final class AccountPuller: Sendable {
  let log: LogPuller
  let history: HistoryPuller

  init(_ log: LogPuller, _ history: HistoryPuller) {
    self.log = log
    self.history = history
  }

  /// Takes what this device has not seen. Returns the number of records that came.
  @discardableResult
  func pull(_ report: (@Sendable (SyncStep) -> Void)? = nil) async throws(DeviceError) -> Int {
    guard log.relay.isPresent else { return 0 }
    try await log.pullLog()
    // A removed device gets the log up to its removal, and nothing else.
    guard log.state.view.isActive else { return 0 }
    try await log.pullWraps()
    guard history.store.store != nil else { return 0 }
    try await history.refill()
    return try await history.pull(report)
  }
}
