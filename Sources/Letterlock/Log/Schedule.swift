internal import CryptoCore

/// Begins epochs and replaces sealing keys in time. SPEC.md section 4.5.
struct Schedule: Sendable {
  let view: AccountView
  let journal: Journal
  let notes: DeviceNotes
  let clock: DeviceClock
  let changes: LogChanges

  /// How long an epoch lasts, and by how much that varies either way.
  static let epochDays: Int64 = 30
  static let epochJitterDays: Int64 = 3
  /// How long a sealing key lasts.
  static let sealingKeyDays: Int64 = 180

  /// Begins an epoch if the newest one is old, with a new sealing key if that one is.
  func keep() async throws(DeviceError) {
    guard view.isSealing else { return }
    let now = clock.now
    var isEpochDue = try isEpochDue(now)
    var owed = try openDebts()
    if !isEpochDue, owed.isEmpty, try await isOwnWrapLost(now) {
      owed = [try notes.noteOwedEpoch(after: view.log.newestEpoch.header.number)]
    }
    // An entry that the relay does not take yet would hold up everything else.
    if !isEpochDue, !owed.isEmpty { isEpochDue = try await !isRelayRestored() }
    try await begin(isEpochDue, now)
    if isEpochDue { try notes.forget(owed) }
    // The epoch that has just begun counts from now on.
    _ = try self.isEpochDue(now)
  }

  /// The debts that are not settled. A call that was stopped may have begun an epoch all the same: its entry may have been
  /// taken before it learned that, or been sent again since, over a network long after it was cancelled.
  private func openDebts() throws(DeviceError) -> [DeviceNotes.OwedEpoch] {
    var owed = try notes.owedEpochs()
    let (log, device) = (view.log, view.device)
    let open = owed.partition { !$0.isSettled(in: log, by: device) }
    try notes.forget(Array(owed[..<open]))
    return Array(owed[open...])
  }

  private func begin(_ isEpochDue: Bool, _ now: Timestamp) async throws(DeviceError) {
    // Epoch secrets that were wrapped to the old key and are still to come would be lost with it. No wrap brings those
    // of epochs that were begun wrongly.
    if isSealingKeyOld(now), !view.awaitsEpochSecret {
      try await changes.rotateKeys()
    } else if isEpochDue {
      try await changes.change(.epoch)
    }
  }

  /// Whether the relay has lost this device's wrap of the newest epoch, and with it those of others: one that was restored
  /// from a backup has none of an epoch that was given back to it, and whoever gave it back may never come again. Asked
  /// once a day, so that a relay which always says so has one epoch more begun, and no more, by each device.
  private func isOwnWrapLost(_ now: Timestamp) async throws(DeviceError) -> Bool {
    let passed = try journal.note { $0.wrapSeen.map { now.nanoseconds(since: $0) } } ?? .max
    let (newest, device) = (view.log.newestEpoch, view.device)
    guard passed >= Timestamp.day || passed < -Timestamp.day, newest.wrapHash(for: device) != nil,
      changes.relay.isPresent
    else { return false }
    let wrap: [UInt8]?
    do throws(DeviceError) {
      wrap = try await changes.relay.ask { (relay, account) async throws(RelayError) in
        try await relay.wrap(of: account, epoch: newest.header.number, for: device)
      }
    } catch {
      // Everything else goes on, and the relay is asked again the next time.
      guard case .relay = error else { throw error }
      return false
    }
    try journal.note { $0.wrapSeen = now }
    return wrap == nil
  }

  /// Whether the relay was restored from a backup and takes nothing new yet: it says so when it is given nothing back.
  private func isRelayRestored() async throws(DeviceError) -> Bool {
    guard let checkpoint = try changes.progress.current().checkpoint else { return false }
    do throws(DeviceError) {
      return try await changes.relay.ask { (relay, account) async throws(RelayError) in
        let nothing = LostPart(entries: [], batches: [], checkpoint: checkpoint)
        return try await relay.takeBack(nothing, of: account, as: relay.caller)
      } != nil
    } catch {
      switch error {
      // One that was not restored does not even look.
      case .relay(.staleHistory), .relay(.staleLogHead), .relay(.lostPartRefused): return true
      default: throw error
      }
    }
  }

  /// Notes the newest epoch when it is first seen.
  private func isEpochDue(_ now: Timestamp) throws(DeviceError) -> Bool {
    let newest = view.log.newestEpoch.header.number
    return try journal.note { journal in
      if let sighting = journal.sighting, sighting.epoch == newest,
        // A clock that was set back starts anew.
        now.nanoseconds(since: sighting.seen) > -Timestamp.day
      {
        return now >= sighting.due
      }
      journal.sighting = EpochSighting(epoch: newest, seen: now, due: now.adding(lifetime))
      return false
    }
  }

  /// How long the newest epoch lasts, in nanoseconds. Nobody but the holder of the recovery key can check the recovery
  /// device's wrap, so one that no recovery approver began lasts a day at most.
  private var lifetime: Int64 {
    let log = view.log
    let opener = log.newestEpoch.signer
    if log.approvers.contains(view.device), !log.approvers.contains(opener), opener != log.recoveryDevice {
      return clock.draw(from: 0...Timestamp.day - 1)
    }
    let jitter = clock.draw(from: -Self.epochJitterDays * 86_400...Self.epochJitterDays * 86_400)
    return Self.epochDays * Timestamp.day + jitter * 1_000_000_000
  }

  private func isSealingKeyOld(_ now: Timestamp) -> Bool {
    guard let bundle = view.log.activeMember(view.device)?.bundle else { return false }
    let age = now.nanoseconds(since: Timestamp(millisecondsSince1970: bundle.createdAt))
    // One that was made in the future was made by a clock that was wrong.
    return age >= Self.sealingKeyDays * Timestamp.day || age < -Timestamp.day
  }
}
