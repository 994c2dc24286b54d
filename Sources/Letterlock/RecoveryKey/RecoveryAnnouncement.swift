/// A recovery key that was announced to replace the present one without it. SPEC.md section 3.7.
///
/// The present key stays in force, and the new one opens nothing, until it takes effect.
public struct RecoveryAnnouncement: Hashable, Sendable {
  /// Who announced it.
  public let device: DeviceID
  /// The other recovery approvers who voted for it.
  public let voters: [DeviceID]
  /// When this device first saw it, by its own clock; nil before the first synchronisation with it.
  public let seen: Timestamp?
  /// When it can take effect at the earliest, by the relay's clock, as far as this device can show; nil before the first
  /// synchronisation with it.
  public let effective: Timestamp?
}

/// Notes what is announced, and completes it when the cooling-off time has gone by. SPEC.md section 3.7.
struct RecoveryAnnouncements: Sendable {
  let view: AccountView
  let journal: Journal
  let progress: SyncProgress
  let clock: DeviceClock
  let changes: LogChanges

  /// Returns what is to be shown.
  func shown() throws(DeviceError) -> RecoveryAnnouncement? {
    RecoveryAnnouncement(in: view.log, try journal.read())
  }

  /// Notes what is announced, with the earliest checkpoint of the relay since: one that the relay's clock dated too late
  /// counts no longer once it has signed another.
  /// - Returns: Whether a recovery device took effect before the cooling-off time had gone by on this device's clock.
  func note() throws(DeviceError) -> Bool {
    let (log, now) = (view.log, clock.now)
    let noted = try journal.read().announcement
    guard let announcement = log.announcement else {
      guard let noted else { return false }
      try journal.update { $0.announcement = nil }
      return log.recoveryDevice == noted.recovery && !noted.hasCooledOff(at: now)
    }
    let first = try newestCheckpoint(since: announcement)
    let isEarlier = first.map { $0.time < noted?.first?.time ?? .max } ?? false
    guard noted?.head != announcement.head || isEarlier else { return false }
    let seen = noted?.head == announcement.head ? noted?.seen ?? now : now
    try journal.update {
      $0.announcement = AnnouncementSighting(
        head: announcement.head, recovery: announcement.recovery.deviceID,
        coolingOff: announcement.coolingOff,
        seen: seen, first: first)
    }
    return false
  }

  /// Completes what is announced, if two checkpoints show that the cooling-off time has gone by.
  func complete() async throws(DeviceError) {
    guard let announcement = view.log.announcement, let noted = try journal.read().announcement,
      noted.head == announcement.head, let first = noted.first,
      let second = try newestCheckpoint(since: announcement)
    else { return }
    let coolingOff = CoolingOff(first: first, second: second)
    guard coolingOff.elapsed >= announcement.coolingOff else { return }
    try await changes.change(.completeRecovery(coolingOff))
  }

  /// The newest checkpoint that was verified, if it names the announcement's head or a later one.
  private func newestCheckpoint(
    since announcement: AccountLog.Announcement
  ) throws(DeviceError) -> Checkpoint? {
    guard let checkpoint = try progress.current().checkpoint,
      let entry = view.log.index(of: checkpoint.logHead), entry >= announcement.entry
    else { return nil }
    return checkpoint
  }
}

extension RecoveryAnnouncement {
  /// What a log and a journal say; nil if nothing is announced.
  init?(in log: AccountLog, _ journal: DeviceJournal) {
    guard let announcement = log.announcement else { return nil }
    let noted = journal.announcement?.head == announcement.head ? journal.announcement : nil
    self.init(
      device: announcement.signer, voters: announcement.voters, seen: noted?.seen,
      effective: noted?.first.map {
        let (time, overflow) = $0.time.addingReportingOverflow(announcement.coolingOff)
        return Timestamp(millisecondsSince1970: overflow ? .max : time)
      })
  }
}
