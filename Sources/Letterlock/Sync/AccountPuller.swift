/// Takes everything that the relay has of the account: the log, this device's wraps, and the history.
final class AccountPuller: Sendable {
  let log: LogPuller
  let history: HistoryPuller

  init(_ log: LogPuller, _ history: HistoryPuller) {
    self.log = log
    self.history = history
  }

  /// Takes what this device has not seen, up to where the history ended when this began: a device that writes without a
  /// pause keeps nobody waiting. Returns the number of records that came.
  /// - Throws: `DeviceError.removed` if the log says that this device was removed: a relay shows it the log up to that
  ///   entry, and nothing else.
  @discardableResult
  func pull(_ report: (@Sendable (SyncStep) -> Void)? = nil) async throws(DeviceError) -> Int {
    guard log.relay.isPresent else { return 0 }
    try await log.pullLog()
    guard log.state.view.isActive else { throw .removed }
    do throws(DeviceError) { return try await pullHistory(report) } catch {
      throw try await conclude(error)
    }
  }

  private func pullHistory(_ report: (@Sendable (SyncStep) -> Void)?) async throws(DeviceError) -> Int {
    try await log.pullWraps()
    guard history.store.store != nil else { return 0 }
    try await history.refill()
    return try await history.pull(report)
  }

  /// What an error means: a relay that does not let this device in any more may have taken the entry that removed it
  /// since the log was read. That the device was removed follows from the log alone.
  func conclude(_ error: DeviceError) async throws(DeviceError) -> DeviceError {
    guard case .relay(.unknownAccount) = error, log.state.view.isActive else { return error }
    try await log.pullLog()
    return log.state.view.isActive ? error : .removed
  }
}
