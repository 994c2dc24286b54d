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
  private let takenAlong: TakenAlong
  let pusher: HistoryPusher
  private let returner: LostPartReturner

  init(
    state: AccountState, lock: AsyncLock, journal: Journal, status: StatusReader, erasing: CopyErasing,
    changes: LogChanges, schedule: Schedule, announcements: RecoveryAnnouncements,
    uploads: AttachmentUploads, profile: OwnProfile, takenAlong: TakenAlong, pusher: HistoryPusher
  ) {
    (self.state, self.lock, self.journal, self.status) = (state, lock, journal, status)
    (self.erasing, self.changes, self.schedule) = (erasing, changes, schedule)
    (self.announcements, self.takenAlong) = (announcements, takenAlong)
    (self.uploads, self.profile, self.pusher) = (uploads, profile, pusher)
    returner = LostPartReturner(
      view: state.view, relay: pusher.relay, store: pusher.store, progress: pusher.progress,
      notes: status.evidence.notes)
  }

  private var puller: AccountPuller { pusher.puller }

  /// Brings the device and the relay up to date. What goes wrong with the history is the report's verdict.
  func sync(
    ignoringConditions: Bool, _ report: (@Sendable (SyncStep) -> Void)?
  ) async throws(DeviceError) -> SyncReport {
    try await lock.locked { () async throws(DeviceError) in
      // A removed device never comes back: no relay need be asked.
      if let removal = state.view.removal { return SyncReport(verdict: removal) }
      try await status.checkConditions(ignoring: ignoringConditions)
      var result = SyncReport(verdict: .complete(size: 0))
      do throws(DeviceError) {
        try await synchronise(&result, report)
        result.verdict = try verdict()
      } catch {
        var isHealed = false
        if error == .relay(.unknownAccount) {
          isHealed = try await giveBack(&result, report, isStranger: true)
        }
        if !isHealed {
          result.verdict = try await verdict(on: error)
          if case .rolledBack = result.verdict { try await giveBack(&result, report) }
        }
      }
      if case .forked(let evidence?) = result.verdict { try status.evidence.keep(evidence) }
      result.evidence = try status.evidence.kept()
      result.otherLog = state.view.shownOtherLog
      result.replacedRecoveryKeys = try announcements.replacements()
      try note(SyncAttempt(at: status.clock.now, verdict: result.verdict))
      return result
    }
  }

  /// Sends a relay that was restored from a backup what it lost. Returns whether it took something: one that says nothing
  /// of a backup stays rolled back, or goes on not knowing this device.
  @discardableResult
  private func giveBack(
    _ result: inout SyncReport, _ report: (@Sendable (SyncStep) -> Void)?, isStranger: Bool = false
  ) async throws(DeviceError) -> Bool {
    let returned: ReturnedPart?
    do throws(DeviceError) { returned = try await returner.returnLostPart(isStranger: isStranger) } catch {
      result.returnFailure = error
      return false
    }
    guard let returned else { return false }
    result.returned = returned
    uploads.lost.expectLoss()
    do throws(DeviceError) {
      result.received += try await puller.pull(report)
      result.verdict = try verdict()
    } catch { result.verdict = try await verdict(on: error) }
    return true
  }

  /// What is to be said of the history that is here.
  private func verdict() throws(DeviceError) -> Verdict {
    // It may have been removed while it synchronised.
    if let removal = state.view.removal { return removal }
    if state.view.shownOtherLog != nil { return .forked(evidence: nil) }
    let history = try status.progress.current().history
    guard history.absent.isEmpty else { return .missing(leaves: history.absent) }
    let unreadable = try status.unreadable.count()
    return unreadable.isEmpty ? .complete(size: history.tree.size) : .unreadable(unreadable)
  }

  /// What an error says of the history; one that says nothing of it is noted and thrown.
  private func verdict(on error: DeviceError) async throws(DeviceError) -> Verdict {
    let concluded: DeviceError
    do throws(DeviceError) { concluded = try await puller.conclude(error) } catch { concluded = error }
    switch concluded {
    case .historyRefused(let verdict): return verdict
    case .relay(.accountErased(let erasure)): return try erasing.verdict(of: erasure)
    case .cancelled:
      // The person's wish is no failed attempt.
      try journal.save()
      throw concluded
    default:
      if let removal = state.view.removal { return removal }
      try note(SyncAttempt(at: status.clock.now, error: concluded))
      throw concluded
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
    defer {
      let after = Set(state.view.log.activeDevices)
      result.joined = after.subtracting(before).sorted()
      result.left = before.subtracting(after).sorted()
    }
    try await settleAccount(&result, report)
    result.takenAlong = try takenAlong.settle()
    let sent = try await uploads.push(report)
    (result.sentAttachments, result.failedAttachments) = (sent.count, sent.failures)
    result.heldBack = state.view.holds
    if result.heldBack.isEmpty {
      try profile.announcePresence()
      var targets = ErasureTargets()
      result.sent += try await pusher.push(erasing: &targets, report)
      result.postponedErasures = targets.postponed.count
    }
    result.received += try await puller.pull(report)
    try puller.history.directory.update()
  }

  /// Pulls everything, sees the change through that was begun, and repairs the newest epoch if it must.
  private func settleAccount(
    _ result: inout SyncReport, _ report: (@Sendable (SyncStep) -> Void)?
  ) async throws(DeviceError) {
    let view = state.view
    let waiting = view.read { $0.pending?.entry }
    let hadPrepared = view.hasRecoveryKeyNotInForce
    result.received += try await puller.pull(report)
    result.withdrawnErasure = try erasing.noteAlive()
    // A relay that shows another log takes no entry of this one.
    let isOwnLogShown = view.shownOtherLog == nil
    if isOwnLogShown { try await changes.finishPending() }
    if let waiting, waiting.content.change.needsPerson(in: view.log),
      view.log.index(of: waiting.head) == nil, view.read({ $0.pending }) == nil
    {
      result.abandoned.append(waiting.content.change)
    }
    try announcements.note()
    result.voidedRecoveryKey =
      hadPrepared && !view.hasRecoveryKeyNotInForce && !view.hasRecoveryKeyToShow
    if isOwnLogShown { try await keepAccount(&result) }
    let order = try await erasing.standing()
    result.pendingErasure = order
    try journal.note { $0.pendingErasure = order }
  }

  /// Makes the changes of the account that are due.
  private func keepAccount(_ result: inout SyncReport) async throws(DeviceError) {
    let repaired = try await unlessBusy { () async throws(DeviceError) in try await changes.repair() }
    result.repaired += repaired ?? []
    if state.view.isSealing {
      try await unlessBusy { () async throws(DeviceError) in try await announcements.complete() }
    }
    try await unlessBusy { () async throws(DeviceError) in try await schedule.keep() }
  }

  /// Makes a change that can wait as well: while the relay takes no entry of this device, everything else goes on.
  @discardableResult
  private func unlessBusy<Value>(
    _ change: () async throws(DeviceError) -> Value
  ) async throws(DeviceError) -> Value? {
    do throws(DeviceError) { return try await change() } catch {
      guard case .relay(let refusal) = error, refusal.isBusy else { throw error }
      return nil
    }
  }
}
