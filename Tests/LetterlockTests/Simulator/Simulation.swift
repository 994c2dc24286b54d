import CryptoCore

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// One life of an account, drawn from a seed: devices of a person, a thief with one of them, a relay that may lie or lose
/// what it had, and processes that end at any step. What must hold is checked after each step.
actor Simulation {
  let home: SimulatedHome
  let seed: UInt64
  let turnstile = Turnstile()
  let clock: SimulatedClock
  let server: SimulatedServer
  let theme: Theme
  var generator: SeededGenerator
  var trace = SimulationTrace()
  var parties: [String: SimulatedParty] = [:]
  /// Who has which identifier.
  var names: [DeviceID: String] = [:]
  var written: [String: WrittenLetter] = [:]
  var watch: RelayWatch
  var backup: SimulatedService?
  var wasRestored = false
  /// Whether the relay took new records before every device could bring it what it lost.
  var wasReopenedEarly = false
  /// The devices that were active when the backup was made.
  var backupMembers: Set<DeviceID> = []
  /// How many restores are under way.
  var restoring = 0

  static let stepCount = 60

  init(_ home: SimulatedHome, seed: UInt64) async throws {
    (self.home, self.seed) = (home, seed)
    let clock = SimulatedClock(start: home.start)
    self.clock = clock
    server = SimulatedServer(await home.service.fork(turnstile) { clock.relayNow })
    var generator = SeededGenerator(seed: seed &* 0x9e37_79b9 &+ 1)
    theme = Theme(drawnBy: &generator)
    self.generator = generator
    watch = RelayWatch(home.account, clock)
    for (index, name) in SimulatedHome.names.enumerated() {
      let party = SimulatedParty(
        name, isThief: name == SimulatedHome.stolen,
        SimulatedNetwork(server, turnstile, seed: generator.next()),
        vault: try home.vaults[index].copy(), store: MemoryDeviceStore(copying: home.stores[index]))
      try party.open(clock)
      parties[name] = party
      if let id = party.id { names[id] = name }
    }
    if theme.joins { _ = enlist("watch") }
    if theme.restores { _ = enlist("restored") }
    let author = parties["phone"]?.id
    for message in home.messages {
      written[message.text] = WrittenLetter(
        message: message, author: author, writer: "phone", isRecorded: true)
    }
    try await server.service.loading(home.account) { (_, _) throws(RelayError) in }
    await look()
  }

  /// Draws one of so many.
  func draw(_ count: Int) -> Int { Int(generator.next() % UInt64(max(1, count))) }

  func draw<Value>(of values: [Value]) -> Value? { values.isEmpty ? nil : values[draw(values.count)] }

  /// Runs the schedule. Returns what happened.
  func run() async -> SimulationTrace {
    trace.note("seed \(seed), \(theme)")
    for step in 0..<(home.isCrowded ? 4 : Self.stepCount) {
      trace.step = step
      await self.step()
    }
    await settle()
    return trace
  }

  private func step() async {
    let waiting = turnstile.waiting
    let number = draw(100)
    if number < 12 {
      await event()
    } else if number < 20, let party = draw(of: waiting).flatMap({ parties[$0] }), !party.isThief {
      tap(party)
    } else if waiting.count < 4, number < (waiting.isEmpty ? 100 : 50) {
      await begin()
    } else if let name = draw(of: waiting) {
      await resume(name, times: 1 + draw(draw(2) == 0 ? 4 : 30))
    }
  }

  /// Lets a process go on for a while.
  func resume(_ name: String, times: Int) async {
    for _ in 0..<times where turnstile.point(of: name) != nil {
      await turnstile.resume(name)
      await look()
    }
  }

  /// Begins something, with whoever has nothing to do.
  private func begin() async {
    let idle = parties.values.filter { !$0.isBusy }.sorted { $0.name < $1.name }
    // Who was interrupted while they restored tries again at once, or later.
    if let party = idle.first(where: { $0.stage == .restoring }), draw(2) == 0 {
      if party.crash.isDead { reopen(party) }
      return await start(.restore, by: party.name)
    }
    // Who joins looks at once at what the relay shows.
    if let party = idle.first(where: { $0.network.hidesHistory && ($0.request != nil || $0.tree.size == 0) }),
      draw(3) > 0
    {
      return await start(party.request != nil ? .finishJoining : .sync, by: party.name)
    }
    guard let party = draw(of: idle) else { return }
    if party.device == nil, party.request == nil,
      party.crash.isDead || (party.stage != nil && party.stage != .restoring)
    {
      reopen(party)
      return
    }
    if party.device != nil, !party.isThief, draw(3) == 0 {
      tap(party)
      return
    }
    guard let act = act(for: party) else { return }
    await start(act, by: party.name)
  }

  /// Starts an act; it waits at its first call to the relay.
  func start(_ act: SimulatedAct, by name: String) async {
    guard let party = parties[name], !party.isBusy else { return }
    party.isBusy = true
    trace.note("\(name) begins \(act.name)")
    await turnstile.start(name) { await self.perform(act, by: name) }
    await look()
  }

  private func act(for party: SimulatedParty) -> SimulatedAct? {
    if party.device == nil {
      if party.name.hasPrefix("restored") {
        guard theme.restores else { return nil }
        party.network.lie = draw(4) == 0 ? .losesEntries : nil
        return .restore
      }
      guard theme.joins else { return nil }
      return party.request == nil ? .ask : .finishJoining
    }
    if party.isThief {
      guard theme.hasThief else { return .sync }
      return thiefsAct()
    }
    if party.network.hidesHistory { return .sync }
    if watch.rules?.log.announcement != nil, draw(4) == 0 { return .cancelWithKey }
    if theme.hasThief, draw(25) == 0, let thief = draw(of: thieves.filter { $0.id != nil }) {
      return .removeThief(thief.name)
    }
    if theme.hasThief, draw(30) == 0 { return .cancelWithKey }
    if draw(3) == 0, let joiner = honest.first(where: { $0.request != nil && !$0.isBusy }) {
      return .approve(joiner.name)
    }
    return draw(of: SimulatedAct.persons)
  }

  private func thiefsAct() -> SimulatedAct? {
    if theme.seizes, draw(2) == 0 { return .seize }
    if theme.bursts {
      if thieves.count < 2 { return .addition }
      if draw(3) == 0 { return .burst }
    }
    if let log = watch.rules?.log {
      if log.announcement != nil, draw(4) == 0 { return .complete }
      // Nobody is left who could vote.
      if log.announcement == nil, log.approvers.allSatisfy({ log.activeMember($0) == nil }), draw(3) == 0 {
        return .announce
      }
    }
    if draw(8) == 0 {
      let victims = honest.filter { $0.id != nil }.map(\.name)
      return draw(of: victims + ["phone", "phone"]).map { .removal($0) }
    }
    return draw(of: SimulatedAct.thiefs)
  }

  /// The person's devices, in the order of their names.
  var honest: [SimulatedParty] { parties.values.filter { !$0.isThief }.sorted { $0.name < $1.name } }
  var thieves: [SimulatedParty] { parties.values.filter(\.isThief).sorted { $0.name < $1.name } }

  /// One more device.
  func enlist(_ name: String, isThief: Bool = false) -> SimulatedParty {
    if let party = parties[name] { return party }
    let party = SimulatedParty(
      name, isThief: isThief, SimulatedNetwork(server, turnstile, seed: generator.next()))
    parties[name] = party
    return party
  }

  /// Looks at what the relay has, while every process waits.
  func look() async {
    var (watch, trace) = (self.watch, self.trace)
    await watch.look(server, &trace)
    (self.watch, self.trace) = (watch, trace)
  }

  /// Opens a device whose process has ended.
  func reopen(_ party: SimulatedParty) {
    do throws(DeviceError) {
      try party.open(clock)
      if let id = party.id { names[id] = party.name }
      trace.note("\(party.name) is opened again")
      check(party)
    } catch { trace.violate("\(party.name) cannot be opened again: \(SimulationTrace.name(of: error))") }
  }
}
