internal import TLSCodec

/// Says how a device stands, without asking the relay.
struct StatusReader: Sendable {
  let view: AccountView
  let store: StoreConnection
  let progress: SyncProgress
  let journal: Journal
  let settings: DeviceSettings
  let evidence: EvidenceKeeper
  let unreadable: UnreadableRecordCounter
  let clock: DeviceClock
  let surroundings: Surroundings

  /// Returns how the device stands.
  func status() async throws(DeviceError) -> DeviceStatus {
    let (journal, settings) = (try journal.read(), try settings.read())
    let blobs = try store.use { (store) throws(StoreError) in try store.blobsToUpload() }
    return DeviceStatus(
      lastSync: journal.lastSuccess, lastAttempt: journal.lastAttempt?.at, waitingRecords: try waitingCount,
      waitingAttachments: blobs.count, waitingAttachmentBytes: blobs.reduce(0) { $0 &+ $1.byteCount },
      missingRecords: try progress.current().history.absent, holds: try await holds(settings, journal),
      evidence: try evidence.kept(), otherLog: view.read { $0.otherLog }, dataUsage: journal.usage,
      settings: settings, nextEpoch: journal.sighting?.due,
      recoveryAnnouncement: RecoveryAnnouncement(in: view.log, journal),
      replacedRecoveryKeys: view.replacements(journal, at: clock.now),
      pendingErasure: journal.pendingErasure.flatMap { $0.stands(in: view.log) ? $0 : nil })
  }

  /// How many records wait to be sent.
  var waitingCount: Int {
    get throws(DeviceError) { try store.use { (store) throws(StoreError) in try store.outboxCount() } }
  }

  /// How many streams the relay can tell apart: one for each conversation and epoch.
  var streamCount: Int {
    get throws(DeviceError) {
      var tags: Set<StreamTag> = []
      var leaf: UInt64 = 0
      while true {
        try checkCancellation()
        let from = leaf
        let batches = try store.use { (store) throws(StoreError) in try store.batches(from: from, limit: 16) }
        guard !batches.isEmpty else { return tags.count }
        for record in batches.lazy.flatMap(\.records) {
          if let record, let sealed = try? SealedRecord(decoding: record) { tags.insert(sealed.streamTag) }
        }
        leaf += UInt64(batches.reduce(0) { $0 + $1.records.count })
      }
    }
  }

  /// Returns everything that holds the device back now.
  private func holds(
    _ settings: SyncSettings, _ journal: DeviceJournal
  ) async throws(DeviceError) -> [SyncHold] {
    var holds = view.holds
    if case .erased = holds.first { return holds }
    if settings.isStopped { holds.append(.stopped) }
    let unmet = await unmetConditions(settings, lastSync: journal.lastSuccess)
    if !unmet.isEmpty { holds.append(.conditions(unmet)) }
    if let hold = journal.lastAttempt?.hold { holds.append(hold) }
    if let hold = clockHold(journal.directory) { holds.append(hold) }
    return holds
  }

  /// Refuses what the person does not want now.
  /// - Throws: `DeviceError.heldBack`, `.store`.
  func checkConditions(ignoring isIgnoring: Bool) async throws(DeviceError) {
    let settings = try settings.read()
    if settings.isStopped { throw .heldBack(.stopped) }
    guard !isIgnoring else { return }
    let unmet = await unmetConditions(settings, lastSync: try journal.read().lastSuccess)
    guard unmet.isEmpty else { throw .heldBack(.conditions(unmet)) }
  }

  private func unmetConditions(
    _ settings: SyncSettings, lastSync: Timestamp?
  ) async -> [SyncConditions.Requirement] {
    settings.conditions.unmet(in: await surroundings.state(), lastSync: lastSync, now: clock.now)
  }

  /// More than a day behind what another active device wrote last.
  private func clockHold(_ directory: DeviceDirectory) -> SyncHold? {
    let (now, log) = (clock.now, view.log)
    let others = directory.entries.filter { $0.device != view.device && log.activeMember($0.device) != nil }
    guard let newest = others.filter({ $0.seen != nil }).max(by: { ($0.seen ?? now) < ($1.seen ?? now) }),
      let seen = newest.seen, seen.nanoseconds(since: now) > Timestamp.day
    else { return nil }
    return .clock(secondsBehind: seen.nanoseconds(since: now) / 1_000_000_000, device: newest.device)
  }
}

extension AccountView {
  /// What the account's log and keys say of why the device does not synchronise.
  var holds: [SyncHold] {
    read { state in
      if let erasure = state.erasure { return [.erased(by: erasure.device)] }
      guard state.isActive else { return [.removed] }
      if state.isForked { return [.forked] }
      if state.isRolledBack { return [.stateRolledBack] }
      var holds: [SyncHold] = []
      let newest = state.log.newestEpoch
      if state.keyring.epochSecrets[newest.header.number] == nil {
        let isRelays = state.keyring.faults[newest.header.number]?.isRelays ?? true
        holds.append(.unreadableEpoch(newest.header.number, by: isRelays ? nil : newest.signer))
      }
      return holds
    }
  }

  /// Epochs whose secret this device does not have.
  var unreadableEpochs: [UInt64] { read { state in state.keyring.unreadable(in: state.log) } }

  /// That this device was removed, by whom and since when; nil while it is active.
  var removal: Verdict? {
    read { state in
      guard let removal = state.log.members[state.keys.deviceID]?.removal,
        let entry = state.entries.first(where: { $0.content.index == removal.entry })
      else { return nil }
      return .removed(by: entry.content.signer, entry: removal.entry)
    }
  }

  /// Another log, if the relay showed one when it was last asked.
  var shownOtherLog: OtherLog? { read { $0.otherLog.flatMap { $0.isShown ? $0 : nil } } }

  /// Who erased the relay's copy, if this device knows of it.
  var erasedBy: DeviceID? { read { $0.erasure?.device } }

  /// Whether a recovery key was prepared that does not count yet.
  var hasRecoveryKeyNotInForce: Bool { read { $0.nextRecoverySecret != nil } }

  /// Whether the account's recovery key is here, to be shown.
  var hasRecoveryKeyToShow: Bool { read { $0.recoverySecret != nil } }
}
