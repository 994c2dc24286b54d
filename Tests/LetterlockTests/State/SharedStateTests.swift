import Dispatch
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("What calls at once change of a device")
struct SharedStateTests {
  private func device(_ store: MemoryDeviceStore = MemoryDeviceStore()) throws -> Device {
    try Device.createAccount(named: "Phone", vault: .inMemory, store: store).device
  }

  @Test func `stopping is not lost beside other settings`() throws {
    let device = try device()
    for trial in 0..<500 {
      try device.startSyncing()
      DispatchQueue.concurrentPerform(iterations: 2) { call in
        if call == 0 {
          try? device.stopSyncing()
        } else {
          var settings = SyncSettings()
          settings.recentlyDeletedDays = UInt16(trial + 1)
          try? device.update(settings)
        }
      }
      let settings = try device.settings()
      #expect(settings.isStopped)
      #expect(settings.recentlyDeletedDays == UInt16(trial + 1))
    }
  }

  @Test func `what calls at once note in the journal is all on disk`() throws {
    let store = MemoryDeviceStore()
    let journal = try device(store).parts.services.journal
    DispatchQueue.concurrentPerform(iterations: 64) { _ in
      for _ in 0..<20 {
        try? journal.note { $0.usage.logUp += 1 }
        try? journal.update { $0.usage.logDown += 1 }
      }
    }
    let known = try journal.read()
    #expect(known.usage.logUp == 64 * 20)
    #expect(known.usage.logDown == 64 * 20)
    try journal.save()
    #expect(try journal.read() == known)
  }

  @Test func `a journal that was saved is read again`() async throws {
    let house = try await Household()
    try house.phone.parts.services.journal.update { $0.usage.recordsUp = 77 }
    let again = try Device(vault: house.phoneVault, store: house.phoneStore)
    #expect(try again.parts.services.journal.read().usage.recordsUp == 77)
  }

  @Test func `progress that another object wrote to the store is noticed`() async throws {
    let house = try await Household()
    let other = try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
    let before = try other.progress().history.tree.size
    try house.phone.append(Household.text("more"), to: house.chat)
    try await house.phone.sync()
    #expect(try other.progress().history.tree.size == before + 1)
    #expect(try other.progress().history == house.phone.progress().history)
  }
}
