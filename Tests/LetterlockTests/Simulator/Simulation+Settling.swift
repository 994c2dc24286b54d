import CryptoCore

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// The end of a schedule: the relay is honest, nothing fails any more, and everything must come right.
extension Simulation {
  func settle() async {
    trace.step = Self.stepCount
    trace.note("settles")
    for party in parties.values {
      party.network.lie = nil
      party.crash.cancel()
    }
    await drain()
    // A join that ended meanwhile may have begun another lie.
    for party in parties.values { party.network.lie = nil }
    await bringBack()
    await finishJoins()
    await finishRestores()
    // A relay that is honest again is enough, but for what only a person can decide.
    for party in honest where party.device != nil && (party.needsDecision || wasRestored) {
      do throws(DeviceError) { try await party.device?.goOnDespiteEvidence() } catch {
        if !party.isRolledBack {
          trace.violate("\(party.name) cannot go on: \(SimulationTrace.name(of: error))")
        }
      }
    }
    clock.go(seconds: 3 * 3600)
    if !home.isCrowded {
      for _ in 0..<3 { for party in honest { await syncNow(party) } }
      for party in honest { await expectUsable(party) }
    }
    if home.isCrowded || theme.hasThief, theme.restores || home.isCrowded || draw(3) == 0 {
      await restoreAtLast()
    }
    for thief in thieves {
      guard let device = thief.device else { continue }
      trace.note("\(thief.name) probes: " + ((try? await probe(thief, device)) ?? "nothing"))
    }
    await checkRelayRows()
    checkMembers()
  }

  /// Lets everything that was begun come to its end.
  func drain() async {
    var left = 4000
    while let name = draw(of: turnstile.waiting), left > 0 {
      await resume(name, times: 8)
      left -= 1
    }
    if !turnstile.waiting.isEmpty { trace.violate("a call does not end") }
  }

  /// Opens what ended, and brings a relay that was restored what it lost.
  private func bringBack() async {
    for party in parties.values.sorted(by: { $0.name < $1.name })
    where party.device == nil || party.crash.isDead {
      if party.stage == nil || (party.request != nil && !party.crash.isDead) { continue }
      reopen(party)
    }
    guard server.isRestored else { return }
    for _ in 0..<2 { for party in honest { await syncNow(party) } }
    reopenServer()
  }

  private func finishJoins() async {
    for party in honest where party.request != nil {
      guard let device = try? await party.request?.approved() else { continue }
      clock.set(device)
      (party.device, party.request, party.id) = (device, nil, device.id)
      names[device.id] = party.name
    }
  }

  /// Goes on with the restores that a process began whose end came first.
  private func finishRestores() async {
    for party in honest where party.device == nil && party.stage == .restoring {
      await start(.restore, by: party.name)
      await drain()
    }
  }

  private func syncNow(_ party: SimulatedParty) async {
    guard let device = party.device else { return }
    let before = ActBeginning(
      party, watch, isFair: party.isFairlyTreated, relayNow: clock.relayNow)
    do throws(DeviceError) {
      trace.note("\(party.name): " + judge(try await device.sync(), party, before))
    } catch {
      trace.note("\(party.name): \(SimulationTrace.name(of: error))")
      judge(error, of: .sync, party, before)
    }
    await look()
    checkSent(party)
    check(party)
  }

  /// A device that is of the account seals, sends, and has everything, unless it was led to another history.
  private func expectUsable(_ party: SimulatedParty) async {
    guard let device = party.device, !party.isRolledBack, !watch.isErased, let log = watch.rules?.log else {
      return
    }
    let isApart = !log.heads.starts(with: device.log.heads)
    guard await !isAstray(party, device), !isApart else {
      if mustAgree(party, device) { trace.violate("\(party.name) and the relay do not agree at the end") }
      return
    }
    guard let member = log.members[device.id] else { return }
    guard member.isActive else {
      guard case .removed? = try? await device.sync().verdict else {
        return trace.violate("\(party.name) was removed and does not say so")
      }
      return
    }
    guard await isFreed(party, device) else { return }
    write(party, device)
    guard let report = try? await device.sync() else {
      return trace.violate("\(party.name) does not synchronise at the end")
    }
    await look()
    if !report.heldBack.isEmpty || report.sent == 0 {
      trace.violate("\(party.name) sends nothing at the end: \(report.heldBack.map(SimulationTrace.label))")
    }
    switch report.verdict {
    case .complete: break
    case .unreadable: checkUnreadable(party, device)
    default:
      trace.violate("\(party.name) is not complete at the end: \(SimulationTrace.name(of: report.verdict))")
    }
    check(party)
  }

  /// An epoch that was given back to a restored relay has no wraps until a device that reads it begins another; one that a
  /// thief alone reads is over when the person removes the thief. False if nobody can do either.
  private func isFreed(_ party: SimulatedParty, _ device: Device) async -> Bool {
    guard wasRestored, isStuck(device) else { return true }
    trace.note("\(party.name) cannot read an epoch that was given back")
    if let helper = honest.compactMap(\.device).first(where: {
      $0.log.activeMember($0.id) != nil && !isStuck($0)
    }) {
      _ = try? await helper.sync()
      try? await helper.beginEpoch()
    } else if let thief = thieves.compactMap(\.id).first(where: { device.log.activeMember($0) != nil }) {
      do throws(DeviceError) { try await device.remove(thief) } catch {
        trace.violate("\(party.name) cannot remove a thief: \(SimulationTrace.name(of: error))")
      }
      // What this device does not read, another may.
      for other in honest where other.name != party.name { _ = try? await other.device?.sync() }
    } else {
      return false
    }
    _ = try? await device.sync()
    await look()
    return true
  }

  private func isStuck(_ device: Device) -> Bool {
    device.state.read { $0.keyring.standing(in: $0.log) } == .withheld
  }

  /// What nobody of the person's devices that are left can read was sealed by a thief, or by a device that is gone.
  private func checkUnreadable(_ party: SimulatedParty, _ device: Device) {
    do {
      try device.forEachEntry { read in
        guard case .failure = read.entry, let author = names[read.author], let who = parties[author] else {
          return
        }
        if !who.isThief, watch.members[read.author]?.isActive ?? false, !who.isRolledBack {
          trace.violate("\(party.name) cannot read at the end what \(author) wrote")
        }
      }
    } catch { trace.violate("\(party.name) cannot read its history") }
  }

  /// Whether nothing but a fault can keep a device and the relay apart: nobody was lied to, and a relay that was restored
  /// had the time to take back what the device has.
  private func mustAgree(_ party: SimulatedParty, _ device: Device) -> Bool {
    guard parties.values.allSatisfy(\.isFairlyTreated) else { return false }
    guard wasRestored else { return true }
    // Nobody gives back an entry that no checkpoint names. SPEC.md section 6.13 rule 9.
    guard (try? device.progress().checkpoint?.logHead) == device.log.head else { return false }
    return !wasReopenedEarly && backupMembers.contains(device.id)
      && device.log.activeMember(device.id) != nil
  }

  /// Whether a relay that lied has led the device to another history than its own.
  private func isAstray(_ party: SimulatedParty, _ device: Device) async -> Bool {
    guard let tree = try? device.progress().history.tree else { return true }
    let size = tree.size
    let hashes = try? await server.service.store.store.read(.account(home.account)) {
      (rows) throws(RelayError) in
      try TreeRows(rows: rows).prover(size: size).root()
    }
    return size > watch.treeSize || (size > 0 && hashes != tree.root)
  }

  /// What waits when a restore begins: an order to erase, or a recovery key of the thief's.
  private func prepareAgainstRestore() async {
    guard let thief = thieves.first(where: { $0.device != nil }) else { return }
    if draw(2) == 0 {
      await start(.announce, by: thief.name)
      await drain()
    }
    if draw(2) == 0 {
      await start(.erasure, by: thief.name)
      await drain()
    }
  }

  /// With nothing but the recovery key, while the thief's programs go on.
  private func restoreAtLast() async {
    guard !watch.isErased, watch.recoveryDevice == home.recoveryDevice else { return }
    let party = enlist("restored at last")
    await prepareAgainstRestore()
    for thief in thieves where thief.device != nil {
      await start(draw(2) == 0 ? .record : .epoch, by: thief.name)
    }
    for party in honest where party.device != nil && !home.isCrowded {
      await start(.sync, by: party.name)
      await resume(party.name, times: draw(12))
    }
    await start(.restore, by: party.name)
    var left = 3000
    while party.isBusy, left > 0 {
      left -= 1
      if restoring > 0, let thief = draw(of: thieves.filter { !$0.isBusy && $0.device != nil }), draw(4) == 0
      {
        await start(draw(of: [.record, .epoch, .erasure, .addition, .spoil]) ?? .record, by: thief.name)
      } else if let name = draw(of: turnstile.waiting) {
        await resume(name, times: 1 + draw(3))
      }
    }
    if party.isBusy { trace.violate("a restore does not end beside a thief's programs") }
    await drain()
    guard let device = party.device else { return trace.violate("the account was not restored at last") }
    await syncNow(party)
    if !wasRestored { await expectUsable(party) }
    for thief in thieves { await syncNow(thief) }
    if device.log.activeDevices.contains(where: { id in thieves.contains { $0.id == id } }) {
      trace.violate("a thief's device is active after the restore at last")
    }
    checkRestored(party, device)
  }

  /// It shows everything that the relay has and that some device of the person's shows.
  private func checkRestored(_ party: SimulatedParty, _ device: Device) {
    guard party.isFairlyTreated else { return }
    for other in honest where other.name != party.name && other.isFairlyTreated {
      guard let history = try? other.device?.progress().history, other.device != nil else { continue }
      guard history.tree.size <= party.tree.size else { continue }
      var waiting: Set<String> = []
      try? other.device?.forEachEntry { read in
        if read.leaf == nil, case .success(.message(let message)) = read.entry {
          waiting.insert(message.text)
        }
      }
      let lost = other.seen.subtracting(party.seen).subtracting(waiting).filter {
        written[$0]?.isErasable == false
      }
      if let first = lost.min(), !wasRestored {
        trace.violate("the restored device does not show \(lost.count) that \(other.name) shows: \(first)")
      }
    }
  }

  /// Every active device is one that somebody has.
  private func checkMembers() {
    guard let log = watch.rules?.log, !wasRestored, !home.isCrowded else { return }
    for device in log.activeDevices where names[device] == nil && device != log.recoveryDevice {
      trace.violate("a device is active that nobody has")
    }
    for (device, name) in names.sorted(by: { $0.value < $1.value }) {
      guard let party = parties[name], let id = party.id, id != device, log.activeMember(device) != nil else {
        continue
      }
      trace.violate("\(name) left a device behind that nobody has")
    }
  }
}
