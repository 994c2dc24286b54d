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
  /// counts no longer once it has signed another. Notes what was replaced since, too, for as long as the person has not
  /// seen it.
  func note() throws(DeviceError) {
    let journal = try journal.read()
    let replacements = view.read { $0.replacements(since: journal, at: clock.now) }
    let announcement = try sighting(after: journal.announcement)
    let newest = max(view.log.nextIndex - 1, journal.lookedThrough ?? 0)
    guard announcement != journal.announcement || newest != journal.lookedThrough else { return }
    try self.journal.update { kept in
      kept.announcement = announcement
      kept.lookedThrough = max(newest, kept.lookedThrough ?? 0)
      // Another process may have noted some since.
      kept.replacements += replacements.filter { new in
        !kept.replacements.contains { $0.entry == new.entry }
      }
    }
  }

  /// What is to be noted of the announcement that stands; nil if none does.
  private func sighting(after noted: AnnouncementSighting?) throws(DeviceError) -> AnnouncementSighting? {
    guard let announcement = view.log.announcement else { return nil }
    let noted = noted?.head == announcement.head ? noted : nil
    let checkpoints = [noted?.first, try newestCheckpoint(since: announcement)].compactMap(\.self)
    return AnnouncementSighting(
      head: announcement.head, recovery: announcement.recovery.deviceID, coolingOff: announcement.coolingOff,
      seen: noted?.seen ?? clock.now, first: checkpoints.min { $0.time < $1.time })
  }

  /// The recovery keys that took the place of others, until the person has seen them.
  func replacements() throws(DeviceError) -> [RecoveryReplacement] {
    view.replacements(try journal.read(), at: clock.now)
  }

  /// Notes that the person has seen one.
  func acknowledge(_ replacement: RecoveryReplacement) throws(DeviceError) {
    try note()
    try journal.update { $0.replacements.removeAll { $0.entry == replacement.entry } }
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

extension AccountView {
  /// The recovery keys that took the place of others, until the person has seen them, noted or not.
  func replacements(_ journal: DeviceJournal, at now: Timestamp) -> [RecoveryReplacement] {
    read { state in
      (journal.replacements + state.replacements(since: journal, at: now)).compactMap {
        state.replacement($0)
      }
    }
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
