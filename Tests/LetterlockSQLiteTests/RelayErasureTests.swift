#if SQLite
import Foundation
import GRDB
import Letterlock
import LetterlockFormat
import LetterlockRelayKit
import LetterlockTestKit
import TLSCodec
import Testing

@testable import LetterlockSQLite

@Suite("SPEC.md section 6.12: a relay that is told to erase an account")
struct RelayErasureTests {
  @Test(arguments: RelayKind.allCases)
  func `keeps the log and the order, and answers everything else with it`(kind: RelayKind) async throws {
    let clock = RelayClock()
    let opened = try kind.open { clock.now }
    let relay = opened.relay
    let created = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    let phone = created.device
    try phone.append(.carrier(.sms, from: "+15550100", text: "erased soon"), to: ConversationID())
    try await phone.sync()
    let before = try await relay.usage(of: phone.account, as: .device(phone.id))
    #expect(before.records > 0)
    let prepared = try await phone.prepareErasure()
    #expect(try await prepared.confirm(prepared.code) != nil)
    clock.advance(by: .seconds(72 * 3600 + 1))
    #expect(try await prepared.confirm(prepared.code) == nil)

    #expect(try await relay.logEntries(of: phone.account, from: 0, as: .device(phone.id)).count == 1)
    #expect(
      try await relay.account(
        recoveredBy: phone.log.recoveryDevice, as: .device(phone.log.recoveryDevice)) == phone.account)
    await #expect(throws: RelayError.self) {
      try await relay.history(of: phone.account, from: 0, maximumByteCount: 1, as: .device(phone.id))
    }
    await #expect(throws: RelayError.self) {
      try await relay.wrap(of: phone.account, epoch: 0, for: phone.id, as: .device(phone.id))
    }
    await #expect(throws: RelayError.self) { try await relay.usage(of: phone.account, as: .device(phone.id)) }
    await #expect(throws: DeviceError.self) { try await phone.beginEpoch() }
  }

  @Test func `leaves no record in its file`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("relay.sqlite")
    let (account, caller): (AccountID, RelayCaller)
    do {
      let clock = RelayClock()
      let relay = try SQLiteRelay(path: path) { clock.now }
      let phone = try await Device.createAccount(
        named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
      ).device
      (account, caller) = (phone.account, .device(phone.id))
      for index in 0..<50 {
        try phone.append(.carrier(.sms, from: "+15550100", text: "text \(index)"), to: ConversationID())
      }
      try await phone.sync()
      let prepared = try await phone.prepareErasure()
      #expect(try await prepared.confirm(prepared.code) != nil)
      #expect(try relay.audit() == [])
      clock.advance(by: .seconds(72 * 3600 + 1))
      #expect(try await prepared.confirm(prepared.code) == nil)
      #expect(try relay.audit() == [])
    }
    let queue = try DatabaseQueue(path: path)
    let counts = try await queue.read { db in
      try RelayTable.erased.map { table in
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.name)")
      }
    }
    #expect(counts.count >= 8)
    #expect(counts.allSatisfy { $0 == 0 })
    try queue.close()
    // A relay that is opened anew remembers.
    let again = try SQLiteRelay(existing: path)
    let error = await #expect(throws: RelayError.self) { try await again.usage(of: account, as: caller) }
    guard case .accountErased = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
#endif
