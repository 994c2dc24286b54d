/// How a device stands with its account and its relay: the last synchronisation, what waits, and why.
public struct DeviceStatus: Hashable, Sendable {
  /// When the device last synchronised and found everything; nil if never.
  public let lastSync: Timestamp?
  /// When it last tried; nil if never.
  public let lastAttempt: Timestamp?
  /// How many records wait to be sent.
  public let waitingRecords: Int
  /// How many attachments wait to be sent.
  public let waitingAttachments: Int
  /// Their sealed bytes.
  public let waitingAttachmentBytes: UInt64
  /// Leaf indices of records that the relay does not give.
  public let missingRecords: [UInt64]
  /// Why something waits, or why the device does not synchronise; the most important first.
  public let holds: [SyncHold]
  /// What was exchanged with the relay so far.
  public let dataUsage: DataUsage
  /// What the person set.
  public let settings: SyncSettings
  /// When the device opens the next epoch by itself; nil before its first synchronisation.
  public let nextEpoch: Timestamp?
}

extension Device {
  /// Says how this device stands, without asking the relay.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func status() async throws(DeviceError) -> DeviceStatus {
    let store = try neededStore()
    try saveJournal()
    let journal = try withJournal { $0 }
    let settings = try settings()
    let blobs = try Self.storing { () throws(StoreError) in try store.blobsToUpload() }
    return DeviceStatus(
      lastSync: journal.lastSuccess, lastAttempt: journal.lastAttempt?.at, waitingRecords: try waitingCount,
      waitingAttachments: blobs.count, waitingAttachmentBytes: blobs.reduce(0) { $0 &+ $1.byteCount },
      missingRecords: try progress().history.absent, holds: try await holds(settings, journal),
      dataUsage: journal.usage, settings: settings, nextEpoch: journal.sighting?.due)
  }

  /// Everything that holds this device back now.
  private func holds(
    _ settings: SyncSettings, _ journal: DeviceJournal
  ) async throws(DeviceError) -> [SyncHold] {
    var holds = stateHolds
    if case .erased = holds.first { return holds }
    if try keptEvidence() != nil { holds.insert(.forked, at: 0) }
    if settings.isStopped { holds.append(.stopped) }
    let unmet = await unmetConditions(settings, journal)
    if !unmet.isEmpty { holds.append(.conditions(unmet)) }
    if let hold = journal.lastAttempt?.hold { holds.append(hold) }
    if let hold = clockHold(journal.directory) { holds.append(hold) }
    return holds
  }

  /// What the account's log and keys say.
  var stateHolds: [SyncHold] {
    state.read { state in
      if let erasure = state.erasure { return [.erased(by: erasure.device)] }
      guard state.isActive else { return [.removed] }
      if state.isForked { return [.forked] }
      var holds: [SyncHold] = state.isUnconfirmed ? [.devicesUnconfirmed] : []
      let newest = state.log.newestEpoch
      if state.keyring.epochSecrets[newest.header.number] == nil {
        let isRelays = state.keyring.faults[newest.header.number]?.isRelays ?? true
        holds.append(.unreadableEpoch(newest.header.number, by: isRelays ? nil : newest.signer))
      }
      return holds
    }
  }

  func unmetConditions(
    _ settings: SyncSettings, _ journal: DeviceJournal
  ) async -> [SyncConditions.Requirement] {
    let state = await surroundings.withLock { $0 }?.state() ?? SurroundingsState()
    return settings.conditions.unmet(in: state, lastSync: journal.lastSuccess, now: clock.now)
  }

  /// More than a day behind what another active device wrote last.
  private func clockHold(_ directory: DeviceDirectory) -> SyncHold? {
    let (now, log) = (clock.now, log)
    let others = directory.entries.filter { $0.device != id && log.activeMember($0.device) != nil }
    guard let newest = others.filter({ $0.seen != nil }).max(by: { ($0.seen ?? now) < ($1.seen ?? now) }),
      let seen = newest.seen, seen.nanoseconds(since: now) > Timestamp.day
    else { return nil }
    return .clock(secondsBehind: seen.nanoseconds(since: now) / 1_000_000_000, device: newest.device)
  }

  /// Lets an app say what holds around the device: network, power, and so on. Without it nothing is known, and no
  /// condition but the interval holds.
  public func observe(_ surroundings: any SyncSurroundings) {
    self.surroundings.withLock { $0 = surroundings }
  }
}
