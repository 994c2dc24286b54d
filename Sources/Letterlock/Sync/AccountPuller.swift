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
    if let received = try await pullUnderKnownLog(report) { return received }
    try await log.pullLog()
    guard log.state.view.isActive else { throw .removed }
    return try await conclusively { () async throws(DeviceError) in try await pullHistory(report) }
  }

  /// Takes what this device has not seen of the history, if the relay signs that the log's newest entry is the one that is
  /// known here: asking for that entry again would cost more than a message does. Nil if the log must come first.
  private func pullUnderKnownLog(_ report: (@Sendable (SyncStep) -> Void)?) async throws(DeviceError) -> Int?
  {
    guard log.isSettled, history.store.store != nil, try history.progress.current().history.absent.isEmpty
    else { return nil }
    let first: HistoryPuller.FirstPage?
    do throws(DeviceError) { first = try await history.firstPage() } catch {
      guard error.isAnswer else { throw error }
      return nil
    }
    guard let first else { return nil }
    return try await conclusively { () async throws(DeviceError) in
      try await history.pull(report, from: first)
    }
  }

  private func conclusively<Answer>(
    _ body: () async throws(DeviceError) -> Answer
  ) async throws(DeviceError) -> Answer {
    do throws(DeviceError) { return try await body() } catch { throw try await conclude(error) }
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

extension LogPuller {
  /// Whether the log that is here can be the relay's newest one, and leaves nothing to ask for but what is newer.
  var isSettled: Bool {
    state.read { state in
      !state.log.checkpointKey.isEmpty && state.otherLog?.isShown != true && !state.isRolledBack
        && state.epochsToJudge.isEmpty
    } && state.view.isActive
  }
}

extension DeviceError {
  /// Whether the relay answered, and what it says may follow from the log.
  var isAnswer: Bool {
    switch self {
    case .relay(.unavailable), .cancelled, .noRelay: false
    default: true
    }
  }
}
