@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// Looks at an honest relay's account after each step of a process, and says which rule a step broke. SPEC.md section 7.
struct RelayWatch: Sendable {
  let account: AccountID
  let clock: SimulatedClock
  private(set) var rules: RelayAccount?
  private var service: ObjectIdentifier?
  /// The heads of every log that the relay has had.
  private var heads: Set<LogHead> = []
  /// How many entries each device sent.
  private var sent: [DeviceID: Int] = [:]
  /// When the announcement that stands was taken.
  private var announcedAt: Timestamp?
  /// The order that waits: when it was taken, and after how many entries.
  private var order: (taken: Timestamp, entries: Int)?
  /// Who let in whom, back to those that were there at the beginning.
  private var roots: [DeviceID: DeviceID] = [:]

  init(_ account: AccountID, _ clock: SimulatedClock) { (self.account, self.clock) = (account, clock) }

  var members: [DeviceID: AccountLog.Member] { rules?.log.members ?? [:] }
  var epochCount: Int { rules?.log.epochs.count ?? 0 }
  var entryCount: Int { rules?.log.heads.count ?? 0 }
  var treeSize: UInt64 { rules?.history.tree.size ?? 0 }
  var recoveryDevice: DeviceID? { rules?.log.recoveryDevice }
  var isErased: Bool { rules?.erasure?.completed != nil }

  /// Compares what the relay has with what it had.
  mutating func look(_ server: SimulatedServer, _ trace: inout SimulationTrace) async {
    let service = server.service
    guard let next = service.accounts[account]?.rules else { return }
    // What a relay takes back may come after it was opened again, if its device had asked before.
    let isTakenBack = rules?.log.head != next.log.head && heads.contains(next.log.head)
    heads.formUnion(next.log.heads)
    guard let known = rules, self.service == ObjectIdentifier(service), !server.isRestored, !isTakenBack
    else {
      // Another state was put back.
      (rules, self.service) = (next, ObjectIdentifier(service))
      order = next.erasure.flatMap { !$0.isWaiting ? nil : ($0.received, next.log.heads.count) }
      announcedAt = nil
      return
    }
    guard
      next.log.head != known.log.head || next.history.tree != known.history.tree
        || next.erasure != known.erasure
    else {
      rules = next
      return
    }
    if !next.log.heads.starts(with: known.log.heads) { trace.violate("the relay's log changed") }
    checkHold(known, next, &trace)
    if next.log.head != known.log.head { await checkEntries(known, next, service, &trace) }
    checkErasure(known, next, &trace)
    rules = next
  }

  private func checkHold(_ known: RelayAccount, _ next: RelayAccount, _ trace: inout SimulationTrace) {
    let moment = RelayMoment(now: clock.relayNow, policy: .standard)
    guard known.control.holdRemaining(of: known.log, at: moment) != nil else { return }
    if next.history.tree.size > known.history.tree.size {
      trace.violate("the relay took a record while the recovery device held the account")
    }
    if next.erasure?.isWaiting ?? false, known.erasure == nil {
      trace.violate("the relay took an order while the recovery device held the account")
    }
  }

  private mutating func checkEntries(
    _ known: RelayAccount, _ next: RelayAccount, _ service: SimulatedService, _ trace: inout SimulationTrace
  ) async {
    let moment = RelayMoment(now: clock.relayNow, policy: .standard)
    let isHeld = known.control.holdRemaining(of: known.log, at: moment) != nil
    let from = known.log.nextIndex
    let entries = try? await service.store.store.read(.account(account)) { (rows) throws(RelayError) in
      try LogRows(rows).entries(from: from)
    }
    for entry in entries ?? [] {
      let signer = entry.content.signer
      trace.note("relay: \(SimulationTrace.label(of: entry.content.change))")
      if isHeld, signer != known.log.recoveryDevice {
        trace.violate("the relay took an entry while the recovery device held the account")
      }
      if signer != known.log.recoveryDevice {
        let root = roots[signer] ?? signer
        sent[root, default: 0] += 1
        let earned = Int(clock.nanosecondsElapsed / 600_000_000_000)
        let family = 1 + roots.values.count { $0 == root }
        if sent[root] ?? 0 > 17 + family * earned {
          trace.violate("a device sent entries faster than it may, with those that it let in")
        }
      }
      if case .add(let add) = entry.content.change { roots[add.device.deviceID] = roots[signer] ?? signer }
      if case .recover = entry.content.change, !isHeld {
        trace.violate("a restore did not hold the account")
      }
      checkRecovery(entry, known, next, &trace)
    }
    await checkWraps(next, service, &trace)
  }

  private mutating func checkRecovery(
    _ entry: LogEntry, _ known: RelayAccount, _ next: RelayAccount, _ trace: inout SimulationTrace
  ) {
    let signer = entry.content.signer
    switch entry.content.change {
    case .announceRecovery:
      announcedAt = clock.relayNow
      if !known.log.approvers.contains(signer),
        known.log.approvers.contains(where: { known.log.activeMember($0) != nil })
      {
        trace.violate("a device announced a recovery key that may not")
      }
    case .completeRecovery:
      // A clock that was set back makes the wait seem shorter.
      let slack = clock.wasSetBack ? Timestamp.day : 0
      let wait = Int64(clamping: known.log.announcement?.coolingOff ?? 0) * 1_000_000 - slack
      if let announcedAt, clock.relayNow.nanoseconds(since: announcedAt) < wait {
        trace.violate("an announced recovery key came in before its time")
      }
    case .recover:
      if signer != known.log.recoveryDevice {
        trace.violate("a device recovered the account without its key")
      }
      if next.log.announcement != nil { trace.violate("an announcement outlived a recovery") }
      if next.erasure != nil { trace.violate("an order to erase outlived a recovery") }
    case .cancelRecovery:
      if next.log.announcement != nil { trace.violate("an announcement outlived its cancellation") }
    default: break
    }
  }

  /// Nothing is kept for a device that left.
  private func checkWraps(
    _ next: RelayAccount, _ service: SimulatedService, _ trace: inout SimulationTrace
  ) async {
    let left = next.log.members.filter { !$0.value.isActive }.map(\.key)
    let kept = try? await service.store.store.read(.account(account)) { (rows) throws(RelayError) in
      var count = 0
      for device in left {
        count += try rows.rows(in: .wrap, RowRange([.bytes(device.bytes)]), .ascending, limit: .max).count
      }
      return count
    }
    if kept != 0 { trace.violate("the relay keeps wraps of devices that were removed") }
  }

  private mutating func checkErasure(
    _ known: RelayAccount, _ next: RelayAccount, _ trace: inout SimulationTrace
  ) {
    if let completed = next.erasure?.completed {
      guard known.erasure?.completed == nil else { return }
      trace.note("relay: everything is erased")
      if completed.order.device == next.log.recoveryDevice { return }
      guard let order else { return trace.violate("an order took effect that did not wait") }
      if order.entries != next.log.heads.count { trace.violate("an order took effect that was void") }
      if clock.relayNow.nanoseconds(since: order.taken) < 3 * Timestamp.day {
        trace.violate("an order took effect before its time")
      }
    } else if !(next.erasure?.isWaiting ?? false) {
      order = nil
    } else if known.erasure != next.erasure {
      trace.note("relay: an order to erase waits")
      order = (clock.relayNow, next.log.heads.count)
    } else if let order, order.entries != next.log.heads.count {
      trace.violate("an order to erase outlived an entry")
      self.order = nil
    }
  }
}
