@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// What nobody does at a device: time goes by, processes end, relays lie.
extension Simulation {
  func event() async {
    if theme.copiesBack, draw(3) == 0 { return await copyBack() }
    if theme.losesPart, draw(3) == 0 { return await loseOrBackUp() }
    switch draw(7) {
    case 0: passTime()
    case 1, 2: if theme.crashes { planCrash() }
    case 3, 4: await changeNetwork()
    case 5: if theme.losesPart { await loseOrBackUp() } else { setRelayBack() }
    default: if theme.daysPass { passDays() } else { passTime() }
    }
  }

  private func passTime() {
    // A hold lasts ten minutes.
    guard restoring == 0, !theme.bursts else { return }
    let minutes = Int64(1 + draw(90))
    clock.go(seconds: minutes * 60)
    trace.note("\(minutes) minutes pass")
  }

  private func passDays() {
    guard restoring == 0, !theme.bursts else { return }
    let days = [1, 2, 4, 31][draw(4)]
    clock.go(seconds: Int64(days) * 86_400)
    trace.note("\(days) days pass")
  }

  private func setRelayBack() {
    guard restoring == 0, draw(6) == 0 else { return }
    clock.setRelayBack(seconds: 2 * 3600)
    trace.note("the relay's clock is set back")
  }

  private func planCrash() {
    let open = honest.filter { $0.isBusy || $0.device != nil }
    guard let party = draw(of: open), !party.crash.isDead else { return }
    if party.isBusy, draw(4) == 0 {
      party.crash.kill(at: turnstile.point(of: party.name) ?? "rest")
      trace.note("\(party.name) is killed")
      return
    }
    let (steps, moment) = (draw(7), CrashPoint.Moment.allCases[draw(2)])
    party.crash.plan(after: steps, moment)
    trace.note("\(party.name) is to end \(moment) \(steps) steps")
  }

  private func changeNetwork() async {
    guard let party = draw(of: honest) else { return }
    if party.network.lie != nil {
      party.network.lie = nil
      trace.note("the relay is honest to \(party.name)")
      return
    }
    let lie: SimulatedLie
    switch draw(theme.lies ? 12 : 3) {
    case 0: lie = .unreachable
    case 1: lie = .lossy(30)
    case 2: lie = .noFiles
    default:
      guard let drawn = await drawLie(to: party) else { return }
      lie = drawn
    }
    // Who restores sees an honest relay: nothing else is promised.
    if party.name.hasPrefix("restored") { return }
    party.network.lie = lie
    if !lie.isHonest { party.wasLiedTo = true }
    if case .promise = lie { party.needsDecision = true }
    trace.note("the relay is to \(party.name): \(lie.name)")
    await meet(lie, party)
  }

  /// Lets a device meet what the relay does, before that is over.
  private func meet(_ lie: SimulatedLie, _ party: SimulatedParty) async {
    guard !party.isBusy, party.device != nil, draw(4) > 0 else { return }
    switch lie {
    case .floor, .promise: await start(.newest, by: party.name)
    case .noFiles:
      await start(.attach, by: party.name)
      await start(.sync, by: party.name)
    default: await start(.sync, by: party.name)
    }
    await resume(party.name, times: 24)
  }

  private func drawLie(to party: SimulatedParty) async -> SimulatedLie? {
    let now = clock
    switch theme.promises && draw(2) == 0 ? 11 : draw(12) {
    case 11: return await promise()
    case 10: return .oldLog
    case 0: return .past(await server.service.fork(turnstile) { now.relayNow })
    case 1: return .gone
    case 2, 3: return .beginning(0)
    case 4: return .noWraps
    case 8: return .holes
    case 9:
      party.needsDecision = true
      return .fork(await server.service.fork(turnstile) { now.relayNow })
    case 5:
      return otherLog(for: party)
    case 6:
      guard let device = party.device, let floor = try? checkpoint(for: device, size: 1 << 60, root: .zero)
      else { return nil }
      party.needsDecision = true
      return .floor(floor)
    default: return falseErasure(for: party)
    }
  }

  /// Newest records of a history that a thief's device went on with at another relay: this one never has them.
  private func promise() async -> SimulatedLie? {
    let now = clock
    guard let thief = thieves.first(where: { $0.device != nil && !$0.isBusy }) else { return nil }
    let fork = await server.service.fork(turnstile) { now.relayNow }
    guard let vault = try? thief.vault.copy(),
      let device = try? Device(vault: vault, store: MemoryDeviceStore(copying: thief.store), relay: fork)
    else { return nil }
    clock.set(device)
    for number in 0...draw(3) { try? device.append(letter("letter from nowhere", number), to: home.chat) }
    guard let report = try? await device.sync(), report.sent > 0 else { return nil }
    return .promise(fork)
  }

  /// A log in which an entry of the thief's stands in place of the newest.
  private func otherLog(for party: SimulatedParty) -> SimulatedLie? {
    guard let device = party.device, let liar = thieves.first?.device else { return nil }
    let shared = device.state.read { $0.entries }.dropLast()
    guard let head = shared.last?.head,
      let entry = try? liar.forge(.update(highestVersion: 1), at: head, index: UInt64(shared.count))
    else { return nil }
    return .log(Array(shared) + [entry])
  }

  /// A thief's order, of which the relay says that it has waited.
  private func falseErasure(for party: SimulatedParty) -> SimulatedLie? {
    let isHasty = draw(2) == 0
    guard let device = party.device, let liar = thieves.first?.device,
      let tree = try? device.progress().history.tree,
      let named = try? checkpoint(for: device, size: tree.size, root: tree.root),
      let order = try? AccountErasure(of: named, at: clock.now, by: liar.secrets.keys),
      let final = try? Checkpoint(
        account: home.account, treeSize: tree.size, treeRoot: tree.root, logHead: device.log.head,
        at: named.time + (isHasty ? 0 : CompletedErasure.coolingOff), by: server.service.key)
    else { return nil }
    let erasure = CompletedErasure(order: order, final: final)
    return isHasty ? .hastilyErased(erasure) : .erased(erasure)
  }

  private func checkpoint(for device: Device, size: UInt64, root: Digest32) throws -> Checkpoint {
    try Checkpoint(
      account: home.account, treeSize: size, treeRoot: root, logHead: device.log.head,
      at: clock.relayNow.millisecondsSince1970, by: server.service.key)
  }

  private func loseOrBackUp() async {
    let now = clock
    guard let backup, !wasRestored else {
      if !wasRestored {
        backup = await server.service.fork(turnstile) { now.relayNow }
        trace.note("the operator makes a backup")
      } else if server.isRestored, draw(6) == 0 {
        wasReopenedEarly = true
        reopenServer()
      }
      return
    }
    // Nobody is in the middle of something: a request to the old relay would be answered by nobody.
    await drain()
    server.restore(from: backup)
    backupMembers = Set(backup.accounts[home.account]?.rules.log.activeDevices ?? [])
    wasRestored = true
    trace.note("the operator puts the backup back")
    await look()
  }

  func reopenServer() {
    server.reopen()
    trace.note("the relay takes new records again")
  }

  /// Somebody puts an old copy of a device's keys back.
  private func copyBack() async {
    guard let party = draw(of: honest.filter { !$0.isBusy && $0.device != nil && $0.name != "phone" }) else {
      return
    }
    guard let old = party.copy else {
      party.copy = (try? party.vault.copy()).map { ($0, MemoryDeviceStore(copying: party.store)) }
      trace.note("\(party.name) is copied")
      // What the copy does not know.
      return await start(.rotate, by: party.name)
    }
    guard (try? old.vault.load())?.version != (try? party.vault.load())?.version else { return }
    // With the store, as a virtual machine is put back, or without it.
    let isWhole = draw(2) == 0
    party.crash.kill(at: "copy")
    (party.vault, party.copy, party.device, party.isRolledBack) = (old.vault, nil, nil, true)
    if isWhole { party.store = old.store }
    trace.note("an old copy of \(party.name) is put back, \(isWhole ? "whole" : "the keys alone")")
  }
}
