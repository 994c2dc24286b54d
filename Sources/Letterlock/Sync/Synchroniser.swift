/// Synchronises a device: the log, then the history, then what waits here. SPEC.md section 6.3.
final class Synchroniser: Sendable {
  private let state: AccountState
  private let lock: AsyncLock
  private let journal: Journal
  private let status: StatusReader
  private let erasing: CopyErasing
  private let changes: LogChanges
  private let schedule: Schedule
  private let announcements: RecoveryAnnouncements
  private let uploads: AttachmentUploads
  private let profile: OwnProfile
  private let pusher: HistoryPusher

  init(
    state: AccountState, lock: AsyncLock, journal: Journal, status: StatusReader, erasing: CopyErasing,
    changes: LogChanges, schedule: Schedule, announcements: RecoveryAnnouncements,
    uploads: AttachmentUploads, profile: OwnProfile, pusher: HistoryPusher
  ) {
    (self.state, self.lock, self.journal, self.status) = (state, lock, journal, status)
    (self.erasing, self.changes, self.schedule) = (erasing, changes, schedule)
    self.announcements = announcements
    (self.uploads, self.profile, self.pusher) = (uploads, profile, pusher)
  }

  private var puller: AccountPuller { pusher.puller }

  /// Brings the device and the relay up to date. What goes wrong with the history is the report's verdict.
  func sync(
    ignoringConditions: Bool, _ report: (@Sendable (SyncStep) -> Void)?
  ) async throws(DeviceError) -> SyncReport {
    try await lock.locked { () async throws(DeviceError) in
      if let eraser = state.view.erasedBy { return SyncReport(verdict: .erased(by: eraser)) }
      if let evidence = try status.evidence.kept() {
        return SyncReport(verdict: .forked(evidence: evidence))
      }
      try await status.checkConditions(ignoring: ignoringConditions)
      var result = SyncReport(verdict: .complete(size: 0))
      do throws(DeviceError) {
        try await synchronise(&result, report)
        result.verdict = try verdict()
      } catch { result.verdict = try verdict(on: error) }
      if case .forked(let evidence?) = result.verdict { try status.evidence.keep(evidence) }
      try note(SyncAttempt(at: status.clock.now, verdict: result.verdict))
      return result
    }
  }

  /// What is to be said of the history that is here.
  private func verdict() throws(DeviceError) -> Verdict {
    let history = try status.progress.current().history
    return history.absent.isEmpty ? .complete(size: history.tree.size) : .missing(leaves: history.absent)
  }

  /// What an error says of the history; one that says nothing of it is noted and thrown.
  private func verdict(on error: DeviceError) throws(DeviceError) -> Verdict {
    switch error {
    case .historyRefused(let verdict): return verdict
    case .relay(.accountErased(let erasure)): return try erasing.verdict(of: erasure)
    case .cancelled:
      // The person's wish is no failed attempt.
      try journal.save()
      throw error
    default:
      try note(SyncAttempt(at: status.clock.now, error: error))
      throw error
    }
  }

  private func note(_ attempt: SyncAttempt) throws(DeviceError) {
    try journal.update { journal in
      journal.lastAttempt = attempt
      if attempt.outcome == .complete { journal.lastSuccess = attempt.at }
    }
  }

  private func synchronise(
    _ result: inout SyncReport, _ report: (@Sendable (SyncStep) -> Void)?
  ) async throws(DeviceError) {
    let before = Set(state.view.log.activeDevices)
    try await settleAccount(&result, report)
    if state.view.isActive {
      if state.view.isSealing { try await announcements.complete() }
      try await schedule.keep()
      result.sentAttachments += try await uploads.push(report)
      result.heldBack = state.view.holds
      if result.heldBack.isEmpty {
        try profile.announcePresence()
        result.sent += try await pusher.push(report)
      }
      result.received += try await puller.pull(report)
    }
    try puller.history.directory.update()
    let after = Set(state.view.log.activeDevices)
    result.joined = after.subtracting(before).sorted()
    result.left = before.subtracting(after).sorted()
  }

  /// Pulls everything, sees the change through that was begun, and repairs the newest epoch if it must.
  private func settleAccount(
    _ result: inout SyncReport, _ report: (@Sendable (SyncStep) -> Void)?
  ) async throws(DeviceError) {
    let view = state.view
    let waiting = view.read { $0.pending?.entry }
    let hadPrepared = view.hasRecoveryKeyNotInForce
    result.received += try await puller.pull(report)
    if state.view.isActive { try await changes.finishPending() }
    if let waiting, waiting.content.change.needsPerson(in: view.log),
      view.log.index(of: waiting.head) == nil, view.read({ $0.pending }) == nil
    {
      result.abandoned.append(waiting.content.change)
    }
    result.recoveryKeyCameEarly = try announcements.note()
    result.voidedRecoveryKey =
      hadPrepared && !view.hasRecoveryKeyNotInForce && !view.hasRecoveryKeyToShow
    result.repaired += try await changes.repair()
  }
}
