import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat

@Suite("SPEC.md section 8.5: two objects or processes on one journal")
struct SharedJournalTests {
  private let house: Household
  private let first: Journal
  private let second: Journal
  /// What another process reads.
  private var third: DeviceJournal {
    get throws { try Journal(house.phone.parts.services.notes, relay: nil).read() }
  }

  init() async throws {
    house = try await Household()
    let notes = house.phone.parts.services.notes
    (first, second) = (Journal(notes, relay: nil), Journal(notes, relay: nil))
    _ = (try first.read(), try second.read())
  }

  @Test func `what one changes is not undone by another that read the journal before`() throws {
    let time = Timestamp.now
    let sighting = AnnouncementSighting(
      head: house.phone.log.head, recovery: house.phone.id, coolingOff: 7, seen: time)
    try first.update { journal in
      (journal.name, journal.presence) = (Opaque(Array("New".utf8)), time)
      (journal.lastSuccess, journal.announcement) = (time, sighting)
      (journal.lookedThrough, journal.replacements) = (9, [ReplacementSighting(entry: 8, wasShown: false)])
      journal.usage.logUp = 5
    }
    let entry = DeviceDirectory.Entry(device: house.mac.id, leaf: 900, name: Opaque([65]), seen: nil)
    try second.note { $0.directory.merge(DeviceDirectory(scanned: 901, entries: [entry])) }
    try second.note { $0.sighting = EpochSighting(epoch: 77, seen: time, due: time) }
    try second.update { $0.lastAttempt = SyncAttempt(at: time, verdict: .complete(size: 1)) }
    for journal in [try third, try first.read(), try second.read()] {
      #expect(journal.name.bytes == Array("New".utf8) && journal.presence == time)
      #expect(journal.lastSuccess == time && journal.announcement == sighting)
      #expect(journal.lookedThrough == 9 && journal.replacements.map(\.entry) == [8])
      #expect(journal.usage.logUp == 5)
      #expect(journal.directory.scanned == 901 && journal.directory[house.mac.id] == entry)
      #expect(journal.directory[house.phone.id] != nil)
      #expect(journal.sighting?.epoch == 77 && journal.lastAttempt?.at == time)
    }
    // What the person has seen stays seen.
    try second.update { $0.replacements = [] }
    try first.update { $0.lastSuccess = nil }
    #expect(try third.replacements == [] && third.lastSuccess == nil)
  }

  @Test func `what both gathered from the history is kept`() throws {
    let devices = [house.mac.id, house.phone.id]
    for (journal, device) in zip([first, second], devices) {
      try journal.note { journal in
        let leaf: UInt64 = device == devices[0] ? 900 : 901
        journal.directory.take(DeviceDirectory.UnreadableRecord(leaf: leaf, author: device))
        journal.directory.take(DeviceProfile(name: "Named \(leaf)", seenAt: nil), of: device, at: leaf)
        journal.directory.scanned = leaf + 1
      }
      try journal.save()
    }
    let directory = try third.directory
    #expect(directory.scanned == 902)
    #expect(Set(directory.unreadable.map(\.leaf)) == [900, 901])
    #expect(devices.map { directory[$0]?.leaf } == [900, 901])
  }

  @Test func `the name that a person gives in one process stays when another synchronises`() async throws {
    let twin = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    try await twin.sync()
    try house.phone.rename("New name")
    try await twin.sync()
    let name = Array("New name".utf8)
    #expect(try third.name.bytes == name)
    for device in [house.phone, twin, house.mac] { try await device.sync() }
    #expect(try house.mac.devices().contains { $0.id == house.phone.id && $0.name == "New name" })
  }

  /// Notes in the phone's store, and the point before each of whose changes another process can come.
  private func interruptible() throws -> (DeviceNotes, CrashPoint) {
    let crash = CrashPoint()
    let view = house.phone.state.view
    let seed = view.read { $0.keys.signingSeed.duplicate() }
    let store = SimulatedStore(house.phoneStore, crash)
    return (DeviceNotes(store, signingSeed: seed, account: view.account), crash)
  }

  @Test func `what another writes between reading and writing stays`() throws {
    let (notes, crash) = try interruptible()
    let journal = Journal(notes, relay: nil)
    let other = second
    for round in 101...103 as ClosedRange<UInt64> {
      let name = Opaque(Array(String(round).utf8))
      crash.interrupt(before: "store.apply") { try? other.update { $0.name = name } }
      try journal.update { $0.lookedThrough = round }
      for journal in [try journal.read(), try third, try other.read()] {
        #expect(journal.lookedThrough == round && journal.name == name)
      }
    }
  }

  @Test func `a stop is not undone by settings that another process is keeping`() throws {
    let (notes, crash) = try interruptible()
    let (settings, other) = (DeviceSettings(notes), DeviceSettings(house.phone.parts.services.notes))
    for stopped in [true, false, true] {
      crash.interrupt(before: "store.apply") { try? other.stop(stopped) }
      var wanted = try settings.read()
      wanted.recentlyDeletedDays += 1
      try settings.update(wanted)
      for settings in [settings, other] {
        #expect(try settings.read().isStopped == stopped)
        #expect(try settings.read().recentlyDeletedDays == wanted.recentlyDeletedDays)
      }
    }
  }

  @Test func `what both exchange with the relay is counted`() async throws {
    let twin = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    func down() async throws -> UInt64 { try await house.phone.status().dataUsage.down }
    var known = try await down()
    for device in [twin, house.phone, twin] {
      try await device.sync()
      let next = try await down()
      #expect(next > known)
      known = next
    }
  }
}
