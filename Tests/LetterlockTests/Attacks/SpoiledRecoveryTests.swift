import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A thief's device may complete the announcement of an honest recovery key, and begin any epoch. Nobody else can check
/// what it wraps to the recovery device.
@Suite("Attacks: epochs that the recovery key cannot read, SPEC.md section 4.4 rule 6")
struct SpoiledRecoveryTests {
  typealias Fault = Spoiler.Fault

  /// What the thief does to the epoch that completes the announcement, and to the one that removes everybody, and what
  /// the recovery key can still read.
  struct Attack: Sendable, CustomTestStringConvertible {
    let completion: Fault
    let removal: Fault
    let texts: [String]

    var testDescription: String { "\(completion), then \(removal)" }
  }

  static let attacks: [Attack] = [
    Attack(completion: .wrap, removal: .wrap, texts: []),
    Attack(completion: .otherSecret, removal: .otherSecret, texts: []),
    Attack(completion: .commitment, removal: .commitment, texts: []),
    Attack(completion: .links, removal: .links, texts: []),
    Attack(completion: .links, removal: .none, texts: []),
    Attack(completion: .wrap, removal: .links, texts: []),
    // One good wrap or link is enough for all that it leads to.
    Attack(completion: .oneLink, removal: .wrap, texts: ["first", "second"]),
    Attack(completion: .oneLink, removal: .oneLink, texts: ["first", "second"]),
    Attack(completion: .wrap, removal: .none, texts: ["first", "second"]),
    Attack(completion: .none, removal: .wrap, texts: ["first", "second"]),
    Attack(completion: .none, removal: .commitment, texts: ["first", "second"]),
    Attack(completion: .none, removal: .links, texts: ["first", "second"]),
  ]

  /// The phone has announced a recovery key, and its cooling-off time has gone by. Nobody has completed it.
  private struct Scene {
    let house: Household
    let key: String
    let coolingOff: CoolingOff
    var thief: Spoiler

    init() async throws {
      let clock = TestClock()
      house = try await Household(clock: clock)
      try await house.phone.beginEpoch()
      try house.phone.append(Household.text("second"), to: house.chat)
      try await house.phone.sync()
      let key = try house.phone.prepareRecoveryKey()
      self.key = key.reveal { $0 }
      try await house.phone.announceRecoveryKey(votes: [])
      for device in [house.phone, house.mac] { try await device.sync() }
      let device = house.mac
      let first = try #require(try device.progress().checkpoint)
      clock.go(days: 3)
      let page = try await house.relay.history(
        of: device.account, from: first.treeSize, maximumByteCount: 1, as: device.caller)
      coolingOff = CoolingOff(first: first, second: page.checkpoint)
      thief = Spoiler(device, house.relay)
    }

    func session() async throws -> RecoverySession {
      try await Device.openRecovery(
        with: try RecoveryKey.parse(key).key(), vault: .inMemory, store: MemoryDeviceStore(),
        relay: house.relay)
    }
  }

  @Test(arguments: attacks)
  func `an account is given back although a thief spoiled what the new recovery key was to read`(
    attack: Attack
  ) async throws {
    var scene = try await Scene()
    let (house, thief) = (scene.house, scene.thief.device.id)
    try await scene.thief.complete(attack.completion, scene.coolingOff)
    try await scene.thief.remove([house.phone.id], attack.removal)
    let session = try await scene.session()
    #expect(session.devices.map(\.id) == [thief])
    let isWhole = attack.texts.count == 2
    #expect(session.unreadable.isEmpty == isWhole)
    let restored = try await session.restore(keeping: [], named: "New").device
    #expect(Set(restored.log.activeDevices) == [restored.id, restored.log.recoveryDevice])
    #expect(try Household.texts(of: restored) == attack.texts)
    // What is lost is named, and whose fault it is; everything else goes on.
    try restored.append(Household.text("mine again"), to: house.chat)
    let report = try await restored.sync()
    #expect(report.sent > 0 && report.repaired == [])
    if isWhole {
      #expect(report.verdict.isComplete)
    } else {
      guard case .unreadable(let records) = report.verdict else {
        Issue.record("\(report.verdict)")
        return
      }
      #expect(
        records.allSatisfy {
          if case .epochFaulty(_, by: thief) = $0.reason { true } else { false }
        })
      #expect(records.reduce(0) { $0 + $1.count } == session.unreadable.reduce(0) { $0 + $1.count })
    }
    let another = try await house.join("Another", by: restored)
    #expect(try Household.texts(of: another) == attack.texts + ["mine again"])
    // What it may never read keeps it from nothing that devices say since.
    try await restored.sync()
    #expect(try restored.devices().first { $0.id == another.id }?.name == "Another")
    // The recovery key reads everything that came since.
    let again = try await scene.session()
    #expect(Set(again.devices.map(\.name)) == ["New", "Another"])
    let third = try await again.restore(keeping: [], named: "Third").device
    #expect(try Household.texts(of: third) == attack.texts + ["mine again"])
  }

  @Test(arguments: Fault.allCases)
  func `a kept device gives back what the recovery key could not read`(fault: Fault) async throws {
    var scene = try await Scene()
    let house = scene.house
    try await scene.thief.complete(fault, scene.coolingOff)
    let restored = try await scene.session().restore(keeping: [house.phone.id], named: "New").device
    #expect(Set(restored.log.activeDevices) == [restored.id, house.phone.id, restored.log.recoveryDevice])
    try restored.append(Household.text("third"), to: house.chat)
    try await restored.sync()
    // It held the secrets of before: nothing counts as lost to it, and it is nobody's fault.
    let repaired = try await house.phone.sync()
    #expect(repaired.verdict.isComplete && repaired.repaired == [])
    #expect(try await restored.sync().verdict.isComplete)
    let texts = ["first", "second", "third"]
    for device in [house.phone, restored] { #expect(try Household.texts(of: device) == texts) }
    #expect(try restored.devices().first { $0.id == house.phone.id }?.name == "Phone")
    let number = restored.log.newestEpoch.header.number
    for device in [house.phone, restored] { #expect(try await device.sync().verdict.isComplete) }
    #expect(restored.log.newestEpoch.header.number == number)
    let again = try await scene.session()
    #expect(again.unreadable == [])
    #expect(try Household.texts(of: try await again.restore(keeping: [], named: "Third").device) == texts)
  }

  @Test func `what the phone sealed in a spoiled epoch comes back when it is kept`() async throws {
    var scene = try await Scene()
    let house = scene.house
    try await scene.thief.complete(.wrap, scene.coolingOff)
    // To the phone the epoch is as good as any.
    try await house.phone.parts.account.puller.pull()
    try house.phone.append(Household.text("under it"), to: house.chat)
    try await house.phone.parts.history.sync.pusher.push()
    try await scene.thief.begin(.wrap)
    let restored = try await scene.session().restore(keeping: [house.phone.id], named: "New").device
    #expect(try Household.texts(of: restored) == [])
    try await house.phone.sync()
    #expect(try await restored.sync().verdict.isComplete)
    #expect(try Household.texts(of: restored) == ["first", "second", "under it"])
  }

  @Test(arguments: Fault.allCases)
  func `older wraps of the recovery device give what newer ones do not`(fault: Fault) async throws {
    let house = try await Household()
    var thief = Spoiler(house.mac, house.relay)
    for _ in 0..<3 { try await thief.begin(fault) }
    try await thief.remove([house.phone.id], fault)
    let restored = try await house.restore(keeping: [])
    #expect(Set(restored.log.activeDevices) == [restored.id, restored.log.recoveryDevice])
    #expect(try Household.texts(of: restored) == ["first"])
    #expect(try await restored.sync().verdict.isComplete)
  }

  /// As after a backup of a relay was put back: what devices give back has no wraps.
  @Test func `a relay without wraps keeps the recovery key from nothing but what they held`() async throws {
    let house = try await Household()
    await house.relay.alterWraps { _ in nil }
    let session = try await Device.openRecovery(
      with: try house.key(), vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    #expect(session.unreadable.map(\.reason) == [.epochWithheld(epoch: 0)])
    let restored = try await session.restore(keeping: [], named: "New").device
    #expect(Set(restored.log.activeDevices) == [restored.id, restored.log.recoveryDevice])
    try restored.append(Household.text("second"), to: house.chat)
    guard case .unreadable(let records) = try await restored.sync().verdict else {
      Issue.record("nothing is missed")
      return
    }
    #expect(records.map(\.reason) == [.epochUnreached(epoch: 0)])
    // It keeps the recovery device's wraps, and shows them again: another restore leads to everything.
    await house.relay.behave()
    let second = try await house.restore()
    #expect(try Household.texts(of: second) == ["first", "second"])
    #expect(try await restored.sync().verdict.isComplete)
    #expect(try Household.texts(of: restored) == ["first", "second"])
  }

  @Test func `a device with records that it may never read replaces its sealing key all the same`()
    async throws
  {
    var scene = try await Scene()
    try await scene.thief.complete(.wrap, scene.coolingOff)
    try await scene.thief.remove([scene.house.phone.id], .wrap)
    let restored = try await scene.session().restore(keeping: [], named: "New").device
    let clock = TestClock()
    clock.set(restored)
    let key = restored.secrets.keys.sealingKey
    clock.go(days: 181)
    try await restored.sync()
    #expect(restored.secrets.keys.sealingKey != key)
  }
}
